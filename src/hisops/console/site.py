"""The inventory of a site on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.text import Text

from hisops.console.grid import Column, grid, wrapped
from hisops.console.theme import CARE, STRONG, Page
from hisops.model.roster import Roster
from hisops.model.site import Host, RunAs, SecretRef, Site


def site_lines(folder: Path, site: Site, roster: Roster | None, page: Page) -> list[Text]:
    """Return hosts, databases, secrets by their place, and people."""
    say = page.say
    head = wrapped(say.of(site.title), page.width, first=Text(f"  {site.name}   ", STRONG), indent=4)
    if site.simulation:
        head.append(Text("  " + say("LAB, a simulation: says nothing about a real database"), CARE))
    facts = [(say("folder"), str(folder)), (say("origin"), site.origin)]
    if site.overrides:
        facts.append((say("replaced"), ", ".join(site.overrides)))
    return [
        *head,
        *grid([Column(), Column(wraps=True)], facts, page.width),
        *_section(say("databases"), _databases(site, page), page),
        *_section(say("hosts"), _hosts(site, page), page),
        *_section(say("secrets"), _secrets(site, page), page),
        *_section(say("people"), _people(roster, page), page),
    ]


def site_document(folder: Path, site: Site, roster: Roster | None) -> dict[str, Any]:
    """Return the site for `--json`: secrets by their place only, as site.yaml has them."""
    people = roster.model_dump(mode="json")["people"] if roster else {}
    return {"folder": str(folder), "site": site.model_dump(mode="json", by_alias=True), "people": people}


def _section(title: str, rows: list[tuple[str, str, str]], page: Page) -> list[Text]:
    columns = [Column(title), Column(wraps=True), Column(wraps=True)]
    return [Text(), *grid(columns, rows, page.width)] if rows else []


def _databases(site: Site, page: Page) -> list[tuple[str, str, str]]:
    rows = []
    for name, database in site.databases.items():
        standby = page.say("standby {name}", name=database.standby) if database.standby else ""
        scratch = page.say("restored to {name}", name=database.scratch) if database.scratch else ""
        goes = page.say("copied to {name}", name=database.destination) if database.destination else ""
        where = page.say("on {host}", host=database.host)
        window = page.say("window {name}", name=database.window) if database.window else ""
        connect = database.connect
        dsn = (connect.dsn or connect.driver) if connect else ""
        names = ", ".join(node.host for node in database.nodes)
        nodes = page.say("nodes {names}", names=names) if names else ""
        told = f" {page.signs.dot} ".join(filter(None, [where, nodes, dsn, standby, scratch, goes, window]))
        rows.append((name, page.say.of(database.title), told))
    return rows


def _hosts(site: Site, page: Page) -> list[tuple[str, str, str]]:
    return [(name, _address(host), _roles(host, page)) for name, host in site.hosts.items()]


def _address(host: Host) -> str:
    login = f"{host.user}@{host.address}" if host.user else host.address
    return f"{login}:{host.port}" if host.port else login


def _roles(host: Host, page: Page) -> str:
    said = [f"{role} {_became(user, page)}" for role, user in host.roles.items()]
    return f" {page.signs.dot} ".join([host.os, page.say(host.kind), *said])


def _became(user: RunAs, page: Page) -> str:
    return user.user if user.via == "none" else page.say("{user} by {way}", user=user.user, way=user.via)


def _secrets(site: Site, page: Page) -> list[tuple[str, str, str]]:
    return [(name, _place(secret, page), "") for name, secret in site.secrets.items()]


def _place(secret: SecretRef, page: Page) -> str:
    for kind in ("env", "file", "keyring"):
        if where := getattr(secret, kind):
            return f"{kind} {where}"
    return page.say("asked for when needed")


def _people(roster: Roster | None, page: Page) -> list[tuple[str, str, str]]:
    people = roster.people if roster else {}
    return [(", ".join(who.principals), page.say.of(who.name), ", ".join(who.roles)) for who in people.values()]
