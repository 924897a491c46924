"""The engine against a model of it: random runbooks, tools that fail in every way, kills, reboots, lost links, people.

The model is what really happened on the target. It knows nothing of the engine; what the log says is held against it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hisops.errors import Unreachable
from hisops.model.run import RUN_ENDED, STEP_OPEN, fold
from hisops.model.statement import Signed, Statement
from tests.support.builders import World, step, write
from tests.support.cuts import CutHost, CutJournal, Killed, Knife
from tests.support.fakes import Program

RUN = "2026-11-24-0200-his-abc"
DONE, HAPPENED, FAILED, MUTE = "DONE\n", "patch 1\nDONE\n", "FAILED: no room\n", "?\n"
# What a tool does: whether it changes the target, what it prints, how it ends (None: it runs on).
FATES: dict[str, tuple[bool, str, int | None]] = {
    "good": (True, DONE, 0),
    "refuses": (False, FAILED, 1),
    "fails half way": (True, FAILED, 1),
    "says nothing": (True, MUTE, 0),
    "does nothing": (False, MUTE, 0),
    "takes its time": (True, DONE, None),
}


@dataclass(frozen=True)
class Kind:
    """What one step of a random runbook is like."""

    writes: bool
    idempotent: bool
    policy: str
    fate: str
    probe_tells: bool
    undo: bool

    def definition(self, name: str) -> dict[str, Any]:
        if not self.writes:
            return step(name, on_failure=self.policy)
        undo = {"sh": f"undo-{name}"} if self.undo or self.policy == "undo" else {"none": {"zh": "无", "en": "none"}}
        return write(name, idempotent=self.idempotent, on_failure=self.policy, undo=undo)


READS = st.builds(
    Kind, st.just(False), st.just(True), st.sampled_from(["stop", "hold", "continue"]),
    st.sampled_from(["good", "good", "good", "refuses"]), st.just(True), st.just(False),
)  # fmt: skip
WRITES = st.builds(
    Kind, st.just(True), st.booleans(), st.sampled_from(["stop", "hold", "undo"]),
    st.sampled_from(["good", "good", "good", *FATES]), st.sampled_from([True, True, False]), st.booleans(),
)  # fmt: skip
KINDS = st.lists(st.one_of(READS, WRITES, WRITES), min_size=1, max_size=5)


@dataclass
class Target:
    """The model: what the tools have done to the target, counted by the target."""

    kinds: list[Kind]
    knife: Knife = field(default_factory=Knife)
    done: set[str] = field(default_factory=set)
    starts: Counter[str] = field(default_factory=Counter)
    undos: Counter[str] = field(default_factory=Counter)
    allowed: Counter[str] = field(default_factory=Counter)
    serial: int = 0

    def __post_init__(self) -> None:
        self.names = {f"s{number}": kind for number, kind in enumerate(self.kinds)}
        steps = [kind.definition(name) for name, kind in self.names.items()]
        host = CutHost("his-db1", self.knife)
        self.world = World(steps, runbook={"locks": ["database"]}, host=host, journal=CutJournal(self.knife))
        host.rules = {
            "^probe-": lambda command: self._probed(command.script.removeprefix("probe-")),
            "^run-": lambda command: self._run(command.script.removeprefix("run-")),
            "^undo-": lambda command: self._undone(command.script.removeprefix("undo-")),
        }

    def _probed(self, name: str) -> Program:
        if not self.names[name].probe_tells:
            return Program(stdout=MUTE)
        return Program(stdout=HAPPENED if name in self.done else DONE)

    def _run(self, name: str) -> Program:
        kind = self.names[name]
        changes, stdout, code = FATES[kind.fate]

        def effect() -> None:
            if kind.writes:
                self.starts[name] += 1
            if changes:
                self.done.add(name)

        return Program(stdout=stdout, code=code, effect=effect)

    def _undone(self, name: str) -> Program:
        def effect() -> None:
            self.undos[name] += 1
            self.done.discard(name)

        return Program(effect=effect)

    def process(self, kill: int | None, *, pause: bool = False) -> int | None:
        """Let a process carry the run on as far as it comes; return its exit code, None if it was killed."""
        self.world.journal = self.world.journal.survivor()
        self.world.locks.taken.clear()
        self.knife.left = kill
        try:
            run = self.world.run()
            if pause:
                run.pause()
            return run.carry_out().exit_code
        except Killed:
            return None
        except Unreachable as error:  # before anything was begun
            return error.exit_code
        finally:
            self.knife.left = None

    @property
    def sealed(self) -> tuple[str, int] | None:
        return self.world.journal.sealed

    def finish_tools(self) -> None:
        """Let every tool that runs come to its end."""
        for op in self.world.host.ops.values():
            if op.program.code is None:
                op.program.code = 0

    def resolve(self, name: str) -> None:
        """Let a person say of a step, or of its undo, what the target shows."""
        self.serial += 1
        undo = self.world.view.step(name).state == "UNDO_FAILED"
        done = (name in self.done) != undo
        fields = {"run": RUN, "step": name, "as": "done" if done else "not-done", "evidence": "sha256:ab"}
        signed = Signed(
            statement=Statement(kind="resolution", fields=fields), sha256=f"d{self.serial}",
            principal="dba1@hospital", fingerprint="f",
        )  # fmt: skip
        self.world.statements.runs.append(signed)
        if not done and not undo:
            self.allowed[name] += 1

    def doubtful(self) -> list[str]:
        """Return the steps that wait for a person's word."""
        view = self.world.view
        return [name for name in self.names if view.step(name).state in {"UNKNOWN", "FAILED", "UNDO_FAILED"}]


class Runs(RuleBasedStateMachine):
    """Anything may happen, in any order; then people help the run to an end."""

    target: Target

    @initialize(kinds=KINDS)
    def begin(self, kinds: list[Kind]) -> None:
        self.target = Target(kinds)

    @property
    def open(self) -> bool:
        return self.target.sealed is None

    @precondition(lambda self: self.open)
    @rule(kill=st.one_of(st.none(), st.integers(0, 40)), pause=st.booleans())
    def carry_on(self, kill: int | None, pause: bool) -> None:
        self.target.process(kill, pause=pause)

    @precondition(lambda self: self.open)
    @rule(kill=st.integers(0, 40), reboot=st.booleans(), folder=st.booleans())
    def die_with_the_host(self, kill: int, reboot: bool, folder: bool) -> None:
        if self.target.process(kill) is None:
            if reboot:
                self.reboot()
            if folder:
                self.lose_operations()

    @rule()
    def reboot(self) -> None:
        self.target.world.host.boot += "'"

    @rule()
    def lose_operations(self) -> None:
        self.target.world.host.ops.clear()
        self.target.world.host.marker += "'"

    @rule(asks=st.sampled_from([1, 3, 400]))
    def lose_the_link(self, asks: int) -> None:
        self.target.world.host.broken = asks

    @rule()
    def let_tools_end(self) -> None:
        self.target.finish_tools()

    @precondition(lambda self: self.open and self.target.doubtful())
    @rule(data=st.data())
    def tell_the_truth(self, data: st.DataObject) -> None:
        self.target.resolve(data.draw(st.sampled_from(self.target.doubtful())))

    @invariant()
    def what_must_not_happen_twice_has_not(self) -> None:
        target = self.target
        for name, kind in target.names.items():
            if kind.writes and not kind.idempotent:
                assert target.starts[name] <= 1 + target.allowed[name], target.world.view.step(name)

    @invariant()
    def the_log_says_what_the_target_shows(self) -> None:
        target = self.target
        view = target.world.view
        for name, kind in target.names.items():
            state = view.step(name).state
            if state in {"PENDING", "SKIPPED"} and kind.writes:
                assert target.starts[name] == 0, (name, state)
            if state == "SUCCEEDED" and kind.writes:
                assert name in target.done, name
            if state == "UNDONE" and kind.probe_tells:
                assert name not in target.done, name

    @invariant()
    def no_run_ends_with_a_step_open(self) -> None:
        if (sealed := self.target.sealed) is None:
            return
        view = self.target.world.view
        assert sealed[0] in RUN_ENDED
        assert not [each for each in view.steps.values() if each.state in STEP_OPEN and each.id != "run"]
        if sealed[0] == "SUCCEEDED":
            wanted = {name for name, kind in self.target.names.items() if kind.writes}
            assert wanted <= self.target.done

    @invariant()
    def the_state_is_a_fold(self) -> None:
        records = list(self.target.world.journal.survivor().records())
        first = fold(records)
        assert first == fold(records)
        view = fold(records[: len(records) // 2])
        for record in records[len(records) // 2 :]:
            view.apply(record)
        assert view == first

    def teardown(self) -> None:
        """However it got here: with everything up again and people telling the truth, the run comes to an end."""
        if not hasattr(self, "target"):
            return
        target = self.target
        target.world.host.broken = 0
        for _ in range(3 * len(target.kinds) + 6):
            if target.sealed is not None:
                break
            target.finish_tools()
            if target.process(None) == 11:
                for name in target.doubtful():
                    target.resolve(name)
                    target.names[name] = replace(target.names[name], fate="good")  # and mend what never works
        note(f"{target.world.view.state}: {target.world.view.reason}")
        self.no_run_ends_with_a_step_open()
        self.what_must_not_happen_twice_has_not()
        assert target.sealed is not None, f"{target.world.view.state}: {target.world.view.reason}"


Runs.TestCase.settings = settings(
    max_examples=40, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
TestRuns = Runs.TestCase


@settings(max_examples=60, deadline=None, derandomize=True)
@given(KINDS, st.lists(st.integers(0, 70), min_size=1, max_size=4))
def test_a_run_that_was_killed_anywhere_ends_as_one_that_never_was(kinds: list[Kind], kills: list[int]) -> None:
    undisturbed, killed = Target(kinds), Target(kinds)
    for kill in kills:
        if killed.process(kill) is not None:
            break
    for target in (undisturbed, killed):
        for _ in range(len(kinds) + 2):  # each resume may take one step more out of doubt
            if target.sealed is None:
                target.process(None)
                target.finish_tools()
        note(f"{target.world.states()} {target.world.view.reason}")
    assert killed.sealed == undisturbed.sealed
    assert killed.world.states() == undisturbed.world.states()
    assert killed.done == undisturbed.done
