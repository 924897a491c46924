"""The lab's listener with the two files of charges as tables: prints its port, and serves until its input ends."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from bench.reconciliation.generate import NAMES
from hisops.lab.sql.backend import Service, Table, Value
from hisops.lab.sql.memory import MemoryInstance
from hisops.lab.sql.privileges import READER
from hisops.lab.sql.seed import views
from hisops.lab.tns.listener import Listener
from hisops.lab.tns.login import Account

_WIDTHS = (
    "VARCHAR2(30)",
    "VARCHAR2(10)",
    "NUMBER(18,2)",
    "VARCHAR2(4)",
    "VARCHAR2(10)",
    "VARCHAR2(20)",
    "VARCHAR2(30)",
)


def table(path: Path, side: str) -> Table:
    """Return a file as a table."""
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(NAMES[side], _WIDTHS, strict=True))
    return Table(columns, list(_rows(path)))


def _rows(path: Path) -> Iterator[list[Value]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for bill, line, amount, *more in rows:
            yield [bill, line, Decimal(amount), *more]


def main(folder: Path) -> None:
    """Serve."""
    tables = {f"charges_{side}": table(folder / f"{side}.csv", side) for side in ("a", "b")}
    instance = MemoryInstance(views(datetime.now()), {"his": Service(status="open")})
    listener = Listener("127.0.0.1", 0, {"his": instance}, {READER: Account("bench")}, tables=tables)
    listener.start()
    print(listener.port, flush=True)
    sys.stdin.read()
    listener.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
