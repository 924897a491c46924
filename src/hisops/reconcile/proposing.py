"""Propose a definition from two files: which columns are the same, what the key may be, what is to be compared.

A proposal is a beginning: every guess stands in the text with the figure that it was made from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path
from typing import Any

from hisops.errors import UsageProblem
from hisops.model.reconciliation import FAULTS, Fault, Kind, Owner
from hisops.reconcile.cells import narrowed, wrong
from hisops.reconcile.sources import ENDINGS, Relation, csv_relation, parquet_relation, transcoded

SAMPLE = 2000
_KINDS: tuple[Kind, ...] = ("count", "money", "time")
_OWNERS: Mapping[Fault, Owner] = {"duplicate": "it", "unclassified": "it"}


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a file: its name, its kind, and its values in the sample."""

    name: str
    kind: Kind
    values: tuple[str | None, ...]

    @property
    def distinct(self) -> set[str]:
        """The values that occur."""
        return {value for value in self.values if value is not None}


@dataclass(frozen=True, slots=True)
class Match:
    """Two columns that look the same, and how alike their values and names are (0 to 1)."""

    a: Field
    b: Field
    likeness: float


def propose(a: Path, b: Path, name: str) -> str:
    """Return a definition as YAML. Raises UsageProblem if a file cannot be read or nothing fits together."""
    sides = [fields(a), fields(b)]
    matches = _matches(*sides)
    key = _key([each for each in matches if each.a.kind in {"text", "count"}])
    amounts = [each for each in matches if each.a.kind == "money" and each not in key]
    amounts = amounts or [each for each in matches if each.a.kind == "count" and each not in key]
    if not key or not amounts:
        raise UsageProblem(
            "HIS-8030", "{a} and {b} have no {what} in common that could be told.",
            "Write the definition by hand: see docs/reconciliation.md.",
            a=a.name, b=b.name, what="amount" if key else "key",
        )  # fmt: skip
    return _text(name, key, amounts, [each for each in matches if each not in key and each not in amounts])


def fields(path: Path) -> list[Field]:
    """Return the columns of a file with the kinds that fit a sample of it."""
    import tempfile

    import duckdb

    with tempfile.TemporaryDirectory(prefix="hisops-") as folder:
        db = duckdb.connect()
        relation = _relation(path, Path(folder))
        picked = ", ".join(relation.cell(column) for column in relation.columns)
        try:
            rows = db.execute(f"select {picked} from {relation.sql} limit {SAMPLE}").fetchall()
        except duckdb.Error:
            relation = csv_relation(path, transcoded(path, Path(folder) / "utf8.csv"))
            rows = db.execute(f"select {picked} from {relation.sql} limit {SAMPLE}").fetchall()
        db.close()
    columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [[] for _ in relation.columns]
    return [_field(name, values) for name, values in zip(relation.columns, columns, strict=True)]


def _relation(path: Path, folder: Path) -> Relation:
    kind = ENDINGS.get(path.suffix.lower())
    if not path.is_file():
        raise UsageProblem("HIS-8001", "There is no file {file}.", "Check the path.", file=path)
    if kind == "parquet":
        return parquet_relation(path)
    if kind == "xlsx":
        from hisops.reconcile.workbooks import workbook_relation

        return workbook_relation(path, {}, folder / "sheet.parquet")
    if kind is None:
        raise UsageProblem(
            "HIS-8002", "{file} is of no kind that can be compared.", "Give a .csv, .xlsx or .parquet file.", file=path
        )
    return csv_relation(path)


def _field(name: str, values: Sequence[Any]) -> Field:
    texts = tuple(narrowed(None if value is None else str(value)) for value in values)
    there = [text for text in texts if text is not None]
    kind: Kind = "text"
    coded = any(len(text) > 1 and text.startswith("0") and "." not in text for text in there)
    if there and not coded:
        kind = next((kind for kind in _KINDS if all(wrong(kind, text) is None for text in there)), "text")
    return Field(name, kind, texts)


def _matches(a: Sequence[Field], b: Sequence[Field]) -> list[Match]:
    """Return pairs of columns of one kind, the likest first, each column in one pair."""
    found = sorted(
        (Match(x, y, _likeness(x, y)) for x in a for y in b if _fits(x.kind, y.kind)),
        key=lambda match: -match.likeness,
    )
    taken: list[Match] = []
    for match in found:
        if match.likeness >= 0.3 and all(match.a is not each.a and match.b is not each.b for each in taken):
            taken.append(match)
    return taken


def _fits(a: Kind, b: Kind) -> bool:
    return a == b or {a, b} <= {"count", "money"}


def _likeness(a: Field, b: Field) -> float:
    both = a.distinct | b.distinct
    shared = len(a.distinct & b.distinct) / min(len(a.distinct), len(b.distinct)) if a.distinct and b.distinct else 0.0
    named = SequenceMatcher(None, a.name.lower(), b.name.lower()).ratio()
    return 0.0 if not both else (shared + 2 * named) / 3 if named > 0.9 else (2 * shared + named) / 3


def _key(matches: Sequence[Match]) -> list[Match]:
    """Return the fewest columns that tell the rows of both files apart, the best of those that there are."""
    best: tuple[float, list[Match]] = (0.0, [])
    for size in (1, 2, 3):
        for chosen in combinations(matches, size):
            apart = min(_apart([each.a for each in chosen]), _apart([each.b for each in chosen]))
            if apart > best[0] + 0.05 * size:
                best = (apart, list(chosen))
        if best[0] > 0.95:
            break
    return best[1]


def _apart(columns: Sequence[Field]) -> float:
    rows = [row for row in zip(*(column.values for column in columns), strict=True) if None not in row]
    return len(set(rows)) / len(columns[0].values) if columns and columns[0].values else 0.0


def _text(name: str, key: Sequence[Match], amounts: Sequence[Match], rest: Sequence[Match]) -> str:
    columns = {f"key{number}": each for number, each in enumerate(key, 1)}
    columns |= {f"amount{number}": each for number, each in enumerate(amounts, 1)}
    details = {f"detail{number}": each for number, each in enumerate(rest, 1)}
    lines = [
        f"# Proposed from a sample of {SAMPLE} rows. Check every line: names and titles are for people to give.",
        "hisops: reconcile/v1", f"id: {name}", "version: 0.1.0", "title: {zh: 待命名, en: To be named}",
        "purpose: {zh: 由两个文件自动提出，须人工核对, en: 'Proposed from two files, to be checked'}", "columns:",
    ]  # fmt: skip
    for column, match in {**columns, **details}.items():
        kind = _kind(column, match)
        told = f"  # likeness {match.likeness:.2f}"
        lines.append(
            f"  {column}: {{type: {kind}, title: {{zh: {_yaml(match.a.name)}, en: {_yaml(match.b.name)}}}}}{told}"
        )
    lines += [
        f"key: [{', '.join(each for each in columns if each.startswith('key'))}]",
        f"compare: [{', '.join(each for each in columns if each.startswith('amount'))}]", "causes:",
    ]  # fmt: skip
    for fault in FAULTS:
        word, owner = fault.replace("_", "-"), _OWNERS.get(fault, "finance")
        lines.append(f"  - {{id: {word}, class: {fault}, owner: {owner}, text: {{zh: 待说明, en: To be explained}}}}")
    for side in ("a", "b"):
        lines += [
            f"{side}:",
            f"  title: {{zh: {'甲方' if side == 'a' else '乙方'}, en: Side {side.upper()}}}",
            "  columns:",
        ]
        lines += [
            f"    {column}: {_yaml(getattr(match, side).name)}" for column, match in {**columns, **details}.items()
        ]
    return "\n".join(lines)


def _kind(column: str, match: Match) -> Kind:
    if column.startswith("key"):
        return "text"
    return "money" if "money" in {match.a.kind, match.b.kind} else match.a.kind


def _yaml(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
