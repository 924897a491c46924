"""The instance in memory, and how sessions follow its state."""

from __future__ import annotations

from datetime import datetime

import pytest

from hisops.lab.sql.backend import ROOT, Command, Table
from hisops.lab.sql.database import Database, load
from hisops.lab.sql.duck import open_database
from hisops.lab.sql.errors import OracleError
from hisops.lab.sql.lexer import read_statement
from hisops.lab.sql.memory import MemoryInstance
from hisops.lab.sql.seed import TABLES, views
from hisops.lab.sql.types import declared, storage


def command(text, **more):
    return Command(text=text, container=ROOT, user="SYS", sysdba=True, **more)


@pytest.fixture
def instance():
    return MemoryInstance(views(datetime(2026, 11, 23)))


@pytest.fixture
def ask(instance):
    database = Database(instance, TABLES)
    session = database.session(service="his", user="SYS", sysdba=True, sid=1, serial=1)
    yield lambda text: list(session.execute(read_statement(text), []).rows)
    session.close()
    database.close()


def test_views_are_made_anew_when_the_state_moves_and_only_then(instance, ask):
    query = "select value from v$parameter where name = 'processes'"
    assert ask(query) == [("1000",)]
    old = instance.views["v$parameter"]
    instance.views["v$parameter"] = Table(old.columns, [("processes", "2000", "FALSE")])
    assert ask(query) == [("1000",)]
    instance.change("v$parameter", Table(old.columns, [("processes", "3000", "FALSE")]))
    assert ask(query) == [("3000",)]


def test_a_view_may_gain_columns(instance, ask):
    with pytest.raises(OracleError, match="ORA-00904"):
        ask("select more from v$parameter")
    instance.change("v$parameter", Table("name VARCHAR2(80), more NUMBER", [("x", 1.25)]))
    assert ask("select more from v$parameter") == [(1.25,)]


def test_recompiling_leaves_nothing_invalid(instance, ask):
    assert ask("select count(*) from dba_objects where status <> 'VALID'") == [(3,)]
    ask("begin utl_recomp.recomp_serial(); end;")
    assert ask("select count(*) from dba_objects where status <> 'VALID'") == [(0,)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("drop restore point none", 38780),
        ("alter pluggable database nosuch open", 65011),
        ("alter pluggable database HISPDB open", 65019),
    ],
)
def test_commands_fail_as_the_database_does(instance, text, number):
    with pytest.raises(OracleError) as error:
        instance.execute(command(text))
    assert error.value.number == number


def test_a_command_that_is_not_known_is_not_done(instance):
    token = instance.version_token()
    assert instance.execute(command("alter system set db_recovery_file_dest_size = 10G")) is None
    assert instance.execute(command("drop restore point a; drop restore point b")) is None
    assert instance.version_token() == token


def test_a_row_that_does_not_fit_its_columns_is_a_defect_of_the_seed():
    with pytest.raises(ValueError, match="a row of 2 values for 1 columns"):
        load(open_database(), "t", Table("a NUMBER", [(1, 2)]), writable=False)


def test_every_seed_table_can_be_read(instance, ask):
    for name, table in {**instance.views, **TABLES}.items():
        assert len(ask(f"select * from {name}")) == len(table.rows), name


def test_columns_are_read_as_oracle_declares_them():
    columns = declared(
        "a NUMBER, b NUMBER(12,2), c VARCHAR2(30), d TIMESTAMP(6), e INTERVAL DAY TO SECOND, f CLOB, g# DATE"
    )
    kinds = ["number", "number", "text", "timestamp", "interval", "text", "date"]
    assert [(column.name, column.kind) for column in columns] == list(
        zip(["A", "B", "C", "D", "E", "F", "G#"], kinds, strict=True)
    )
    assert [storage(column, [1], writable=False) for column in columns[:3]] == ["BIGINT", "DECIMAL(12,2)", "VARCHAR"]
    assert storage(columns[0], [1, 2.5], writable=False) == "DOUBLE"
    with pytest.raises(ValueError, match="column type"):
        declared("a SDO_GEOMETRY")
