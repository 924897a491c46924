"""Calls as the client writes them: execute, fetch, log in, and the piggybacks that come before a call."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hisops.lab.sql.backend import Value
from hisops.lab.tns.codec import ESCAPE, Reader
from hisops.lab.tns.images import read_date, read_interval, read_number
from hisops.lab.tns.wire import Hangup

LOG_OFF, FETCH, REEXECUTE, COMMIT, ROLLBACK, REEXECUTE_AND_FETCH, EXECUTE = 9, 5, 4, 14, 15, 78, 94
LOGIN_FIRST, LOGIN_SECOND, PING = 118, 115, 147
_PARSE, _EXECUTE, _FETCH, _COMMIT = 0x01, 0x20, 0x40, 0x100
_ROW = 7
_MOST_ITEMS = 65535
_LONGEST_PLAIN = 32767
_ARRAY = 0x40
_UTF16_FORM = 2

# for a cursor or a text: the positions of binds that carry no value, and whether it is PL/SQL
ReturnBinds = Callable[[int, str | None], tuple[frozenset[int], bool]]


@dataclass(frozen=True, slots=True)
class BindType:
    """How a bind is declared: wire type, array or not, size and character set form."""

    code: int
    array: bool
    size: int
    form: int


@dataclass(slots=True, kw_only=True)
class Execute:
    """A full execute: new statements carry their text, known cursors only their id."""

    cursor: int
    text: str | None
    parse_only: bool
    fetch: bool
    commit: bool
    rows: int
    executions: int
    is_query: bool
    types: Sequence[BindType] = ()
    binds: list[list[Value | list[Value]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """One of the two login messages."""

    user: str
    mode: int
    answer: dict[str, str]


def read_login(reader: Reader) -> Login:
    """Read the body of a login call."""
    has_user = reader.u8()
    reader.ub()
    mode = reader.ub()
    reader.u8()
    count = _bounded(reader.ub())
    reader.skip("bb")
    user = (reader.blob() or b"") if has_user else b""
    answer = {}
    for _ in range(count):
        key, value = reader.counted(), reader.counted()
        reader.ub()
        answer[key.decode(errors="replace")] = value.decode(errors="replace")
    return Login(user=user.decode(errors="replace"), mode=mode, answer=answer)


def read_execute(reader: Reader, returned: ReturnBinds) -> Execute:
    """Read the body of a full execute; `returned` tells which binds of a text carry no value."""
    options, cursor = reader.ub(), reader.ub()
    has_text = reader.u8()
    reader.skip("nbnbbn")
    rows = reader.ub()
    reader.skip("nb")
    bind_count = _bounded(reader.ub())
    reader.skip("bbbbbb")
    define_count = _bounded(reader.ub())
    reader.skip("nbbbnbnnbnb", "bnbnbbn")
    text = (reader.blob() or b"").decode(errors="replace") if has_text else None
    vector = [reader.ub() for _ in range(13)]
    request = Execute(
        cursor=cursor,
        text=text,
        parse_only=not options & _EXECUTE,
        fetch=bool(options & _FETCH),
        commit=bool(options & _COMMIT),
        rows=rows,
        executions=_bounded(vector[1]),
        is_query=bool(vector[7]),
    )
    for _ in range(define_count):
        _bind_type(reader)
    request.types = tuple(_bind_type(reader) for _ in range(bind_count))
    if request.types:
        wanted, plsql = returned(cursor, text)
        request.binds = read_binds(reader, request.types, wanted, 1 if request.is_query else request.executions, plsql)
    return request


def _bind_type(reader: Reader) -> BindType:
    code, flags = reader.u8(), reader.u8()
    reader.skip("bb")
    size = reader.ub()
    reader.skip("nn")
    reader.counted()
    reader.skip("nn")
    form = reader.u8()
    reader.skip("nn")
    return BindType(code, bool(flags & _ARRAY), size, form)


def read_binds(
    reader: Reader, types: Sequence[BindType], skipped: frozenset[int], executions: int, plsql: bool
) -> list[list[Value | list[Value]]]:
    """Read one row of bind values per execution; long values come last in a row, but not in PL/SQL."""
    if len(skipped) >= len(types):
        return [[None] * len(types) for _ in range(executions)]
    rows = []
    for _ in range(executions):
        if reader.u8() != _ROW:
            raise Hangup("no row of binds")
        row: list[Value | list[Value]] = [None] * len(types)
        for late in (False, True):
            for at, declared in enumerate(types):
                is_late = not plsql and not declared.array and declared.size > _LONGEST_PLAIN
                if at not in skipped and is_late == late:
                    row[at] = _bind(reader, declared)
        rows.append(row)
    return rows


def _bind(reader: Reader, declared: BindType) -> Value | list[Value]:
    if declared.array:
        return [_scalar(reader, declared) for _ in range(_bounded(reader.ub()))]
    return _scalar(reader, declared)


def _scalar(reader: Reader, declared: BindType) -> Value:
    if declared.code == 252:
        return _boolean(reader)
    data = reader.blob()
    if data is None:
        return None
    if declared.code in _TEXTS:
        return data.decode("utf-16-be" if declared.form == _UTF16_FORM else "utf-8", errors="replace")
    if declared.code not in _IMAGES:
        raise Hangup(f"bind of type {declared.code}")
    return _IMAGES[declared.code](data)


def _boolean(reader: Reader) -> Value:
    length = reader.u8()
    if length == ESCAPE:
        reader.u8()
        return None
    return int(bool(reader.raw(length)[-1:] == b"\x01")) if length else None


def _binary_float(data: bytes) -> float:
    if len(data) not in (4, 8):
        raise Hangup("not a BINARY_DOUBLE image")
    plain = bytes((data[0] & 0x7F, *data[1:])) if data[0] & 0x80 else bytes(~byte & 0xFF for byte in data)
    return float(struct.unpack(">d" if len(data) == 8 else ">f", plain)[0])


_TEXTS = (1, 8, 96)
_IMAGES: dict[int, Callable[[bytes], Value]] = {
    2: read_number,
    3: read_number,
    12: read_date,
    100: _binary_float,
    101: _binary_float,
    180: read_date,
    181: read_date,
    183: read_interval,
    231: read_date,
}


def _bounded(count: int) -> int:
    if not 0 <= count <= _MOST_ITEMS:
        raise Hangup(f"{count} items")
    return count


@dataclass(slots=True)
class Piggybacks:
    """What came along before a call."""

    closed: list[int] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)


def read_piggyback(reader: Reader, seen: Piggybacks) -> None:
    """Read one piggyback; one that is not understood would put the session out of step, so it ends it."""
    code = reader.u8()
    reader.u8()
    match code:
        case 105:
            reader.u8()
            seen.closed += [reader.ub() for _ in range(_bounded(reader.ub()))]
        case 135:
            _end_to_end(reader, seen.attributes)
        case 152:
            reader.u8()
            seen.attributes["current_schema"] = reader.counted().decode(errors="replace")
        case 154:
            _application_context(reader)
        case 176:
            reader.ub()
        case _:
            raise Hangup(f"piggyback {code}")


def _end_to_end(reader: Reader, attributes: dict[str, str]) -> None:
    reader.skip("bbn")
    given = {}
    for name in ("client_identifier", "module", "action"):
        given[name] = (reader.u8(), reader.ub())
    reader.skip("bnbn")
    given["client_info"] = (reader.u8(), reader.ub())
    reader.skip("bnbn")
    given["dbop"] = (reader.u8(), reader.ub())
    for name, (changed, length) in given.items():
        if changed:
            # an empty string is written as one zero byte, a missing one not at all
            present = length or reader.peek() == 0
            attributes[name] = (reader.blob() or b"").decode(errors="replace") if present else ""


def _application_context(reader: Reader) -> None:
    reader.skip("bnb")
    count = _bounded(reader.ub())
    reader.skip("nb")
    reader.blob()
    for _ in range(count):
        reader.counted()
        reader.counted()
        reader.ub()
