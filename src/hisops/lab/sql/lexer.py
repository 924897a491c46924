"""A statement cut into tokens, far enough to tell its kind and its binds without understanding it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

StatementKind = Literal["query", "dml", "ddl", "plsql", "session", "transaction", "command"]

_TOKEN = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?\*/)
      |(?P<string>[nN]?'(?:[^']|'')*')
      |(?P<quoted>"[^"]*")
      |(?P<bind>:\s*(?:[^\W\d][\w$\#]*|\d+))
      |(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      |(?P<word>[^\W\d][\w$\#]*)
      |(?P<space>\s+)
      |(?P<op>:=|\|\||<=|>=|<>|!=|=>|.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a statement and where it lies."""

    kind: str
    text: str
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement's tokens (comments and space left out), kind, and binds in the order the client sends them."""

    text: str
    tokens: tuple[Token, ...]
    kind: StatementKind
    binds: tuple[str, ...]
    returned: frozenset[int]

    def words(self, count: int) -> tuple[str, ...]:
        """Return the first `count` tokens in upper case."""
        return tuple(token.text.upper() for token in self.tokens[:count])


_KINDS: dict[str, StatementKind] = {
    "SELECT": "query", "WITH": "query", "INSERT": "dml", "UPDATE": "dml", "DELETE": "dml", "MERGE": "dml",
    "BEGIN": "plsql", "DECLARE": "plsql", "CALL": "plsql", "COMMIT": "transaction", "ROLLBACK": "transaction",
    "SAVEPOINT": "transaction", "CREATE": "ddl", "DROP": "ddl", "TRUNCATE": "ddl", "GRANT": "ddl", "REVOKE": "ddl",
}  # fmt: skip


@lru_cache(maxsize=512)
def read_statement(text: str) -> Statement:
    """Cut `text` into tokens and say what kind of statement it is."""
    tokens = tuple(
        Token(str(match.lastgroup), match[0], match.start())
        for match in _TOKEN.finditer(text)
        if match.lastgroup not in ("comment", "space")
    )
    kind = _kind(tokens)
    binds, returned = _binds(tokens, kind)
    return Statement(text=text, tokens=tokens, kind=kind, binds=binds, returned=returned)


def _kind(tokens: tuple[Token, ...]) -> StatementKind:
    words = [token.text.upper() for token in tokens[:2]]
    first = next((token.text.upper() for token in tokens if token.text != "("), "")
    if words == ["ALTER", "SESSION"]:
        return "session"
    if words == ["SET", "TRANSACTION"]:
        return "transaction"
    return _KINDS.get(first, "command")


def bind_name(token: Token) -> str:
    """Return the name of a bind token, upper case and without the colon."""
    return token.text[1:].strip().upper()


def _binds(tokens: tuple[Token, ...], kind: StatementKind) -> tuple[tuple[str, ...], frozenset[int]]:
    names: list[str] = []
    returned: set[int] = set()
    into = returning = False
    for token in tokens:
        word = token.text.upper()
        returning = returning or (kind == "dml" and word in ("RETURNING", "RETURN"))
        into = into or (returning and word == "INTO")
        if token.kind != "bind":
            continue
        name = bind_name(token)
        if kind == "plsql" and name in names:
            continue  # PL/SQL binds by name: one value for all places
        if into:
            returned.add(len(names))
        names.append(name)
    return tuple(names), frozenset(returned)
