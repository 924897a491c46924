"""The original Import: `imp`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hisops.lab import pair, schemas
from hisops.lab.state import State
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.logical import expfile
from hisops.lab.tools.logical.content import Coded, Misfit, Row, TableData, definition, fitting, through
from hisops.lab.tools.logical.expfile import Ended, Head, NotExport, Record
from hisops.lab.tools.logical.original import Original, charset_of
from hisops.lab.tools.logical.words import names, yes

_KNOWN = frozenset({
    "userid", "file", "log", "fromuser", "touser", "full", "tables", "ignore", "show", "rows", "buffer", "commit",
    "statistics", "feedback",
})  # fmt: skip
_NOT_REHEARSED = frozenset({
    "inctype", "recordlength", "grants", "indexes", "constraints", "indexfile", "destroy", "filesize", "volsize",
    "skip_unusable_indexes", "toid_novalidate", "resumable", "resumable_name", "resumable_timeout", "compile",
    "streams_configuration", "streams_instantiation", "transport_tablespace", "tablespaces", "datafiles", "tts_owners",
    "data_only", "charset", "help",
})  # fmt: skip


def run(desk: Desk) -> int:
    """Import a file, or show what is in it."""
    tool = Original(desk, "Import", "IMP")
    state = tool.begin(_KNOWN, _NOT_REHEARSED)
    return tool.failed if state is None else _Import(tool, state).run()


class _Import:
    def __init__(self, tool: Original, state: State) -> None:
        self._tool = tool
        self._state = state
        self._say = tool.say
        self._show = yes(tool.words, "show")
        self._open: TableData | None = None
        self._rows: list[Row] = []
        self._coded: list[Coded] = []
        self._owner = ""
        self._users = dict(
            zip(names(tool.words.get("fromuser", "")), names(tool.words.get("touser", "")), strict=False)
        )

    def run(self) -> int:
        """Read the file from its beginning to wherever it ends."""
        tool, path = self._tool, Path(self._tool.words.get("file", "expdat.dmp"))
        try:
            head = expfile.head_of(path)
        except OSError:
            return tool.fail(f"IMP-00002: failed to open {path} for read")
        except NotExport:
            return tool.fail("IMP-00010: not a valid export file, header failed verification")
        if "fromuser" not in tool.words and not yes(tool.words, "full") and "tables" not in tool.words:
            return tool.fail("IMP-00031: Must specify FULL=Y or provide FROMUSER/TOUSER or TABLES arguments")
        self._begin(head)
        try:
            for record in expfile.records(path):
                self._take(record)
            self._close()
        except Ended:
            self._close(whole=False)
            tool.warn("IMP-00009: abnormal end of export file")
            return tool.end()
        self._compile()
        if not self._show:
            self._say("About to enable constraints...")
        return tool.end()

    def _begin(self, head: Head) -> None:
        client, server = charset_of(self._tool.desk), schemas.charset(self._state)
        self._say("", f"Export file created by EXPORT:V{head.release} via conventional path")
        if head.user != self._tool.login.user:
            self._say("", f"Warning: the objects were exported by {head.user}, not by you", "")
        self._say(f"import done in {client} character set and AL16UTF16 NCHAR character set")
        if server != client:
            self._say(f"import server uses {server} character set (possible charset conversion)")
        if head.charset != client:
            self._say(f"export client uses {head.charset} character set (possible charset conversion)")

    def _take(self, record: Record) -> None:
        match record.pop("kind"):
            case "owner":
                self._close()
                self._owner = record["name"]
                if self._wanted():
                    self._say(f". importing {self._owner}'s objects into {self._into()}")
            case "table" if self._wanted():
                self._close()
                self._open = TableData(**record)
                self._tool.desk.pause(0.3)
            case "row" if self._open:
                client = charset_of(self._tool.desk)
                self._rows.append([through(item, client) for item in record["values"]])
            case "code" if self._wanted():
                self._close()
                self._coded.append(Coded(**record))

    def _wanted(self) -> bool:
        return yes(self._tool.words, "full") or self._owner in names(self._tool.words.get("fromuser", self._owner))

    def _into(self) -> str:
        return self._users.get(self._owner, self._owner)

    def _close(self, *, whole: bool = True) -> None:
        """Bring the table in that was read last; a cut one has its rows up to there."""
        table, self._open = self._open, None
        rows, self._rows = self._rows, []
        if table is None:
            return
        if self._show:
            self._say(f' "{definition(table)}"')
            self._say(*([f'. . skipping table "{table.name}"', ""] if whole else ()))
            return
        self._tool.desk.crossroads("import")
        self._bring(table, rows, whole=whole)

    def _bring(self, table: TableData, rows: list[Row], *, whole: bool) -> None:
        tool, container, owner = self._tool, self._tool.login.container, self._into()
        with pair.changing_one(tool.desk.store, tool.login.database) as state:
            if owner not in schemas.users(state, container):
                self._refused(f'"CREATE TABLE "{table.name}""', 1918, f"ORA-01918: user '{owner}' does not exist")
                return
            there = next(
                (one for one in schemas.held(state, container, int(state["scn"])) if _same(one, owner, table)), None
            )
            if there and not yes(tool.words, "ignore"):
                tool.warn(
                    "IMP-00015: following statement failed because the object already exists:",
                    f' "CREATE TABLE "{table.name}""',
                )
                return
            place = schemas.place_for(state, container, owner, table.tablespace)
            brought = replace(table, owner=owner, tablespace=place, rows=rows)
            arrived = self._arriving(brought, whole=whole)
            schemas.put(state, container, replace(brought, rows=[*(there.rows if there else ()), *arrived]))

    def _arriving(self, table: TableData, *, whole: bool) -> list[Row]:
        """Return the rows that fit, and tell of the others and of the table."""
        quoted = f'"{table.name}"'
        start = f". . importing table {quoted:>30}"
        taken = list(fitting(table, schemas.charset(self._state)))
        arrived = [row for row in taken if not isinstance(row, Misfit)]
        misfits = [row for row in taken if isinstance(row, Misfit)]
        if whole and not misfits:
            self._say(f"{start} {len(arrived):>10} rows imported")
            return arrived
        self._say(start)
        for misfit in misfits:
            self._reject(table, misfit)
        self._say(*([f"{len(arrived):>10} rows imported"] if whole else ()))
        return arrived

    def _reject(self, table: TableData, misfit: Misfit) -> None:
        self._tool.warn(
            "IMP-00019: row rejected due to ORACLE error 12899",
            "IMP-00003: ORACLE error 12899 encountered",
            f'ORA-12899: value too large for column "{table.owner}"."{table.name}"."{misfit.column}" '
            f"(actual: {misfit.actual}, maximum: {misfit.maximum})",
            *(f"Column {number} {item}" for number, item in enumerate(misfit.row, start=1)),
        )

    def _refused(self, text: str, number: int, message: str) -> None:
        self._tool.warn(
            f"IMP-00017: following statement failed with ORACLE error {number}:", f" {text}",
            f"IMP-00003: ORACLE error {number} encountered", message,
        )  # fmt: skip

    def _compile(self) -> None:
        """Create packages and views; what was broken is broken here, too."""
        if self._show:
            self._say(*(f' "CREATE {one.type} "{one.name}""' for one in self._coded))
            return
        container = self._tool.login.container
        with pair.changing_one(self._tool.desk.store, self._tool.login.database) as state:
            for one in self._coded:
                owner = self._users.get(one.owner, one.owner)
                schemas.put_code(state, container, owner, one.name, one.type, one.status)
                if one.status != "VALID":
                    self._tool.warn(
                        "IMP-00041: Warning: object created with compilation warnings",
                        f' "CREATE FORCE {one.type} "{owner}"."{one.name}""',
                    )


def _same(one: TableData, owner: str, table: TableData) -> bool:
    return (one.owner, one.name) == (owner, table.name)
