"""The syntax of CEL as a small tree, for what the library does not tell: which names and types an expression uses.

Whether a text is CEL at all is for the library to say; this parser reads what the library has accepted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\s*+(?://[^\n]*+\n?\s*+)*+(?:
    (?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.\d+|\.\d+|\d+(?=[eE]))(?:[eE][-+]?\d+)?|\d+[uU]?)
  | (?P<text>[bBrR]{0,2}(?:'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"))
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]{}])
    )""",
    re.VERBOSE | re.DOTALL,
)
_CONSTANTS = {"true": "boolean", "false": "boolean", "null": "null"}
_LEVELS = (("||",), ("&&",), ("==", "!=", "<", "<=", ">", ">=", "in"), ("+", "-"), ("*", "/", "%"))


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; `value` is its text without quotes."""

    offset: int
    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """A free or bound name."""

    offset: int
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """`of.name`, or `of['name']`."""

    offset: int
    of: Node
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """`of[key]`."""

    offset: int
    of: Node
    key: Node


@dataclass(frozen=True, slots=True)
class Call:
    """`name(args)`, or `of.name(args)`."""

    offset: int
    of: Node | None
    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator over its operands; `?` has three, `!` and a leading `-` have one."""

    offset: int
    sign: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """A list (`[`) or a map (`{`, keys and values in turn)."""

    offset: int
    sign: str
    items: tuple[Node, ...]


Node = Literal | Name | Member | Index | Call | Operation | Collection


class SyntaxProblem(ValueError):
    """The text is not an expression that this parser knows; `offset` says where."""

    def __init__(self, offset: int) -> None:
        self.offset = offset
        super().__init__(f"unexpected at character {offset + 1}")


def parse(text: str) -> Node:
    """Return the tree of `text`. Raises SyntaxProblem."""
    parser = _Parser(text)
    node = parser.expression()
    parser.expect("")
    return node


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str, int]] = []
        position = 0
        while match := _TOKEN.match(text, position):
            kind = match.lastgroup or ""
            self._tokens.append((kind, match.group(kind), match.start(kind)))
            position = match.end()
        rest = text[position:].lstrip()
        if rest and not rest.startswith("//"):
            raise SyntaxProblem(len(text) - len(rest))
        self._tokens.append(("end", "", len(text)))
        self._at = 0

    def expression(self) -> Node:
        condition = self._level(0)
        if not self._take("?"):
            return condition
        yes = self._level(0)
        self.expect(":")
        return Operation(condition.offset, "?", (condition, yes, self.expression()))

    def expect(self, sign: str) -> None:
        """Go past `sign`; the empty sign is the end of the text."""
        kind, text, offset = self._tokens[self._at]
        if text != sign or kind not in {"sign", "end"}:
            raise SyntaxProblem(offset)
        self._at += kind != "end"

    def _take(self, *signs: str) -> str | None:
        kind, text, _ = self._tokens[self._at]
        if text in signs and (kind == "sign" or (kind == "name" and text == "in")):
            self._at += 1
            return text
        return None

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        left = self._level(level + 1)
        while sign := self._take(*_LEVELS[level]):
            left = Operation(left.offset, sign, (left, self._level(level + 1)))
        return left

    def _unary(self) -> Node:
        offset = self._tokens[self._at][2]
        if sign := self._take("!", "-"):
            return Operation(offset, sign, (self._unary(),))
        return self._members(self._primary())

    def _members(self, node: Node) -> Node:
        while True:
            if self._take("."):
                kind, name, offset = self._tokens[self._at]
                if kind != "name":
                    raise SyntaxProblem(offset)
                self._at += 1
                if self._take("("):
                    node = Call(offset, node, name, self._until(")"))
                else:
                    node = Member(node.offset, node, name)
            elif self._take("["):
                key = self.expression()
                self.expect("]")
                if isinstance(key, Literal) and key.type == "string":
                    node = Member(node.offset, node, key.value)
                else:
                    node = Index(node.offset, node, key)
            else:
                return node

    def _primary(self) -> Node:
        kind, text, offset = self._tokens[self._at]
        self._at += kind != "end"
        if kind == "number":
            return Literal(offset, "number" if "." in text or "e" in text.lower()[2:] else "integer", text)
        if kind == "text":
            return _text(text, offset)
        if kind == "name" and text in _CONSTANTS:
            return Literal(offset, _CONSTANTS[text], text)
        if kind == "name":
            return Call(offset, None, text, self._until(")")) if self._take("(") else Name(offset, text)
        return self._bracket(text, offset)

    def _bracket(self, text: str, offset: int) -> Node:
        if text == "(":
            node = self.expression()
            self.expect(")")
            return node
        if text in {"[", "{"}:
            return Collection(offset, text, self._until("]" if text == "[" else "}"))
        raise SyntaxProblem(offset)

    def _until(self, end: str) -> tuple[Node, ...]:
        items: list[Node] = []
        while not self._take(end):
            items.append(self.expression())
            if not self._take(",", ":"):
                self.expect(end)
                break
        return tuple(items)


def _text(written: str, offset: int) -> Literal:
    quote = re.search(r"['\"]", written)
    start = quote.start() if quote else 0
    prefix, body = written[:start].lower(), written[start:]
    width = 3 if len(body) >= 6 and body[:3] in {"'''", '"""'} else 1
    return Literal(offset, "bytes" if "b" in prefix else "string", body[width:-width])
