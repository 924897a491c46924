"""How people get into a database with these tools, and what the tools say of themselves before and after."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from hisops.lab.commands import ROOT
from hisops.lab.state import State
from hisops.lab.tools import names
from hisops.lab.tools.database import NOT_AVAILABLE, name_of
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.nls import banner_date, now

_USERS = ("SYS", "SYSTEM", "HISOPS")


class Denied(Exception):
    """Nobody was let in: the number of the error, and its lines."""

    def __init__(self, number: int, *lines: str) -> None:
        super().__init__(number, *lines)
        self.number = number
        self.lines = lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Somebody in a container of a database."""

    database: str
    user: str
    container: str
    told: str
    """What a job says of the logon."""


def banner(desk: Desk, word: str, database: str | None = None) -> list[str]:
    """Return the head of the output; since 18c with the patch level."""
    release = desk.machine.release
    level = [f"Version {version(desk, database)}"] if release.container else []
    until = release.until if release.container else 2011
    return [
        "",
        f"{word}: Release {release.number} - Production on {banner_date(now())}",
        *level,
        "",
        f"Copyright (c) 1982, {until}, Oracle and/or its affiliates.  All rights reserved.",
    ]


def version(desk: Desk, database: str | None = None) -> str:
    """Return the patch level of the home, which is that of the database that runs from it."""
    found = database or name_of(desk)
    return str(desk.store.read(found)["version"]) if found else desk.machine.release.number


def greeting(state: State) -> list[str]:
    """Return what a tool says once it is in."""
    if state["pdbs"]:
        return ["Connected to: Oracle Database 19c Enterprise Edition Release 19.0.0.0.0 - Production"]
    return [
        "Connected to: Oracle Database 11g Enterprise Edition Release 11.2.0.4.0 - 64bit Production",
        "With the Partitioning, OLAP, Data Mining and Real Application Testing options",
    ]


def log_on(desk: Desk, userid: str) -> Login:
    """Let somebody in; asks for a password that is not said. Raises Denied."""
    words = userid.strip("'\"").split()
    sysdba = [word.upper() for word in words[-2:]] == ["AS", "SYSDBA"]
    who = " ".join(words[:-2] if sysdba else words)
    if who == "/" and sysdba:
        return _bequeath(desk)
    account, at, where = who.partition("@")
    user, slash, password = account.partition("/")
    if not slash:
        desk.err("Password: ")
        password = sys.stdin.readline().rstrip("\r\n")
    database, container = _place(desk, where if at else "")
    if user.upper() not in _USERS or password.strip('"') != desk.lab["password"]:
        raise Denied(1017, "ORA-01017: invalid username/password; logon denied")
    if user.upper() == "SYS" and not sysdba:
        raise Denied(28009, "ORA-28009: connection as SYS should be as SYSDBA or SYSOPER")
    _open(desk, database)
    told = f"{user.lower()}/********{at}{where}"
    return Login(database=database, user=user.upper(), container=container, told=told)


def _bequeath(desk: Desk) -> Login:
    database = name_of(desk)
    if desk.user != "oracle":
        raise Denied(1031, "ORA-01031: insufficient privileges")
    if database is None:
        raise Denied(12162, "ORA-12162: TNS:net service name is incorrectly specified")
    _open(desk, database)
    return Login(database=database, user="SYS", container=ROOT, told='"/******** AS SYSDBA"')


def _place(desk: Desk, where: str) -> tuple[str, str]:
    if not where:
        database = name_of(desk)
        if database is None:
            raise Denied(12162, "ORA-12162: TNS:net service name is incorrectly specified")
        return database, ROOT
    try:
        database, service = names.find(desk, where), names.resolve(desk, where)[1]
    except names.NotReached as problem:
        number = str(problem).partition(":")[0].partition("-")[2]
        raise Denied(int(number) if number.isdigit() else 12154, str(problem)) from problem
    pdbs = {pdb["name"].lower(): pdb["name"] for pdb in desk.store.read(database)["pdbs"]}
    return database, pdbs.get(service, ROOT)


def _open(desk: Desk, database: str) -> None:
    status = desk.store.read(database)["status"]
    if status == "DOWN":
        raise Denied(1034, *NOT_AVAILABLE[:3])
    if status != "OPEN":
        raise Denied(1033, "ORA-01033: ORACLE initialization or shutdown in progress")
