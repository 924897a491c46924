"""Whether the scratch host is one. Nothing is changed there that may be a production or a standby host; no flag helps.

Asked of the inventory and of the machine itself: in the plan, when a run begins or goes on, and before each call that
changes something there. In between somebody may have corrected the inventory, or moved an address.
"""

from __future__ import annotations

from collections.abc import Iterator

from hisops.engine.binding import BoundCall
from hisops.engine.bound import Bound
from hisops.errors import NotScratch, Unreachable
from hisops.model.naming import alike, names_of, same_door
from hisops.model.site import Site
from hisops.ports import HostFacts, Reach

PLACE = "scratch_host"


class Isolation:
    """Keeps restores of the database `source` off every machine that is not for them."""

    def __init__(self, reach: Reach, site: Site, source: str) -> None:
        self._reach = reach
        self._site = site
        self._source = source
        self._known: dict[str, HostFacts] = {}

    def begin(self, bound: Bound) -> None:
        """Check if the runbook has anything to do on the scratch host. Raises Refused if there is none."""
        if any(PLACE in step.places for step in bound.runbook.steps):
            bound.database_name(PLACE)
            self.check()

    def admit(self, call: BoundCall) -> None:
        """Check if `call` would change something on the scratch host, if only in the run's own folder."""
        if call.place == PLACE and call.effect != "read":
            self.check()

    def check(self) -> None:
        """Raise NotScratch if the scratch host is another host, or may be; Unreachable if it cannot be asked."""
        name = self._site.databases[str(self._site.databases[self._source].scratch)].host
        self._check_inventory(name)
        facts = self._reach.host(name).facts(self._site.hosts[name].roles.get("owner"))
        for other in self._others():
            if any(alike(facts.hostname, known) for known in names_of(self._site, other)):
                raise self._refused(
                    "HIS-3071",
                    "The machine behind {host} says that it is {says}; so is the {kind} host {other} called.",
                    name, other, says=facts.hostname,
                )  # fmt: skip
        for other, known in self._machines():
            if facts.boot == known.boot or alike(facts.hostname, known.hostname):
                raise self._refused(
                    "HIS-3072", "One machine, {says}, is behind {host} and behind the {kind} host {other}.",
                    name, other, says=known.hostname,
                )  # fmt: skip

    def _check_inventory(self, name: str) -> None:
        host = self._site.hosts[name]
        if host.kind != "scratch":
            raise self._refused("HIS-3073", "{host} is a {kind} host, not a host of class scratch.", name, name)
        names = names_of(self._site, name)
        for other in self._others():
            named = any(alike(mine, theirs) for mine in names for theirs in names_of(self._site, other))
            if named or same_door(host, self._site.hosts[other]):
                fact = "By its name or its address, {host} leads to the {kind} host {other} of the inventory."
                raise self._refused("HIS-3074", fact, name, other)
        targets = {database.scratch for database in self._site.databases.values()}
        for database, entry in self._site.databases.items():
            if database not in targets and name in {entry.host, *(node.host for node in entry.nodes)}:
                fact = "{host} is the host of the database {other}, too, so it is not for scratch alone."
                raise self._refused("HIS-3075", fact, name, database)

    def _others(self) -> Iterator[str]:
        return (name for name, host in self._site.hosts.items() if host.kind != "scratch")

    def _machines(self) -> Iterator[tuple[str, HostFacts]]:
        """Give what the hosts of the source and of its peer say of themselves; a peer that is lost says nothing."""
        for database in (self._source, self._site.peer_of(self._source)):
            entry = self._site.databases[database] if database else None
            for name in dict.fromkeys([entry.host, *(node.host for node in entry.nodes)] if entry else ()):
                try:
                    yield name, self._known.get(name) or self._known.setdefault(name, self._reach.host(name).facts())
                except Unreachable:
                    if name == self._site.databases[self._source].host:
                        raise

    def _refused(self, code: str, fact: str, host: str, other: str, **values: object) -> NotScratch:
        kind = self._site.hosts[other].kind if other in self._site.hosts else ""
        todo = "Correct `scratch:` and the hosts in site.yaml; no option makes hisops restore there."
        return NotScratch(code, fact, todo, host=host, other=other, kind=kind, **values)
