"""`hisops unlock`: look at a lock and its owner, have the target named, write it down, take it away, look again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hisops.cli import wiring
from hisops.cli.wiring import Desk
from hisops.console.i18n import mark
from hisops.console.locking import seen_document, seen_lines
from hisops.console.remarks import has_terminal, remark, type_target
from hisops.console.theme import Screen
from hisops.engine.looking import Seen, look_at
from hisops.errors import HisopsError, LockHeld, UsageProblem
from hisops.journal.ledger import Ledger, person_sign
from hisops.model.site import RunAs
from hisops.ports import Locks, Reach

UNLOCK = mark("Take the lock away? Type the target's name, or Enter to leave: ")


class _Spot(NamedTuple):
    """Where a lock may be: a database of the site, the host and the user that keep its locks."""

    target: str
    host: str
    run_as: RunAs | None


def unlock_target(desk: Desk, lock: str, target: str | None, reason: str) -> int:
    """Take the lock away if its owner is gone; 0 if it was seen to be free afterwards, 1 if not."""
    key = desk.key()
    screen = Screen.of(desk.call)
    reach, locks = desk.reach(), wiring.locks(desk)
    try:
        spot, seen = _find(desk, reach, locks, lock, target)
        screen.show(seen_lines(seen, screen.page()))
        _check_gone(seen, locks)
        if not named(screen, spot.target, target, UNLOCK, f"hisops unlock {lock} {spot.target} --reason TEXT"):
            return 0
        _write_down(desk, seen, reason)
        text = seen.marker.text or ""
        freed = f"taken away by {key.principal} from {seen.run or 'somebody'}"
        reach.host(seen.host).drop_marker(lock, text, seen.run_as, freed)
        after = look_at(reach.host(seen.host), lock, spot.run_as, _users(desk, spot), locks, seen.run)
    finally:
        reach.close()
        locks.release()
    return _tell(screen, seen, after)


def named(screen: Screen, target: str, given: str | None, question: str, again: str) -> bool:
    """Return whether the person has named the target; UsageProblem if it is not this one."""
    if given is None and has_terminal(screen):
        return type_target(screen, target, question)
    if given is None:
        raise UsageProblem(
            "HIS-6210",
            "There is no terminal to type the target's name at; nothing was done.",
            "Name it on the command line: {command}",
            command=again,
        )
    if given != target:
        raise UsageProblem(
            "HIS-6211",
            "This is about {target}, not about {given}; nothing was done.",
            "Make sure which one is meant.",
            target=target,
            given=given,
        )
    return True


def _find(desk: Desk, reach: Reach, locks: Locks, lock: str, target: str | None) -> tuple[_Spot, Seen]:
    """Return the lock and who holds it; every database of the site is asked, unless one is named."""
    away: list[str] = []
    for spot in _spots(desk, target):
        try:
            seen = look_at(reach.host(spot.host), lock, spot.run_as, _users(desk, spot), locks)
        except HisopsError as error:
            away.append(str(error))
            continue
        if seen.marker.text is not None:
            holder = seen.holder
            same = holder is not None and holder.target in desk.loaded.site.databases and target is None
            return (spot._replace(target=holder.target) if same and holder else spot), seen
    raise UsageProblem(
        "HIS-6212",
        "Nobody holds a lock named {lock} here.",
        "{hint}",
        lock=lock,
        hint="; ".join(away) or "The refusal names it, such as database-1203345671.",
    )


def _spots(desk: Desk, target: str | None) -> Iterator[_Spot]:
    databases = desk.loaded.site.databases
    if target is not None and target not in databases:
        raise wiring.no_target(desk, target)
    known = set()
    for name in [target] if target is not None else databases:
        host = databases[name].host
        run_as = desk.loaded.site.hosts[host].roles.get("owner")
        if (host, run_as) not in known:
            known.add((host, run_as))
            yield _Spot(name, host, run_as)


def _users(desk: Desk, spot: _Spot) -> list[RunAs | None]:
    return list(dict.fromkeys([spot.run_as, *desk.loaded.site.hosts[spot.host].roles.values(), None]))


def _check_gone(seen: Seen, locks: Locks) -> None:
    life = seen.life
    if not life.alive and (other := locks.take(seen.name, seen.marker.text or "")) is not None:
        raise _held(seen, f"a process of yours on this machine has it: {' '.join(other.split())}")
    if life.alive:
        raise _held(seen, life.why)


def _held(seen: Seen, why: str) -> LockHeld:
    return LockHeld(
        "HIS-6213",
        "{name} on {host} stays: the owner lives, {why}.",
        "Pause or cancel the run there. An owner elsewhere counts as gone after five minutes without a word.",
        name=seen.name, host=seen.host, why=why,
    )  # fmt: skip


def _write_down(desk: Desk, seen: Seen, reason: str) -> None:
    """Enter into the ledger, signed by the person, what is about to be done: before it is done."""
    key, origin = desk.key(), desk.loaded.site.origin
    desk.logs.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(desk.logs, desk.clock)
    ledger.begin(origin, key, wiring.machine().host)
    values = {
        "lock": seen.name, "host": seen.host, "run": seen.run or "", "holder": seen.who, "seen": seen.life.why,
        "reason": reason,
    }  # fmt: skip
    ledger.append(origin, key.principal, "lock.break", values, person_sign(key))


def _tell(screen: Screen, seen: Seen, after: Seen) -> int:
    free = after.marker.text is None and not after.going_on
    screen.data({"lock": seen.name, "host": seen.host, "before": seen_document(seen), "after": seen_document(after)})
    if free:
        remark(screen, "{name} on {host} is free now; the ledger says who took it away and why.",
               name=seen.name, host=seen.host)  # fmt: skip
    else:
        screen.show(seen_lines(after, screen.page()))
    return 0 if free else 1
