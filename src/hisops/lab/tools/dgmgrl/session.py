"""The connection of DGMGRL: to which database, and with what right to connect to the other one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hisops.lab import pair
from hisops.lab.broker.config import own_name, trouble
from hisops.lab.broker.health import View
from hisops.lab.state import LAB, State
from hisops.lab.tools import names
from hisops.lab.tools.database import name_of
from hisops.lab.tools.desk import Desk

WRONG_PASSWORD = "ORA-01017: invalid username/password; logon denied"  # noqa: S105 - an error's text
LOST = "Warning: You are no longer connected to ORACLE."
_LOGON = re.compile(r'(?P<user>\w*)(?:/(?P<password>"[^"]*"|[^@\s]*))?(?:@(?P<where>\S+))?', re.IGNORECASE)
_UNKNOWN = "Configuration details cannot be determined by DGMGRL"


class Refused(Exception):
    """A command fails: the lines that say so."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


def failed(error: str, *more: str) -> Refused:
    """Return the failure of a command as the broker reports it."""
    return Refused(f"Error: {error}", "", "Failed.", *more)


@dataclass(slots=True)
class Session:
    """One DGMGRL."""

    desk: Desk
    database: str | None = None
    by_password: bool = False

    def say(self, *lines: str) -> None:
        """Print."""
        self.desk.out(*lines)

    @property
    def connected(self) -> str:
        """Return the database that is connected to; Refused when there is none."""
        if self.database is None:
            raise Refused("not logged on")
        return self.database

    def states(self) -> tuple[State, State]:
        """Return the database connected to and the other one."""
        own, other = self.desk.store.both(self.connected)
        return self.desk.store.read(own), self.desk.store.read(other)

    def view(self) -> View:
        """Return the configuration as the database connected to knows it. Refused when its broker cannot tell."""
        own, other = self.states()
        if own["status"] == "DOWN":
            raise Refused("ORA-01034: ORACLE not available", "Process ID: 0", "Session ID: 0 Serial number: 0", "",
                          _UNKNOWN)  # fmt: skip
        if not own["broker"]["start"] or own["status"] == "STARTED":
            raise Refused("ORA-16525: The Oracle Data Guard broker is not yet available.", "", _UNKNOWN)
        if given_up := trouble(own):
            raise Refused(given_up, "", _UNKNOWN)
        return View(own, other, self.desk.lab["pace"])

    def member(self, name: str) -> str:
        """Return the name of a member as the configuration has it."""
        found = next((str(one) for one in self.view().broker["members"] if one == name.strip("'\"").lower()), None)
        if found is None:
            raise Refused(f'Object "{name.strip(chr(39) + chr(34))}" was not found')
        return found

    def key(self, member: str) -> str:
        """Return the lab's name of a member's database."""
        store = self.desk.store
        return next(name for name in store.databases() if own_name(store.read(name)) == member)

    @contextmanager
    def changing(self, member: str) -> Iterator[tuple[State, State]]:
        """Give a member's database, and the other one, for changing."""
        with pair.changing(self.desk.store, self.key(member)) as states:
            yield states

    def reach(self, member: str) -> None:
        """Connect to a member with the password given before; Refused, and no longer connected, when that fails."""
        if not self.by_password:
            self.database = None
            raise Refused(WRONG_PASSWORD, "", "Failed.", LOST, "", f'\tconnect to database "{member}"')
        key = self.key(member)
        state = self.desk.store.read(key)
        try:
            names.find(self.desk, state["db_unique_name"])
        except names.NotReached as problem:
            self.database = None
            raise Refused(
                "Unable to connect to database using " + member, str(problem), "", "Failed.", LOST
            ) from problem
        self.database = key
        self.say(f'Connected to "{state["db_unique_name"]}"', "Connected as SYSDBA.")

    def log_on(self, logon: str, ask: str | None = None) -> list[str]:
        """Connect; return the lines of success. `ask` is the password typed at the prompt. Raises Refused."""
        plain = re.sub(r"\s+as\s+(?:sysdba|sysdg)\s*$", "", logon.strip().rstrip(";"), flags=re.IGNORECASE)
        found = _LOGON.fullmatch(plain)
        if found is None:
            raise Refused("ORA-01017: invalid username/password; logon denied")
        if not found["user"] and not found["where"]:
            return self._by_system()
        if found["user"] and found["password"] is None and ask is None:
            raise Refused(WRONG_PASSWORD)
        return self._with_password(found["user"] or "", (found["password"] or ask or "").strip('"'), found["where"])

    def _by_system(self) -> list[str]:
        database = name_of(self.desk)
        if self.desk.user != "oracle" or database is None:
            raise Refused("ORA-01031: insufficient privileges" if database else "ORA-12162: TNS:net service name is "
                          "incorrectly specified")  # fmt: skip
        self.database, self.by_password = database, False
        state = self.desk.store.read(database)
        if state["status"] == "DOWN":
            return ["Connected to an idle instance.", "Connected as SYSDBA."]
        return [f'Connected to "{state["db_unique_name"]}"', "Connected as SYSDG."]

    def _with_password(self, user: str, password: str, where: str | None) -> list[str]:
        try:
            database = names.find(self.desk, where) if where else name_of(self.desk)
        except names.NotReached as problem:
            raise Refused(str(problem)) from problem
        if database is None or user.upper() != "SYS" or password != self.desk.store.read(LAB)["password"]:
            raise Refused(WRONG_PASSWORD)
        self.database, self.by_password = database, True
        state = self.desk.store.read(database)
        if state["status"] == "DOWN":
            return ["Connected to an idle instance.", "Connected as SYSDBA."]
        return [f'Connected to "{state["db_unique_name"]}"', "Connected as SYSDBA."]
