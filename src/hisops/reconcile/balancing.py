"""The first pass: one look at both sides. What agrees one to one is added up there and never looked at again.

Rows are brought together by a hash of their key (64 bits); fingerprints (64 more, of the key written another way and of
the state) must cancel out, and amounts be equal. What does not is doubtful, and classed row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hisops.reconcile.reading import LEFT_OUT, NORMAL, OTHER_DAY, Shape, side_sql
from hisops.reconcile.sources import Relation

_B = 1 << 32  # a row of side b in a count of both


@dataclass(slots=True, kw_only=True)
class Counted:
    """What one side came to: rows that count, that were left out, of another day, and the sums by column."""

    rows: int = 0
    left_out: int = 0
    outside_day: int = 0
    total: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Both sides, and what of them agrees at first sight: keys and their sums."""

    a: Counted
    b: Counted
    pairs: int
    rows_a: int
    rows_b: int
    sums: list[int]


def hash_of(shape: Shape) -> str:
    """Return the SQL of a key's hash."""
    return f"hash({', '.join(shape.keys)})"


def first_pass(db: Any, shape: Shape, a: Relation, b: Relation) -> Balance:
    """Return what agrees; keys that do not, and those `brought`, are left in the table `doubtful`."""
    union = " union all ".join(_counted(shape, side, found) for side, found in (("a", a), ("b", b)))
    keys = shape.keys if shape.groups_by_key else ["h"]
    sums = [f"sum_no_overflow({side}{place}) as {side}{place}" for place in range(len(shape.values)) for side in "ab"]
    fingers = [] if shape.groups_by_key else ["bit_xor(f) as f"]
    grouped = ", ".join(["kind", *keys, "sum_no_overflow(n) as n", *sums, *fingers])
    db.execute(f"create temp table groups as select {grouped} from ({union}) group by {', '.join(['kind', *keys])}")
    good = f"{_good(shape)} and not {_brought(shape)}"
    db.execute(
        f"create temp table doubtful as select {', '.join(keys)} from groups where kind = {NORMAL} and not ({good})"
    )
    balance = _balance(db, shape, good)
    db.execute("drop table groups")
    return balance


def _counted(shape: Shape, side: Any, found: Relation) -> str:
    mine, n = (1, 1) if side == "a" else (0, _B)
    values = [
        f"{f'coalesce({name}, 0)' if own else '0::bigint'} as {which}{place}"
        for place, name in enumerate(shape.values)
        for which, own in (("a", mine), ("b", not mine))
    ]
    keys = [f"case when kind = {NORMAL} then {key} end as {key}" for key in shape.keys]
    if not shape.groups_by_key:
        state = ["coalesce(st, '')"] if shape.definition.compares_states else []
        turned = " || '\x1f' || ".join(reversed(shape.keys))
        keys = [
            f"case when kind = {NORMAL} then {hash_of(shape)} end as h",
            f"case when kind = {NORMAL} then hash({', '.join(['1', turned, *state])}) else 0 end as f",
        ]
    read = side_sql(shape, side, found, details=False)
    return f"select kind, {', '.join(keys)}, {n}::bigint as n, {', '.join(values)} from ({read})"


def _brought(shape: Shape) -> str:
    """Return the SQL that is true of a key of which something was carried in: it is looked at row by row."""
    if not shape.groups_by_key:
        return "coalesce(h in (select h from brought), false)"
    return f"exists (select 1 from brought where {' and '.join(f'brought.{key} = groups.{key}' for key in shape.keys)})"


def _good(shape: Shape) -> str:
    equal = [f"a{place} = b{place}" for place in range(len(shape.values))]
    if shape.groups_by_key:
        many = [
            f"n {op} {_B} {test}"
            for op, side, test in (("%", shape.definition.a, "= 1"), ("//", shape.definition.b, "= 1"))
            if not side.aggregate
        ]
        return " and ".join([f"n % {_B} > 0", f"n // {_B} > 0", *many, *equal])
    return " and ".join([f"n = {1 + _B}", "f = 0", *equal])


def _balance(db: Any, shape: Shape, good: str) -> Balance:
    places = range(len(shape.values))
    sums = ", ".join(f"sum({side}{place})" for side in "ab" for place in places)
    agreed = ", ".join(f"sum(a{place})" for place in places)
    found = db.execute(f"select kind, sum(n % {_B}), sum(n // {_B}), {sums} from groups group by kind").fetchall()
    pairs, rows_a, rows_b, *agree = db.execute(
        f"select count(*), sum(n % {_B}), sum(n // {_B}), {agreed} from groups where kind = {NORMAL} and {good}"
    ).fetchone()
    a, b = Counted(total=[0 for _ in places]), Counted(total=[0 for _ in places])
    for kind, in_a, in_b, *totals in found:
        for side, rows, own in ((a, in_a, totals[: len(places)]), (b, in_b, totals[len(places) :])):
            if kind == LEFT_OUT:
                side.left_out += int(rows)
            elif kind == OTHER_DAY:
                side.outside_day += int(rows)
            else:
                side.rows += int(rows)
                side.total = [old + int(new) for old, new in zip(side.total, own, strict=True)]
    return Balance(
        a=a,
        b=b,
        pairs=int(pairs),
        rows_a=int(rows_a or 0),
        rows_b=int(rows_b or 0),
        sums=[int(each or 0) for each in agree],
    )
