"""Names and types in an expression: what CEL itself would find out too late, or never.

CEL has no declarations here, and `'5' == 5` is false in silence. So a name that nobody declared, a member of something
that has none, and an operation between two types that are known and differ are faults.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from hisops.expressions import syntax as s
from hisops.expressions.kinds import OPEN, differ, element, in_words
from hisops.expressions.names import MACROS, bound_by, dotted

FUNCTIONS = {
    "version": "comparable", "size": "integer", "int": "integer", "uint": "integer", "double": "number",
    "string": "string", "bool": "boolean", "timestamp": "timestamp", "duration": "duration",
    "contains": "boolean", "startsWith": "boolean", "endsWith": "boolean", "matches": "boolean",
}  # fmt: skip


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
    checker.truth(tree, {})
    return checker.faults


class _Checker:
    """Walks a tree. `bound` maps each name bound by a macro to its type, or to the list it runs over (`x[]`)."""

    def __init__(self, names: Mapping[str, str], lenient: bool) -> None:
        self._names = names
        self._lenient = lenient
        self.faults: list[Fault] = []

    def truth(self, node: s.Node, bound: Mapping[str, str]) -> None:
        """Check what must be true or false."""
        kind = self._type_of(node, bound)
        if kind not in {"boolean", "any", "null"}:
            self._complain(node, "This is a {type}, not true or false.", "Compare it.", type=in_words(kind))

    def _complain(self, node: s.Node, fact: str, todo: str = "", **values: object) -> str:
        """Note a fault; the type of what is at fault may be anything."""
        self.faults.append(Fault(node.offset, fact, todo, values))
        return "any"

    def _type_of(self, node: s.Node, bound: Mapping[str, str]) -> str:
        match node:
            case s.Literal(type=kind):
                return kind
            case s.Index(of=of, key=key):
                self._type_of(key, bound)
                return element(self._type_of(of, bound))
            case s.Call():
                return self._call(node, bound)
            case s.Collection(sign=sign, items=items):
                kinds = {self._type_of(item, bound) for item in items}
                return "map" if sign == "{" else f"list[{kinds.pop()}]" if len(kinds) == 1 else "list"
            case s.Operation():
                return self._operation(node, bound)
            case s.Name() | s.Member():
                return self._reference(node, bound)

    def _reference(self, node: s.Name | s.Member, bound: Mapping[str, str]) -> str:
        path = dotted(node)
        if path is None:
            if isinstance(node, s.Member):
                self._type_of(node.of, bound)
            return "any"
        if path[0] in bound:
            base = bound[path[0]]
            return base if len(path) == 1 and "[]" not in base else self._names.get(".".join([base, *path[1:]]), "any")
        for length in range(len(path), 0, -1):
            kind = self._names.get(".".join(path[:length]))
            if kind is not None:
                return self._member(node, path, length, kind)
        return self._group(node, ".".join(path))

    def _member(self, node: s.Node, path: list[str], length: int, kind: str) -> str:
        """Return the type of `path`, of which the first `length` parts name a `kind`."""
        if length == len(path):
            return kind
        if kind in OPEN or kind == "null":  # CEL tells if it comes to ask a null; `&&` may keep it from asking
            return "any"
        fact = "`{name}` is a {type}; it has no member `{member}`."
        name = ".".join(path[:length])
        return self._complain(node, fact, name=name, type=in_words(kind), member=path[length])

    def _group(self, node: s.Node, name: str) -> str:
        if any(known.startswith(f"{name}.") for known in self._names):
            return "map"
        if self._lenient:
            return "any"
        guess, known = _guess(name, self._names), _beside(name, self._names)
        todo = "Did you mean `{guess}`?" if guess else "Known here: {known}."
        return self._complain(node, "Nothing is called `{name}` here.", todo, name=name, guess=guess, known=known)

    def _call(self, node: s.Call, bound: Mapping[str, str]) -> str:
        if node.name == "has" and node.of is None:
            for part in node.args:
                self._type_of(part.of if isinstance(part, s.Member) else part, bound)
            return "boolean"
        of = self._type_of(node.of, bound) if node.of is not None else "any"
        if (name := bound_by(node)) and node.of is not None:
            return self._macro(node, {**bound, name: _over(node.of, of)})
        kinds = [self._type_of(part, bound) for part in node.args]
        if node.name not in FUNCTIONS:
            guess = _guess(node.name, [*FUNCTIONS, *MACROS, "has"])
            todo = "Did you mean `{guess}`?" if guess else ""
            return self._complain(node, "There is no function `{name}`.", todo, name=node.name, guess=guess)
        if node.name == "version" and (wrong := set(kinds) - {"string", "version", "any", "null"}):
            self._complain(node, "version() takes a text, not a {type}.", type=in_words(wrong.pop()))
        return FUNCTIONS[node.name]

    def _macro(self, node: s.Call, bound: Mapping[str, str]) -> str:
        for part in node.args[1:]:
            if node.name == "map":
                self._type_of(part, bound)
            else:
                self.truth(part, bound)
        return MACROS[node.name]

    def _operation(self, node: s.Operation, bound: Mapping[str, str]) -> str:
        if node.sign == "?":
            self.truth(node.operands[0], bound)
            yes, no = (self._type_of(part, bound) for part in node.operands[1:])
            return yes if yes == no else "any"
        if node.sign in {"&&", "||", "!"}:
            for part in node.operands:
                self.truth(part, bound)
            return "boolean"
        kinds = [self._type_of(part, bound) for part in node.operands]
        if len(kinds) == 1:
            return kinds[0]
        if node.sign in {"+", "-", "*", "/", "%"}:
            return kinds[0] if kinds[0] == kinds[1] else "any"
        if node.sign == "in":
            self._membership(node, *kinds)
        else:
            self._comparison(node, *kinds)
        return "boolean"

    def _membership(self, node: s.Operation, left: str, right: str) -> None:
        if right not in OPEN | {"null"} and not right.startswith("list"):
            fact, todo = "`in` looks into a list, not into a {type}.", "For a text use .contains()."
            self._complain(node, fact, todo, type=in_words(right))
        elif differ(left, element(right)):
            fact, todo = "A {left} is never in a list of {right}.", "Convert one side, or correct the name."
            self._complain(node, fact, todo, left=in_words(left), right=in_words(element(right)))

    def _comparison(self, node: s.Operation, left: str, right: str) -> None:
        kinds = {left, right}
        if "version" in kinds or ("comparable" in kinds and not kinds <= {"comparable", "any"}):
            fact, todo = (
                "Versions do not compare as texts: 9 would come after 19.",
                "Write version(…) around both sides.",
            )
            self._complain(node, fact, todo)
        elif differ(left, right):
            equal = node.sign in {"==", "!="}
            fact = "A {left} never equals a {right}." if equal else "A {left} and a {right} have no order."
            todo = "Convert one side with int() or string()."
            self._complain(node, fact, todo, left=in_words(left), right=in_words(right))


def _over(node: s.Node, kind: str) -> str:
    """Return what a macro over `node` binds: the type of an element, or the name under which rows are declared."""
    path = dotted(node)
    inner = element(kind)
    return f"{'.'.join(path)}[]" if path is not None and inner == "any" else inner


def _guess(name: str, known: Iterable[str]) -> str:
    return "".join(get_close_matches(name, list(known), n=1, cutoff=0.6))


def _beside(name: str, known: Iterable[str]) -> str:
    """Return the names that stand where `name` would; the first parts of all if there are none."""
    base = name.rpartition(".")[0]
    beside = [each for each in known if base and each.startswith(f"{base}.")]
    return ", ".join(sorted(beside or {each.partition(".")[0] for each in known})) or "nothing"
