"""What a site.yaml must keep to beyond its model: names that exist, settings that its targets need."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from hisops.documents.findings import Finding, problems_of, unknown
from hisops.documents.library import Library
from hisops.documents.load import Loaded, examine
from hisops.documents.problems import Problem, nearest
from hisops.documents.site_companions import destinations_exist, scratches_are_apart, standbys_exist
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
            yield unknown(
                ("databases", name, "host"), "host", database.host, site.hosts, missing=("hosts", database.host)
            )


def requirements_exist(site: Site, library: Library) -> Iterator[Finding]:
    """What the site requires of a runbook are results of runbooks. Whether they fit, lint tells: that takes reading."""
    known = library.ids() if site.requires else ()
    for name, requires in site.requires.items():
        keys: Keys = ("requires", name)
        if name not in known:
            yield unknown(keys, "runbook", name, known, at_key=True)
        for index, required in enumerate(requires):
            for number, other in enumerate(required.runbooks):
                at = (*keys, index, "any", number) if required.any else (*keys, index, "runbook")
                if other not in known:
                    yield unknown(at, "runbook", other, known)


def secrets_exist(site: Site, _: Library) -> Iterator[Finding]:
    """A password, and what a database's own secrets stand for, is the name of a secret of the inventory."""
    for name, database in site.databases.items():
        secret = database.connect.password if database.connect else None
        if secret and secret not in site.secrets:
            keys = ("databases", name, "connect", "password")
            yield unknown(keys, "secret", secret, site.secrets, missing=("secrets", secret))
        for known_as, secret in database.secrets.items():
            if secret not in site.secrets:
                keys = ("databases", name, "secrets", known_as)
                yield unknown(keys, "secret", secret, site.secrets, missing=("secrets", secret))


def engines_exist(site: Site, library: Library) -> Iterator[Finding]:
    """An engine has a target type, and that can be read."""
    for name, database in site.databases.items():
        keys = ("databases", name, "engine")
        if database.engine not in library.engines():
            yield unknown(keys, "engine", database.engine, library.engines())
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
                yield unknown(
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
            yield unknown(keys, "window", window, site.windows, missing=("windows", window))


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
                yield unknown((*at, "host"), "host", node.host, site.hosts, missing=("hosts", node.host))
            for setting in node.settings if target else ():
                if target and setting not in target.settings:
                    yield unknown((*at, "settings", setting), "setting", setting, target.settings, at_key=True)
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
