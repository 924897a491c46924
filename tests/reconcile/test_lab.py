"""Every ready definition against the lab's tables, by the unmodified driver: exactly what was planted is found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from hisops.adapters.oracle_tables import OracleTables
from hisops.documents.library import Library
from hisops.errors import HisopsError, Refused, StatementFailed, UsageProblem
from hisops.lab import finance
from hisops.lab.sql.backend import Service
from hisops.lab.sql.memory import MemoryInstance
from hisops.lab.sql.seed import TABLES, views
from hisops.lab.tns.listener import Listener
from hisops.lab.tns.login import Account
from hisops.model.reconciliation import FAULTS, Reconciliation
from hisops.model.site import Connect
from hisops.reconcile.comparing import Order, RowsSource, reconcile
from hisops.secret import Secret

READY = Library().reconciliations()
GROUND = finance.ground(date(2026, 11, 23))


class Vault:
    def get(self, name: str) -> Secret:
        return Secret(name, "the-password")

    def source(self, name: str) -> str:
        return "test"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    instance = MemoryInstance(views(datetime.now()), {"his": Service(status="open")})
    accounts = {name: Account("the-password") for name in ("HISOPS_READ", "HIS")}
    listener = Listener("127.0.0.1", 0, {"his": instance}, accounts, tables={**TABLES, **finance.tables(GROUND.day)})
    listener.start()
    yield listener.port
    listener.stop()


def session(port: int, user: str = "hisops_read") -> OracleTables:
    return OracleTables("his", Connect(dsn=f"127.0.0.1:{port}/his", user=user, password="his"), Vault())


def compared(port: int, made: Reconciliation, day: Any, carried: Any, scratch: Path) -> dict[str, Any]:
    tables = session(port)
    sides = {
        name: RowsSource(
            name="his",
            query=str(side.sql),
            batches=tables.stream(str(side.sql), {"day": day.isoformat()}),
            session=tables,
        )
        for name, side in made.sides.items()
    }
    found = reconcile(Order(definition=made, day=day, **sides, scratch=scratch, carried=carried))
    tables.close()
    return found


def told(found: dict[str, Any]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return class, owner and key of every difference, sorted."""
    owners = {cause: each["owner"] for cause, each in found["causes"].items()}
    return sorted(
        (each["class"], owners[each["cause"]], tuple(part or "" for part in each["key"]))
        for each in found["differences"]
    )


@pytest.mark.parametrize("name", READY)
def test_exactly_what_was_planted_is_found(port: int, name: str, tmp_path: Path) -> None:
    made = Library().reconciliation(name).model
    before = compared(port, made, GROUND.before, [], tmp_path)
    assert before["verdict"] == "balanced"
    after = compared(port, made, GROUND.day, before["carried_out"], tmp_path)
    assert told(after) == GROUND.planted(name, carried=True)
    assert all(each["class"] == "balanced" for each in after["cleared"])
    assert len(after["cleared"]) == len(before["carried_out"])
    alone = compared(port, made, GROUND.day, [], tmp_path)
    assert told(alone) == GROUND.planted(name, carried=False)
    assert after["verdict"] == "differs"


def test_every_class_is_planted_somewhere() -> None:
    assert {plant.fault for plant in GROUND.plants} == set(FAULTS)


def test_people_are_hidden(port: int, tmp_path: Path) -> None:
    found = compared(port, Library().reconciliation("insurance-settlement").model, GROUND.day, [], tmp_path)
    text = str(found)
    assert not any(name in text for name in ("张三", "李四", "11010119800101"))
    assert "1101**********0003" in text


def test_both_sides_are_of_one_moment_that_is_told(port: int, tmp_path: Path) -> None:
    found = compared(port, Library().reconciliation("e-bills").model, GROUND.day, [], tmp_path)
    moments = {side["source"]["scn"] for side in found["sides"].values()}
    assert len(moments) == 1
    assert moments.pop().isdigit()


def test_an_account_that_may_write_is_refused(port: int) -> None:
    with pytest.raises(Refused, match="CREATE PROCEDURE"):
        list(session(port, "his").stream("select 1 from dual", {}))


@pytest.mark.parametrize(("query", "error"), [("select nothing from ms_hzrb", StatementFailed)])
def test_a_query_that_fails_says_so(port: int, query: str, error: type[HisopsError]) -> None:
    with pytest.raises(error, match="ORA-00904"):
        list(session(port).stream(query, {}))


def test_amounts_that_are_not_exact_are_refused(port: int, tmp_path: Path) -> None:
    made = Library().reconciliation("income-vouchers").model
    loose = made.model_copy(
        update={"a": made.a.model_copy(update={"sql": str(made.a.sql).replace("cast(je as number(18,2))", "je / 3")})}
    )
    with pytest.raises(UsageProblem, match="floating point"):
        compared(port, loose, GROUND.day, [], tmp_path)
