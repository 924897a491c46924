"""Look at a lock from outside: who holds it, what the holder has started on hosts, does the holder live."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hisops.engine.holders import GOING_ON, Life, life_of, told
from hisops.engine.values import Bound
from hisops.errors import HisopsError
from hisops.model.lock import Holder, parse
from hisops.model.site import RunAs
from hisops.ports import Host, Locks, Marker, OpStatus

Users = Mapping[str, Iterable[RunAs | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A lock as it was looked at: who holds it, what the holder's run has ever started there, does the holder live.

    `unseen` tells of which users of the host the operations could not be looked at, and why.
    """

    name: str
    host: str
    run_as: RunAs | None
    marker: Marker
    operations: Mapping[str, OpStatus]
    unseen: tuple[str, ...]
    life: Life

    @property
    def holder(self) -> Holder | None:
        """Who holds it, if the text names somebody."""
        return parse(self.marker.text)

    @property
    def run(self) -> str | None:
        """The run that holds it, as far as the text tells."""
        return _run_of(self.marker.text)

    @property
    def who(self) -> str:
        """Who holds it, in words."""
        return told(self.holder, self.marker.text)

    @property
    def going_on(self) -> list[str]:
        """The operations that go on."""
        return sorted(name for name, status in self.operations.items() if status.state in GOING_ON)


def look_at(
    host: Host, name: str, run_as: RunAs | None, users: Iterable[RunAs | None], locks: Locks, run: str | None = None
) -> Seen:
    """Look at the lock `name` on `host`, and for `users` there at what its holder has started; or what `run` has."""
    marker = host.read_marker(name, run_as)
    run = _run_of(marker.text) or run
    operations, unseen = operations_of(host, run, users) if run else ({}, ())
    life = life_of(marker, parse(marker.text), locks, operations)
    return Seen(
        name=name, host=host.name, run_as=run_as, marker=marker, operations=operations, unseen=unseen, life=life
    )


def operations_of(host: Host, run: str, users: Iterable[RunAs | None]) -> tuple[dict[str, OpStatus], tuple[str, ...]]:
    """Return all that `run` has ever started on `host` as one of `users`, and of whom that could not be told."""
    found: dict[str, OpStatus] = {}
    unseen = []
    for user in users:
        try:
            found |= host.operations(run, user)
        except HisopsError as error:
            unseen.append(f"{user.user if user else 'the login user'} on {host.name}: {error}")
    return found, tuple(unseen)


def users_of(bound: Bound) -> dict[str, set[RunAs | None]]:
    """Return as whom the steps of a runbook may start tools that outlive the link, by host."""
    found: dict[str, set[RunAs | None]] = {bound.host_name("db_host"): {bound.run_as("db_host", "owner")}}
    for step in bound.runbook.steps:
        for call in (step, step.undo):
            if not step.writes or call is None or call.sh is None:
                continue
            place = call.on or step.on
            found.setdefault(bound.host_name(place), set()).add(bound.run_as(place, call.as_ or step.as_))
    return found


def _run_of(text: str | None) -> str | None:
    """Return the run that the text of a lock names; older versions wrote a sentence."""
    if (holder := parse(text)) is not None:
        return holder.run
    found = re.match(r"run (\S+) of ", text or "")
    return found[1] if found else None
