"""The lab's listener for reading charges through the driver: prints its port, and serves until its input ends.

The rows are made by the queries themselves, `ROWS` a side; of every 8,000 one differs in each of four ways.
"""

from __future__ import annotations

import sys
from datetime import datetime

from bench.reconciliation.generate import DAY, NAMES
from hisops.lab.sql.backend import Service
from hisops.lab.sql.memory import MemoryInstance
from hisops.lab.sql.privileges import READER
from hisops.lab.sql.seed import views
from hisops.lab.tns.listener import Listener
from hisops.lab.tns.login import Account

ROWS, EACH = 1_000_000, 8000
TRUTH = {"only_a": ROWS // EACH, "only_b": ROWS // EACH, "amount": ROWS // EACH, "cents": ROWS // EACH}
_MORE = f"case mod(level, {EACH}) when 3 then 1 when 4 then 0.01 else 0 end"
_ABSENT = {"a": 1, "b": 2}


def query(side: str) -> str:
    """Return the query of a side."""
    values = (
        "'P' || lpad(to_char(trunc(level / 5)), 12, '0')",
        "to_char(mod(level, 5))",
        f"cast(mod(level * 7919, 98077) / 100 + {_MORE if side == 'b' else '0'} as number(18,2))",
        "'0'" if side == "a" else "'N'",
        f"'{DAY.isoformat()}'",
        f"'{DAY.isoformat()} 08:00:00'",
        "'内科'",
    )
    columns = ", ".join(f"{value} as {name}" for value, name in zip(values, NAMES[side], strict=True))
    rows = f"select level as place, {columns} from dual connect by level <= {ROWS}"
    return f"select {', '.join(NAMES[side])} from ({rows}) where mod(place, {EACH}) <> {_ABSENT[side]}"


def main() -> None:
    """Serve."""
    instance = MemoryInstance(views(datetime.now()), {"his": Service(status="open")})
    listener = Listener("127.0.0.1", 0, {"his": instance}, {READER: Account("bench")}, tables={})
    listener.start()
    print(listener.port, flush=True)
    sys.stdin.read()
    listener.stop()


if __name__ == "__main__":
    main()
