"""The lock of a run: per database and home, on the control host and as a marker on the target's host.

The marker belongs to the run in one copy of the logs, not to a process: a kill leaves it, and the run's own resume
finds its own text there. A copy of the logs elsewhere is somebody else until `adopt` has handed the run over.
"""

from __future__ import annotations

import re
from contextlib import suppress

from hisops.engine.conditions import look_up
from hisops.engine.fencing import Fences, Held
from hisops.engine.holders import LIVES_HERE, Life, life_of, told
from hisops.engine.recorder import Recorder
from hisops.engine.values import Values
from hisops.errors import LockHeld, Unreachable
from hisops.model.lock import ControlHost, Holder, parse
from hisops.model.plan import Plan
from hisops.model.records import Deviation, LockChanged, RunKept
from hisops.model.run import RunView
from hisops.model.site import RunAs
from hisops.ports import Host, Marker, Ports


def lock_names(values: Values, *, of: str = "") -> list[str]:
    """Return the names of the runbook's locks on this target, fit for a file name; of those made of `of`, if given."""
    bound = values.bound
    names = []
    for lock in bound.runbook.locks:
        path = bound.target_type.locks.get(lock)
        if of and not (path or "").startswith(of):
            continue
        value = look_up(f"target.{path}", values.scope()) if path else bound.target
        names.append(f"{lock}-{re.sub(r'[^A-Za-z0-9_.-]+', '_', str(value)).strip('_')}")
    return names


def marker_place(values: Values) -> tuple[str, RunAs | None]:
    """Return on which host the markers of a run are kept, and as which user."""
    return values.bound.host_name("db_host"), values.bound.run_as("db_host", "owner")


def holder_of(ports: Ports, plan: Plan, run_id: str) -> Holder:
    """Return the holder that this process is."""
    here = ports.locks.here
    return Holder(
        run=run_id,
        origin=str(plan.site["origin"]),
        runbook=str(plan.runbook["id"]),
        target=plan.target,
        requester=plan.requester,
        control=here.name,
        machine=here.machine,
        logs=here.logs,
        since=f"{ports.clock.now():%Y-%m-%dT%H:%M:%SZ}",
    )


def check_copy(view: RunView, here: ControlHost, run_id: str) -> None:
    """Refuse a run that another copy of these logs carries on, as far as the log itself tells."""
    if view.keeper and view.keeper != here.copy:
        raise LockHeld(
            "HIS-6202",
            "The run {run} is carried on by the logs in {there}; these in {here} are a copy of them.",
            "Resume it there. If those logs are lost: hisops adopt {run} --reason TEXT",
            run=run_id, there=view.keeper.partition(":")[2], here=here.logs,
        )  # fmt: skip


def keep(ports: Ports, recorder: Recorder) -> None:
    """Make sure that this copy of the log carries the run on, and say so the first time; it holds for every run."""
    here = ports.locks.here
    check_copy(recorder.view, here, ports.journal.run_id)
    if recorder.view.keeper is None:
        recorder.write(RunKept(control=here.copy, host=here.name))


def check_newest(host: Host, view: RunView, values: Values, run_id: str) -> None:
    """Refuse a log that is older than what the run did on `host`: restored from a copy, it would repeat that."""
    run_as = marker_place(values)[1]
    known = {call.intent.op for step in view.steps.values() for call in step.calls}
    strange = sorted(set(host.operations(run_id, run_as)) - known)
    ended = any(host.read_marker(name, run_as).freed == _ended(run_id) for name in lock_names(values))
    if strange or ended:
        raise LockHeld(
            "HIS-6203",
            "This log of {run} is older than what the run did: {host} knows {what}.",
            "Put the newest copy of the logs in place. If there is none, see to the target, then abandon the run.",
            run=run_id, host=host.name, what=", ".join(strange) if strange else "that it has ended",
        )  # fmt: skip


def check_free(ports: Ports, plan: Plan, values: Values) -> None:
    """Refuse to begin a run whose lock another holds: `take` would, with its approvals used up for nothing."""
    where, run_as = marker_place(values)
    host = ports.reach.host(where)
    for name in lock_names(values):
        found = host.read_marker(name, run_as)
        if found.text:
            raise _held_by(ports, host, name, run_as, found, holder_of(ports, plan, plan.id))
    with suppress(Unreachable):
        check_peer(ports, values, holder_of(ports, plan, plan.id))


def check_peer(ports: Ports, values: Values, mine: Holder) -> None:
    """Refuse if another run is at work on the other database of the pair, which has the same identity.

    Everybody first takes the lock on the host of their own target and then asks the other: of two who begin at once
    at least one finds the other, and nothing has to be held on a host that may be lost.
    """
    if values.bound.peer is None:
        return
    host, run_as = ports.reach.host(values.bound.host_name("peer_host")), values.bound.run_as("peer_host", "owner")
    for name in lock_names(values, of="identity."):
        found = host.read_marker(name, run_as)
        if found.text and not _own_text(found, mine):
            raise _held_by(ports, host, name, run_as, found, mine)


def take(ports: Ports, recorder: Recorder, values: Values, plan: Plan, run_id: str, fences: Fences) -> None:
    """Take every lock; LockHeld names the holder. What was taken before a refusal is given back."""
    mine = holder_of(ports, plan, run_id)
    kept = {name for (name, _), event in recorder.view.locks.items() if event != "released"}
    if kept:
        check_newest(ports.reach.host(marker_place(values)[0]), recorder.view, values, run_id)
    try:
        for name in lock_names(values):
            _take_one(ports, recorder, values, mine, name, again=name in kept, fences=fences)
        lost = _peer_lost(ports, values, mine)
    except LockHeld:
        _undo(ports, recorder, fences, kept)
        raise
    if lost and not kept:
        reason = f"it cannot be told whether another run is at work on the other database: {lost}"
        recorder.write(Deviation(kind="lock-gap", reason=reason))


def _peer_lost(ports: Ports, values: Values, mine: Holder) -> Unreachable | None:
    """Ask the peer; return why it could not be asked. A failover is for the day on which that host is lost."""
    try:
        check_peer(ports, values, mine)
    except Unreachable as error:
        return error
    return None


def _take_one(
    ports: Ports, recorder: Recorder, values: Values, mine: Holder, name: str, *, again: bool, fences: Fences
) -> None:
    where, run_as = marker_place(values)
    host = ports.reach.host(where)
    if (other := ports.locks.take(name, mine.text())) is not None:
        raise _refusal(name, where, other, LIVES_HERE, mine)
    found = host.take_marker(name, mine.text(), run_as)
    won = found.done
    if not won:
        found = _own(ports, host, name, run_as, found, mine)
    fences.add(Held(name=name, where=where, run_as=run_as, text=found.text or ""))
    if won and again:
        reason = f"{name} on {where} was not held any more when the run went on, and was taken again"
        recorder.write(Deviation(kind="lock-gap", reason=reason))
    holder = parse(found.text)
    recorder.commit(
        LockChanged(
            name=name,
            where=where,
            event="taken" if won else "kept",
            fence=holder.fence if holder else None,
            control=ports.locks.here.copy,
        )
    )


def _own(ports: Ports, host: Host, name: str, run_as: RunAs | None, found: Marker, mine: Holder) -> Marker:
    """Return the marker that an earlier process of this run left; LockHeld if it is another's."""
    if text := _own_text(found, mine):
        found = host.touch_marker(name, text, run_as)
        if found.done:
            return found
    raise _held_by(ports, host, name, run_as, found, mine)


def _held_by(ports: Ports, host: Host, name: str, run_as: RunAs | None, found: Marker, mine: Holder) -> LockHeld:
    holder = parse(found.text)
    operations = host.operations(holder.run, run_as) if holder else {}
    return _refusal(name, host.name, found.text, life_of(found, holder, ports.locks, operations), mine)


def _refusal(name: str, where: str, text: str | None, life: Life, mine: Holder) -> LockHeld:
    holder = parse(text)
    advice = _advice(name, holder, life, mine)
    return LockHeld(
        "HIS-6201",
        "{name} on {host} is held by {holder}; {life}.",
        "{advice}.",
        name=name, host=where, holder=told(holder, text), life=life.why, advice=advice,
    )  # fmt: skip


def _advice(name: str, holder: Holder | None, life: Life, mine: Holder) -> str:
    if holder is not None and holder.run == mine.run and not life.alive:
        return f"This is a copy of its log. If that control host is lost: hisops adopt {mine.run} --reason TEXT"
    if life.alive:
        return "Wait for it to end; `hisops status` there tells what it does"
    if holder is not None and holder.copy == mine.copy:
        return f"Go on with it or cancel it: hisops resume {holder.run}"
    return f"Go on with it where its log is. If that is lost for good: hisops unlock {name} --reason TEXT"


def release(
    ports: Ports, recorder: Recorder, values: Values, plan: Plan, run_id: str, fences: Fences | None = None
) -> None:
    """Give back what this run holds, whether this process has taken it or an earlier one.

    Only for a run whose log has its last word: a lock that was given back tells every older copy that the run is over.
    """
    host = ports.reach.host(marker_place(values)[0])
    run_as = marker_place(values)[1]
    held = {each.name: each for each in fences.held} if fences else {}
    mine = holder_of(ports, plan, run_id)
    for (name, where), event in list(recorder.view.locks.items()):
        text = held[name].text if name in held else _own_text(host.read_marker(name, run_as), mine)
        if event != "released" and text and host.drop_marker(name, text, run_as, _ended(run_id)):
            recorder.write(LockChanged(name=name, where=where, event="released"))
    for each in held.values():
        if fences:
            fences.forget(each)
    ports.locks.release()


def _own_text(found: Marker, mine: Holder) -> str | None:
    holder = parse(found.text)
    return found.text if holder and (holder.run, holder.copy) == (mine.run, mine.copy) else None


def _ended(run_id: str) -> str:
    return f"ended: {run_id}"


def _undo(ports: Ports, recorder: Recorder, fences: Fences, kept: set[str]) -> None:
    """Give back what was taken just now; what an earlier process of the run had taken stays."""
    for held in fences.held:
        if held.name not in kept:
            ports.reach.host(held.where).drop_marker(held.name, held.text, held.run_as, "never used")
            recorder.write(LockChanged(name=held.name, where=held.where, event="released"))
        fences.forget(held)
    ports.locks.release()
