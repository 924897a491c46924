"""VARIABLE of SQL*Plus, and the PL/SQL blocks that only give variables their values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

Given = str | Decimal | None
_TYPE = re.compile(
    r"(?P<number>NUMBER|BINARY_FLOAT|BINARY_DOUBLE)|(?P<other>N?CLOB|REFCURSOR)|"
    r"(?P<text>N?VARCHAR2|N?CHAR)(?:\s*\(\s*(?P<size>\d+)(?:\s+(?:CHAR|BYTE))?\s*\))?",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z][\w$#]{0,29}")
_BLOCK = re.compile(r"\s*BEGIN\s(?P<body>.*)END\s*;\s*", re.IGNORECASE | re.DOTALL)
_ASSIGNED = re.compile(r"\s*:(?P<name>[A-Za-z]\w*)\s*:=\s*(?P<value>(?:'(?:[^']|'')*'|[^';])+);\s*")
_PART = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|CHR\s*\(\s*(?P<code>\d+)\s*\)|(?P<number>-?\d+(?:\.\d+)?)|(?P<null>NULL))"
    r"\s*(?:\|\||$)",
    re.IGNORECASE,
)


class VariableRefused(Exception):
    """What SQL*Plus or PL/SQL says of a variable that it does not take; the argument is its line."""


@dataclass(slots=True)
class Variables:
    """The bind variables of one SQL*Plus: their sizes (None for numbers) and values."""

    sizes: dict[str, int | None] = field(default_factory=dict)
    values: dict[str, Given] = field(default_factory=dict)

    def declare(self, rest: str) -> None:
        """VARIABLE name type. Raises VariableRefused."""
        name, _, kind = rest.partition(" ")
        match = _TYPE.fullmatch(kind.strip())
        if not _NAME.fullmatch(name):
            raise VariableRefused(f'SP2-0553: Illegal variable name "{name}".')
        if match is None or match["other"]:
            raise VariableRefused(
                "Usage: VAR[IABLE] [ <variable> [ NUMBER | CHAR | CHAR (n [CHAR|BYTE]) | VARCHAR2 (n) ] ]"
            )
        size = int(match["size"] or 1) if match["text"] else None
        if size is not None and not 0 < size <= 4000:
            raise VariableRefused("SP2-0677: Bind variable length cannot exceed 4000 characters")
        self.sizes[name.upper()] = size
        self.values[name.upper()] = None

    def take(self, block: str) -> bool:
        """Carry out a block that does nothing but assign; False if it is another one. Raises VariableRefused."""
        match = _BLOCK.fullmatch(block)
        if match is None:
            return False
        given, at, body = dict[str, Given](), 0, match["body"]
        while at < len(body.rstrip()):
            assigned = _ASSIGNED.match(body, at)
            value = _value(assigned["value"]) if assigned else None
            if assigned is None or value is None:
                return False
            given[assigned["name"].upper()] = value[0]
            at = assigned.end()
        for name, value_ in given.items():
            self._give(name, value_)
        return bool(given)

    def bound(self, names: tuple[str, ...]) -> list[Given]:
        """Return the values of what a statement binds. Raises VariableRefused."""
        for name in names:
            if name.upper() not in self.sizes:
                raise VariableRefused(f'SP2-0552: Bind variable "{name.upper()}" not declared.')
        return [self.values[name.upper()] for name in names]

    def _give(self, name: str, value: Given) -> None:
        if name not in self.sizes:
            raise VariableRefused(f'SP2-0552: Bind variable "{name}" not declared.')
        size = self.sizes[name]
        if size is None and isinstance(value, str):
            raise VariableRefused("ORA-06502: PL/SQL: numeric or value error: character to number conversion error")
        if size is not None and value is not None:
            value = str(value)
            if len(value.encode()) > size:
                raise VariableRefused("ORA-06502: PL/SQL: numeric or value error: character string buffer too small")
        self.values[name] = value


def _value(text: str) -> tuple[Given] | None:
    """Return what literals joined by || are, in a tuple; None if they are no literals."""
    parts, at = [], 0
    while at < len(text.rstrip()):
        match = _PART.match(text, at)
        if match is None:
            return None
        parts.append(match)
        at = match.end()
    if len(parts) == 1 and parts[0]["number"]:
        return (Decimal(parts[0]["number"]),)
    return ("".join(_text(part) for part in parts) or None,)


def _text(part: re.Match[str]) -> str:
    if part["code"]:
        return chr(int(part["code"]))
    return part["number"] or (part["text"] or "''")[1:-1].replace("''", "'")
