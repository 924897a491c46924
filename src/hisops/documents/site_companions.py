"""Which databases of a site.yaml may stand beside another: its standby, its scratch instance, its destination."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from hisops.documents.findings import Finding, unknown
from hisops.documents.library import Library
from hisops.documents.source import Keys
from hisops.model.site import Site

Unfit = Callable[[Site, str, str, Keys], Iterator[Finding]]


def standbys_exist(site: Site, _: Library) -> Iterator[Finding]:
    """A standby is another database of the inventory, of the same engine."""
    return _companions(site, "standby", _unfit_standby)


def scratches_are_apart(site: Site, _: Library) -> Iterator[Finding]:
    """Backups are restored to an instance of its own, of the same engine. Whether its host is fit, a run finds out."""
    return _companions(site, "scratch", _unfit_scratch)


def destinations_exist(site: Site, _: Library) -> Iterator[Finding]:
    """Schemas are copied into another database of the inventory, of the same engine."""
    return _companions(site, "destination", _unfit_destination)


def _companions(site: Site, word: str, unfit: Unfit) -> Iterator[Finding]:
    """Find what is wrong with the databases that others name under `word`: they exist, and are fit for it."""
    for name, database in site.databases.items():
        other, keys = getattr(database, word), ("databases", name, word)
        if other is None:
            continue
        if other not in site.databases:
            yield unknown(keys, "database", other, site.databases, missing=("databases", other))
        else:
            yield from islice(unfit(site, name, other, keys), 1)


def _unfit_standby(site: Site, name: str, other: str, keys: Keys) -> Iterator[Finding]:
    """Give each reason why `other` cannot be the standby of `name`."""
    todo, values = "", {"name": name, "other": other}
    if other == name:
        yield Finding(keys, "The database `{name}` cannot be its own standby.", todo, values)
    if _engines_differ(site, name, other):
        yield Finding(keys, "The standby `{other}` is of another engine.", todo, values)
    if site.peer_of(other) != name:
        yield Finding(keys, "The database `{other}` belongs to another pair already.", todo, values)


def _unfit_scratch(site: Site, name: str, other: str, keys: Keys) -> Iterator[Finding]:
    """Give each reason not to restore backups of `name` to `other`."""
    todo, values = "Name an entry of its own, on a host of class scratch.", {"name": name, "other": other}
    scratch = site.databases[other]
    if other == name:
        yield Finding(keys, "The database `{name}` cannot be its own scratch instance.", todo, values)
    if site.peer_of(other) is not None:
        yield Finding(keys, "The scratch instance `{other}` belongs to a pair.", todo, values)
    if scratch.scratch is not None:
        yield Finding(keys, "The scratch instance `{other}` has one itself.", todo, values)
    users = {each for each, database in site.databases.items() if database.scratch == other}
    if users - {name, site.peer_of(name)}:
        yield Finding(keys, "The scratch instance `{other}` is that of another database, too.", todo, values)
    if scratch.nodes:
        yield Finding(keys, "The scratch instance `{other}` has nodes; backups are restored to one host.", todo, values)
    if _engines_differ(site, name, other):
        yield Finding(keys, "The scratch instance `{other}` is of another engine.", todo, values)


def _unfit_destination(site: Site, name: str, other: str, keys: Keys) -> Iterator[Finding]:
    """Give each reason not to copy schemas of `name` into `other`."""
    todo, values = "", {"name": name, "other": other}
    if other in (name, site.peer_of(name)):
        yield Finding(keys, "The database `{name}` cannot be copied into itself.", todo, values)
    if _engines_differ(site, name, other):
        yield Finding(keys, "The destination `{other}` is of another engine.", todo, values)


def _engines_differ(site: Site, name: str, other: str) -> bool:
    return site.databases[name].engine != site.databases[other].engine
