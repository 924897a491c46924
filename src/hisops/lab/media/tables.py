"""The tables whose rows lie in data files: what they are, and which rows each has had, in the order of their SCNs.

The hospital works while its database is open: every minute somebody is charged, every third minute a result is
reported. Those rows follow from the SCN; the beats of HISOPS are what people commit. A database that was opened from
restored files has what the files held (`kept`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hisops.lab import history
from hisops.lab.sql.seed import TABLES
from hisops.lab.state import State

BEATS = "HISOPS.HISOPS_HEARTBEAT"
DICTIONARY = "SYS.DICTIONARY"
COLUMNS: Mapping[str, str] = {
    BEATS: "beat NUMBER, beat_at TIMESTAMP(6)",
    "HIS.DEPT": TABLES["dept"].columns,
    "HIS.PATIENT": TABLES["patient"].columns,
    "HIS.CHARGE": (
        "charge_id NUMBER, patient_id NUMBER, item VARCHAR2(40), amount NUMBER(12,2), charged_at TIMESTAMP(6)"
    ),
    "LIS.RESULT": (
        "result_id NUMBER, patient_id NUMBER, test VARCHAR2(40), value VARCHAR2(40), reported_at TIMESTAMP(6)"
    ),
}
_ITEMS = (("门诊挂号", 15), ("血常规", 22.5), ("CT 平扫", 318), ("住院床位费", 60), ("阿莫西林胶囊", 12.8))
_TESTS = (("WBC", "6.1"), ("HGB", "138"), ("PLT", "214"), ("K+", "4.2"))
Row = list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row in its place: since which SCN it is there, and since which it is gone."""

    slot: int
    row: Row
    scn: int
    gone: int | None = None

    def there(self, upto: int) -> bool:
        """Whether a database shows the row that has come as far as `upto`."""
        return self.scn <= upto and (self.gone is None or self.gone > upto)

    def changed(self, upto: int) -> int:
        """Return the SCN of the last change of the place up to an SCN."""
        return self.gone if self.gone is not None and self.gone <= upto else self.scn


def entries(state: State, table: str, upto: int) -> Iterator[Entry]:
    """Yield the rows that a table has had up to an SCN."""
    return (entry for entry in _all(state, table, upto) if entry.scn <= upto)


def rows(state: State, table: str, upto: int) -> list[Row]:
    """Return what a query of a table shows as of an SCN, as it lies in the blocks."""
    return [entry.row for entry in entries(state, table, upto) if entry.there(upto)]


def value(kind: str, item: Any) -> Any:
    """Return an item of a row as SQL has it: what is a time is written as text in blocks."""
    return datetime.fromisoformat(item) if item is not None and kind in ("date", "timestamp") else item


def _all(state: State, table: str, upto: int) -> Iterator[Entry]:
    if table == BEATS:
        for at, beat in enumerate(state["beats"]):
            yield Entry(slot=at, row=[beat["beat"], beat["at"]], scn=beat["scn"], gone=beat["gone"])
    elif "kept" in state:
        for at, one in enumerate(state["kept"].get(table, ())):
            yield Entry(slot=at, row=list(one["row"]), scn=one["scn"])
    else:
        yield from _own(state, table, upto)


def _own(state: State, table: str, upto: int) -> Iterator[Entry]:
    created = int(state["incarnations"][0]["resetlogs"])
    if table in ("HIS.DEPT", "HIS.PATIENT"):
        for at, row in enumerate(TABLES[table.partition(".")[2].lower()].rows):
            plain = [item.isoformat() if isinstance(item, datetime) else item for item in row]
            yield Entry(slot=at, row=plain, scn=created)
    elif table == "HIS.CHARGE":
        for at, (scn, when) in enumerate(history.work(state, upto)):
            item, amount = _ITEMS[at % len(_ITEMS)]
            yield Entry(slot=at, row=[at + 1, 1 + at % 3, item, amount, _time(when)], scn=scn)
    elif table == "LIS.RESULT":
        for at, (scn, when) in enumerate(history.work(state, upto)[::3]):
            test, result = _TESTS[at % len(_TESTS)]
            yield Entry(slot=at, row=[at + 1, 1 + at % 3, test, result, _time(when)], scn=scn)


def _time(when: float) -> str:
    return datetime.fromtimestamp(when).isoformat(timespec="microseconds")
