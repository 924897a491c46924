"""The calls of a session over its cursors: each is read at once, and answered later by what `read` returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from hisops.lab.sql.backend import Kind, Value
from hisops.lab.sql.errors import OracleError
from hisops.lab.sql.lexer import Statement, read_statement
from hisops.lab.sql.outcome import Outcome
from hisops.lab.sql.session import SqlSession
from hisops.lab.tns import messages, requests
from hisops.lab.tns.codec import Reader, Writer
from hisops.lab.tns.faults import Faults
from hisops.lab.tns.wire import Hangup

_REEXECUTE_COMMIT = 0x1
_MOST_CURSORS = 300
Answer = Callable[[], bytes]
Binds = list[Value | list[Value]]


@dataclass(slots=True)
class Cursor:
    """A parsed statement, its bind types, and the rows of its last execution that have not been fetched."""

    number: int
    statement: Statement
    types: Sequence[requests.BindType] = ()
    out: frozenset[int] = frozenset()
    kinds: Sequence[Kind] = ()
    rows: Iterator[tuple[Value, ...]] = field(default_factory=lambda: iter(()))
    ahead: tuple[Value, ...] | None = None

    def take(self, count: int) -> list[tuple[Value, ...]]:
        """Return up to `count` rows; `ahead` then tells whether there are more."""
        first = [] if self.ahead is None else [self.ahead]
        rows = first + list(islice(self.rows, max(count, 1) + 1 - len(first)))
        self.ahead = rows.pop() if len(rows) > max(count, 1) else None
        return rows


class Calls:
    """Reads the calls of one session and carries them out on its SQL session."""

    def __init__(self, sql: SqlSession, faults: Faults, on_statement: Callable[[int, str], None]) -> None:
        self._sql = sql
        self._faults = faults
        self._on_statement = on_statement
        self._cursors: dict[int, Cursor] = {}
        self._last = 0
        self._failed = 0
        self.piggybacks = requests.Piggybacks()
        self.cut = False  # the reply is to break off in the middle
        self.over = False  # the session ends after the reply

    def read(self, function: int, reader: Reader) -> Answer | None:
        """Read the body of a call; return what answers it, None for logging off."""
        self._take_piggybacks()
        simple: dict[int, Callable[[], None]] = {
            requests.COMMIT: self._sql.commit,
            requests.ROLLBACK: self._sql.rollback,
            requests.PING: lambda: None,
        }
        if function in simple:
            return lambda: self._simple(simple[function])
        match function:
            case requests.EXECUTE:
                request = requests.read_execute(reader, self._returned)
                return lambda: self._execute(request)
            case requests.REEXECUTE | requests.REEXECUTE_AND_FETCH:
                return self._read_again(function, reader)
            case requests.FETCH:
                number, count = reader.ub(), reader.ub()
                return lambda: self._fetch(number, count)
            case requests.LOG_OFF:
                return None
        reader.drop_rest()
        return lambda: self._refuse(function)

    def failure(self, error: OracleError) -> bytes:
        """Return the message that tells an error."""
        out = Writer()
        cursor, self._failed = self._failed, 0
        text = f"{error}\n"
        messages.end(
            out, in_transaction=self._sql.in_transaction, cursor=cursor, number=error.number, text=text,
            offset=error.offset,
        )  # fmt: skip
        return out.taken()

    def _refuse(self, function: int) -> bytes:
        raise OracleError(3115, f"unsupported network datatype or representation (lab: call {function})")

    def _take_piggybacks(self) -> None:
        for number in self.piggybacks.closed:
            self._cursors.pop(number, None)
        self._sql.attributes.update(self.piggybacks.attributes)
        self.piggybacks = requests.Piggybacks()

    def _returned(self, cursor: int, text: str | None) -> tuple[frozenset[int], bool]:
        statement = read_statement(text) if text is not None else self._cursor(cursor).statement
        return statement.returned, statement.kind == "plsql"

    def _read_again(self, function: int, reader: Reader) -> Answer:
        number, count, _, options = reader.ub(), reader.ub(), reader.ub(), reader.ub()
        cursor = self._cursors.get(number)
        if cursor is None:
            raise Hangup(f"cursor {number}")
        with_fetch = function == requests.REEXECUTE_AND_FETCH
        executions = 1 if with_fetch or cursor.statement.kind == "query" else count
        skipped = cursor.statement.returned | cursor.out
        plsql = cursor.statement.kind == "plsql"
        binds: list[Binds] = []
        if len(skipped) < len(cursor.types):
            binds = requests.read_binds(reader, cursor.types, skipped, executions, plsql)
        request = requests.Execute(
            cursor=number, text=None, parse_only=False, fetch=with_fetch, commit=bool(options & _REEXECUTE_COMMIT),
            rows=count, executions=executions, is_query=cursor.statement.kind == "query", types=cursor.types,
            binds=binds,
        )  # fmt: skip
        return lambda: self._execute(request)

    def _execute(self, request: requests.Execute) -> bytes:
        cursor = self._parsed(request)
        if self._hit_by_fault(cursor.statement.text):
            return b""
        if not request.parse_only:
            self._on_statement(self._sql.sid, cursor.statement.text)
        if cursor.statement.kind == "query":
            return self._query(cursor, request)
        return self._change(cursor, request)

    def _parsed(self, request: requests.Execute) -> Cursor:
        if request.text is None:
            cursor = self._cursor(request.cursor)
        else:
            if len(self._cursors) >= _MOST_CURSORS:
                raise OracleError(1000, "maximum open cursors exceeded")
            number = request.cursor or self._fresh()
            cursor = Cursor(number, read_statement(request.text.rstrip("\0")))
            self._cursors[number] = cursor
        cursor.types = request.types or cursor.types
        self._failed = cursor.number
        return cursor

    def _query(self, cursor: Cursor, request: requests.Execute) -> bytes:
        out = Writer()
        binds = request.binds[0] if request.binds else []
        if request.parse_only:
            messages.describe(out, self._sql.describe(cursor.statement))
            return self._ended(out, cursor, 0)
        outcome = self._sql.execute(cursor.statement, binds)
        kinds = tuple(column.kind for column in outcome.columns)
        if request.text is not None or kinds != cursor.kinds:
            messages.describe(out, outcome.columns)
        cursor.kinds, cursor.rows, cursor.ahead = kinds, outcome.rows, None
        if not request.fetch:
            return self._ended(out, cursor, 0)
        return self._rows(out, cursor, request.rows)

    def _change(self, cursor: Cursor, request: requests.Execute) -> bytes:
        count = 0
        out = Writer()
        if not request.parse_only:
            rows: list[Binds] = request.binds or [[]] * max(request.executions, 1)
            for binds in rows:
                outcome = self._sql.execute(cursor.statement, binds)
                count += outcome.count
                self._give_back(out, cursor, outcome)
            if request.commit:
                self._sql.commit()
        return self._ended(out, cursor, count)

    def _give_back(self, out: Writer, cursor: Cursor, outcome: Outcome) -> None:
        if cursor.statement.kind == "plsql" and cursor.types:
            cursor.out = frozenset(outcome.out)
            messages.io_vector(
                out, [messages.OUT if at in cursor.out else messages.IN for at in range(len(cursor.types))]
            )
            if outcome.out:
                out.u8(messages.ROW)
                for at in sorted(outcome.out):
                    messages.value(out, _kind_of(cursor.types[at]), outcome.out[at])
                    out.ub(0)

    def _fetch(self, number: int, count: int) -> bytes:
        cursor = self._cursor(number)
        self._failed = number
        return self._rows(Writer(), cursor, count)

    def _rows(self, out: Writer, cursor: Cursor, count: int) -> bytes:
        rows = cursor.take(count)
        self.cut = self._faults.drop(len(rows))
        messages.row_header(out)
        for row in rows:
            messages.row(out, cursor.kinds, row)
        return self._ended(out, cursor, len(rows), more=cursor.ahead is not None)

    def _ended(self, out: Writer, cursor: Cursor, count: int, *, more: bool = True) -> bytes:
        number, text = (0, "") if more else (messages.NO_MORE_ROWS, "ORA-01403: no data found\n")
        messages.end(
            out, in_transaction=self._sql.in_transaction, cursor=cursor.number, number=number, count=count, text=text
        )
        return out.taken()

    def _simple(self, act: Callable[[], None]) -> bytes:
        act()
        out = Writer()
        messages.status(out, in_transaction=self._sql.in_transaction)
        return out.taken()

    def _hit_by_fault(self, text: str) -> bool:
        """Raise the armed error for this statement; True when the line is to drop without an answer."""
        fault = self._faults.statement(text)
        if fault is None:
            return False
        self.over = fault.number == 28
        if fault.hang_up:
            return True
        raise OracleError(fault.number, fault.text)

    def _cursor(self, number: int) -> Cursor:
        if number not in self._cursors:
            raise OracleError(1001, "invalid cursor")
        return self._cursors[number]

    def _fresh(self) -> int:
        self._last = self._last % 65000 + 1
        while self._last in self._cursors:
            self._last += 1
        return self._last


def _kind_of(declared: requests.BindType) -> Kind:
    kinds: dict[int, Kind] = {2: "number", 3: "number", 12: "date", 180: "timestamp", 181: "zoned", 183: "interval"}
    return kinds.get(declared.code, "text")
