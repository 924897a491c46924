"""What came of it, as the document that goes into the log: totals, classes, and every row that differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hisops.model.reconciliation import FAULTS, TOLERATED, CarryRule, Fault, Reconciliation, SideName
from hisops.reconcile.balancing import Balance
from hisops.reconcile.classing import units
from hisops.reconcile.entries import Entry, cause_of, gaps, money, pairs, shown, told_of, value_of
from hisops.reconcile.reading import Shape
from hisops.reconcile.sources import Relation

MOST = 100_000
"""So many differences are listed one by one; the classes count all of them."""
BALANCED = "balanced"


def document(
    db: Any, shape: Shape, found: Mapping[SideName, Relation], balance: Balance, carried: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the whole result; see docs/reconciliation.md, The result."""
    definition = shape.definition
    classes = _classes(db, shape, balance)
    brought = {side: [each for each in carried if each["side"] == side] for side in found}
    into = {side: _carried_sums(definition, rows) for side, rows in brought.items()}
    rows, cut = _differences(db, shape)
    listed = [_difference(definition, fault, a, b) for fault, a, b in rows]
    counts = {"a": balance.a, "b": balance.b}
    sides = {
        side: _side(
            definition, side, each, counts[side], into[side], len(brought[side]), _entries_of(db, shape, side, balance)
        )
        for side, each in found.items()
    }
    return {
        "schema_version": 1,
        "verdict": _verdict(db, shape, classes),
        "day": shape.day.isoformat() if shape.day else None,
        "columns": {
            name: {"type": each.type, "title": each.title.model_dump()} for name, each in definition.columns.items()
        },
        "key": list(definition.key),
        "compare": list(definition.compare),
        "details": list(definition.details),
        "state": definition.state,
        "group": definition.group,
        "sides": sides,
        "difference": shown(definition, [
            a + x - b - y for a, b, x, y in zip(balance.a.total, balance.b.total, into["a"], into["b"], strict=True)
        ]),
        "tolerance": {"row": dict(definition.tolerance.row), "total": dict(definition.tolerance.total)},
        "classes": classes,
        "causes": {
            each.id: {"class": each.fault, "owner": each.owner, "text": each.text.model_dump()}
            for each in definition.causes
        },
        "differences": listed,
        "carried_out": list(_carried_out(db, shape)),
        "cleared": list(_cleared(db, shape)),
        "cut": cut,
    }  # fmt: skip


def _entries_of(db: Any, shape: Shape, side: SideName, balance: Balance) -> int:
    (more,) = db.execute("select count(*) from entries where side = ? and origin is null", [side]).fetchone()
    rows = balance.rows_a if side == "a" else balance.rows_b
    return int(more) + (balance.pairs if shape.definition.sides[side].aggregate else rows)


def _classes(db: Any, shape: Shape, balance: Balance) -> list[dict[str, Any]]:
    definition, places = shape.definition, range(len(shape.values))
    sums = ", ".join(f"sum(coalesce(e{side}.v{place}, 0))" for side in "ab" for place in places)
    found = {
        fault: numbers
        for fault, *numbers in db.execute(
            f"select class, count(*), sum(coalesce(ea.lines, 0)), sum(coalesce(eb.lines, 0)), {sums} from paired "
            "left join entries ea on ea.id = a left join entries eb on eb.id = b group by class"
        ).fetchall()
    }
    told = []
    for fault in (BALANCED, *FAULTS):
        count, rows_a, rows_b, *totals = (int(each) for each in found.get(fault, [0, 0, 0, *[0] * 2 * len(places)]))
        a, b = totals[: len(places)], totals[len(places) :]
        if fault == BALANCED:
            count, rows_a, rows_b = count + balance.pairs, rows_a + balance.rows_a, rows_b + balance.rows_b
            a, b = ([x + y for x, y in zip(side, balance.sums, strict=True)] for side in (a, b))
        gap = [x - y for x, y in zip(a, b, strict=True)]
        told.append({
            "class": fault, "entries": count, "rows_a": rows_a, "rows_b": rows_b,
            "a": shown(definition, a), "b": shown(definition, b), "difference": shown(definition, gap),
        })  # fmt: skip
    return told


def _verdict(db: Any, shape: Shape, classes: Sequence[Mapping[str, Any]]) -> str:
    if any(each["entries"] for each in classes if each["class"] in set(FAULTS) - TOLERATED):
        return "differs"
    definition = shape.definition
    sums = [0] * len(definition.compare)
    for _, a, b in pairs(db, shape, "class = 'cents'"):
        if a is not None and b is not None:
            apart = gaps(definition, a, b)
            told = _rounded(definition, a, b)
            sums = [old + gap - (told if name == (definition.rounding and definition.rounding.of) else 0)
                    for old, gap, name in zip(sums, apart, definition.compare, strict=True)]  # fmt: skip
    for name, total in zip(definition.compare, sums, strict=True):
        if name in definition.tolerance.total and abs(total) > units(
            definition, name, definition.tolerance.total[name]
        ):
            return "differs"
    return BALANCED


def _rounded(definition: Reconciliation, a: Entry, b: Entry) -> int:
    """Return how much of the gap is the rounding that one side tells: all of it, or nothing."""
    rounding = definition.rounding
    if rounding is None:
        return 0
    told = a.rounding if rounding.side == "a" else -(b.rounding or 0)
    others = dict(zip(definition.compare, gaps(definition, a, b), strict=True))
    own = others.pop(rounding.of)
    return own if told == own and not any(others.values()) else 0


def _differences(db: Any, shape: Shape) -> tuple[list[tuple[str, Entry | None, Entry | None]], int]:
    order = " ".join(f"when '{fault}' then {place}" for place, fault in enumerate(FAULTS))
    keys = ", ".join(f"coalesce(ea.{key}, eb.{key}) nulls last" for key in shape.keys)
    tail = f"order by case class {order} end, {keys}, a, b limit {MOST}"
    (count,) = db.execute("select count(*) from paired where class <> 'balanced'").fetchone()
    return list(pairs(db, shape, "class <> 'balanced'", tail)), max(0, count - MOST)


def _difference(definition: Reconciliation, fault: str, a: Entry | None, b: Entry | None) -> dict[str, Any]:
    apart = [
        (x or 0) - (y or 0)
        for x, y in zip(
            a.values if a else [0] * len(definition.compare),
            b.values if b else [0] * len(definition.compare),
            strict=True,
        )
    ]
    some = a or b
    return {
        "class": fault,
        "cause": cause_of(definition, fault, a, b),
        "key": some.key if some else [],
        "group": told_of(definition, definition.group, a, b) if definition.group else None,
        "a": _told(definition, a),
        "b": _told(definition, b),
        "difference": shown(definition, apart),
    }


def _told(definition: Reconciliation, entry: Entry | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    return {
        "values": shown(definition, entry.values),
        "state": entry.state,
        "rows": entry.lines,
        "details": dict(zip(definition.details, entry.details, strict=True)),
        "carried_from": entry.origin.isoformat() if entry.origin else None,
    }


def _carried_out(db: Any, shape: Shape) -> Iterator[dict[str, Any]]:
    definition, day = shape.definition, shape.day
    if day is None:
        return
    for fault, a, b in pairs(db, shape, "class = 'in_transit'", "order by a, b"):
        entry = a or b
        if entry is None:
            continue
        due = entry.due or due_day(day, _rule(definition, entry))
        yield {
            "side": entry.side, "key": entry.key, "values": shown(definition, entry.values), "state": entry.state,
            "rows": entry.lines, "details": dict(zip(definition.details, entry.details, strict=True)),
            "rounding": None if entry.rounding is None else money(entry.rounding),
            "origin": (entry.origin or day).isoformat(), "due": due.isoformat(),
            "cause": cause_of(definition, fault, a, b),
        }  # fmt: skip


def _rule(definition: Reconciliation, entry: Entry) -> CarryRule:
    for rule in definition.carry:
        late = rule.after is None or (entry.at is not None and f"{entry.at:%H:%M}" >= rule.after)
        if (
            rule.side == entry.side
            and late
            and all(value_of(definition, name, entry) in wanted for name, wanted in rule.where.items())
        ):
            return rule
    raise AssertionError(entry.key)


def due_day(day: date, rule: CarryRule) -> date:
    """Return the account day on which what is carried over from `day` must have cleared."""
    last = (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return last if rule.until == "month_end" and day < last else day + timedelta(days=rule.days)


def _cleared(db: Any, shape: Shape) -> Iterator[dict[str, Any]]:
    definition = shape.definition
    for fault, a, b in pairs(db, shape, "class <> 'in_transit' and (ea.origin is not null or eb.origin is not null)"):
        for entry in (a, b):
            if entry is not None and entry.origin is not None:
                yield {
                    "side": entry.side, "key": entry.key, "values": shown(definition, entry.values),
                    "origin": entry.origin.isoformat(), "class": fault,
                }  # fmt: skip


def _side(
    definition: Reconciliation,
    side: SideName,
    found: Relation,
    count: Any,
    carried: list[int],
    brought: int,
    entries: int,
) -> dict[str, Any]:
    return {
        "title": definition.sides[side].title.model_dump(),
        "source": {
            "kind": found.kind, "name": found.name, "query": found.query, "scn": found.scn, "digest": found.digest(),
            "rows": count.rows + count.left_out + count.outside_day,
        },
        "rows": count.rows, "left_out": count.left_out, "outside_day": count.outside_day, "entries": entries,
        "total": shown(definition, count.total), "carried_entries": brought, "carried": shown(definition, carried),
    }  # fmt: skip


def _carried_sums(definition: Reconciliation, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    return [sum(units(definition, name, each["values"][name]) for each in rows) for name in definition.compare]


def sums_do_not_add_up(found: Mapping[str, Any]) -> list[str]:
    """Return what is wrong: by side and column, the classes' sums against what the sides came to."""
    wrong = []
    for side in ("a", "b"):
        for name in found["compare"]:
            classes = sum((Decimal(str(each[side][name])) for each in found["classes"]), Decimal(0))
            whole = Decimal(str(found["sides"][side]["total"][name])) + Decimal(
                str(found["sides"][side]["carried"][name])
            )
            if classes != whole:
                wrong.append(f"{side}.{name}: {classes} <> {whole}")
    return wrong


__all__ = ["Fault", "document", "sums_do_not_add_up"]
