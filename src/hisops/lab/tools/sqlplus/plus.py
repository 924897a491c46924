"""The interpreter: what each command of SQL*Plus does, and when it gives up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hisops.lab.commands import recompile
from hisops.lab.tools.database import name_of
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.sqlplus import scripts, stages
from hisops.lab.tools.sqlplus.catbundle import Catbundle
from hisops.lab.tools.sqlplus.markup import Markup
from hisops.lab.tools.sqlplus.reader import Piece, Reader
from hisops.lab.tools.sqlplus.session import NOT_AVAILABLE, Connection, SqlError, connect
from hisops.lab.tools.sqlplus.table import Look, Nls, fields, printed
from hisops.lab.tools.sqlplus.variables import VariableRefused, Variables

_CHINESE = {
    "Connected.": "已连接。",
    "Connected to an idle instance.": "已连接到空闲例程。",
    "Database closed.": "数据库已经关闭。",
    "Database dismounted.": "已经卸载数据库。",
    "ORACLE instance shut down.": "ORACLE 例程已经关闭。",
    "ORACLE instance started.": "ORACLE 例程已经启动。",
    "Database mounted.": "数据库装载完毕。",
    "Database opened.": "数据库已经打开。",
    "Session altered.": "会话已更改。",
    "Pluggable database altered.": "插接式数据库已变更。",
    "PL/SQL procedure successfully completed.": "PL/SQL 过程已成功完成。",
}
_NO_STANDARD = ("ORA-06553: PLS-213: package STANDARD not accessible",)
_IGNORED = (
    "REM",
    "REMARK",
    "TTITLE",
    "BREAK",
    "BRE",
    "DEFINE",
    "UNDEFINE",
    "BTITLE",
    "REPHEADER",
    "REPFOOTER",
)


class Leave(Exception):
    """SQL*Plus ends with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Plus:
    """One SQL*Plus."""

    desk: Desk
    silent: bool
    commands: Mapping[str, Callable[[Plus, str], None]]
    connection: Connection | None = None
    look: Look = field(default_factory=Look)
    on_error: str = "CONTINUE"
    on_os_error: str = "CONTINUE"
    last_code: int = 0
    last: Piece | None = None
    reader: Reader = field(default_factory=Reader)
    spool: Path | None = None
    markup: Markup = field(default_factory=Markup)
    variables: Variables = field(default_factory=Variables)

    def say(self, *lines: str) -> None:
        """Print; in Chinese when neither NLS_LANG nor luck prevents it."""
        chinese = self.desk.chinese(nls=True)
        words = [_CHINESE.get(line, line) if chinese else line for line in lines]
        text = "".join(f"{line}\n" for line in (self.markup.lines(words) if self.markup.on else words))
        self.put(text.encode("gb18030" if chinese else "utf-8"))

    def put(self, data: bytes) -> None:
        """Print bytes, and keep them if output is spooled."""
        self.desk.raw(data)
        if self.spool is not None:
            with self.spool.open("ab") as kept:
                kept.write(data)

    def play(self, text: list[str]) -> None:
        """Carry out lines of input."""
        outer, self.reader = self.reader, Reader()
        try:
            for line in text:
                self.play_line(line)
        finally:
            self.reader = outer

    def play_line(self, line: str) -> None:
        """Carry out what a line completes."""
        for piece in self.reader.feed(line):
            self.carry_out(piece)

    def carry_out(self, piece: Piece) -> None:
        """Carry out one piece."""
        if piece.kind == "command":
            self._command(piece.text)
            return
        if piece.kind == "again":
            if self.last is None:
                self.say("SP2-0103: Nothing in SQL buffer to run.")
                return
            piece = self.last
        self.last = piece
        self.run_sql(piece.text)

    def log_on(self, logon: str) -> bool:
        """CONNECT; False when it failed."""
        had = self.connection is not None
        self.log_off()
        self.connection, lines = connect(self.desk, name_of(self.desk), logon)
        self.say(*lines)
        if self.connection is None and had:
            self.say("Warning: You are no longer connected to ORACLE.")
        return self.connection is not None

    def log_off(self, *, keep: bool = True) -> None:
        """DISCONNECT, or the end."""
        from hisops.lab.sql.errors import OracleError

        if self.connection is None:
            return
        try:
            self.connection.leave(keep=keep)
        except OracleError as error:
            self.say("ERROR:", str(error), "")
        self.connection = None

    def _command(self, text: str) -> None:
        word, _, rest = text.partition(" ")
        name = word.upper()
        if text.startswith("@"):
            self._script(text.lstrip("@").strip())
        elif name in ("CONNECT", "CONN"):
            if not self.log_on(rest.strip()):
                self._give_up(self.on_error, 1017)
        elif name in self.commands:
            self.commands[name](self, rest.strip())
        elif name not in _IGNORED:
            self.say(f'SP2-0734: unknown command beginning "{text[:10]}..." - rest of line ignored.')

    def run_sql(self, text: str, done: str = "") -> None:
        """Have the database carry out a statement; `done` is said in place of the usual words."""
        if self.connection is None:
            self.say("SP2-0640: Not connected")
            return
        try:
            if stages.change(self.desk, self.connection, text):
                self.say("", "Database altered.", "")
                return
            if self._given(self.connection, text):
                return
            words, outcome = self._run(self.connection, text)
        except VariableRefused as refused:
            self.say(str(refused))
            return
        except SqlError as error:
            first = text.split("\n", maxsplit=1)[0]
            where = [] if error.code in (1034, 3113) else [first, "*"]
            self.say(*where, "ERROR at line 1:" if where else "ERROR:", *error.lines, "", "")
            self.last_code = error.code
            self._give_up(self.on_error, error.code)
            return
        self.last_code = 0
        self._answer(done or words, outcome)

    def _given(self, connection: Connection, text: str) -> bool:
        """Carry out a block that only gives variables their values."""
        if not self.variables.take(text):
            return False
        if connection.state["status"] != "OPEN":
            raise SqlError(*(NOT_AVAILABLE if connection.state["status"] == "DOWN" else _NO_STANDARD))
        self._answer("PL/SQL procedure successfully completed.", None)
        return True

    def _run(self, connection: Connection, text: str) -> tuple[str, Any]:
        """Have a statement carried out. A change of roles goes on the record, takes a while, and may be struck."""
        label = stages.role_change(text)
        if not label:
            return connection.run(text, self.variables)
        self.desk.record("command", text=" ".join(text.split()))
        self.desk.pause(4)
        done = connection.run(text, self.variables)
        self.desk.crossroads(label)
        return done

    def _answer(self, words: str, outcome: Any) -> None:
        if outcome is not None:
            rows = list(outcome.rows)
            if self.markup.on:
                self._page(outcome.columns, rows)
                return
            nls = self._nls()
            lines = printed(fields(outcome.columns, self.look, nls), rows, self.look, nls)
            self.say(*lines)
        elif words.startswith("\nWarning"):
            self.say(*words.split("\n"))
        elif self.look.feedback and words:
            self.say("", words, "")

    def _page(self, columns: Any, rows: list[Any]) -> None:
        nls = self._nls()
        lines = self.markup.page(fields(columns, self.look, nls), rows, self.look, nls)
        self.put("".join(f"{line}\n" for line in lines).encode())

    def _nls(self) -> Nls:
        return Nls(self.desk.env, self.connection.formats if self.connection else {})

    def _give_up(self, how: str, code: int) -> None:
        words = how.split()
        if words[:1] == ["EXIT"]:
            self.log_off(keep=words[-1] != "ROLLBACK")
            raise Leave(exit_code(words[1] if len(words) > 1 else "SUCCESS", code))

    def _script(self, name: str) -> None:
        path = Path(name.split(maxsplit=1)[0].replace("?", self.desk.env.get("ORACLE_HOME", "?"), 1))
        path = path if path.suffix else path.with_suffix(".sql")
        if not path.exists():
            self.say(f'SP2-0310: unable to open file "{name.split(maxsplit=1)[0]}"')
            self._give_up(self.on_os_error, 9)
        elif path.name == "utlrp.sql" and path.parent.name == "admin":
            self._utlrp()
        elif path.name.startswith("catbundle") and path.parent.resolve().name == "admin":
            self._catbundle(path.stem, name.split()[1:])
        else:
            self.play(path.read_text(errors="replace").split("\n"))

    def _catbundle(self, stem: str, words: list[str]) -> None:
        """Run catbundle.sql SERIES MODE, or a script that it has generated."""
        connection = self.connection
        if connection is None:
            self.say("SP2-0640: Not connected")
            return
        if not connection.sysdba or connection.state["status"] != "OPEN":
            number, text = (1109, "database not open") if connection.sysdba else (1031, "insufficient privileges")
            self.say("CREATE OR REPLACE FUNCTION dir_exists_and_is_writable(dirname IN VARCHAR2)", "*")
            self.say("ERROR at line 1:", f"ORA-{number:05d}: {text}", "", "")
            self._give_up(self.on_error, number)
            return
        series, mode = [*(word.upper() for word in words), "", ""][:2]
        generated = stem.split("_") if "_" in stem else []
        call = Catbundle(
            self.desk, connection.database, connection.state, generated[1] if generated else series, self.silent,
            self.say, lambda code: self._give_up(self.on_error, code),
        )  # fmt: skip
        call.execute(generated[-1]) if generated else call.run(mode)

    def _utlrp(self) -> None:
        if self.connection is None:
            self.say("SP2-0640: Not connected")
            return
        connection = self.connection
        if connection.state["status"] != "OPEN":
            self.say("ERROR:", *NOT_AVAILABLE, "")
            self._give_up(self.on_error, 1034)
            return
        self.say(*scripts.utlrp_head(container=self.desk.machine.release.container))
        self.desk.crossroads("utlrp")
        self.desk.pause(2)
        with self.desk.store.change(connection.database) as state:
            left = recompile(state, connection.container)
        self.say(*scripts.utlrp_tail(left, container=self.desk.machine.release.container))


def exit_code(word: str, code: int) -> int:
    """Return the exit code that a word of EXIT or WHENEVER means."""
    if word.isdigit():
        return int(word) % 256
    return {"FAILURE": 1, "WARNING": 2, "SQL.SQLCODE": code % 256}.get(word, 0)
