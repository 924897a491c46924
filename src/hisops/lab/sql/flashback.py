"""AS OF SCN: taken out of a query, so that its tables can be loaded as they were then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hisops.lab.sql.errors import OracleError, not_rehearsed
from hisops.lab.sql.lexer import Statement, Token, read_statement


def places(statement: Statement) -> list[tuple[Token, Token]]:
    """Return the tokens AS and the number (or bind) of each AS OF SCN."""
    found, tokens = [], statement.tokens
    for at in range(len(tokens) - 3):
        words = [token.text.upper() for token in tokens[at : at + 3]]
        if words == ["AS", "OF", "SCN"] and tokens[at + 3].kind in ("number", "bind"):
            found.append((tokens[at], tokens[at + 3]))
    return found


def stripped(statement: Statement, binds: Sequence[Any]) -> tuple[Statement, list[Any], int | None]:
    """Return a query without its AS OF SCN, the binds that are left, and the SCN. One SCN serves the whole query."""
    found = places(statement) if statement.kind == "query" else []
    if not found:
        return statement, list(binds), None
    order = [token.start for token in statement.tokens if token.kind == "bind"]
    used = {order.index(value.start) for _, value in found if value.kind == "bind"}
    numbers = {_number(value, order, binds) for _, value in found}
    if len(numbers) != 1:
        raise not_rehearsed("several SCNs in one query")
    text = statement.text
    for begin, value in reversed(found):
        text = f"{text[: begin.start]} {text[value.start + len(value.text) :]}"
    left = [bind for at, bind in enumerate(binds) if at not in used]
    return read_statement(text), left, numbers.pop()


def _number(value: Token, order: list[int], binds: Sequence[Any]) -> int:
    given = value.text if value.kind == "number" else _bound(binds, order.index(value.start))
    try:
        return int(given)
    except (TypeError, ValueError):
        raise OracleError(8180, "no snapshot found based on specified time") from None


def _bound(binds: Sequence[Any], at: int) -> Any:
    return binds[at] if at < len(binds) else 0
