"""One kill and what follows: resume by the ordinary command line until the run has ended, then look at what is left.

People do what they would do: answer the gate that waits, and say of a step that nobody can tell what the target shows.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hisops.errors import HisopsError
from hisops.journal.reader import LoadedRun, list_runs, load_run
from hisops.model.records import CallEnded
from hisops.model.run import RunView, fold
from tests.kill.entry import ANSWERS, ORDINARY, How, call
from tests.kill.faults import fingerprint
from tests.kill.scene import ONCE, Scene

PATIENCE = 12  # calls of hisops until a run must have ended
HELD, WAITING, BUG = 11, 10, 70


@dataclass
class Outcome:
    """What became of one kill. Empty lists are good."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    unverified: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    resolved: Counter[str] = field(default_factory=Counter)
    state: str = ""
    harmed: bool = False

    @property
    def good(self) -> bool:
        """True if every promise was kept."""
        return not (self.lost or self.doubled or self.unverified or self.wrong)

    def __str__(self) -> str:
        kinds = ("lost", "doubled", "unverified", "wrong")
        told = [f"{kind}: {text}" for kind in kinds for text in getattr(self, kind)]
        return f"exit codes {self.codes}, {self.state}; {'; '.join(told) or 'good'}"


def prepare(scene: Scene) -> None:
    """Make the site with a plan that was approved by day."""
    scene.create()
    payload = scene.root / "now/payload"
    words = ("plan", "files/every-kind", "-t", "box", "-p", f"payload={payload}", "-o", str(scene.plan))
    for who, line in (("dba1", words), ("lead1", ("approve", str(scene.plan), "--hours", "720"))):
        if call(scene, *line, who=who) != 0:
            raise RuntimeError((scene.root / "now/screen").read_text())
    scene.keep()


def carry_through(scene: Scene, hows: Sequence[How], *, after_kill: object = None, harmed: bool = False) -> Outcome:
    """Begin the run, with `hows` for the first calls; then go on in the ordinary way until it has ended.

    `harmed`: the far side has suffered already.
    """
    outcome = Outcome(harmed=harmed)
    waiting = list(hows)
    for _ in range(PATIENCE + len(hows)):
        run = newest(scene)
        if run and run.sealed and run.closed:
            break
        how = waiting.pop(0) if waiting else ORDINARY
        words = ("run", str(scene.plan)) if run is None else ("resume", run.run_id)
        outcome.codes.append(call(scene, *words, how=how))
        if outcome.codes[-1] < 0 and callable(after_kill):
            after_kill()
            outcome.harmed = True
        elif outcome.codes[-1] in {HELD, WAITING}:
            _people_act(scene, outcome)
    check(scene, outcome)
    return outcome


def newest(scene: Scene) -> LoadedRun | None:
    """Return the run, if it was begun."""
    try:
        runs = list_runs(scene.logs)
        return load_run(scene.logs, runs[-1]) if runs else None
    except HisopsError:
        return None


def _people_act(scene: Scene, outcome: Outcome) -> None:
    run = newest(scene)
    if run is None or run.sealed:
        return
    for step, view in fold(run.records).steps.items():
        if view.state == "WAITING" and view.opened:
            values = [ANSWERS[part] for part in view.opened.parts if part in ANSWERS]
            call(scene, "answer", run.run_id, step, *values)
        if view.state in {"UNKNOWN", "FAILED"} and (outcome.codes[-2:-1] == [HELD] or step not in ONCE):
            _resolve(scene, run.run_id, step, outcome)


def _resolve(scene: Scene, run: str, step: str, outcome: Outcome) -> None:
    """Say, as a person who has looked at the target, whether a step happened."""
    done = scene.effects(step) > 0 if step in ONCE else (scene.folder / step).exists()
    evidence = scene.root / "now/evidence"
    evidence.write_text(f"{step}: {scene.record()}\n")
    told = "done" if done else "not-done"
    if call(scene, "resolve", run, step, "--as", told, "--evidence", str(evidence)) == 0 and not done:
        outcome.resolved[step] += 1


def check(scene: Scene, outcome: Outcome) -> None:
    """Hold what is left against what was promised."""
    run = newest(scene)
    if run is None:
        outcome.wrong.append("there is no run")
        return
    view = fold(run.records)
    outcome.state = view.state
    if BUG in outcome.codes:
        outcome.wrong.append("hisops reported a bug of its own")
    _check_acknowledged(scene, run, outcome)
    _check_effects(scene, outcome)
    _check_log(scene, run, outcome)
    _check_end(scene, run, view, outcome)


def _check_acknowledged(scene: Scene, run: LoadedRun, outcome: Outcome) -> None:
    """What the engine was told to be durable, and went on from, is there and is the same."""
    if not scene.acknowledged.exists():
        return
    for line in scene.acknowledged.read_text().splitlines():
        run_id, count, digest = line.split()
        number = int(count)
        if run_id != run.run_id or len(run.records) < number or fingerprint(run.records[number - 1]) != digest:
            outcome.lost.append(f"record {number} of {run_id}")


def _check_effects(scene: Scene, outcome: Outcome) -> None:
    starts = scene.starts()
    for step in ONCE:
        if starts[f"start {step}"] > 1 + outcome.resolved[step]:
            outcome.doubled.append(f"{step} was started {starts[f'start {step}']} times")
        if scene.effects(step) > 1:
            outcome.doubled.append(f"{step} happened {scene.effects(step)} times")
        if starts[f"undo {step}"] > 1:
            outcome.doubled.append(f"{step} was undone {starts[f'undo {step}']} times")


def _check_log(scene: Scene, run: LoadedRun, outcome: Outcome) -> None:
    for words in (("log", "verify", run.run_id, "--json"), ("log", "verify", "--all", "--json")):
        screen = scene.root / "now/screen"
        before = screen.stat().st_size
        if (code := call(scene, *words)) != 0:
            outcome.unverified.append(f"exit {code}: {_findings(screen.read_bytes()[before:].decode())}")


def _findings(text: str) -> list[str]:
    try:
        answers = json.loads(text[text.index("{") :])["answers"].values()
    except ValueError:
        return [text[-500:]]
    return [found["text"] for answer in answers for found in answer["findings"] if found["level"] != "note"]


def _check_end(scene: Scene, run: LoadedRun, view: RunView, outcome: Outcome) -> None:
    wrong = outcome.wrong.append
    if not (run.sealed and run.closed):
        wrong(f"the run has not ended: {view.reason}")
        return
    if view.state not in _right_ends(scene, run, outcome):
        wrong(f"it ended {view.state}: {view.reason}")
    undone = view.state == "ROLLED_BACK"
    happened = {step: scene.effects(step) for step in ONCE}
    if happened != {step: 0 if undone else 1 for step in ONCE}:
        wrong(f"the target shows {happened}, the tools tell {scene.record()}")
    if (scene.folder / "note").exists() == undone:
        wrong("the note is not as it should be")
    for lock in _locks(scene):
        text = max(lock.glob("h.*"), key=lambda path: int(path.suffix[1:])).read_text()
        if not text.startswith("free"):
            wrong(f"the lock {lock.name} is still held on the host: {text}")


def _right_ends(scene: Scene, run: LoadedRun, outcome: Outcome) -> set[str]:
    """Return how the run may end. A kill of hisops alone changes nothing; a loss on the far side may cost a step.

    It may also cost the word that a step has failed. Then the target alone tells, and its effect is there.
    """
    if scene.fails and not (outcome.harmed and not _told_to_fail(run)):
        return {"ROLLED_BACK"}
    if outcome.harmed or HELD in outcome.codes:
        return {"SUCCEEDED", "SUCCEEDED_WITH_EXCEPTIONS", "ROLLED_BACK"}
    return {"SUCCEEDED"}


def _told_to_fail(run: LoadedRun) -> bool:
    """Tell whether the end of a tool that failed came to the log."""
    return any(isinstance(record, CallEnded) and record.verdict == "failed" for record in run.records)


def _locks(scene: Scene) -> list[Path]:
    locks = scene.home / ".hisops/locks"
    return sorted(locks.iterdir()) if locks.is_dir() else []
