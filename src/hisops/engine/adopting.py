"""Adopt a run: this copy of its log carries it on, because the control host that did so is lost.

The lock changes hands on the target's host, with a new fence: whoever held it can start nothing more there. Only then
the log says so. A tool of the run that goes on is no obstacle if this copy of the log knows of it; resume finds it.
"""

from __future__ import annotations

from collections.abc import Sequence

from hisops.engine.holders import told
from hisops.engine.locking import check_newest, holder_of, lock_names, marker_place
from hisops.engine.looking import Seen, Users, look_at, operations_of, users_of
from hisops.engine.recorder import Recorder
from hisops.engine.values import Values
from hisops.errors import LockHeld, Refused
from hisops.model.lock import parse
from hisops.model.plan import Plan
from hisops.model.records import Deviation, LockChanged, RunKept
from hisops.model.run import RunView
from hisops.ports import Locks, Ports, Reach


def look(reach: Reach, locks: Locks, view: RunView, values: Values, run_id: str) -> list[Seen]:
    """Return the locks of a run as they are; refuse what may not be adopted.

    Of a run that holds none, such as that of a playbook, no host can tell whether its owner lives.
    """
    if not any(event != "released" for event in view.locks.values()):
        return []
    where, run_as = marker_place(values)
    host = reach.host(where)
    seen = [look_at(host, name, run_as, (), locks) for name in lock_names(values)]
    for each in seen:
        _check_holder(each, locks, run_id)
    check_newest(host, view, values, run_id)
    _check_known(reach, view, run_id, users_of(values.bound))
    return seen


def _check_holder(seen: Seen, locks: Locks, run_id: str) -> None:
    """Refuse while another run holds the lock, or the one who is to be followed lives."""
    if seen.marker.text is None:
        return
    holder = seen.holder
    if holder is None or holder.run != run_id:
        raise LockHeld(
            "HIS-6206",
            "{name} on {host} is not held by the run {run}, but by {holder}.",
            "Wait for that to end.",
            name=seen.name, host=seen.host, run=run_id, holder=seen.who,
        )  # fmt: skip
    if seen.life.alive and holder.copy != locks.here.copy:
        raise LockHeld(
            "HIS-6207",
            "{name} on {host} is held by {holder}, and the holder lives: {life}.",
            "Go on there. A lost control host counts as lost five minutes after it was last heard of.",
            name=seen.name, host=seen.host, holder=seen.who, life=seen.life.why,
        )  # fmt: skip


def _check_known(reach: Reach, view: RunView, run_id: str, users: Users) -> None:
    """Refuse a log that lacks something that was started: it would be started again."""
    known = {call.intent.op for step in view.steps.values() for call in step.calls}
    for name, who in users.items():
        found, unseen = operations_of(reach.host(name), run_id, who)
        strange = sorted(found.keys() - known)
        if strange or unseen:
            raise Refused(
                "HIS-6208",
                "This copy of the log of {run} cannot be shown to be the newest: {what}.",
                "Bring the newest copy of the logs. If there is none, see to the target, then unlock it and plan anew.",
                run=run_id,
                what=f"{name} knows {', '.join(strange)}" if strange else "; ".join(unseen),
            )


def adopt(
    ports: Ports, recorder: Recorder, plan: Plan, seen: Sequence[Seen], *, by: str, reason: str
) -> list[LockChanged]:
    """Take every lock over from exactly the holder that was seen; write it down."""
    mine = holder_of(ports, plan, ports.journal.run_id)
    changed = []
    for each in seen:
        fence = _swap(ports, each, mine.text())
        changed.append(
            LockChanged(name=each.name, where=each.host, event="adopted", fence=fence, control=ports.locks.here.copy)
        )
    before = "; ".join(each.who for each in seen if each.marker.text) or "nobody"
    here = ports.locks.here
    why = f"adopted on {here.name} in {here.logs}: {reason}; before, it was held by: {before}"
    kept = RunKept(control=here.copy, host=here.name)
    recorder.commit(*changed, kept, Deviation(kind="adopted", reason=why, by=by))
    return changed


def _swap(ports: Ports, seen: Seen, text: str) -> int | None:
    """Put us in place of the holder that was seen; a lock that nobody holds is taken by the resume."""
    holder = seen.holder
    if holder is None:
        return None
    if holder.copy == ports.locks.here.copy:
        return holder.fence
    host = ports.reach.host(seen.host)
    swapped = host.swap_marker(seen.name, seen.marker.text or "", text, seen.run_as)
    now = parse(swapped.text)
    if not swapped.done or now is None:
        raise LockHeld(
            "HIS-6209",
            "{name} on {host} changed hands just now; it is held by {holder}.",
            "Look again.",
            name=seen.name, host=seen.host, holder=told(now, swapped.text),
        )  # fmt: skip
    return now.fence
