"""Every SQL text of the shipped runbooks is understood, and runs against the views of a fresh lab."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from hisops.lab import views as state_views
from hisops.lab.layout import HOSTS, Layout
from hisops.lab.seeds import start_states
from hisops.lab.sql.database import Database
from hisops.lab.sql.lexer import read_statement
from hisops.lab.sql.memory import MemoryInstance
from hisops.lab.sql.seed import TABLES, views
from hisops.lab.views import logical
from tests.shipped import procedures

BINDS = {
    "days": 90,
    "max_lag_minutes": 10,
    "clock_lost_at": "2026-11-23 02:30:00",
    "restored_to_time": "2026-11-23 02:00:00",
}


def sql_texts(node: Any) -> list[str]:
    """Find the values of the key `sql` anywhere in a document."""
    if isinstance(node, list | tuple):
        return [text for item in node for text in sql_texts(item)]
    if not isinstance(node, dict):
        return []
    here = [node["sql"]] if isinstance(node.get("sql"), str) else []
    return here + [text for item in node.values() for text in sql_texts(item)]


def shipped() -> list[str]:
    models = (*map(procedures.runbook, procedures.names()), *procedures.TARGETS)
    return sorted({text for model in models for text in sql_texts(model.model_dump())})


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    layout = Layout(tmp_path_factory.mktemp("lab"))
    states = start_states({host: layout.machine(host) for host in HOSTS}, 0.02)
    tables = {**views(datetime(2026, 11, 23)), **state_views.tables(states["his"], "CDB$ROOT", states["his_dr"])}
    tables |= logical.views(states["his"], "CDB$ROOT", tables)
    database = Database(MemoryInstance(tables), TABLES)
    session = database.session(service="his", user="SYS", sysdba=True, sid=1, serial=1)
    yield session
    session.close()
    database.close()


@pytest.mark.parametrize("text", shipped(), ids=lambda text: " ".join(text.split())[:60])
def test_a_shipped_statement_runs(session, text):
    if "@{" in text:
        pytest.skip("it names a table that only a site has; rehearsals run it")
    if "scn_to_timestamp(standby_became_primary_scn)" in text:
        pytest.skip("it has no time where nobody took over; rehearsals run it")
    statement = read_statement(text)
    if statement.kind != "query":
        pytest.skip("a command; the lab's own tests run it")
    outcome = session.execute(statement, [BINDS.get(name.lower(), "35642107") for name in statement.binds])
    assert [column.name for column in outcome.columns] == [column.name for column in session.describe(statement)]
    assert all(len(row) == len(outcome.columns) for row in outcome.rows)


def test_there_are_some():
    assert len(shipped()) >= 30
