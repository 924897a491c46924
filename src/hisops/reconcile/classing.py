"""The second pass: rows of doubtful keys become entries, entries are paired, and every one gets its class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hisops.model.reconciliation import CarryRule, Reconciliation, SideName
from hisops.reconcile.balancing import rows_sql
from hisops.reconcile.cells import literal, quoted
from hisops.reconcile.reading import NORMAL, UNCLASSIFIED, Shape, detail_sql
from hisops.reconcile.sources import Relation


def carry_in(db: Any, shape: Shape, carried: Sequence[Mapping[str, Any]]) -> None:
    """Make the table `entries` with what was carried in, and the table `brought` of its keys."""
    db.execute(f"create temp table entries ({_columns(shape)})")
    _carry_in(db, shape, carried)
    db.execute(f"create temp table brought as select distinct {', '.join(shape.keys)} from entries")


def add_entries(db: Any, shape: Shape, found: Mapping[SideName, Relation]) -> None:
    """Add to `entries` all rows of doubtful keys, lines of one key added up where the side is the finer one."""
    db.execute("create temp table sought as select distinct * from (from doubtful union all from brought)")
    for side, relation in found.items():
        (last,) = db.execute("select coalesce(max(id), 0) from entries").fetchone()
        db.execute(f"create temp table fresh as {_fresh(shape, side, relation)}")
        db.execute(f"insert into entries select {last} + row_number() over (), * from fresh")
        db.execute("drop table fresh")


def _columns(shape: Shape) -> str:
    keys = ", ".join(f"{key} varchar" for key in shape.keys)
    values = ", ".join(f"{value} bigint" for value in shape.values)
    details = "".join(f", {each} varchar" for each in shape.details)
    return (
        f"id bigint, side varchar, {keys}, {values}, st varchar, rnd bigint, moment timestamp, lines "
        f"bigint, whole boolean, "
        f"origin date, due date{details}"
    )


def _carry_in(db: Any, shape: Shape, carried: Sequence[Mapping[str, Any]]) -> None:
    definition = shape.definition
    for number, each in enumerate(carried, 1):
        row = [number, each["side"], *each["key"]]
        row += [units(definition, name, each["values"][name]) for name in definition.compare]
        row += [
            each["state"],
            None if each["rounding"] is None else cents(each["rounding"]),
            each["details"].get(definition.at or ""),
        ]
        row += [each["rows"], True, each["origin"], each["due"]]
        row += [each["details"].get(name) for name in definition.details]
        marks = ", ".join("?" * len(row))
        db.execute(f"insert into entries values ({marks})", row)


def _fresh(shape: Shape, side: SideName, relation: Relation) -> str:
    read = rows_sql(shape, side, relation)
    same = " and ".join(f"sought.{key} = r.{key}" for key in shape.keys)
    wanted = f"exists (select 1 from sought where {same})"
    told = [f"{detail_sql(shape, side, name)} as d{place}" for place, name in enumerate(shape.definition.details)]
    replaced = f" replace ({', '.join(told)})" if told else ""
    few = f"select * from ({read}) r where kind = {UNCLASSIFIED} or (kind = {NORMAL} and {wanted})"
    rows = f"select *{replaced} from ({few})"
    if not shape.definition.sides[side].aggregate:
        return _plain(shape, side, rows, "")
    return f"{_plain(shape, side, rows, f' where kind = {UNCLASSIFIED}')} union all {_added_up(shape, side, rows)}"


def _plain(shape: Shape, side: SideName, rows: str, where: str) -> str:
    keys = [*shape.keys, *shape.values]
    parts = [literal(side), *keys, "st", "rnd", "moment", "1", f"kind = {NORMAL}", "null::date", "null::date"]
    return f"select {_numbered([*parts, *shape.details])} from ({rows}){where}"


def _added_up(shape: Shape, side: SideName, rows: str) -> str:
    def one(name: str) -> str:
        return f"case when count({name}) = count(*) and min({name}) = max({name}) then min({name}) end"

    sums = [f"sum({value})::bigint" for value in shape.values]
    parts = [literal(side), *shape.keys, *sums, one("st"), "sum(rnd)::bigint", "max(moment)", "count(*)", "true"]
    parts += ["null::date", "null::date", *map(one, shape.details)]
    return f"select {_numbered(parts)} from ({rows}) where kind = {NORMAL} group by {', '.join(shape.keys)}"


def _numbered(parts: Sequence[str]) -> str:
    return ", ".join(f"{part} as c{place}" for place, part in enumerate(parts))


def class_entries(db: Any, shape: Shape) -> None:
    """Make the table `paired` (class, ids of both sides) of all entries, by docs/reconciliation.md."""
    keys, values = ", ".join(shape.keys), ", ".join(shape.values)
    state = ", coalesce(st, '')" if shape.definition.compares_states else ""
    carried_first = "origin is null, id"
    counts = ", ".join(f"sum(case when side = '{side}' then {value} else 0 end) over k as {side}_{value}"
                       for value in shape.values for side in "ab")  # fmt: skip
    db.execute(f"""create temp table ranked as select *,
        count(*) filter (side = 'a') over k as na, count(*) filter (side = 'b') over k as nb, {counts},
        count(*) filter (side = 'a') over v as ea, count(*) filter (side = 'b') over v as eb,
        row_number() over (partition by side, {keys}, {values}{state} order by {carried_first}) as rn,
        row_number() over (partition by side, {keys}, {values}, coalesce(st, '') order by {carried_first}) as copy
      from entries where whole window k as (partition by {keys}), v as (partition by {keys}, {values}{state})""")
    split = " and ".join(f"a_{value} = b_{value}" for value in shape.values) if shape.definition.split else "false"
    db.execute(f"""create temp table placed as select *, case
        when na = 0 or nb = 0 then case when copy > 1 then 'duplicate' else 'alone' end
        when na <> nb and {split} then 'split'
        when rn <= least(ea, eb) then 'equal' else 'rest' end as place from ranked""")
    db.execute(f"""create temp table rest as select id, side, {keys},
        row_number() over (partition by side, {keys} order by {values}{state}, {carried_first}) as pos
      from placed where place = 'rest'""")
    same = " and ".join(f"a.{key} = b.{key}" for key in shape.keys)
    equal = " and ".join(f"a.{value} = b.{value}" for value in shape.values)
    stated = " and coalesce(a.st, '') = coalesce(b.st, '')" if state else ""
    db.execute(f"""create temp table paired as
        select 'unclassified' as class, case when side = 'a' then id end as a, case when side = 'b' then id end as b
          from entries where not whole
        union all select case when place = 'duplicate' then 'duplicate' else {_alone(shape)} end,
          case when side = 'a' then id end, case when side = 'b' then id end
          from placed where place in ('alone', 'duplicate')
        union all select 'balanced', case when side = 'a' then id end, case when side = 'b' then id end
          from placed where place = 'split'
        union all select 'balanced', a.id, b.id
          from placed a join placed b on {same} and {equal}{stated} and a.rn = b.rn
          where a.side = 'a' and b.side = 'b' and a.place = 'equal' and b.place = 'equal'""")
    _pair_rest(db, shape, same)


def _pair_rest(db: Any, shape: Shape, same: str) -> None:
    db.execute(f"""insert into paired
        with x as (select * from rest where side = 'a'), y as (select * from rest where side = 'b'),
          p as (select a.id as a, b.id as b from x a full join y b on {same} and a.pos = b.pos)
        select case when p.a is null or p.b is null then 'duplicate' else {_unequal(shape)} end, p.a, p.b
          from p left join entries ea on ea.id = p.a left join entries eb on eb.id = p.b""")


def _unequal(shape: Shape) -> str:
    definition = shape.definition
    cases = ["when coalesce(ea.st, '') <> coalesce(eb.st, '') then 'state'"] if definition.compares_states else []
    if definition.rounding is not None:
        cases.append(f"when {explained(definition, 'ea', 'eb')} then 'cents'")
    limits = []
    for place, name in enumerate(definition.compare):
        limit = units(definition, name, definition.tolerance.row.get(name, "0"))
        limits.append(f"abs(ea.v{place} - eb.v{place}) <= {limit}")
    return f"case {' '.join(cases)} when {' and '.join(limits)} then 'cents' else 'amount' end"


def explained(definition: Reconciliation, a: str, b: str) -> str:
    """Return the SQL that is true if the rounding that one side tells is all the difference there is."""
    rounding = definition.rounding
    if rounding is None:
        return "false"
    parts = []
    for place, name in enumerate(definition.compare):
        if name != rounding.of:
            parts.append(f"{a}.v{place} = {b}.v{place}")
        else:
            told = f"{a}.rnd" if rounding.side == "a" else f"-{b}.rnd"
            parts.append(f"coalesce({a}.v{place} - {b}.v{place} = {told}, false)")
    return " and ".join(parts)


def _alone(shape: Shape) -> str:
    """Return the SQL of the class of an entry that has no counterpart."""
    only = "case when side = 'a' then 'only_a' else 'only_b' end"
    if shape.day is None:
        return only
    late = f"origin is not null and due > date {literal(shape.day.isoformat())}"
    fits = [f"origin is null and {_fits(shape, rule)}" for rule in shape.definition.carry]
    return f"case when {' or '.join(f'({each})' for each in [late, *fits])} then 'in_transit' else {only} end"


def _fits(shape: Shape, rule: CarryRule) -> str:
    parts = [f"side = {literal(rule.side)}"]
    parts += [
        f"{column_sql(shape, name)} in ({', '.join(map(literal, wanted))})" for name, wanted in rule.where.items()
    ]
    if rule.after is not None:
        parts.append(f"cast(moment as time) >= time {literal(rule.after + ':00')}")
    return f"coalesce({' and '.join(parts)}, false)"


def column_sql(shape: Shape, name: str) -> str:
    """Return what a logical column is called in `entries`, as text."""
    definition = shape.definition
    if name == definition.state:
        return "st"
    if name in definition.key:
        return f"k{definition.key.index(name)}"
    if name in definition.compare:
        return f"cast(v{definition.compare.index(name)} as varchar)"
    return quoted(f"d{definition.details.index(name)}")


def cents(amount: str) -> int:
    """Return an amount in cents."""
    whole, _, rest = amount.partition(".")
    sign = -1 if whole.startswith("-") else 1
    return int(whole) * 100 + sign * int((rest + "00")[:2])


def units(definition: Reconciliation, name: str, value: Any) -> int:
    """Return an amount in what it is kept in: cents, or pieces."""
    return cents(str(value)) if definition.columns[name].type == "money" else int(float(value))
