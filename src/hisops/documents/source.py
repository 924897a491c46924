"""The text of a file and where each of its values stands in it."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from hisops.documents.problems import Problem

Keys = tuple[str | int, ...]


class Place(NamedTuple):
    """Line and column, both from 1."""

    line: int
    column: int


class Source:
    """A text, and the places of the keys and values in it."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self._starts = [0, *(index + 1 for index, char in enumerate(text) if char == "\n")]
        self._values: dict[Keys, tuple[Place, str | None]] = {}
        self._keys: dict[Keys, Place] = {}

    def shadow(self) -> Source:
        """Return the same text with no places noted: for values that do not count."""
        return Source(self.file, self.text)

    def note(self, keys: Keys, place: Place, style: str | None) -> None:
        """Remember where the value at `keys` begins, and how it is written."""
        self._values[keys] = (place, style)

    def note_key(self, keys: Keys, place: Place) -> None:
        """Remember where the key at `keys` begins."""
        self._keys[keys] = place

    def place(self, index: int) -> Place:
        """Return the place of the character at `index`."""
        row = bisect_right(self._starts, max(0, min(index, len(self.text)))) - 1
        return Place(row + 1, index - self._starts[row] + 1)

    def line(self, number: int) -> str:
        """Return the text of a line, empty if there is none."""
        if not 1 <= number <= len(self._starts):
            return ""
        return self.text[self._starts[number - 1] :].split("\n", 1)[0].rstrip("\r")

    def key_place(self, keys: Keys) -> Place:
        """Return the place of the key at `keys`, else of the nearest value around it."""
        return self._keys.get(keys) or self.value_place(keys)

    def value_place(self, keys: Keys, offset: int = 0) -> Place:
        """Return the place of the value at `keys` (of its character `offset`), else of the nearest value around it.

        Inside folded and multi-line plain texts an offset cannot be followed; there it is the beginning.
        """
        while keys and keys not in self._values:
            keys = keys[:-1]
        place, style = self._values.get(keys, (Place(1, 1), None))
        if offset and style == "|":
            return self._inside_block(place, offset)
        if offset and style != ">":
            return self._inside_line(place, offset + (style is not None))
        if self._is_absent(place) and keys in self._keys:
            return self._keys[keys]
        return place

    def problem(self, place: Place, rule: str, fact: str, todo: str = "", **values: object) -> Problem:
        """Return a problem at `place`."""
        return Problem(
            file=self.file,
            line=place.line,
            column=place.column,
            rule=rule,
            fact=fact,
            todo=todo,
            values=values,
            source=self.line(place.line),
        )

    def _is_absent(self, place: Place) -> bool:
        """Tell whether nothing stands there: an empty value is marked at the next token, often a line below."""
        return not self.line(place.line)[place.column - 1 :].strip()

    def _inside_line(self, place: Place, offset: int) -> Place:
        column = place.column + offset
        return Place(place.line, column) if column <= len(self.line(place.line)) else place

    def _inside_block(self, place: Place, offset: int) -> Place:
        first = place.line + 1
        while first < len(self._starts) and not self.line(first).strip():
            first += 1
        text = self.line(first)
        indent = len(text) - len(text.lstrip(" "))
        seen = 0
        for number in range(place.line + 1, len(self._starts) + 1):
            length = max(0, len(self.line(number)) - indent)
            if offset <= seen + length:
                return Place(number, indent + offset - seen + 1)
            seen += length + 1
        return place
