"""Files of charges with planted differences: what was planted is what is found, for any size, seed and kind of file."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bench.reconciliation.generate import DAY, DEFINITION, FAULTS, Truth, generate

from hisops.documents.load import load
from hisops.model.reconciliation import Reconciliation
from hisops.reconcile.comparing import FileSource, Order, reconcile

MANY = dict(zip(FAULTS, (5, 4, 7, 3, 6, 2, 8, 1), strict=True))


def compared(truth: Truth, tmp_path: Path) -> dict[str, Any]:
    definition = load(DEFINITION, Reconciliation).model
    sources = {"a": FileSource(truth.a), "b": FileSource(truth.b)}
    return reconcile(Order(definition=definition, day=DAY, **sources, scratch=tmp_path / "scratch"))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(("keys", "plants", "seed"), [(36, MANY, 1), (2_003, MANY, 7), (500, {}, 3)])
def test_what_was_planted_is_found_and_nothing_else(
    tmp_path: Path, kind: Any, keys: int, plants: dict[str, int], seed: int
) -> None:
    truth = generate(tmp_path, keys, plants, seed=seed, kind=kind)
    found = compared(truth, tmp_path)
    assert {each["class"]: each["entries"] for each in found["classes"]} == truth.classes
    assert {side: found["sides"][side]["rows"] for side in "ab"} == truth.rows
    assert {side: Decimal(found["sides"][side]["total"]["total"]) for side in "ab"} == truth.totals
    with truth.planted.open() as file:
        planted = Counter((row["class"], row["bill"], row["line"]) for row in csv.DictReader(file))
    assert Counter((each["class"], *each["key"]) for each in found["differences"]) == planted
    assert found["verdict"] == ("differs" if plants else "balanced")


def test_the_same_numbers_make_the_same_files_and_another_seed_others(tmp_path: Path) -> None:
    made = [generate(tmp_path / str(at), 300, MANY, seed=seed) for at, seed in enumerate((1, 1, 2))]
    assert made[0].a.read_bytes() == made[1].a.read_bytes()
    assert made[0].b.read_bytes() == made[1].b.read_bytes()
    assert made[0].a.read_bytes() != made[2].a.read_bytes()
    assert made[0].planted.read_bytes() != made[2].planted.read_bytes()


@pytest.mark.parametrize(("plants", "says"), [({"amount": 11}, "11 differences in 10 keys"), ({"x": 1}, "no class x")])
def test_what_cannot_be_planted_is_refused(tmp_path: Path, plants: dict[str, int], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        generate(tmp_path, 10, plants)
