"""The locks that this process holds on hosts, asked again before each write: who was robbed of one starts nothing."""

from __future__ import annotations

from dataclasses import dataclass

from hisops.engine.binding import BoundCall
from hisops.engine.holders import told
from hisops.errors import HisopsError, LockLost
from hisops.model.lock import parse
from hisops.model.site import RunAs
from hisops.ports import Fence, Host, Marker, Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A lock on a host: its name, where it is, as whom it is reached, and the text that makes it ours."""

    name: str
    where: str
    run_as: RunAs | None
    text: str


class Fences:
    """All locks that this process holds on hosts."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._held: tuple[Held, ...] = ()

    @property
    def held(self) -> tuple[Held, ...]:
        """What is held now."""
        return self._held

    def add(self, held: Held) -> None:
        """Take note of a lock that was taken."""
        self._held = (*self._held, held)

    def forget(self, held: Held) -> None:
        """Take note of a lock that was given back."""
        self._held = tuple(each for each in self._held if each != held)

    def around(self, call: BoundCall) -> list[Fence]:
        """Return the locks that the far side itself can check while it starts `call`: same host, same user."""
        return [Fence(name=each.name, text=each.text) for each in self._held if _reaches(call, each)]

    def beside(self, call: BoundCall) -> list[Held]:
        """Return the locks that `around` cannot cover: they are to be asked for just before `call`."""
        return [each for each in self._held if not (call.detached and _reaches(call, each))]

    def lost(self) -> LockLost | None:
        """Return the error that names who holds what this process has lost, if it can be told that it lost anything."""
        try:
            for each in self._held:
                ask(self._reach.host(each.where), each)
        except LockLost as error:
            return error
        except HisopsError:
            pass
        return None

    def beat(self) -> None:
        """Let the holder be heard of, wherever it holds something."""
        for each in self._held:
            self._reach.host(each.where).touch_marker(each.name, each.text, each.run_as)


def ask(host: Host, held: Held) -> None:
    """Ask `host` whether it still keeps the lock for us, and let us be heard of; LockLost names the new holder."""
    found = host.touch_marker(held.name, held.text, held.run_as)
    if not found.done:
        raise _lost(held, found)


def _reaches(call: BoundCall, held: Held) -> bool:
    return call.where == held.where and call.run_as == held.run_as


def _lost(held: Held, found: Marker) -> LockLost:
    who = told(parse(found.text), found.text) if found.text else (found.freed or "nobody")
    return LockLost(
        "HIS-6205",
        "This run does not hold {name} on {host} any more; now it is: {who}. Nothing more was started.",
        "Do not start anything by hand before it is clear who carries this run on.",
        name=held.name, host=held.where, who=who,
    )  # fmt: skip
