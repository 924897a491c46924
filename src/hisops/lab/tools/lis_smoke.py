"""The smoke test of the laboratory's database: sqlplus through the listener, since no newer driver talks to 11.2."""

from __future__ import annotations

from collections.abc import Callable

from hisops.lab.seed_lis import NAME, UNIQUE
from hisops.lab.state import LAB
from hisops.lab.tools import names
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.smoke import report
from hisops.lab.tools.sqlplus.session import Connection, SqlError, connect
from hisops.lab.tools.sqlplus.variables import Variables


def run(desk: Desk) -> int:
    """Print one line a check and a verdict."""
    return report(desk, _CHECKS)


def _connect(desk: Desk) -> Connection:
    database = names.find(desk, f"{desk.host}/{UNIQUE}")
    connection, lines = connect(desk, database, f"hisops/{desk.store.read(LAB)['password']}")
    if connection is None:
        raise SqlError(*lines[1:])
    return connection


def _login(desk: Desk) -> str:
    _connect(desk).leave()
    return ""


def _read(desk: Desk) -> str:
    connection = _connect(desk)
    _, outcome = connection.run(
        "select count(*) from dba_objects where owner = 'LIS' and status = 'VALID'", Variables()
    )
    ((count,),) = outcome.rows
    connection.leave()
    return "" if count else "no objects of LIS"


def _write(desk: Desk) -> str:
    connection = _connect(desk)
    words, _ = connection.run("insert into hisops_heartbeat (beat, beat_at) values (0, systimestamp)", Variables())
    connection.leave(keep=False)
    return "" if words == "1 row created." else words


def _devices(desk: Desk) -> str:
    """Ask the interface to the analysers, which the fault smoke-red breaks."""
    return "the analyser interface answers HTTP 503" if desk.armed("smoke-red") else ""


_CHECKS: dict[str, Callable[[Desk], str]] = {
    f"login-{NAME}": _login,
    "read-dictionary": _read,
    "write-and-roll-back": _write,
    "analyser-interface": _devices,
}
