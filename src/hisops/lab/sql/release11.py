"""What SQL of 12.1 and later a database of 11.2 refuses, and in which words."""

from __future__ import annotations

import re

from hisops.lab.sql.errors import OracleError
from hisops.lab.sql.lexer import Statement

_LONGEST_NAME = 30
_LATER_FUNCTIONS = frozenset({
    "STANDARD_HASH", "APPROX_COUNT_DISTINCT", "JSON_VALUE", "JSON_QUERY", "JSON_TABLE", "JSON_EXISTS", "JSON_OBJECT",
    "JSON_ARRAY", "JSON_ARRAYAGG", "JSON_OBJECTAGG", "VALIDATE_CONVERSION", "ANY_VALUE", "TO_UTC_TIMESTAMP_TZ",
})  # fmt: skip
_ROW_LIMIT = re.compile(r"\b(?:FETCH (?:FIRST|NEXT)|OFFSET (?:\d+|:\w+) ROWS?|(?:CROSS|OUTER) APPLY|LATERAL \()")
_LATER_CONTEXT = re.compile(r"SYS_CONTEXT \( 'USERENV' , '(?:CON_NAME|CON_ID|CDB_NAME|ORACLE_HOME)'")


def refuse_later(statement: Statement) -> None:
    """Raise what 11.2 says of a statement that it does not know yet."""
    words = [token.text.upper() for token in statement.tokens]
    plain = " ".join(words)
    if _ROW_LIMIT.search(plain):
        raise OracleError(933, "SQL command not properly ended")
    if "LISTAGG ( DISTINCT" in plain:
        raise OracleError(30482, "DISTINCT option not allowed for this function")
    if _LATER_CONTEXT.search(plain):
        raise OracleError(2003, "invalid USERENV parameter")
    if "DBMS_SESSION . SLEEP" in plain:
        where = "line 1, column 7:\nPLS-00302: component 'SLEEP' must be declared"
        raise OracleError(6550, f"{where}\nORA-06550: line 1, column 7:\nPL/SQL: Statement ignored")
    for token, after in zip(statement.tokens, [*words[1:], ""], strict=True):
        name = token.text.strip('"')
        if token.kind in ("word", "quoted") and len(name.encode()) > _LONGEST_NAME:
            raise OracleError(972, "identifier is too long")
        if after == "(" and name.upper() in _LATER_FUNCTIONS:
            raise OracleError(904, f'"{name.upper()}": invalid identifier')
