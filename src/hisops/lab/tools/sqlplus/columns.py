"""COLUMN: what a person has said of how a column looks."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

_WORDS = re.compile(r"'[^']*'|\"[^\"]*\"|\S+")
_NUMBERS = re.compile(r"[0-9,.$BGDLSV]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Column:
    """The attributes of one column; empty ones are as SQL*Plus takes them by itself."""

    width: int = 0
    model: str = ""
    heading: str = ""
    shown: bool = True


class ColumnRefused(Exception):
    """What SQL*Plus says against an attribute; the argument is its line."""


def told(known: dict[str, Column], rest: str) -> None:
    """Carry out COLUMN name attributes. Raises ColumnRefused."""
    words = [word.strip("'\"") for word in _WORDS.findall(rest)]
    if not words:
        return
    name, words = words[0].upper(), words[1:]
    column = known.get(name, Column())
    while words:
        word = words.pop(0).upper()
        if word in ("CLEAR", "CLE"):
            known.pop(name, None)
            return
        column = _attribute(column, word, words)
    known[name] = column


def _attribute(column: Column, word: str, words: list[str]) -> Column:
    if word in ("NOPRINT", "NOPRI", "PRINT", "PRI"):
        return replace(column, shown=word.startswith("PRI"))
    if word in ("HEADING", "HEA"):
        return replace(column, heading=words.pop(0) if words else "")
    if word in ("FORMAT", "FOR"):
        return _format(column, words.pop(0) if words else "")
    if word in ("JUSTIFY", "JUS", "NEW_VALUE", "NEW_V", "OLD_VALUE", "OLD_V", "NULL", "NUL") and words:
        words.pop(0)
        return column
    if word in ("WRAPPED", "WRA", "WORD_WRAPPED", "WOR", "TRUNCATED", "TRU", "ON", "OFF", "NEWLINE", "FOLD_AFTER"):
        return column
    raise ColumnRefused(f'SP2-0158: unknown COLUMN option "{word}"')


def _format(column: Column, model: str) -> Column:
    if model[:1].upper() == "A" and model[1:].isdigit():
        return replace(column, width=int(model[1:]), model="")
    if _NUMBERS.fullmatch(model):
        return replace(column, width=len(model) + 1, model=model)
    raise ColumnRefused(f'SP2-0246: Illegal FORMAT string "{model}"')


def formatted(value: Any, model: str) -> str:
    """Return a number in a format of nines and zeros; signs of hash where it does not fit."""
    from hisops.lab.sql.formats import number_text

    return number_text(str(value), model).strip()
