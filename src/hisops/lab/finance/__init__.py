"""A small hospital's reports in the lab's database: two sides of each, and what was planted between them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from hisops.lab.finance import charges, inpatients, insurance, laboratory
from hisops.lab.finance.ground import Ground, Plant
from hisops.lab.sql.backend import Table

PARTS = (charges.outpatient, charges.bills, charges.dispensing, insurance.settlements, laboratory.tests,
         inpatients.front_pages, inpatients.vouchers, inpatients.uploads)  # fmt: skip


def ground(day: date) -> Ground:
    """Return all tables, with rows of an account day and of the day before, and what is planted in them."""
    made = Ground(day)
    for part in PARTS:
        part(made)
    return made


def tables(day: date) -> Mapping[str, Table]:
    """Return the tables by name."""
    return {name: Table(columns, rows) for name, (columns, rows) in ground(day).tables.items()}


__all__ = ["Ground", "Plant", "ground", "tables"]
