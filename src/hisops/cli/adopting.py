"""`hisops adopt`: verify the copied log, look at the locks, have the target named, take the run over."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from hisops.cli import wiring
from hisops.cli.unlocking import named
from hisops.cli.wiring import Desk
from hisops.console.gate import Nobody
from hisops.console.i18n import mark
from hisops.console.live import Watch
from hisops.console.locking import seen_document, seen_lines
from hisops.console.progress import Progress, short_id
from hisops.console.remarks import command, remark
from hisops.console.theme import Screen
from hisops.engine import adopting
from hisops.engine.looking import Seen
from hisops.engine.recorder import Recorder
from hisops.engine.values import Values
from hisops.errors import LockHeld, LogBroken, UsageProblem
from hisops.journal.durable import is_held
from hisops.journal.reader import LoadedRun
from hisops.journal.verify import verify_log
from hisops.model.lock import ControlHost
from hisops.model.plan import Plan
from hisops.model.records import LockChanged
from hisops.model.run import fold

ADOPT = mark("Carry the run on from here? Type the target's name, or Enter to leave: ")


def adopt_run(desk: Desk, name: str, target: str | None, reason: str) -> int:
    """Take a run over to this copy of its log; `hisops resume` carries it on afterwards."""
    key = desk.key()
    run, plan = wiring.loaded_run(desk, name)
    screen = Screen.of(desk.call)
    _check_needed(run, wiring.locks(desk).here)
    _check_holds(desk, run)
    seen = _look(desk, run, plan)
    for each in seen:
        screen.show(seen_lines(each, screen.page()))
    if not seen:
        remark(screen, "The run holds no lock, so no host can tell whether it is carried on elsewhere.")
    if not named(screen, plan.target, target, ADOPT, f"hisops adopt {run.run_id} {plan.target} --reason TEXT"):
        return 0
    changed = _take_over(desk, screen, run, plan, seen, reason)
    after = _look(desk, *wiring.loaded_run(desk, run.run_id))
    screen.data({"run": run.run_id, "by": key.principal, "locks": [seen_document(each) for each in after]})
    for lock in changed:
        remark(
            screen, "{name} on {host} is held from here now, fence {fence}.",
            name=lock.name, host=lock.where, fence=lock.fence or "-",
        )  # fmt: skip
    command(screen, "The run is to be carried on here. Next:", f"hisops resume {short_id(run.run_id)}")
    return 0


def _take_over(
    desk: Desk, screen: Screen, run: LoadedRun, plan: Plan, seen: Sequence[Seen], reason: str
) -> list[LockChanged]:
    """Take the locks over, and say so in a new segment of the log."""
    locks = wiring.locks(desk)
    try:
        for each in seen:
            if (other := locks.take(each.name, each.marker.text or "")) is not None:
                raise _busy(run, other)
        journal = wiring.reopen_log(desk, run.run_id)
        progress = Progress(run.run_id, plan.target, plan.procedure)
        ports = wiring.ports(desk, journal, Nobody(), Watch(screen, progress, desk.clock.now))
        try:
            recorder = Recorder(journal, ports.observer)
            return adopting.adopt(ports, recorder, plan, seen, by=desk.key().principal, reason=reason)
        finally:
            ports.reach.close()
            journal.close()
    finally:
        locks.release()


def _check_needed(run: LoadedRun, here: ControlHost) -> None:
    if run.sealed:
        raise UsageProblem("HIS-4208", "The run {run} has ended.", "", run=run.run_id)
    if run.live:
        raise _busy(run, "another process")
    keeper = fold(run.records).keeper
    if keeper in {here.copy, None}:
        raise UsageProblem(
            "HIS-6214",
            "The run {run} is carried on by these very logs; there is nothing to adopt.",
            "Go on with it: hisops resume {short}",
            run=run.run_id,
            short=short_id(run.run_id),
        )
    machine, _, logs = str(keeper).partition(":")
    with suppress(OSError):  # on another machine, or not for us to see
        if machine == here.machine and is_held(Path(logs) / "runs" / run.run_id):
            raise _busy(run, f"in {logs}")


def _busy(run: LoadedRun, other: str) -> LockHeld:
    return LockHeld(
        "HIS-6215",
        "A process on this machine carries the run {run} out: {other}.",
        "Pause it first.",
        run=run.run_id,
        other=" ".join(other.split()),
    )


def _check_holds(desk: Desk, run: LoadedRun) -> None:
    """Refuse a copy that was changed: whoever adopts a run vouches for what it did so far."""
    found = verify_log(desk.logs, desk.trust, run=run.run_id)
    if found.verdict in {"failed", "untrusted"}:
        why = "; ".join(str(each) for each in found.findings if each.level == found.verdict)
        raise LogBroken(
            "HIS-6216",
            "This copy of the log of {run} does not verify: {why}",
            "Bring an unchanged copy; `hisops log verify {run}` tells more.",
            run=run.run_id,
            why=why,
        )


def _look(desk: Desk, run: LoadedRun, plan: Plan) -> list[Seen]:
    view = fold(run.records)
    bound, _ = wiring.bound_of(desk, plan)
    reach = desk.reach()
    try:
        return adopting.look(reach, wiring.locks(desk), view, Values.of_run(bound, plan, view, {}), run.run_id)
    finally:
        reach.close()
