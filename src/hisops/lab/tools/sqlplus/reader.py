"""Cuts input into SQL*Plus commands and SQL statements, as SQL*Plus does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_SQL = re.compile(
    r"(SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|ALTER|CREATE|DROP|TRUNCATE|GRANT|REVOKE|COMMIT|ROLLBACK|SAVEPOINT|"
    r"COMMENT|ANALYZE|AUDIT|LOCK|PURGE|FLASHBACK|RENAME|EXPLAIN|CALL|SET\s+TRANSACTION|SET\s+ROLE)\b",
    re.IGNORECASE,
)
_BLOCK = re.compile(
    r"(BEGIN|DECLARE|CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE|PACKAGE|TRIGGER|TYPE))\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A command of SQL*Plus, a statement for the database, or nothing but a slash."""

    kind: Literal["command", "sql", "block", "again"]
    text: str


class Reader:
    """Takes lines, gives pieces."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._block = False

    @property
    def waiting(self) -> bool:
        """Whether a statement has begun and not ended."""
        return bool(self._lines)

    def feed(self, line: str) -> Iterator[Piece]:
        """Take one line, give what it completes."""
        if self._lines:
            yield from self._go_on(line)
            return
        text = line.strip()
        if not text or text.startswith("--"):
            return
        if text == "/":
            yield Piece("again", "")
        elif _BLOCK.match(text) or _SQL.match(text):
            self._block = bool(_BLOCK.match(text))
            yield from self._go_on(line)
        else:
            yield Piece("command", text.rstrip(";").rstrip())

    def _go_on(self, line: str) -> Iterator[Piece]:
        text = line.rstrip()
        if text.strip() == "/":
            yield self._done()
        elif text.strip() == "." or (not text and not self._block):
            self._lines = []  # an empty line ends the entry of a statement without running it
        elif text.endswith(";") and not self._block:
            self._lines.append(text[:-1].rstrip())
            yield self._done()
        else:
            self._lines.append(text)

    def _done(self) -> Piece:
        piece = Piece("block" if self._block else "sql", "\n".join(self._lines))
        self._lines = []
        return piece
