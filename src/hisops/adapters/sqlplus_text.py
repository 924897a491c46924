"""A statement and its binds as lines that SQL*Plus reads as one statement and nothing else.

SQL*Plus is a reader of lines: a semicolon at the end of a line, a line with a slash, a hyphen before a line break, a
first word that is a command of its own, a blank line: each means something to it that it does not mean to Oracle
("SQL*Plus User's Guide and Reference": Running SQL Commands, Limits). So comments go, blanks are evened out, lines are
kept short, and what could still be read otherwise is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

LONGEST_LINE = 2400  # bytes; 11.2 ignores a line of 2500 (SP2-0027)
_COMFORT = 1000
_TEXT_LIMIT = 4000
_DIGITS = 38
_NAME_LIMIT = 30
_PARTS = re.compile(r"[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]{1,200}")  # a control character, or some others
_TOKEN = re.compile(
    r"""
      (?P<hint>/\*\+.*?\*/)
    | (?P<comment>--[^\n]*|/\*.*?\*/)
    | (?P<text>[nN]?[qQ]'(?:\[.*?\]|\{.*?\}|\(.*?\)|<.*?>|(?P<fence>[^\s\[{(<']).*?(?P=fence))'|[nN]?'(?:[^']|'')*')
    | (?P<name>"[^"]*")
    | (?P<bind>:[A-Za-z][A-Za-z0-9_]*)
    | (?P<word>[^\W\d][\w$#]*)
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<space>\s+)
    | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_VERBS = frozenset(
    {
        "SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "ALTER", "CREATE", "DROP", "TRUNCATE", "GRANT",
        "REVOKE", "COMMENT", "ANALYZE", "AUDIT", "NOAUDIT", "LOCK", "PURGE", "FLASHBACK", "RENAME", "EXPLAIN", "CALL",
        "BEGIN", "DECLARE",
    }
)  # fmt: skip
_UNITS = frozenset({"FUNCTION", "PROCEDURE", "PACKAGE", "TRIGGER", "TYPE", "LIBRARY", "JAVA"})
_BETWEEN = frozenset({"OR", "REPLACE", "EDITIONABLE", "NONEDITIONABLE", "AND", "RESOLVE", "COMPILE", "NOFORCE"})
_COMMAND_SIGNS = frozenset("/.@#!$")  # at the beginning of a line they are commands


class NotCarried(Exception):
    """A statement or a value that cannot go through SQL*Plus; the argument says why, in words."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a statement: its kind (a group of the pattern) and its text."""

    kind: str
    text: str

    @property
    def word(self) -> str:
        """The word in capitals, empty for anything else."""
        return self.text.upper() if self.kind == "word" else ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that may be sent. `columns` are the names its query gives them, None where it gives none."""

    lines: tuple[str, ...]
    query: bool
    columns: tuple[str | None, ...]


def statement(text: str) -> Statement:
    """Return `text` as SQL*Plus may be given it. Raises NotCarried."""
    tokens = _merged(_tokens(text.strip()))
    solid = [token for token in tokens if token.kind != "space"]
    block = _is_block(solid)
    if not block and any(token.text == ";" for token in solid):
        raise NotCarried("it holds a semicolon, so it is more than one statement")
    query = bool(solid) and (solid[0].word in {"SELECT", "WITH"} or solid[0].text == "(")
    return Statement(tuple(_lines(tokens)), query, _columns(solid) if query else ())


def binding(binds: Mapping[str, Any]) -> list[str]:
    """Return the lines that declare `binds` and give them their values. Raises NotCarried."""
    if not binds:
        return []
    declared, given = [], ["BEGIN"]
    for name, value in binds.items():
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or len(name) > _NAME_LIMIT:
            raise NotCarried(f"the name of the bind {name} has more than {_NAME_LIMIT} characters")
        kind = "NUMBER" if isinstance(value, int | Decimal) else f"VARCHAR2({_TEXT_LIMIT})"
        declared.append(f"VARIABLE {name} {kind}")
        first, *more = literal(value)
        given += [f" :{name} := {first}", *(f" || {piece}" for piece in more)]
        given[-1] += ";"
    return [*declared, *given, "END;", "/"]


def literal(value: Any) -> list[str]:
    """Return `value` as literals of PL/SQL, to be joined by `||`; none of them holds a line break."""
    if value is None:
        return ["NULL"]
    if isinstance(value, str):
        return _text_literal(value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return [_number_literal(value)]
    raise NotCarried(f"a value of the kind {type(value).__name__} cannot be bound")


def _text_literal(value: str) -> list[str]:
    try:
        length = len(value.encode("utf-8"))
    except UnicodeEncodeError:
        raise NotCarried("a value is not UTF-8") from None
    if length > _TEXT_LIMIT:
        raise NotCarried(f"a value has more than {_TEXT_LIMIT} bytes")
    pieces = []
    for part in _PARTS.findall(value):
        if part == "\0":
            raise NotCarried("a value holds a NUL byte")
        control = len(part) == 1 and (ord(part) < 32 or ord(part) == 127)
        pieces.append(f"CHR({ord(part)})" if control else "'" + part.replace("'", "''") + "'")
    return pieces or ["NULL"]  # to Oracle an empty text is null


def _number_literal(value: int | Decimal) -> str:
    number = Decimal(value)
    if not number.is_finite() or len(number.as_tuple().digits) > _DIGITS or abs(number.adjusted()) > 2 * _DIGITS:
        raise NotCarried(f"a number has more than {_DIGITS} digits")
    return format(number, "f")


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "sign"
        kind = "text" if kind == "fence" else kind
        if kind == "comment":
            yield Token("space", " ")
            continue
        if kind in {"text", "name", "hint"} and ("\n" in match[0] or "\r" in match[0]):
            raise NotCarried("a text, a name in quotes or a hint in it goes over the end of a line")
        if kind == "hint" and ";" in match[0]:
            raise NotCarried("a hint in it holds a semicolon")
        if match[0] in {"'", '"'} or "\0" in match[0]:
            raise NotCarried("a quote in it is not closed, or it holds a NUL byte")
        yield Token(kind, match[0])


def _merged(tokens: Iterator[Token]) -> list[Token]:
    """Make one of blanks that follow one another, as they do around comments."""
    merged: list[Token] = []
    for token in tokens:
        if token.kind == "space" and merged and merged[-1].kind == "space":
            merged[-1] = Token("space", merged[-1].text + token.text)
        else:
            merged.append(token)
    return merged


def _is_block(solid: list[Token]) -> bool:
    """Whether it is PL/SQL, which SQL*Plus reads up to a slash. Raises NotCarried if it is no statement at all."""
    words = [token.word for token in solid]
    first = words[0] if words else ""
    role = words[:2] in (["SET", "TRANSACTION"], ["SET", "ROLE"], ["SET", "CONSTRAINT"], ["SET", "CONSTRAINTS"])
    if first not in _VERBS and not role and not (solid and solid[0].text == "("):
        raise NotCarried(f"`{solid[0].text if solid else ''}` begins no statement of SQL")
    if first == "CREATE":
        return next((word for word in words[1:] if word not in _BETWEEN), "") in _UNITS
    return first in {"BEGIN", "DECLARE"}


def _lines(tokens: list[Token]) -> Iterator[str]:
    """Break only where the author did, or where a line grows long, and never where it would mean something."""
    line, last = " ", ""
    for index, token in enumerate(tokens):
        if token.kind != "space":
            line += token.text
            last = token.text
            continue
        upcoming = tokens[index + 1].text if index + 1 < len(tokens) else ""
        long = len(line.encode()) > _COMFORT
        if ("\n" in token.text or long) and last not in {"-", ""} and upcoming[:1] not in _COMMAND_SIGNS:
            yield _short(line)
            line = " "
        elif not line.endswith(" "):
            line += " "
    if line.strip():
        yield _short(line)


def _short(line: str) -> str:
    line = line.rstrip()
    if len(line.encode("utf-8", "replace")) > LONGEST_LINE or line.endswith("-"):
        raise NotCarried("a line of it is too long, or ends with a hyphen")
    return line


def _columns(solid: list[Token]) -> tuple[str | None, ...]:
    """Return what the top-level SELECT calls its columns; SQL*Plus may cut headings, and prints none without rows."""
    names: list[str | None] = []
    for item in _select_list(solid):
        last = item[-1]
        called = last.kind in {"word", "name"} and not (last.word == "END" and len(item) > 1)
        names.append(last.text.strip('"').lower() if called else None)
        if last.text == "*":
            return ()  # nobody knows how many
    return tuple(names)


def _select_list(solid: list[Token]) -> Iterator[list[Token]]:
    depth, item, begun = 0, list[Token](), False
    for token in solid:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if not begun:
            begun = depth == 0 and token.word == "SELECT"
        elif depth == 0 and (token.word == "FROM" or token.text == ","):
            if item:
                yield item
            if token.word == "FROM":
                return
            item = []
        elif item or token.word not in {"DISTINCT", "UNIQUE", "ALL"}:
            item = [*item, token] if token.kind != "hint" else item
