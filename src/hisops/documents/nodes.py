"""YAML nodes to plain values, noting where each stands and what is not allowed.

Plain scalars follow the core schema of YAML 1.2, so `no`, `on` and `2026-01-01` are texts. An alias stands for a copy
of what its anchor marks. Merge keys, tags, keys without a value and numbers that canonical JSON cannot hold are
refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from hisops.documents.problems import Problem
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


@dataclass(slots=True)
class Reader:
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
            return ""
        self.around.add(id(node))
        value = self._mapping(node, keys) if node.id == "mapping" else self._sequence(node, keys)
        self.around.discard(id(node))
        return value

    def _sequence(self, node: Any, keys: Keys) -> list[Any]:
        self._refuse_tag(node, "seq")
        items = [self.value(item, (*keys, index)) for index, item in enumerate(node.value)]
        for index, item in enumerate(items):
            if item is None:
                self._complain(node.value[index], "YA011", "This item of the list is empty.", "Remove the dash.")
        return items

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
                Reader(self.source.shadow(), self.problems, self.around, self.count).value(value_node, path)
                continue
            self.source.note_key(path, self._place(key_node))
            found[key] = self.value(value_node, path)
            if found[key] is None:
                todo = "Give it one, or remove the key."
                self._complain(key_node, "YA011", "The key `{key}` has no value.", todo, key=key)
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
