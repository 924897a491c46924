"""What a `for_each` goes over: nodes of the target, the target and its peer, or hosts of the site."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hisops.errors import UsageProblem
from hisops.model.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One of those that a `for_each` goes over."""

    name: str
    host: str | None = None
    database: str | None = None
    foreign: bool = False

    @property
    def slug(self) -> str:
        """The name as a part of ids."""
        return re.sub(r"[^a-z0-9]+", "-", self.name).strip("-")


def items_of(site: Site, target: str, over: str | list[str]) -> list[Item]:
    """Return what `for_each: over` goes over at this target; UsageProblem for a host that the inventory lacks."""
    database = site.databases[target]
    if over == "databases":
        return [Item(name=name, database=name) for name in (target, site.peer_of(target)) if name]
    if over == "nodes":
        return [Item(name=host, host=host) for host in [node.host for node in database.nodes] or [database.host]]
    names = list(site.hosts) if isinstance(over, str) else over
    for name in names:
        if name not in site.hosts:
            raise UsageProblem(
                "HIS-2210",
                "The inventory has no host {name}, which a step of the runbook names.",
                "It has: {known}. Correct `for_each` or site.yaml.",
                name=name,
                known=", ".join(site.hosts),
            )
    return [Item(name=name, host=name, foreign=True) for name in names]


def over_key(over: str | list[str] | tuple[str, ...]) -> str:
    """Return what two steps must share to go over the same items."""
    return over if isinstance(over, str) else ",".join(over)
