"""Every health-check statement, through the driver, gives the answer that was worked out by hand."""

from __future__ import annotations

from datetime import datetime

import oracledb
import pytest

from hisops.lab.sql.memory import MemoryInstance
from hisops.lab.sql.seed import views
from hisops.lab.tns.listener import Listener
from hisops.lab.tns.login import Account
from tests.lab.sql.health_statements import statements

NOW = datetime(2026, 11, 23, 10, 30, 15)


@pytest.fixture(scope="module")
def cursor():
    listener = Listener(
        "127.0.0.1", 0, {"his": MemoryInstance(views(NOW))}, {"his": Account("secret")}, clock=lambda: NOW
    )
    listener.start()
    connection = oracledb.connect(user="his", password="secret", dsn=f"127.0.0.1:{listener.port}/his")
    yield connection.cursor()
    connection.close()
    listener.stop()


@pytest.mark.parametrize(
    ("sql", "answer"), statements(NOW), ids=lambda part: part[:60] if isinstance(part, str) else ""
)
def test_a_health_check_statement_gives_its_answer(cursor, sql, answer):
    rows = cursor.execute(sql).fetchall()
    assert [tuple(round(item, 9) if isinstance(item, float) else item for item in row) for row in rows] == answer


def test_all_of_them_are_here():
    assert len(statements(NOW)) == 46
