"""Names and types in an expression: what CEL itself would find out too late, or never.

CEL has no declarations here, and `'5' == 5` is false in silence. So: a name that nobody declared, a member of
something that has none, and an operation between two types that are known and differ are faults. What is declared as
`map`, `list` or `any` is open: nothing below it is checked, and nothing that comes out of it until it is evaluated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from hisops.expressions import syntax as s

FUNCTIONS = {
    "version": "comparable", "size": "integer", "int": "integer", "uint": "integer", "double": "number",
    "string": "string", "bool": "boolean", "timestamp": "timestamp", "duration": "duration",
    "contains": "boolean", "startsWith": "boolean", "endsWith": "boolean", "matches": "boolean",
}  # fmt: skip
MACROS = {"all": "boolean", "exists": "boolean", "exists_one": "boolean", "filter": "list", "map": "list"}
_TYPE_NAMES = (
    (type(None), "null"), (bool, "boolean"), (int, "integer"), ((float, Decimal), "number"), (str, "string"),
    (datetime, "timestamp"),
)  # fmt: skip
_WORDS = {"string": "text", "integer": "whole number", "boolean": "truth value"}
_OPEN = frozenset({"any", "map"})
_SAME = {"integer": "number", "uint": "number"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a character of an expression; `fact` and `todo` are templates over `values`."""

    offset: int
    fact: str
    todo: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.fact} {self.todo}".strip().format(**self.values)


def check(tree: s.Node, names: Mapping[str, str], *, lenient: bool = False) -> list[Fault]:
    """Return the faults of `tree` over `names` (dotted name to type); lenient: an unknown name may be anything."""
    checker = _Checker(names, lenient)
    result = checker.type_of(tree, {})
    if result not in {"boolean", "any"}:
        checker.complain(tree, "The expression gives a {type}, not true or false.", "Compare it.", type=result)
    return checker.faults


def references(tree: s.Node, bound: frozenset[str] = frozenset()) -> Iterator[str]:
    """Give the dotted names that `tree` uses, without those that a macro binds."""
    match tree:
        case s.Name(name=name):
            if name not in bound:
                yield name
        case s.Member(of=of, name=name):
            dotted = _dotted(tree)
            if dotted is None:
                yield from references(of, bound)
            elif dotted[0] not in bound:
                yield ".".join(dotted)
        case s.Index(of=of, key=key):
            yield from references(of, bound)
            yield from references(key, bound)
        case s.Call(of=of, name=name, args=args):
            if of is not None:
                yield from references(of, bound)
            if _binds(tree) and isinstance(args[0], s.Name):
                bound, args = bound | {args[0].name}, args[1:]
            for part in args:
                yield from references(part, bound)
        case s.Operation(operands=parts) | s.Collection(items=parts):
            for part in parts:
                yield from references(part, bound)


def types_of(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return the types that `values` have now, by dotted name."""
    found: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= types_of(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = _type_of_value(value)
    return found


def _type_of_value(value: object) -> str:
    if isinstance(value, list | tuple):
        kinds = {_type_of_value(item) for item in value}
        return f"list[{kinds.pop()}]" if len(kinds) == 1 else "list"
    return next((name for kind, name in _TYPE_NAMES if isinstance(value, kind)), "any")


class _Checker:
    def __init__(self, names: Mapping[str, str], lenient: bool) -> None:
        self._names = names
        self._groups = {
            ".".join(parts[:n]) for name in names if (parts := name.split(".")) for n in range(1, len(parts))
        }
        self._lenient = lenient
        self.faults: list[Fault] = []

    def complain(self, node: s.Node, fact: str, todo: str = "", **values: object) -> str:
        """Note a fault; the type of what is at fault may be anything."""
        self.faults.append(Fault(node.offset, fact, todo, values))
        return "any"

    def type_of(self, node: s.Node, bound: Mapping[str, str]) -> str:
        """Return the type of `node`, noting faults on the way. `bound` holds the names bound by macros."""
        match node:
            case s.Literal(type=kind):
                return kind
            case s.Name() | s.Member():
                return self._reference(node, bound)
            case s.Index(of=of, key=key):
                self.type_of(key, bound)
                return _element(self.type_of(of, bound))
            case s.Call():
                return self._call(node, bound)
            case s.Collection(sign=sign, items=items):
                kinds = {self.type_of(item, bound) for item in items}
                return "map" if sign == "{" else f"list[{kinds.pop()}]" if len(kinds) == 1 else "list"
            case s.Operation():
                return self._operation(node, bound)

    def _reference(self, node: s.Name | s.Member, bound: Mapping[str, str]) -> str:
        dotted = _dotted(node)
        if dotted is None:
            assert isinstance(node, s.Member)  # noqa: S101  (a name is always dotted)
            self.type_of(node.of, bound)
            return "any"
        if dotted[0] in bound:
            return bound[dotted[0]] if len(dotted) == 1 else "any"
        for length in range(len(dotted), 0, -1):
            kind = self._names.get(".".join(dotted[:length]))
            if kind is None:
                continue
            if length == len(dotted) or kind in _OPEN:
                return kind if length == len(dotted) else "any"
            return self.complain(
                node,
                "`{name}` is a {type}; it has no member `{member}`.",
                name=".".join(dotted[:length]),
                type=kind,
                member=dotted[length],
            )
        return self._group(node, ".".join(dotted))

    def _group(self, node: s.Node, name: str) -> str:
        if name in self._groups:
            return "map"
        if self._lenient:
            return "any"
        close = get_close_matches(name, self._names, n=1, cutoff=0.6)
        todo = "Did you mean `{guess}`?" if close else "Known here: {known}."
        known = ", ".join(sorted(self._names)) or "nothing"
        return self.complain(
            node, "Nothing is called `{name}` here.", todo, name=name, guess="".join(close), known=known
        )

    def _call(self, node: s.Call, bound: Mapping[str, str]) -> str:
        of = self.type_of(node.of, bound) if node.of is not None else None
        if _binds(node):
            inner = dict(bound)
            if isinstance(node.args[0], s.Name):
                inner[node.args[0].name] = _element(of or "any")
            for part in node.args[1:]:
                self.type_of(part, inner)
            return MACROS[node.name]
        if node.name == "has" and of is None:
            for part in node.args:
                if isinstance(part, s.Member):
                    self.type_of(part.of, bound)
            return "boolean"
        kinds = [self.type_of(part, bound) for part in node.args]
        if node.name not in FUNCTIONS:
            close = get_close_matches(node.name, [*FUNCTIONS, *MACROS, "has"], n=1)
            todo = "Did you mean `{guess}`?" if close else ""
            return self.complain(node, "There is no function `{name}`.", todo, name=node.name, guess="".join(close))
        if node.name == "version" and not set(kinds) <= {"string", "version", "any"}:
            self.complain(node, "version() takes a text, not a {type}.", type=kinds[0])
        return FUNCTIONS[node.name]

    def _operation(self, node: s.Operation, bound: Mapping[str, str]) -> str:
        kinds = [self.type_of(part, bound) for part in node.operands]
        if node.sign == "?":
            self._booleans(node.operands[:1], kinds[:1])
            return kinds[1] if kinds[1] == kinds[2] else "any"
        if node.sign in {"&&", "||", "!"}:
            self._booleans(node.operands, kinds)
            return "boolean"
        if len(kinds) == 1:
            return kinds[0]
        left, right = kinds
        if node.sign == "in":
            self._membership(node, left, right)
            return "boolean"
        if node.sign in {"+", "-", "*", "/", "%"}:
            return left if left == right else "any"
        self._comparison(node, left, right)
        return "boolean"

    def _booleans(self, nodes: tuple[s.Node, ...], kinds: list[str]) -> None:
        for node, kind in zip(nodes, kinds, strict=True):
            if kind not in {"boolean", "any"}:
                self.complain(node, "This is a {type}, not true or false.", "Compare it.", type=kind)

    def _membership(self, node: s.Operation, left: str, right: str) -> None:
        if right not in _OPEN and not right.startswith("list"):
            self.complain(node, "`in` looks into a list, not into a {type}.", "For a text use .contains().", type=right)
        elif (inner := _element(right)) and _differ(left, inner):
            fact = "A {left} can never be in a list of {right}."
            self.complain(node, fact, "Convert one side, or correct the name.", left=left, right=inner)

    def _comparison(self, node: s.Operation, left: str, right: str) -> None:
        if "version" in {left, right}:
            todo = "Write version(...) around both sides."
            self.complain(node, "Versions do not compare as texts: 9 comes after 19.", todo)
        elif "comparable" in {left, right} and left != right and "any" not in {left, right}:
            self.complain(node, "version() compares only with version().", "Write version(...) around both sides.")
        elif _differ(left, right):
            fact = (
                "A {left} never equals a {right}."
                if node.sign in {"==", "!="}
                else "A {left} and a {right} have no order."
            )
            self.complain(node, fact, "Convert one side with int(), string() or version().", left=left, right=right)


def _differ(left: str, right: str) -> bool:
    """Tell whether both types are known and differ."""
    left, right = (_SAME.get(kind, kind) for kind in (left, right))
    left, right = ("string" if kind == "version" else kind for kind in (left, right))
    if left == right or {"any", "null"} & {left, right}:
        return False
    if left.startswith("list") and right.startswith("list"):
        return "list" not in {left, right} and _differ(_element(left), _element(right))
    return True


def _element(kind: str) -> str:
    return kind[5:-1] if kind.startswith("list[") else "any"


def _binds(node: s.Call) -> bool:
    return node.of is not None and node.name in MACROS and len(node.args) >= 2


def _dotted(node: s.Node) -> list[str] | None:
    """Return `a.b.c` as a list, or None if its root is not a name."""
    parts: list[str] = []
    while isinstance(node, s.Member):
        parts.append(node.name)
        node = node.of
    return [node.name, *reversed(parts)] if isinstance(node, s.Name) else None
