"""The rules of docs/reconciliation.md once more, with dicts and loops, and nothing of the engine."""

from __future__ import annotations

import calendar
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hisops.model.reconciliation import FAULTS, Reconciliation

Row = dict[str, str | None]


def narrow(text: str | None) -> str | None:
    out = "".join(" " if c == "　" else chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in text or "")
    return out.strip(" ") or None


def reconcile(
    definition: Reconciliation, a: list[Row], b: list[Row], carried: list[dict[str, Any]], day: date | None
) -> Any:
    entries: list[dict[str, Any]] = []
    alone: list[dict[str, Any]] = []
    totals = {}
    for side, rows in (("a", a), ("b", b)):
        whole, read = [], [_read(definition, side, row) for row in rows]
        kept = [each for each in read if not _aside(definition, side, each, day)]
        for each in kept:
            (whole if _whole(definition, side, each, day) else alone).append(each)
        totals[side] = {name: sum((each["v"][name] or 0 for each in kept), Decimal(0)) for name in definition.compare}
        entries += _added(definition, whole) if definition.sides[side].aggregate else whole
    for each in carried:
        entries.append({
            "side": each["side"], "k": tuple(each["key"]), "v": {n: Decimal(str(x)) for n, x in each["values"].items()},
            "st": each["state"], "r": None if each["rounding"] is None else Decimal(each["rounding"]),
            "d": dict(each["details"]), "at": None, "origin": each["origin"], "due": each["due"],
        })  # fmt: skip
    classed: list[tuple[str, Any, Any]] = [
        ("unclassified", each if each["side"] == "a" else None, each if each["side"] == "b" else None) for each in alone
    ]
    keys: dict[Any, dict[str, list[Any]]] = defaultdict(lambda: {"a": [], "b": []})
    for each in entries:
        keys[each["k"]][each["side"]].append(each)
    for sides in keys.values():
        classed += _of_key(definition, sides["a"], sides["b"], day)
    return {"classed": classed, "totals": totals, "verdict": _verdict(definition, classed)}


def _read(definition: Reconciliation, side: str, row: Row) -> dict[str, Any]:
    told = definition.sides[side]
    cells = {name: narrow(row.get(source)) for name, source in told.columns.items()}
    state = told.states.get(cells.get(definition.state or "") or "")
    sign = told.signs.get(state or "", 1)

    def number(name: str) -> Decimal | None:
        text = cells.get(name)
        return None if text is None else Decimal(text.replace(",", "")) * sign

    return {
        "side": side, "k": tuple(cells.get(name) for name in definition.key),
        "v": {name: number(name) for name in definition.compare}, "st": state,
        "r": number(definition.rounding.column) if definition.rounding else None,
        "d": {name: cells.get(name) for name in definition.details}, "at": cells.get(definition.at or ""),
        "day": cells.get(definition.day or ""), "origin": None, "due": None,
    }  # fmt: skip


def _aside(definition: Reconciliation, side: str, each: dict[str, Any], day: date | None) -> bool:
    told = definition.sides[side]
    if each["st"] in told.leave_out:
        return True
    there = day is not None and definition.day in told.columns
    return bool(there and each["day"] is not None and each["day"] != day.isoformat())


def _whole(definition: Reconciliation, side: str, each: dict[str, Any], day: date | None) -> bool:
    if None in each["k"] or None in each["v"].values():
        return False
    if day is not None and definition.day in definition.sides[side].columns and each["day"] is None:
        return False
    return not (definition.compares_states and each["st"] is None)


def _added(definition: Reconciliation, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for each in rows:
        groups[each["k"]].append(each)
    out = []
    for key, group in groups.items():
        rounds = [each["r"] for each in group if each["r"] is not None]
        out.append({
            **group[0], "k": key, "v": {n: sum(each["v"][n] for each in group) for n in definition.compare},
            "r": sum(rounds) if rounds else None, "st": _same([each["st"] for each in group]),
            "d": {n: _same([each["d"][n] for each in group]) for n in definition.details},
            "at": max((each["at"] for each in group if each["at"]), default=None),
        })  # fmt: skip
    return out


def _same(values: list[Any]) -> Any:
    return values[0] if len(set(values)) == 1 else None


def _values(each: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(each["v"].values())


def _of_key(definition: Reconciliation, a: list[Any], b: list[Any], day: date | None) -> list[tuple[str, Any, Any]]:
    if not a or not b:
        return _one_sided(definition, a or b, day)
    equal = all(sum(x["v"][n] for x in a) == sum(x["v"][n] for x in b) for n in definition.compare)
    if definition.split and len(a) != len(b) and equal:
        return [("balanced", each, None) for each in a] + [("balanced", None, each) for each in b]
    out = []

    def same(each: dict[str, Any]) -> Any:
        return (_values(each), each["st"] if definition.compares_states else None)

    a, b = sorted(a, key=lambda x: x["origin"] is None), sorted(b, key=lambda x: x["origin"] is None)
    left = []
    for each in a:
        match = next((other for other in b if same(other) == same(each)), None)
        if match is None:
            left.append(each)
        else:
            b = [other for other in b if other is not match]
            out.append(("balanced", each, match))

    def order(each: dict[str, Any]) -> Any:
        return (_values(each), (each["st"] or "") if definition.compares_states else "")

    left, b = sorted(left, key=order), sorted(b, key=order)
    for number in range(max(len(left), len(b))):
        x = left[number] if number < len(left) else None
        y = b[number] if number < len(b) else None
        out.append(("duplicate" if x is None or y is None else _unequal(definition, x, y), x, y))
    return out


def _one_sided(definition: Reconciliation, group: list[Any], day: date | None) -> list[tuple[str, Any, Any]]:
    out, seen = [], set()
    for each in sorted(group, key=lambda x: x["origin"] is None):
        mine = (_values(each), each["st"])
        if mine in seen:
            fault = "duplicate"
        elif each["origin"] is not None:
            fault = "in_transit" if date.fromisoformat(each["due"]) > day else f"only_{each['side']}"
        else:
            fault = "in_transit" if day is not None and rule_of(definition, each) else f"only_{each['side']}"
        seen.add(mine)
        out.append((fault, each, None) if each["side"] == "a" else (fault, None, each))
    return out


def rule_of(definition: Reconciliation, each: dict[str, Any]) -> Any:
    for rule in definition.carry:
        if rule.side != each["side"]:
            continue
        if any(_column(definition, each, name) not in wanted for name, wanted in rule.where.items()):
            continue
        if rule.after and (not each["at"] or each["at"][11:16] < rule.after):
            continue
        return rule
    return None


def due_of(definition: Reconciliation, each: dict[str, Any], day: date) -> date:
    rule = rule_of(definition, each)
    last = day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return last if rule.until == "month_end" and day != last else day + timedelta(days=rule.days)


def _column(definition: Reconciliation, each: dict[str, Any], name: str) -> Any:
    if name == definition.state:
        return each["st"]
    if name in definition.key:
        return each["k"][definition.key.index(name)]
    return each["d"].get(name)


def _unequal(definition: Reconciliation, x: dict[str, Any], y: dict[str, Any]) -> str:
    if definition.compares_states and x["st"] != y["st"]:
        return "state"
    if _explained(definition, x, y):
        return "cents"
    gaps = {n: abs(x["v"][n] - y["v"][n]) for n in definition.compare}
    limits = definition.tolerance.row
    return "cents" if all(gap <= Decimal(limits.get(n, "0")) for n, gap in gaps.items()) else "amount"


def _explained(definition: Reconciliation, x: dict[str, Any], y: dict[str, Any]) -> bool:
    rounding = definition.rounding
    if rounding is None:
        return False
    told = x["r"] if rounding.side == "a" else None if y["r"] is None else -y["r"]
    gaps = {n: x["v"][n] - y["v"][n] for n in definition.compare}
    own = gaps.pop(rounding.of)
    return told is not None and told == own and not any(gaps.values())


def _verdict(definition: Reconciliation, classed: list[tuple[str, Any, Any]]) -> str:
    if any(fault in set(FAULTS) - {"in_transit", "cents"} for fault, _, _ in classed):
        return "differs"
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for fault, x, y in classed:
        if fault == "cents":
            for name in definition.compare:
                gap = x["v"][name] - y["v"][name]
                of = definition.rounding.of if definition.rounding else None
                sums[name] += 0 if name == of and _explained(definition, x, y) else gap
    over = any(abs(sums[name]) > Decimal(limit) for name, limit in definition.tolerance.total.items())
    return "differs" if over else "balanced"
