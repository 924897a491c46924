"""Parsing: sqlglot's Oracle grammar, its own reading of functions switched off so that none is taken for granted."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hisops.lab.sql.errors import OracleError, not_rehearsed

_KEPT_PARSERS = ("CAST", "EXTRACT", "TRIM")


@lru_cache(maxsize=1)
def _dialect() -> Any:
    from sqlglot.dialects.oracle import Oracle

    class LabOracle(Oracle):
        """Functions stay calls by name; only those with a syntax of their own are parsed."""

        class Parser(Oracle.Parser):  # type: ignore[misc,valid-type]
            FUNCTIONS: dict[str, Any] = {}  # noqa: RUF012
            FUNCTION_PARSERS = {  # noqa: RUF012
                name: parser for name, parser in Oracle.Parser.FUNCTION_PARSERS.items() if name in _KEPT_PARSERS
            }

    return LabOracle()


def parse(text: str) -> Any:
    """Return the tree of one statement; ORA-00900 when it cannot be read."""
    import logging

    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # what it finds odd is refused below anyway
    try:
        trees = [tree for tree in _dialect().parse(text) if tree is not None]
    except SqlglotError as error:
        first = str(error).splitlines()[0]
        raise OracleError(900, f"invalid SQL statement (lab: not rehearsed: {first})") from error
    if len(trees) != 1:
        raise OracleError(933, "SQL command not properly ended")
    return trees[0]


def only(node: Any, *allowed: str) -> None:
    """Refuse a node that carries a part which its translation does not know."""
    for name, part in node.args.items():
        if name not in allowed and part not in (None, False, [], ""):
            raise not_rehearsed(f"{type(node).__name__} with {name.rstrip('_')}")
