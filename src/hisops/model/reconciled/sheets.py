"""A result as tables: what goes on the result sheet, into the lists of differences and onto the screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from hisops.model.reconciled.words import BALANCED, class_name, label, owner_name
from hisops.model.text import Lang

Document = Mapping[str, Any]
Cell = str | int | Decimal | None
CellKind = Literal["text", "money", "count"]
SIDES = ("a", "b")


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a column, and what stands below it."""

    title: str
    kind: CellKind = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; `sum` is its last line, `note` what has to be said of it."""

    title: str
    columns: Sequence[Heading]
    rows: Sequence[Sequence[Cell]]
    sum: Sequence[Cell] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What the forms show, in one language. `faults`: a list for each class that has rows; `chart`: see `_chart`."""

    title: str
    lang: Lang
    balanced: bool
    verdict: str
    notices: Sequence[str]
    facts: Sequence[tuple[str, str]]
    totals: Table
    classes: Table
    actions: Table
    faults: Mapping[str, Table]
    carried: Table
    cleared: Table
    chart: Sequence[tuple[str, Mapping[str, int]]]
    signatures: Sequence[str]
    date: str
    scope: str


def result_of(document: Document, lang: Lang) -> Result:
    """Return the forms of a result document."""

    def word(name: str) -> str:
        return label(name, lang)

    balanced = document["verdict"] == BALANCED
    return Result(
        title=f"{document['definition']['title'][lang]}  {word('sheet')}",
        lang=lang,
        balanced=balanced,
        verdict=word("even") if balanced else word("uneven"),
        notices=[word("simulation")] if document["simulation"] else [],
        facts=list(_facts(document, lang)),
        totals=_totals(document, lang),
        classes=_classes(document, lang),
        actions=_actions(document, lang),
        faults=_faults(document, lang),
        carried=_carried(document, lang),
        cleared=_cleared(document, lang),
        chart=_chart(document, lang),
        signatures=[word("checked_by"), word("reviewed_by"), word("confirmed_by")],
        date=word("date"),
        scope=word("scope"),
    )


def _facts(document: Document, lang: Lang) -> Iterable[tuple[str, str]]:
    about, carry = document["definition"], document["carry"]
    yield label("day", lang), document["day"] or "–"
    yield label("target", lang), document["target"]
    yield label("definition", lang), f"{about['id']} {about['version']}"
    yield label("run", lang), document.get("run", "–")
    if carry["missing"]:
        yield label("made", lang), label("no_day", lang)
    elif carry["from_run"]:
        yield label("made", lang), f"{carry['day']}  {carry['from_run']}"
    if carry["supersedes"]:
        yield label("supersedes", lang), carry["supersedes"]
    for side in SIDES:
        told = document["sides"][side]
        source = told["source"]
        scn = f"  SCN {source['scn']}" if source["scn"] else ""
        parts = [f"{source['name']} ({source['kind']}){scn}", f"{label('rows', lang)} {told['rows']}"]
        parts += [f"{label(each, lang)} {told[each]}" for each in ("left_out", "outside_day") if told[each]]
        yield f"{label(f'side_{side}', lang)}: {told['title'][lang]}", "  ".join(parts)
        yield f"{label(f'side_{side}', lang)}: {label('digest', lang)}", source["digest"]


def _totals(document: Document, lang: Lang) -> Table:
    names = [*document["compare"]]
    heads = [
        Heading(label("column", lang)),
        *(Heading(_title(document, name, lang), _kind(document, name)) for name in names),
    ]
    rows: list[list[Cell]] = []
    for side in SIDES:
        told = document["sides"][side]
        rows.append([label(f"side_{side}", lang), *(_value(document, name, told["total"]) for name in names)])
        if told["carried_entries"]:
            title = f"{label(f'side_{side}', lang)} {label('carried', lang)}"
            rows.append([title, *(_value(document, name, told["carried"]) for name in names)])
    rows.append([label("difference", lang), *(_value(document, name, document["difference"]) for name in names)])
    for part in ("row", "total"):
        limits = document["tolerance"][part]
        if limits:
            rows.append([label(f"tolerance_{part}", lang), *(_value(document, name, limits) for name in names)])
    return Table(label("totals", lang), heads, rows)


def _classes(document: Document, lang: Lang) -> Table:
    names = document["compare"]
    heads = [Heading(label("class", lang)), Heading(label("entries", lang), "count")]
    for name in names:
        title = _title(document, name, lang)
        for part in ("side_a", "side_b", "difference"):
            heads.append(Heading(f"{title} {label(part, lang)}", _kind(document, name)))
    rows = [
        [class_name(each["class"], lang), each["entries"], *_sums(document, each)]
        for each in document["classes"]
        if each["entries"] or each["class"] == BALANCED
    ]
    summed: list[Cell] = [label("sum", lang), sum(each["entries"] for each in document["classes"])]
    for place in range(2, len(heads)):
        summed.append(_sum(row[place] for row in rows))
    return Table(label("classes", lang), heads, rows, sum=summed)


def _sums(document: Document, told: Document) -> list[Cell]:
    return [_value(document, name, told[part]) for name in document["compare"] for part in ("a", "b", "difference")]


def _actions(document: Document, lang: Lang) -> Table:
    """Return by owner and cause how many rows there are, how much they come to, and what that means."""
    names = document["compare"]
    found: dict[tuple[str, str], list[Document]] = {}
    for each in document["differences"]:
        found.setdefault((document["causes"][each["cause"]]["owner"], each["cause"]), []).append(each)
    heads = [Heading(label("owner", lang)), Heading(label("class", lang)), Heading(label("entries", lang), "count")]
    for name in names:
        heads.append(Heading(f"{_title(document, name, lang)} {label('difference', lang)}", _kind(document, name)))
    rows: list[list[Cell]] = []
    for (owner, cause), differences in sorted(found.items(), key=lambda item: (item[0][0], -len(item[1]))):
        told = document["causes"][cause]
        sums = [_sum(_value(document, name, each["difference"]) for each in differences) for name in names]
        first: list[Cell] = [owner_name(owner, lang), class_name(told["class"], lang), len(differences)]
        rows.append([*first, *sums, told["text"][lang]])
    return Table(label("actions", lang), [*heads, Heading(label("cause", lang))], rows, note=_cut(document, lang))


def _faults(document: Document, lang: Lang) -> dict[str, Table]:
    found: dict[str, list[Sequence[Cell]]] = {}
    for each in document["differences"]:
        found.setdefault(each["class"], []).append(_difference(document, each, lang))
    return {
        fault: Table(class_name(fault, lang), _difference_heads(document, lang), rows, note=_cut(document, lang))
        for fault, rows in found.items()
    }


def _difference_heads(document: Document, lang: Lang) -> list[Heading]:
    heads = [Heading(_title(document, name, lang)) for name in document["key"]]
    for name in document["compare"]:
        title, kind = _title(document, name, lang), _kind(document, name)
        heads += [Heading(f"{title} {label(part, lang)}", kind) for part in ("side_a", "side_b", "difference")]
    if document["state"]:
        title = _title(document, document["state"], lang)
        heads += [Heading(f"{title} {label(f'side_{side}', lang)}") for side in SIDES]
    heads += [Heading(_title(document, name, lang)) for name in document["details"]]
    return [*heads, Heading(label("owner", lang)), Heading(label("cause", lang)), Heading(label("made", lang))]


def _difference(document: Document, each: Document, lang: Lang) -> list[Cell]:
    cells: list[Cell] = [*each["key"]]
    for name in document["compare"]:
        cells += [_value(document, name, each[side]["values"]) if each[side] else None for side in SIDES]
        cells.append(_value(document, name, each["difference"]))
    if document["state"]:
        cells += [each[side]["state"] if each[side] else None for side in SIDES]
    cells += [_either(each, "details", name) for name in document["details"]]
    cause = document["causes"][each["cause"]]
    carried = [each[side]["carried_from"] for side in SIDES if each[side] and each[side]["carried_from"]]
    return [*cells, owner_name(cause["owner"], lang), cause["text"][lang], carried[0] if carried else None]


def _either(each: Document, part: str, name: str) -> Cell:
    """Return what side A says, else side B; both where they say different things."""
    said = [each[side][part].get(name) for side in SIDES if each[side] is not None]
    told = list(dict.fromkeys(value for value in said if value is not None))
    return " / ".join(map(str, told)) if told else None


def _carried(document: Document, lang: Lang) -> Table:
    rows = [
        [label(f"side_{each['side']}", lang), *each["key"],
         *(_value(document, name, each["values"]) for name in document["compare"]), each["origin"], each["due"],
         document["causes"][each["cause"]]["text"][lang]]
        for each in document["carried_out"]
    ]  # fmt: skip
    last = [Heading(label("origin", lang)), Heading(label("due", lang)), Heading(label("cause", lang))]
    return Table(label("carried_out", lang), [*_carry_heads(document, lang), *last], rows)


def _cleared(document: Document, lang: Lang) -> Table:
    rows = [
        [label(f"side_{each['side']}", lang), *each["key"],
         *(_value(document, name, each["values"]) for name in document["compare"]), each["origin"],
         class_name(each["class"], lang)]
        for each in document["cleared"]
    ]  # fmt: skip
    last = [Heading(label("origin", lang)), Heading(label("became", lang))]
    return Table(label("cleared", lang), [*_carry_heads(document, lang), *last], rows)


def _carry_heads(document: Document, lang: Lang) -> list[Heading]:
    heads = [Heading(label("side", lang)), *(Heading(_title(document, name, lang)) for name in document["key"])]
    return heads + [Heading(_title(document, name, lang), _kind(document, name)) for name in document["compare"]]


def _chart(document: Document, lang: Lang) -> list[tuple[str, Mapping[str, int]]]:
    """Return for each group (department) how many differences of each class there are, most first."""
    found: dict[str, dict[str, int]] = {}
    for each in document["differences"]:
        counts = found.setdefault(each["group"] or "–", {})
        counts[each["class"]] = counts.get(each["class"], 0) + 1
    return sorted(found.items(), key=lambda item: (-sum(item[1].values()), item[0]))


def _cut(document: Document, lang: Lang) -> str:
    return label("cut", lang).format(cut=document["cut"]) if document["cut"] else ""


def _title(document: Document, name: str, lang: Lang) -> str:
    return str(document["columns"][name]["title"][lang])


def _kind(document: Document, name: str) -> CellKind:
    return "money" if document["columns"][name]["type"] == "money" else "count"


def _value(document: Document, name: str, values: Mapping[str, Any]) -> Cell:
    value = values.get(name)
    if value is None:
        return None
    return Decimal(str(value)) if _kind(document, name) == "money" else int(value)


def _sum(values: Iterable[Cell]) -> Cell:
    numbers = [value for value in values if isinstance(value, int | Decimal)]
    return sum(numbers[1:], numbers[0]) if numbers else None
