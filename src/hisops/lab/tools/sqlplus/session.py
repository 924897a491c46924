"""The connection of SQL*Plus: who, to which instance, in which container, and what the database answers."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Any

from hisops.lab import pair
from hisops.lab.commands import ROOT, CommandRefused
from hisops.lab.release import R112
from hisops.lab.state import LAB, State
from hisops.lab.tools import names
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.sqlplus.variables import Variables

NOT_AVAILABLE = ("ORA-01034: ORACLE not available", "Process ID: 0", "Session ID: 0 Serial number: 0")


class SqlError(Exception):
    """What the database refused: its lines, and the code of the first."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines
        self.code = int(lines[0].partition(":")[0].partition("-")[2])


@dataclass(slots=True)
class Connection:
    """A logged-in user. `engine` is made when the first statement needs it."""

    desk: Desk
    database: str
    user: str
    sysdba: bool
    container: str = ROOT
    engine: Any = None
    altered: bool = False

    @property
    def state(self) -> State:
        """The database as it is now."""
        return self.desk.store.read(self.database)

    @property
    def formats(self) -> dict[str, str]:
        """The formats of dates and times that ALTER SESSION has set."""
        return dict(self.engine.settings.formats) if self.altered else {}

    def run(self, text: str, variables: Variables | None = None) -> tuple[str, Any]:
        """Carry out a statement; return SQL*Plus's words for it and, for a query, its outcome."""
        state = self.state
        if state["status"] == "DOWN":
            raise SqlError(*NOT_AVAILABLE)
        if container := _target_of_switch(text):
            if state["release"] == R112.number:
                raise SqlError("ORA-02248: invalid option for ALTER SESSION")
            self._enter(state, container)
            return "Session altered.", None
        answer = self._command(text)
        return (answer, None) if answer is not None else self._engine(text, variables or Variables())

    def leave(self, *, keep: bool = True) -> None:
        """Log off; what is open is committed, as SQL*Plus does unless it is told otherwise."""
        if self.engine is not None:
            (self.engine.commit if keep else self.engine.rollback)()
            self.engine = None

    def _enter(self, state: State, container: str) -> None:
        if container != ROOT and container not in {pdb["name"] for pdb in state["pdbs"]}:
            raise SqlError(f"ORA-65011: Pluggable database {container} does not exist.")
        self.container = container
        self.engine = None
        self.altered = False

    def _command(self, text: str) -> str | None:
        try:
            return pair.carry_out(self.desk.store, self.database, self.container, text, sysdba=self.sysdba)
        except CommandRefused as refused:
            raise SqlError(f"ORA-{refused.number:05d}: {refused.text}") from refused

    def _engine(self, text: str, variables: Variables) -> tuple[str, Any]:
        from hisops.lab.sql.errors import OracleError
        from hisops.lab.sql.lexer import read_statement

        if self.engine is None:
            self.engine = self._open_engine()
        statement = read_statement(text)
        try:
            outcome = self.engine.execute(statement, variables.bound(statement.binds))
        except OracleError as error:
            raise SqlError(str(error)) from error
        word = statement.words(1)[0] if statement.tokens else ""
        self.altered |= statement.kind == "session"
        return _words(statement.kind, word, outcome.count), outcome if statement.kind == "query" else None

    def _open_engine(self) -> Any:
        from hisops.lab.instance import LabInstance, open_session

        instance = LabInstance(self.desk.layout, self.database)
        return open_session(instance, self.state["db_unique_name"], self.user, self.sysdba, self.container)


def _target_of_switch(text: str) -> str | None:
    words = text.replace("=", " = ").replace('"', "").split()
    if len(words) == 6 and [word.upper() for word in words[:5]] == ["ALTER", "SESSION", "SET", "CONTAINER", "="]:
        return words[5].upper()
    return None


def _words(kind: str, word: str, count: int) -> str:
    rows = f"{count} row{'s' if count != 1 else ''}"
    fixed = {
        "COMMIT": "Commit complete.",
        "ROLLBACK": "Rollback complete.",
        "SET": "Transaction set.",
        "ALTER": "Session altered." if kind == "session" else "System altered.",
        "INSERT": f"{rows} created.",
        "UPDATE": f"{rows} updated.",
        "DELETE": f"{rows} deleted.",
        "MERGE": f"{rows} merged.",
    }
    return "PL/SQL procedure successfully completed." if kind == "plsql" else fixed.get(word, "")


def connect(desk: Desk, database: str | None, logon: str) -> tuple[Connection | None, list[str]]:
    """Log in as CONNECT says. Return the connection, and the lines of the failure or of the success."""
    words = logon.split()
    sysdba = [word.upper() for word in words[-2:]] in (["AS", "SYSDBA"], ["AS", "SYSBACKUP"])
    who = " ".join(words[:-2] if sysdba else words)
    if who == "/" and sysdba:
        return _bequeath(desk, database)
    name, _, rest = who.partition("/")
    password, _, where = rest.partition("@")
    if where:
        try:
            database = names.find(desk, where)
        except names.NotReached as problem:
            return None, ["ERROR:", *textwrap.wrap(str(problem), 79), ""]
    known = {"HISOPS": desk.store.read(LAB)["password"], "SYS": desk.store.read(LAB)["password"]}
    if known.get(name.upper()) != password.strip('"') or database is None:
        return None, ["ERROR:", "ORA-01017: invalid username/password; logon denied", ""]
    state = desk.store.read(database)
    if state["status"] == "DOWN" and sysdba and where and names.is_static(desk, where):
        return Connection(desk, database, "SYS", sysdba), ["Connected to an idle instance."]
    if state["status"] == "DOWN":
        return None, ["ERROR:", *NOT_AVAILABLE, ""]
    if state["status"] != "OPEN" and not sysdba:
        return None, ["ERROR:", "ORA-01033: ORACLE initialization or shutdown in progress", *NOT_AVAILABLE[1:], ""]
    return Connection(desk, database, "SYS" if sysdba else name.upper(), sysdba), ["Connected."]


def _bequeath(desk: Desk, database: str | None) -> tuple[Connection | None, list[str]]:
    if desk.user != "oracle":
        return None, ["ERROR:", "ORA-01031: insufficient privileges", ""]
    if database is None:
        return None, ["ERROR:", "ORA-12162: TNS:net service name is incorrectly specified", ""]
    idle = desk.store.read(database)["status"] == "DOWN"
    return Connection(desk, database, "SYS", True), ["Connected to an idle instance." if idle else "Connected."]
