"""The smoke test that the lab's hospital has written for itself: it really asks the database, through the listener."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hisops.lab.layout import Layout
from hisops.lab.machine import ports_file
from hisops.lab.state import LAB, Store
from hisops.lab.tools.desk import Desk


def run(desk: Desk) -> int:
    """Print one line a check and a verdict."""
    return report(desk, _CHECKS)


def report(desk: Desk, checks: Mapping[str, Callable[[Desk], str]]) -> int:
    """Carry the checks out; say of each how it went, and at the end how all did."""
    failures = 0
    for name, check in checks.items():
        try:
            reason = check(desk)
        except Exception as error:  # whatever the driver raises is the finding
            reason = " ".join(str(error).split())
        desk.out(f"FAILED {name} {reason}" if reason else f"ok {name}")
        failures += bool(reason)
    total = len(checks)
    desk.out(f"SMOKE TEST FAILED {failures} of {total}" if failures else f"SMOKE TEST PASSED {total} checks")
    return 1 if failures else 0


def _connect(desk: Desk, service: str) -> Any:
    import oracledb

    layout: Layout = desk.layout
    port = json.loads(ports_file(layout, desk.host).read_text())["tns"]
    password = Store(layout.state).read(LAB)["password"]
    return oracledb.connect(user="his", password=password, dsn=f"127.0.0.1:{port}/{service}", tcp_connect_timeout=5)


def _login(desk: Desk) -> str:
    with _connect(desk, "hispdb") as connection:
        connection.ping()
    return ""


def _read(desk: Desk) -> str:
    with _connect(desk, "hispdb") as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from patient")
        (count,) = cursor.fetchone()
    return "" if count else "no patients"


def _write(desk: Desk) -> str:
    with _connect(desk, "hispdb") as connection, connection.cursor() as cursor:
        cursor.execute("update patient set balance = balance where patient_id = 1")
        changed = cursor.rowcount
        connection.rollback()
    return "" if changed == 1 else f"{changed} rows changed"


def _interface(desk: Desk) -> str:
    """Ask the interface to the laboratory, which the fault smoke-red breaks."""
    return "the laboratory interface answers HTTP 503" if desk.armed("smoke-red") else ""


_CHECKS: dict[str, Callable[[Desk], str]] = {
    "login": _login,
    "read-patients": _read,
    "write-and-roll-back": _write,
    "laboratory-interface": _interface,
}
