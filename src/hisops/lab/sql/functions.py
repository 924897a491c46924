"""Functions by name. A function or a number of arguments that is not in the table is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hisops.lab.sql import times
from hisops.lab.sql.arguments import constant, digits, expect
from hisops.lab.sql.backend import Kind
from hisops.lab.sql.conversions import (
    POINTS_IN_TIME,
    alike,
    comparable,
    convert,
    kind_of,
    to_number,
    to_text,
)
from hisops.lab.sql.errors import not_rehearsed
from hisops.lab.sql.outcome import Column
from hisops.lab.sql.scope import Scope
from hisops.lab.sql.types import Typed


@dataclass(frozen=True, slots=True)
class Plain:
    """A function whose arguments have one kind each; optional ones have their default in `defaults`."""

    kinds: tuple[Kind, ...]
    result: Kind
    sql: str
    defaults: tuple[str, ...] = ()


_PLAIN: dict[str, Plain] = {
    "LOWER": Plain(("text",), "text", "lower({0})"),
    "UPPER": Plain(("text",), "text", "upper({0})"),
    "LENGTH": Plain(("text",), "number", "length({0})"),
    "SUBSTR": Plain(("text", "number", "number"), "text", "ora_substr({0}, {1}, {2})", ("NULL",)),
    "INSTR": Plain(("text", "text"), "number", "instr({0}, {1})"),
    "REPLACE": Plain(("text", "text", "text"), "text", "ora_replace({0}, {1}, {2})", ("NULL",)),
    "LPAD": Plain(("text", "number", "text"), "text", "nullif(lpad({0}, cast({1} as integer), {2}), '')", ("' '",)),
    "RPAD": Plain(("text", "number", "text"), "text", "nullif(rpad({0}, cast({1} as integer), {2}), '')", ("' '",)),
    "LTRIM": Plain(("text", "text"), "text", "nullif(ltrim({0}, {1}), '')", ("' '",)),
    "RTRIM": Plain(("text", "text"), "text", "nullif(rtrim({0}, {1}), '')", ("' '",)),
    "CONCAT": Plain(("text", "text"), "text", "nullif(concat({0}, {1}), '')"),
    "CHR": Plain(("number",), "text", "chr(cast({0} as integer))"),
    "REGEXP_REPLACE": Plain(("text", "text", "text"), "text", "ora_regexp_replace({0}, {1}, {2})", ("NULL",)),
    "REGEXP_SUBSTR": Plain(("text", "text"), "text", "ora_regexp_substr({0}, {1})"),
    "ABS": Plain(("number",), "number", "abs({0})"),
    "CEIL": Plain(("number",), "number", "ceil({0})"),
    "FLOOR": Plain(("number",), "number", "floor({0})"),
    "SIGN": Plain(("number",), "number", "sign({0})"),
    "MOD": Plain(("number", "number"), "number", "ora_mod({0}, {1})"),
    "POWER": Plain(("number", "number"), "number", "power({0}, {1})"),
    "SQRT": Plain(("number",), "number", "sqrt({0})"),
    "ADD_MONTHS": Plain(("date", "number"), "date", "ora_add_months({0}, cast({1} as integer))"),
    "MONTHS_BETWEEN": Plain(("date", "date"), "number", "ora_months_between({0}, {1})"),
    "LAST_DAY": Plain(("date",), "date", "ora_last_day({0})"),
}


def call(name: str, arguments: Sequence[Any], scope: Scope) -> Typed:
    """Translate a call."""
    from hisops.lab.sql import aggregates, hierarchy

    if name in aggregates.NAMES:
        return aggregates.aggregate(name, arguments, scope)
    if name == "SYS_CONNECT_BY_PATH":
        return hierarchy.path(arguments, scope)
    values = [_argument(part, scope) for part in arguments]
    special = _SPECIAL.get(name)
    if special is not None:
        return special(values, scope)
    if name not in _PLAIN:
        raise not_rehearsed(f"function {name}")
    return _plain(name, _PLAIN[name], values, scope)


def _argument(node: Any, scope: Scope) -> Typed:
    from hisops.lab.sql.expressions import value

    return value(node, scope)


def _plain(name: str, function: Plain, values: Sequence[Typed], scope: Scope) -> Typed:
    missing = len(function.kinds) - len(values)
    if not 0 <= missing <= len(function.defaults):
        raise not_rehearsed(f"{name} with {len(values)} arguments")
    texts = [
        convert(item, kind, scope.catalog).sql for item, kind in zip(values, function.kinds[: len(values)], strict=True)
    ]
    texts += function.defaults[len(function.defaults) - missing :] if missing else ()
    return Typed(function.sql.format(*texts), function.result)


def without_parentheses(name: str, scope: Scope) -> Typed | None:
    """Return the value of a name that is a function in itself, None if it is none."""
    if name == "USER":
        return Typed(f"cast({scope.catalog.param('ctx_session_user')} as varchar)", "text")
    return None


def cast(node: Any, source: Typed, scope: Scope) -> Typed:
    """Translate CAST to the handful of types it is used with."""
    target = node.args["to"]
    name = str(target.this.value if hasattr(target.this, "value") else target.this).upper()
    if name == "DATE" or (name.startswith("TIMESTAMP") and not target.expressions):
        return convert(source, "date" if name == "DATE" else "timestamp", scope.catalog)
    if name in ("VARCHAR", "VARCHAR2") and len(target.expressions) == 1:
        return Typed(f"left({to_text(source, scope.catalog).sql}, {int(target.expressions[0].name)})", "text")
    if name in ("DECIMAL", "NUMBER", "INT", "INTEGER", "BIGNUM") and not target.expressions:
        number = to_number(source)
        return number if name not in ("INT", "INTEGER") else Typed(f"round({number.sql})", "number")
    if name in ("DECIMAL", "NUMBER", "BIGNUM") and target.expressions:
        return _scaled(to_number(source), [int(part.name) for part in target.expressions])
    raise not_rehearsed(f"CAST to {name}")


def _scaled(number: Typed, size: list[int]) -> Typed:
    """Return a number rounded as NUMBER(precision, scale) is; the driver is told of both."""
    precision, scale = size[0], size[1] if len(size) > 1 else 0
    column = Column(name="", kind="number", precision=precision, scale=scale)
    return Typed(f"cast({number.sql} as decimal({precision},{scale}))", "number", column)


def _nvl(values: list[Typed], scope: Scope) -> Typed:
    expect(values, 2, 2, "NVL")
    return _coalesce(values, scope)


def _coalesce(values: list[Typed], scope: Scope) -> Typed:
    expect(values, 2, 99, "COALESCE")
    results = alike(values, scope.catalog)
    return Typed(f"coalesce({', '.join(item.sql for item in results)})", kind_of(results))


def _nvl2(values: list[Typed], scope: Scope) -> Typed:
    expect(values, 3, 3, "NVL2")
    yes, no = alike(values[1:], scope.catalog)
    return Typed(f"case when {values[0].sql} is not null then {yes.sql} else {no.sql} end", kind_of([yes, no]))


def _nullif(values: list[Typed], scope: Scope) -> Typed:
    expect(values, 2, 2, "NULLIF")
    left, right = comparable(values, scope.catalog)
    return Typed(f"nullif({left.sql}, {right.sql})", left.kind)


def _decode(values: list[Typed], scope: Scope) -> Typed:
    """DECODE compares as the first search does, finds NULL by NULL, and gives what the first result is."""
    expect(values, 3, 255, "DECODE")
    subject, *rest = values
    default = rest.pop() if len(rest) % 2 else None
    searches, results = rest[0::2], [*rest[1::2], *([default] if default else [])]
    if results[0].kind == "null":
        results = [item if item.kind == "null" else to_text(item, scope.catalog) for item in results]
    results = alike(results, scope.catalog)
    parts = []
    for search, result in zip(searches, results, strict=False):
        left, right = comparable([subject, search], scope.catalog)
        parts.append(f"when {left.sql} is not distinct from {right.sql} then {result.sql}")
    tail = f" else {results[-1].sql}" if default else ""
    return Typed(f"case {' '.join(parts)}{tail} end", kind_of(results))


def _extreme(name: str) -> Callable[[list[Typed], Scope], Typed]:
    def build(values: list[Typed], scope: Scope) -> Typed:
        expect(values, 1, 99, name)
        results = alike(values, scope.catalog)
        texts = [item.sql for item in results]
        missing = " or ".join(f"{text} is null" for text in texts)  # NULL among them gives NULL
        return Typed(f"case when {missing} then NULL else {name.lower()}({', '.join(texts)}) end", kind_of(results))

    return build


def _round(values: list[Typed], _scope: Scope) -> Typed:
    expect(values, 1, 2, "ROUND")
    if values[0].kind in POINTS_IN_TIME:
        raise not_rehearsed("ROUND of a date")
    return Typed(f"round({', '.join(digits(values))})", "number")


def _to_number(values: list[Typed], _scope: Scope) -> Typed:
    expect(values, 1, 1, "TO_NUMBER")
    return to_number(values[0])


def _sys_context(values: list[Typed], scope: Scope) -> Typed:
    expect(values, 2, 2, "SYS_CONTEXT")
    if constant(values[0]).upper() != "USERENV":
        raise not_rehearsed("SYS_CONTEXT of another namespace")
    key = constant(values[1]).lower()
    if key not in CONTEXT_KEYS:
        raise not_rehearsed(f"USERENV parameter {key}")
    return Typed(f"cast({scope.catalog.param('ctx_' + key)} as varchar)", "text")


CONTEXT_KEYS = (
    "db_name", "db_unique_name", "con_name", "con_id", "instance_name", "server_host", "session_user", "current_user",
    "current_schema", "sid", "isdba", "service_name", "database_role", "module", "action", "client_identifier",
)  # fmt: skip
_SPECIAL: dict[str, Callable[[list[Typed], Scope], Typed]] = {
    "NVL": _nvl, "NVL2": _nvl2, "COALESCE": _coalesce, "NULLIF": _nullif, "DECODE": _decode,
    "GREATEST": _extreme("GREATEST"), "LEAST": _extreme("LEAST"), "ROUND": _round, "TO_NUMBER": _to_number,
    "SYS_CONTEXT": _sys_context, **times.FUNCTIONS,
}  # fmt: skip
