"""The original Export: `exp`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from hisops.lab import schemas, scn
from hisops.lab.state import State
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.logical import expfile
from hisops.lab.tools.logical.content import TableData, through
from hisops.lab.tools.logical.expfile import Head, Record
from hisops.lab.tools.logical.faults import TOO_OLD, cut, skipped
from hisops.lab.tools.logical.original import Original, charset_of
from hisops.lab.tools.logical.words import Refused, names, yes

_KNOWN = frozenset({
    "userid", "file", "log", "owner", "tables", "consistent", "flashback_scn", "statistics", "buffer", "direct",
    "compress", "rows", "feedback",
})  # fmt: skip
_NOT_REHEARSED = frozenset({
    "full", "inctype", "record", "recordlength", "grants", "indexes", "constraints", "triggers", "filesize", "query",
    "tablespaces", "transport_tablespace", "object_consistent", "flashback_time", "resumable", "tts_full_check",
    "volsize", "template", "resumable_name", "resumable_timeout", "help",
})  # fmt: skip
_BEFORE = (
    ". exporting pre-schema procedural objects and actions",
    ". exporting foreign function library names for user {owner} ",
    ". exporting PUBLIC type synonyms",
    ". exporting private type synonyms",
    ". exporting object type definitions for user {owner} ",
    "About to export {owner}'s objects ...",
    ". exporting database links",
    ". exporting sequence numbers",
    ". exporting cluster definitions",
)
_AFTER = (
    "synonyms", "views", "stored procedures", "operators", "referential integrity constraints", "triggers",
    "indextypes", "bitmap, functional and extensible indexes", "posttables actions", "materialized views",
    "snapshot logs", "job queues", "refresh groups and children", "dimensions",
    "post-schema procedural objects and actions", "statistics",
)  # fmt: skip


def run(desk: Desk) -> int:
    """Export owners or tables into a file."""
    tool = Original(desk, "Export", "EXP")
    state = tool.begin(_KNOWN, _NOT_REHEARSED)
    return tool.failed if state is None else _Export(tool, state).run()


class _Export:
    def __init__(self, tool: Original, state: State) -> None:
        self._tool = tool
        self._state = state
        self._charset = charset_of(tool.desk)
        self._say = tool.say

    def run(self) -> int:
        """Write the file, tell of each table."""
        tool, words = self._tool, self._tool.words
        own = schemas.charset(self._state)
        self._say(f"Export done in {self._charset} character set and AL16UTF16 NCHAR character set")
        if own != self._charset:
            self._say(f"server uses {own} character set (possible charset conversion)")
        path = Path(words.get("file", "expdat.dmp"))
        head = Head(release=tool.file_version, charset=self._charset, user=tool.login.user)
        try:
            upto = self._moment()
            expfile.write(path, head, self._records(upto))
        except OSError:
            return tool.fail("EXP-00028: failed to open " + f"{path} for write")
        except Refused as refused:
            return tool.fail(*refused.lines)
        cut(tool.desk, path)
        return tool.end()

    def _moment(self) -> int:
        now = scn.current(self._state)
        given = self._tool.words.get("flashback_scn")
        if given is None:
            return now
        if not given.isdigit() or int(given) > now:
            raise Refused(
                "EXP-00008: ORACLE error 8181 encountered",
                "ORA-08181: specified number is not a valid system change number",
            )
        return int(given)

    def _records(self, upto: int) -> Iterator[Record]:
        words, container = self._tool.words, self._tool.login.container
        held = schemas.held(self._state, container, upto)
        if "owner" in words:
            self._say("", "About to export specified users ...")
            for owner in names(words["owner"]):
                yield from self._owner(owner, [one for one in held if one.owner == owner])
        else:
            self._say("", "About to export specified tables via Conventional Path ...")
            for name in names(words.get("tables", "")):
                yield from self._named(name, held)

    def _owner(self, owner: str, held: list[TableData]) -> Iterator[Record]:
        container = self._tool.login.container
        if owner not in schemas.users(self._state, container):
            self._tool.warn(f"EXP-00010: {owner} is not a valid username")
            return
        self._say(*(line.format(owner=owner) for line in _BEFORE))
        self._say(f". about to export {owner}'s tables via Conventional Path ...")
        yield {"kind": "owner", "name": owner}
        for table in held:
            if table.segment:  # what has no segment is left out without a word
                yield from self._table(table)
        for one in schemas.code(self._state, container):
            if one.owner == owner:
                yield {"kind": "code", **{k: v for k, v in asdict(one).items() if k != "kind"}}
        self._say(*(f". exporting {part}" for part in _AFTER))

    def _named(self, name: str, held: list[TableData]) -> Iterator[Record]:
        owner, dot, plain = name.rpartition(".")
        owner = owner if dot else self._tool.login.user
        found = next((one for one in held if (one.owner, one.name) == (owner, plain) and one.segment), None)
        if found is None:
            self._tool.warn(f"EXP-00011: {owner}.{plain} does not exist")
            return
        yield {"kind": "owner", "name": owner}
        yield from self._table(found)

    def _table(self, table: TableData) -> Iterator[Record]:
        tool = self._tool
        tool.desk.pause(0.3)
        yield {"kind": "table", **{key: value for key, value in asdict(table).items() if key != "rows"}}
        start = f". . exporting table {table.name:>30}"
        if skipped(tool.desk, table):
            self._say(start)
            tool.warn("EXP-00056: ORACLE error 1555 encountered", TOO_OLD)
            return
        tool.desk.crossroads("export")
        rows = table.rows if yes(tool.words, "rows", default=True) else []
        for row in rows:
            yield {"kind": "row", "values": [through(item, self._charset) for item in row]}
        self._say(f"{start} {len(rows):>10} rows exported")
        statistics = tool.words.get("statistics", "estimate").lower()
        if statistics != "none" and schemas.charset(self._state) != self._charset:
            tool.warn("EXP-00091: Exporting questionable statistics.")
