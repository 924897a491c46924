"""The first pass: what agrees is added up there and never looked at row by row.

Where each row stands for itself, keys fall into buckets by a hash, and of a bucket only counts, sums and the sum of the
rows' fingerprints (62 bits of a hash of key, amounts and state; plus on side a, minus on side b) are kept. A bucket
whose sides agree in all of them agrees; the hash is salted anew in each run, so that nobody can prepare files that
only seem to. The rows of the others are read again, and brought together by their keys as they are. Where lines of a
key are added up, the first step is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hisops.model.reconciliation import SideName
from hisops.reconcile.reading import LEFT_OUT, NORMAL, OTHER_DAY, UNCLASSIFIED, Shape, bucket_sql, side_sql
from hisops.reconcile.sources import Relation

_B = 1 << 32  # a row of side b in a count of both


@dataclass(slots=True, kw_only=True)
class Counted:
    """What one side came to: rows that count, that were left out, of another day, and the sums by column."""

    rows: int = 0
    left_out: int = 0
    outside_day: int = 0
    total: list[int]


@dataclass(slots=True, kw_only=True)
class Balance:
    """Both sides, and what of them agrees at first sight: keys and their sums."""

    a: Counted
    b: Counted
    pairs: int
    rows_a: int
    rows_b: int
    sums: list[int]


def first_pass(db: Any, shape: Shape, found: Mapping[SideName, Relation]) -> Balance:
    """Return what agrees. Keys that do not, and those `brought`, are left in the table `doubtful`.

    The rows that may be of such a key are then given by `rows_sql`.
    """
    if shape.groups_by_key:
        return _by_key(db, shape, {side: side_sql(shape, side, each, details=False) for side, each in found.items()})
    whole = _by_bucket(db, shape, found)
    for side, each in found.items():
        rows = side_sql(shape, side, each, details=True, among="differing")
        db.execute(f"create temp table rows_{side} as select * from ({rows}) where kind in ({NORMAL}, {UNCLASSIFIED})")
    part = _by_key(db, shape, {side: f"from rows_{side}" for side in found})
    whole.pairs += part.pairs
    whole.rows_a += part.rows_a
    whole.rows_b += part.rows_b
    whole.sums = [one + other for one, other in zip(whole.sums, part.sums, strict=True)]
    return whole


def rows_sql(shape: Shape, side: SideName, found: Relation) -> str:
    """Return a select of all rows of a side that the first pass has not found to agree, with their details."""
    return side_sql(shape, side, found, details=True) if shape.groups_by_key else f"from rows_{side}"


def _by_bucket(db: Any, shape: Shape, found: Mapping[SideName, Relation]) -> Balance:
    """Compare bucket by bucket; those that differ, and those of keys `brought`, are left in the table `differing`."""
    union = " union all ".join(_printed(shape, side, each) for side, each in found.items())
    equal = [f"a{place} = b{place}" for place in range(len(shape.values))]
    good = " and ".join(
        ["bucket >= 0", "f = 0", f"n % {_B} = n // {_B}", *equal, "bucket not in (from carried_buckets)"]
    )
    grouped = ", ".join(["bucket", "sum_no_overflow(n) as n", "sum(f) as f", *_sums(shape)])
    db.execute(f"create temp table carried_buckets as select distinct {bucket_sql(shape.keys)} from brought")
    db.execute(
        f"create temp table groups as select *, {good} as good from (select {grouped} from ({union}) group by bucket)"
    )
    db.execute("create temp table differing as select bucket from groups where bucket >= 0 and not good")
    balance = _balance(db, shape, "-least(bucket, 0)", f"sum(n % {_B})", "good")
    db.execute("drop table groups")
    return balance


def _printed(shape: Shape, side: SideName, found: Relation) -> str:
    """Return a select of bucket, fingerprint, count and amounts; what cannot be matched never cancels out."""
    state = ["st"] if shape.definition.compares_states else []
    finger = f"cast(hash(hash({', '.join([str(shape.salt), *shape.keys, *shape.values, *state])})) >> 2 as bigint)"
    sign = "" if side == "a" else "-"
    read = side_sql(shape, side, found, details=False)
    return (
        f"select case when kind <= {UNCLASSIFIED} then {bucket_sql(shape.keys)} else -kind end as bucket, "
        f"case kind when {NORMAL} then {sign}{finger} when {UNCLASSIFIED} then {finger} + 1 else 0 end as f, "
        f"{_counts(shape, side)} from ({read})"
    )


def _by_key(db: Any, shape: Shape, rows: Mapping[SideName, str]) -> Balance:
    """Compare key by key."""
    states = ["min(st) as low", "max(st) as high"] if shape.definition.compares_states else []
    keys = ", ".join(f"case when kind = {NORMAL} then {key} end as {key}" for key in shape.keys)
    union = " union all ".join(
        f"select kind, {keys}, st, {_counts(shape, side)} from ({read})" for side, read in rows.items()
    )
    grouped = ", ".join(["kind", *shape.keys, "sum_no_overflow(n) as n", *_sums(shape), *states])
    by = ", ".join(["kind", *shape.keys])
    db.execute(f"create temp table groups as select {grouped} from ({union}) group by {by}")
    good = f"kind = {NORMAL} and {_good(shape)} and not {_brought(shape)}"
    db.execute(
        f"create temp table doubtful as select {', '.join(shape.keys)} from groups "
        f"where kind = {NORMAL} and not ({good})"
    )
    balance = _balance(db, shape, "kind", "count(*)", good)
    db.execute("drop table groups")
    return balance


def _counts(shape: Shape, side: SideName) -> str:
    """Return the columns of a row's count and amounts, each in its side's place."""
    values = [
        f"{f'coalesce({name}, 0)' if own == side else '0::bigint'} as {own}{place}"
        for place, name in enumerate(shape.values)
        for own in "ab"
    ]
    return ", ".join([f"{1 if side == 'a' else _B}::bigint as n", *values])


def _sums(shape: Shape) -> list[str]:
    return [f"sum_no_overflow({side}{place}) as {side}{place}" for place in range(len(shape.values)) for side in "ab"]


def _brought(shape: Shape) -> str:
    """Return the SQL that is true of a key of which something was carried in: it is looked at row by row."""
    return f"exists (select 1 from brought where {' and '.join(f'brought.{key} = groups.{key}' for key in shape.keys)})"


def _good(shape: Shape) -> str:
    equal = [f"a{place} = b{place}" for place in range(len(shape.values))]
    many = [
        f"n {op} {_B} {'> 0' if side.aggregate else '= 1'}"
        for op, side in (("%", shape.definition.a), ("//", shape.definition.b))
    ]
    states = ["low = high"] if shape.definition.compares_states else []
    return " and ".join([*many, *equal, *states])


def _balance(db: Any, shape: Shape, kind: str, pairs: str, good: str) -> Balance:
    places = range(len(shape.values))
    sums = ", ".join(f"sum({side}{place})" for side in "ab" for place in places)
    agreed = ", ".join(f"sum(a{place})" for place in places)
    found = db.execute(
        f"select {kind} as kind, sum(n % {_B}), sum(n // {_B}), {sums} from groups group by 1"
    ).fetchall()
    agreeing, rows_a, rows_b, *agree = db.execute(
        f"select {pairs}, sum(n % {_B}), sum(n // {_B}), {agreed} from groups where {good}"
    ).fetchone()
    a, b = Counted(total=[0 for _ in places]), Counted(total=[0 for _ in places])
    for which, in_a, in_b, *totals in found:
        for side, rows, own in ((a, in_a, totals[: len(places)]), (b, in_b, totals[len(places) :])):
            if which == LEFT_OUT:
                side.left_out += int(rows)
            elif which == OTHER_DAY:
                side.outside_day += int(rows)
            else:
                side.rows += int(rows)
                side.total = [old + int(new) for old, new in zip(side.total, own, strict=True)]
    return Balance(
        a=a,
        b=b,
        pairs=int(agreeing or 0),
        rows_a=int(rows_a or 0),
        rows_b=int(rows_b or 0),
        sums=[int(each or 0) for each in agree],
    )
