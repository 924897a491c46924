"""What a site.yaml must keep to beyond its model: names that exist, settings that its targets need."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path

from hisops.documents.findings import Finding, problems_of
from hisops.documents.library import Library
from hisops.documents.load import Loaded, examine
from hisops.documents.problems import Problem, nearest
from hisops.documents.source import Keys, Source
from hisops.errors import HisopsError
from hisops.model.closed import is_fit
from hisops.model.site import Setting, Site, TargetType

_TYPES: dict[str, tuple[type, str]] = {
    "path": (str, "a path that begins with /, of letters, digits and _ . + = , % -"),
    "string": (str, "a text"),
    "identifier": (str, "a name that begins with a letter, of letters, digits, _, $ and #"),
    "tag": (str, "a word of at most 30 letters, digits, _ . and -"),
    "integer": (int, "a whole number"),
    "boolean": (bool, "true or false"),
}
_DIGEST = re.compile(r"^(?:sha256:)?[0-9a-f]{64}$")
Unfit = Callable[[Site, str, str, Keys], Iterator[Finding]]


def examine_site(path: Path, library: Callable[[Site], Library]) -> tuple[Loaded[Site] | None, list[Problem]]:
    """Return the site in `path` if it fits its model, and all that is wrong with it."""
    examined = examine(path, Site)
    problems = list(examined.problems)
    if examined.best is not None and examined.source is not None:
        shelf = library(examined.best)
        problems.extend(site_problems(examined.best, examined.source, shelf, examined.damaged))
    return examined.loaded, sorted(problems, key=lambda problem: (problem.line, problem.column))


def site_problems(site: Site, source: Source, library: Library, damaged: Collection[Keys] = ()) -> Iterator[Problem]:
    """Give what breaks the rules for sites. `damaged`: what was unfit and is left out of `site`."""
    for rule, check in RULES.items():
        yield from problems_of(check(site, library), source, rule, "error", damaged)


def hosts_exist(site: Site, _: Library) -> Iterator[Finding]:
    """A database lies on a host of the inventory."""
    for name, database in site.databases.items():
        if database.host not in site.hosts:
            yield _unknown(
                ("databases", name, "host"), "host", database.host, site.hosts, missing=("hosts", database.host)
            )


def standbys_exist(site: Site, _: Library) -> Iterator[Finding]:
    """A standby is another database of the inventory, of the same engine."""
    return _companions(site, "standby", _unfit_standby)


def scratches_are_apart(site: Site, _: Library) -> Iterator[Finding]:
    """Backups are restored to an instance of its own, of the same engine. Whether its host is fit, a run finds out."""
    return _companions(site, "scratch", _unfit_scratch)


def destinations_exist(site: Site, _: Library) -> Iterator[Finding]:
    """Schemas are copied into another database of the inventory, of the same engine."""
    return _companions(site, "destination", _unfit_destination)


def requirements_exist(site: Site, library: Library) -> Iterator[Finding]:
    """What the site requires of a runbook are results of runbooks. Whether they fit, lint tells: that takes reading."""
    known = library.ids() if site.requires else ()
    for name, requires in site.requires.items():
        keys: Keys = ("requires", name)
        if name not in known:
            yield _unknown(keys, "runbook", name, known, at_key=True)
        for index, required in enumerate(requires):
            for number, other in enumerate(required.runbooks):
                at = (*keys, index, "any", number) if required.any else (*keys, index, "runbook")
                if other not in known:
                    yield _unknown(at, "runbook", other, known)


def _companions(site: Site, word: str, unfit: Unfit) -> Iterator[Finding]:
    """Find what is wrong with the databases that others name under `word`: they exist, and are fit for it."""
    for name, database in site.databases.items():
        other, keys = getattr(database, word), ("databases", name, word)
        if other is None:
            continue
        if other not in site.databases:
            yield _unknown(keys, "database", other, site.databases, missing=("databases", other))
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


def secrets_exist(site: Site, _: Library) -> Iterator[Finding]:
    """A password, and what a database's own secrets stand for, is the name of a secret of the inventory."""
    for name, database in site.databases.items():
        secret = database.connect.password if database.connect else None
        if secret and secret not in site.secrets:
            keys = ("databases", name, "connect", "password")
            yield _unknown(keys, "secret", secret, site.secrets, missing=("secrets", secret))
        for known_as, secret in database.secrets.items():
            if secret not in site.secrets:
                keys = ("databases", name, "secrets", known_as)
                yield _unknown(keys, "secret", secret, site.secrets, missing=("secrets", secret))


def engines_exist(site: Site, library: Library) -> Iterator[Finding]:
    """An engine has a target type, and that can be read."""
    for name, database in site.databases.items():
        keys = ("databases", name, "engine")
        if database.engine not in library.engines():
            yield _unknown(keys, "engine", database.engine, library.engines())
            continue
        try:
            library.target_type(database.engine)
        except HisopsError as error:
            yield Finding(keys, "The target type `{name}` cannot be used: {why}", values={"name": name, "why": error})


def settings_are_known(site: Site, library: Library) -> Iterator[Finding]:
    """A setting is one that the target type names."""
    for name, target in _targets(site, library):
        for setting in site.databases[name].settings:
            if setting not in target.settings:
                yield _unknown(
                    ("databases", name, "settings", setting), "setting", setting, target.settings, at_key=True
                )


def settings_are_complete(site: Site, library: Library) -> Iterator[Finding]:
    """Every setting that the target type requires is there."""
    for name, target in _targets(site, library):
        given = site.databases[name].settings
        for setting, wanted in target.settings.items():
            if wanted.required and setting not in given:
                keys = ("databases", name, "settings")
                fact = "The database `{name}` lacks the setting `{setting}` ({title})."
                values = {"name": name, "setting": setting, "title": wanted.title.en}
                yield Finding(keys, fact, "Add it under `settings:`.", values, missing=(*keys, setting), at_key=True)


def settings_fit(site: Site, library: Library) -> Iterator[Finding]:
    """A setting is of its type."""
    for name, target in _targets(site, library):
        database, at = site.databases[name], ("databases", name)
        nodes = [((*at, "nodes", index), node.settings) for index, node in enumerate(database.nodes)]
        for keys, given in [(at, database.settings), *nodes]:
            for setting, value in given.items():
                wanted = target.settings.get(setting)
                if wanted is not None and not _fits(wanted, value):
                    fact = "The setting `{setting}` must be {wanted}."
                    values = {"setting": setting, "wanted": _TYPES[wanted.type][1]}
                    yield Finding((*keys, "settings", setting), fact, values=values)


def overrides_are_digests(site: Site, library: Library) -> Iterator[Finding]:
    """An override names a shipped definition that the site replaces, and its digest."""
    for name, digest in site.overrides.items():
        keys = ("overrides", name)
        if not _DIGEST.match(digest):
            yield Finding(keys, "An override is declared by a SHA-256 digest (64 hex digits).")
        if not library.replaces(name):
            todo = "Remove the line; it declares what does not happen."
            fact = "The site does not replace a shipped definition `{name}`."
            yield Finding(keys, fact, todo, {"name": name}, at_key=True)


def windows_exist(site: Site, _: Library) -> Iterator[Finding]:
    """The window of a database is a calendar of the inventory."""
    for name, database in site.databases.items():
        if database.window is not None and database.window not in site.windows:
            keys, window = ("databases", name, "window"), database.window
            yield _unknown(keys, "window", window, site.windows, missing=("windows", window))


def time_zones_exist(site: Site, _: Library) -> Iterator[Finding]:
    """The time zone of a calendar is one that this machine knows."""
    from zoneinfo import ZoneInfo, available_timezones

    for name, calendar in site.windows.items():
        try:
            ZoneInfo(calendar.timezone)
        except (OSError, ValueError, KeyError):
            guess = nearest(calendar.timezone, sorted(available_timezones()))
            todo = "Did you mean `{guess}`?" if guess else "Write a name of the IANA time zones, such as Asia/Shanghai."
            fact, values = "There is no time zone `{name}`.", {"name": calendar.timezone, "guess": guess}
            yield Finding(("windows", name, "timezone"), fact, todo, values)


def nodes_exist(site: Site, library: Library) -> Iterator[Finding]:
    """The nodes of a cluster are hosts of the inventory, its own host among them, with settings that are known."""
    for name, database in site.databases.items():
        target = next((target for each, target in _targets(site, library) if each == name), None)
        for index, node in enumerate(database.nodes):
            at = ("databases", name, "nodes", index)
            if node.host not in site.hosts:
                yield _unknown((*at, "host"), "host", node.host, site.hosts, missing=("hosts", node.host))
            for setting in node.settings if target else ():
                if target and setting not in target.settings:
                    yield _unknown((*at, "settings", setting), "setting", setting, target.settings, at_key=True)
        if database.nodes and database.host not in {node.host for node in database.nodes}:
            fact = "The host of `{name}`, {host}, is none of its nodes."
            yield Finding(("databases", name, "nodes"), fact, "Add it.", {"name": name, "host": database.host})


def logins_are_given(site: Site, library: Library) -> Iterator[Finding]:
    """A database whose type is asked by SQL says how to log in."""
    for name, target in _targets(site, library):
        if name in {each.scratch for each in site.databases.values()}:
            continue  # there is nothing to log in to until something is restored
        if site.databases[name].connect is None and any(fact.sql for fact in (*target.identity, *target.state)):
            keys = ("databases", name)
            fact = "The database `{name}` does not say how to log in, but its type is asked by SQL."
            yield Finding(keys, fact, "Add `connect:`.", {"name": name}, missing=(*keys, "connect"), at_key=True)


RULES: dict[str, Callable[[Site, Library], Iterator[Finding]]] = {
    "SI001": hosts_exist,
    "SI002": standbys_exist,
    "SI003": secrets_exist,
    "SI004": engines_exist,
    "SI005": settings_are_known,
    "SI006": settings_are_complete,
    "SI007": settings_fit,
    "SI008": overrides_are_digests,
    "SI009": windows_exist,
    "SI010": time_zones_exist,
    "SI011": nodes_exist,
    "SI012": logins_are_given,
    "SI013": scratches_are_apart,
    "SI014": requirements_exist,
    "SI015": destinations_exist,
}


def _targets(site: Site, library: Library) -> Iterator[tuple[str, TargetType]]:
    for name, database in site.databases.items():
        if database.engine in library.engines():
            try:
                yield name, library.target_type(database.engine).model
            except HisopsError:
                continue  # SI004 tells


def _fits(wanted: Setting, value: str | int | bool) -> bool:
    kind = _TYPES[wanted.type][0]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        return False
    return is_fit(wanted.type, value)


def _unknown(
    keys: Keys, kind: str, name: str, known: Iterable[str], *, missing: Keys = (), at_key: bool = False
) -> Finding:
    names = list(known)
    guess = nearest(name, names)
    todo = "Did you mean `{guess}`?" if guess else "Known are: {known}."
    values = {"kind": kind, "name": name, "guess": guess, "known": ", ".join(names) or "none"}
    return Finding(keys, "There is no {kind} called `{name}`.", todo, values, missing, at_key)
