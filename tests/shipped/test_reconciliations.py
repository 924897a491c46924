"""The shipped reconciliations: what a hospital copies has to be whole, and each rule of it has to have a use."""

from __future__ import annotations

import re

import pytest

from hisops.documents.library import Library
from hisops.model.reconciliation import Reconciliation

LIBRARY = Library()
NAMES = LIBRARY.reconciliations()
SHIPPED = {
    "outpatient-daily", "insurance-settlement", "e-bills", "dispensing", "laboratory", "income-vouchers", "front-page",
    "performance-upload",
}  # fmt: skip
PERSONS = {"BRXM": "name", "SFZH": "id"}
"""Columns of the hospital that tell who a patient is."""


def definition(name: str) -> Reconciliation:
    return LIBRARY.reconciliation(name).model


def test_every_pair_of_reports_is_shipped() -> None:
    assert set(NAMES) >= SHIPPED


@pytest.mark.parametrize("name", NAMES)
def test_queries_only_read_bind_only_the_day_and_give_every_column(name: str) -> None:
    for side in definition(name).sides.values():
        assert side.sql is not None
        assert re.match(r"\s*(--[^\n]*\n\s*)*(select|with)\b", side.sql, re.IGNORECASE)
        assert ";" not in side.sql
        assert set(re.findall(r"(?<!:):([a-z_]+)", re.sub(r"'[^']*'", "", side.sql))) == {"day"}
        for column in side.columns.values():
            assert re.search(rf"\b{column}\b", side.sql, re.IGNORECASE), column


@pytest.mark.parametrize("name", NAMES)
def test_compared_columns_are_cast_so_that_they_come_exact(name: str) -> None:
    found = definition(name)
    for side in found.sides.values():
        for column in found.compare:
            scale = 2 if found.columns[column].type == "money" else 0
            cast = rf"cast\(.*?as\s+number\(18,\s*{scale}\)\)\s+(as\s+)?{side.columns[column]}\b"
            assert re.search(cast, side.sql or "", re.IGNORECASE | re.DOTALL), column


@pytest.mark.parametrize("name", NAMES)
def test_persons_are_hidden(name: str) -> None:
    found = definition(name)
    for side in found.sides.values():
        hidden = {source: found.columns[column].mask for column, source in side.columns.items() if source in PERSONS}
        assert hidden == {source: PERSONS[source] for source in hidden}


def test_there_are_persons_to_hide() -> None:
    mapped = {source for name in NAMES for side in definition(name).sides.values() for source in side.columns.values()}
    assert set(PERSONS) <= mapped
