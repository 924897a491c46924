"""What the parts of the lab's finances are laid out on: tables that fill up, and the list of what was planted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from hisops.lab.sql.backend import Value

Row = list[Value]
OPERATORS = ("0101", "0102", "0203", "0305")
DEPARTMENTS = ("内科", "外科", "儿科", "急诊科", "骨科")
PATIENTS = ("张三", "李四", "欧阳𠮷", "王芳", "赵敏", "孙丽", "周强", "吴婷")


@dataclass(frozen=True, slots=True)
class Plant:
    """A difference that was planted: in which reconciliation, of which class, who has to act, under which key."""

    definition: str
    fault: str
    owner: str
    key: tuple[str, ...]


@dataclass(slots=True)
class Ground:
    """Tables by name (columns as Oracle declares them, rows), and what is planted for the account day."""

    day: date
    tables: dict[str, tuple[str, list[Row]]] = field(default_factory=dict)
    plants: list[Plant] = field(default_factory=list)
    late: list[Plant] = field(default_factory=list)

    @property
    def before(self) -> date:
        """The account day before."""
        return self.day - timedelta(days=1)

    def table(self, name: str, columns: str) -> list[Row]:
        """Return the rows of a new table, to be filled."""
        rows: list[Row] = []
        self.tables[name] = (columns, rows)
        return rows

    def plant(self, definition: str, fault: str, owner: str, *key: str) -> None:
        """Note down a difference."""
        self.plants.append(Plant(definition, fault, owner, key))

    def clears(self, definition: str, fault: str, owner: str, *key: str) -> None:
        """Note down a row whose counterpart is of the day before: a difference only where nothing was carried over."""
        self.late.append(Plant(definition, fault, owner, key))

    def planted(self, definition: str, *, carried: bool) -> list[tuple[str, str, tuple[str, ...]]]:
        """Return class, owner and key of all that a reconciliation of the day must find, sorted.

        `carried` says whether the day before was reconciled.
        """
        found = [*self.plants, *([] if carried else self.late)]
        return sorted((each.fault, each.owner, each.key) for each in found if each.definition == definition)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Return a moment of a day."""
    return datetime.combine(day, time(hour, minute))


def amount(number: int) -> Decimal:
    """Return an amount that looks like one, always the same for a number: 1.35 to 982.10."""
    return Decimal((number * 7919) % 98075 + 135).scaleb(-2)


def pick(values: tuple[str, ...], number: int) -> str:
    """Return one of some values, always the same for a number."""
    return values[number % len(values)]
