"""YAML 1.2 text to plain values that know where they stood. The only place that uses ruamel.yaml.

The text is composed to nodes, never constructed: no object is built from a tag, a duplicate key can be told without
stopping at the first, and every value keeps its mark. An alias stands for a copy of what its anchor marks; merge keys
and tags are refused. Plain scalars follow the core schema, so `no`, `on` and `2026-01-01` are texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hisops.documents.problems import DocumentProblems, Problem
from hisops.documents.source import Keys, Place, Source

_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_BOOLEAN = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_INTEGER = re.compile(r"^[-+]?[0-9]+$|^0o[0-7]+$|^0x[0-9a-fA-F]+$")
_FLOAT = re.compile(
    r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$|^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$"
)
_OWN_TAGS = frozenset({"str", "null", "bool", "int", "float", "timestamp", "map", "seq"})
_LIMIT = 2**53
_MOST_VALUES = 50_000


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file: `data` as plain values, and its source to point into."""

    source: Source
    data: dict[str, Any]


def read_raw(path: Path, name: str | None = None) -> bytes:
    """Return the bytes of the file `path`. Raises DocumentProblems if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        fact, todo = "The file cannot be read: {error}.", "Check the path and its rights."
        source = Source(name or str(path), "")
        problem = source.problem(Place(1, 1), "YA001", fact, todo, error=error.strerror or error)
        raise DocumentProblems([problem]) from error


def parse(raw: bytes | str, name: str) -> Document:
    """Return the document in `raw`. Raises DocumentProblems with all that is wrong with it as YAML."""
    document, problems = parse_leniently(raw, name)
    if document is None or problems:
        raise DocumentProblems(problems)
    return document


def parse_leniently(raw: bytes | str, name: str) -> tuple[Document | None, list[Problem]]:
    """Return what can be understood (the first of duplicate keys counts), and every problem on the way."""
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, [_not_utf8(raw, name, error)]
    source = Source(name, text)
    if text.startswith("\ufeff"):
        return None, [
            source.problem(
                Place(1, 1), "YA003", "The file begins with a byte order mark.", "Save it as UTF-8 without BOM."
            )
        ]
    node, problem = _compose(source)
    if problem is not None:
        return None, [problem]
    if node is None or node.id != "mapping":
        return None, [
            source.problem(
                Place(1, 1),
                "YA004",
                "The file is empty, or is not a mapping of keys to values.",
                "Begin it with a line such as `hisops: runbook/v1`.",
            )
        ]
    reader = _Reader(source)
    data = reader.value(node, ())
    return Document(source, data), reader.problems


def _not_utf8(raw: bytes | str, name: str, error: UnicodeDecodeError) -> Problem:
    before = bytes(raw[: error.start]).decode("utf-8") if isinstance(raw, bytes) else ""
    source = Source(name, before)
    return source.problem(
        source.place(len(before)),
        "YA002",
        "The file is not UTF-8 (byte {byte} at this place).",
        "Save it as UTF-8, for example with `iconv -f GB18030 -t UTF-8`.",
        byte=f"0x{error.object[error.start]:02x}",
    )


def _compose(source: Source) -> tuple[Any, Problem | None]:
    """Return the root node, or the one problem that stopped the parser."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    loader = YAML(typ="rt", pure=True)
    loader.allow_duplicate_keys = True
    loader.version = "1.2"
    try:
        return loader.compose(source.text), None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = source.place(mark.index) if mark is not None else Place(1, 1)
        said = " ".join(part for part in (error.problem, error.context) if part)
        todo = "Indent with spaces; YAML takes no tabs there." if "\\t" in said else ""
        return None, source.problem(place, "YA005", "This is not YAML: {said}.", todo, said=said)
    except ReaderError as error:
        place = source.place(error.position)
        character = f"U+{error.character:04X}" if isinstance(error.character, int) else repr(error.character)
        fact = "The character {character} is not allowed in YAML."
        return None, source.problem(place, "YA005", fact, "Remove it.", character=character)
    except RecursionError:
        return None, source.problem(Place(1, 1), "YA005", "The file is nested too deeply.")
    except (YAMLError, ValueError, AttributeError, TypeError, IndexError, AssertionError) as error:
        # The parser's own slips on hostile text (such as a broken %YAML line) are problems of the text all the same.
        return None, source.problem(Place(1, 1), "YA005", "This is not YAML: {said}.", said=error)


@dataclass(slots=True)
class _Reader:
    """Turns nodes into plain values, noting places and problems."""

    source: Source
    problems: list[Problem] = field(default_factory=list)
    around: set[int] = field(default_factory=set)
    count: int = 0

    def value(self, node: Any, keys: Keys) -> Any:
        """Return the plain value of `node`, which stands at `keys`."""
        self.source.note(keys, self._place(node), node.style if node.id == "scalar" else None)
        self.count += 1
        if node.id == "scalar":
            return self._scalar(node)
        if id(node) in self.around or self.count > _MOST_VALUES:
            self._complain(
                node,
                "YA006",
                "The anchor `&{name}` holds an alias of itself, or aliases multiply beyond measure.",
                "Write the value out.",
                name=node.anchor or "",
            )
            return None
        self.around.add(id(node))
        value = self._mapping(node, keys) if node.id == "mapping" else self._sequence(node, keys)
        self.around.discard(id(node))
        return value

    def _sequence(self, node: Any, keys: Keys) -> list[Any]:
        self._refuse_tag(node, "seq")
        return [self.value(item, (*keys, index)) for index, item in enumerate(node.value)]

    def _mapping(self, node: Any, keys: Keys) -> dict[str, Any]:
        self._refuse_tag(node, "map")
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key is None:
                continue
            path = (*keys, key)
            if key in found:
                self._complain(
                    key_node,
                    "YA007",
                    "The key `{key}` stands twice; first in line {line}.",
                    "Keep one of the two.",
                    key=key,
                    line=self.source.key_place(path).line,
                )
                _Reader(self.source.shadow(), self.problems, self.around, self.count).value(value_node, path)
                continue
            self.source.note_key(path, self._place(key_node))
            found[key] = self.value(value_node, path)
        return found

    def _key(self, node: Any) -> str | None:
        if node.id != "scalar":
            self._complain(node, "YA008", "A key must be a plain text.")
            return None
        if str(node.tag).endswith(":merge"):
            self._complain(node, "YA006", "Merge keys (`<<`) are not used here.", "Write the keys out.")
            return None
        return str(node.value)

    def _scalar(self, node: Any) -> str | int | bool | None:
        text = str(node.value)
        if node.style is not None:
            self._refuse_tag(node, "str")
            return text
        kind = _kind_of(text)
        if not self._refuse_tag(node, *_OWN_TAGS) and kind != "str" and str(node.tag).endswith(":str"):
            self._complain(node, "YA009", "Tags (`!!str`) are not used here.", "Put the value in quotes.")
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        return self._number(node, text, kind) if kind in {"int", "float"} else text

    def _number(self, node: Any, text: str, kind: str) -> int | str:
        digits = text.lstrip("+-")
        if kind == "float":
            self._complain(node, "YA010", "The number {text} has a point.", "Put it in quotes.", text=text)
        elif digits[0] == "0" and len(digits) > 1 and digits.isdigit():
            self._complain(
                node, "YA010", "The number {text} begins with 0.", "Put it in quotes, or drop the 0.", text=text
            )
        elif abs(number := int(text, 0 if digits[:2] in {"0o", "0x"} else 10)) >= _LIMIT:
            self._complain(node, "YA010", "The number {text} is too large.", "Put it in quotes.", text=text)
        else:
            return number
        return text

    def _refuse_tag(self, node: Any, *allowed: str) -> bool:
        tag = str(node.tag)
        if tag.removeprefix("tag:yaml.org,2002:") in allowed and tag.startswith("tag:yaml.org,2002:"):
            return False
        self._complain(node, "YA009", "Tags (`{tag}`) are not used here.", "Remove it.", tag=tag)
        return True

    def _place(self, node: Any) -> Place:
        return self.source.place(node.start_mark.index)

    def _complain(self, node: Any, rule: str, fact: str, todo: str = "", **values: object) -> None:
        problem = self.source.problem(self._place(node), rule, fact, todo, **values)
        if problem not in self.problems:  # an alias leads to its anchor again
            self.problems.append(problem)


def _kind_of(text: str) -> str:
    """Return the core schema's type of a plain scalar."""
    for kind, pattern in (("null", _NULL), ("bool", _BOOLEAN), ("int", _INTEGER), ("float", _FLOAT)):
        if pattern.match(text):
            return kind
    return "str"
