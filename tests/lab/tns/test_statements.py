"""Statements through the driver: types, binds, re-execution, changes, errors, PL/SQL, piggybacks."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime, timedelta
from decimal import Decimal

import oracledb
import pytest


def refused(cursor, sql, binds=()):
    with pytest.raises(oracledb.DatabaseError) as error:
        cursor.execute(sql, binds)
    return str(error.value).split(":")[0]


def test_types_are_described_and_values_come_as_they_are(connect):
    cursor = connect().cursor()
    rows = cursor.execute("select patient_id, name, birth, updated, balance from patient order by 1").fetchall()
    assert [(column.name, column.type) for column in cursor.description] == [
        ("PATIENT_ID", oracledb.DB_TYPE_NUMBER),
        ("NAME", oracledb.DB_TYPE_VARCHAR),
        ("BIRTH", oracledb.DB_TYPE_DATE),
        ("UPDATED", oracledb.DB_TYPE_TIMESTAMP),
        ("BALANCE", oracledb.DB_TYPE_NUMBER),
    ]
    assert (cursor.description[4].precision, cursor.description[4].scale) == (12, 2)
    assert rows[0] == (1, "张三", datetime(1980, 5, 6), datetime(2026, 11, 1, 8, 30, 0, 250000), 1234.5)
    assert rows[1] == (2, "李四", None, None, None)
    assert rows[2][1:] == ("欧阳𠮷", datetime(2001, 12, 31, 23, 59, 59), datetime(2026, 1, 2, 3, 4, 5), -0.05)


def test_a_column_without_an_alias_is_named_by_its_text(connect):
    cursor = connect().cursor()
    cursor.execute("select count(*), nvl( name , 'x') , 1 one, balance from patient group by name, balance")
    assert [column.name for column in cursor.description] == ["COUNT(*)", "NVL(NAME,'x')", "ONE", "BALANCE"]


def test_binds_by_position_name_and_repeated(connect):
    cursor = connect().cursor()
    assert cursor.execute("select :1 || :2 from dual", ["a", "中"]).fetchone() == ("a中",)
    row = cursor.execute("select :n + 1, :n, :t from dual", n=41, t=None).fetchone()
    assert row == (42, 41, None)
    when = datetime(2026, 11, 23, 10, 11, 12)
    assert cursor.execute("select :d + 1, trunc(:d) from dual", d=when).fetchone() == (
        when + timedelta(days=1),
        datetime(2026, 11, 23),
    )
    assert cursor.execute("select length(:x), length(:y) from dual", x="院" * 20000, y="b").fetchone() == (20000, 1)
    assert cursor.execute("select ':no' || ':1', :yes /* :not */ from dual", yes="y").fetchone() == (":no:1", "y")


def test_numbers_keep_their_digits(connect):
    cursor = connect().cursor()
    for number in (0, -1, 10**18, Decimal("0.05"), Decimal("-123456789.125"), 1.5):
        assert cursor.execute("select :n from dual", n=number, fetch_decimals=True).fetchone()[0] == number


def test_a_statement_is_executed_again_from_the_cache(connect, seen):
    cursor = connect().cursor()
    for wanted in (1, 2, 3):
        assert cursor.execute("select name from patient where patient_id = :i", i=wanted).fetchone() is not None
    assert [text for _, text in seen] == ["select name from patient where patient_id = :i"] * 3


def test_many_rows_come_in_several_fetches(connect):
    cursor = connect().cursor()
    cursor.arraysize, cursor.prefetchrows = 70, 2
    rows = cursor.execute("select level, 'row ' || level from dual connect by level <= 1000").fetchall()
    assert rows == [(n, f"row {n}") for n in range(1, 1001)]


def test_two_cursors_read_side_by_side(connect):
    connection = connect()
    one, other = connection.cursor(), connection.cursor()
    for cursor in (one, other):
        cursor.arraysize = cursor.prefetchrows = 1
        cursor.execute("select level from dual connect by level <= 4")
    assert [(one.fetchone(), other.fetchone()) for _ in range(4)] == [((n,), (n,)) for n in range(1, 5)]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("select * from nosuch", "ORA-00942"),
        ("select nosuch from dual", "ORA-00904"),
        ("select d.nosuch from dual d", "ORA-00904"),
        ("selekt 1 from dual", "ORA-03001"),
        ("select 1 +", "ORA-00900"),
        ("select 1 / 0 from dual", "ORA-01476"),
        ("select to_number('x') from dual", "ORA-01722"),
        ("select to_date('2026-13-01', 'YYYY-MM-DD') from dual", "ORA-01843"),
        ("select name, count(*) from patient", "ORA-00979"),
        ("select (select name from patient) from dual", "ORA-01427"),
        ("delete from v$session", "ORA-02030"),
        ("delete from dba_objects", "ORA-01031"),
    ],
)
def test_an_error_leaves_the_session_usable(connect, sql, code):
    cursor = connect().cursor()
    assert refused(cursor, sql) == code
    assert cursor.execute("select 1 from dual").fetchone() == (1,)


def test_missing_binds_are_told(connect):
    cursor = connect().cursor()
    with pytest.raises(oracledb.DatabaseError):
        cursor.execute("select :a from dual", {})


def test_changes_are_seen_by_others_after_commit_only(connect):
    mine, theirs = connect(), connect()
    cursor, watcher = mine.cursor(), theirs.cursor()
    cursor.execute("insert into dept (dept_id, parent_id, dept_name) values (:1, :2, :3)", [6, 1, "急诊科"])
    assert cursor.rowcount == 1
    assert watcher.execute("select count(*) from dept").fetchone() == (5,)
    mine.commit()
    assert watcher.execute("select dept_name from dept where dept_id = 6").fetchone() == ("急诊科",)
    cursor.execute("update dept set dept_name = dept_name || '!' where dept_id in (5, 6)")
    assert cursor.rowcount == 2
    cursor.execute("delete from dept where dept_id = 1")
    assert cursor.execute("select count(*) from dept").fetchone() == (5,)
    mine.rollback()
    assert cursor.execute("select count(*) from dept where dept_name like '%!'").fetchone() == (0,)


def test_an_open_transaction_is_undone_when_the_session_ends(connect):
    connection = connect()
    connection.cursor().execute("delete from dept")
    assert connection.transaction_in_progress
    connection.close()
    assert connect().cursor().execute("select count(*) from dept").fetchone() == (5,)


def test_a_thousand_rows_in_one_call(connect):
    connection = connect()
    cursor = connection.cursor()
    rows = [(n, "科室" * 10) for n in range(1000)]
    cursor.executemany("insert into dept (dept_id, dept_name) values (:1, :2)", rows)
    assert cursor.rowcount == 1000
    counted = cursor.execute("select count(*), min(length(dept_name)) from dept where dept_name like '科%'")
    assert counted.fetchone() == (1000, 20)
    connection.autocommit = True
    cursor.execute("delete from dept where dept_name like '科%'")
    assert not connection.transaction_in_progress


def test_a_text_that_is_too_long_is_refused(connect):
    cursor = connect().cursor()
    assert refused(cursor, "insert into dept (dept_id, dept_name) values (7, :1)", ["科" * 21]) == "ORA-12899"


def test_a_read_only_transaction_refuses_changes(connect):
    connection, other = connect(), connect()
    cursor = connection.cursor()
    cursor.execute("set transaction read only")
    assert cursor.execute("select count(*) from dept").fetchone() == (5,)
    other.cursor().execute("insert into dept (dept_id) values (9)")
    other.commit()
    assert cursor.execute("select count(*) from dept").fetchone() == (5,)
    assert refused(cursor, "delete from dept") == "ORA-01456"
    connection.commit()
    assert cursor.execute("select count(*) from dept").fetchone() == (6,)


def test_a_standby_refuses_changes(connect, instance):
    instance.containers["CDB$ROOT"] = "read_only"
    cursor = connect().cursor()
    assert cursor.execute("select count(*) from dept").fetchone() == (5,)
    assert refused(cursor, "delete from dept") == "ORA-16000"


def test_plsql_blocks_that_are_known_run_and_others_are_refused(connect):
    cursor = connect().cursor()
    cursor.execute("begin null; end;")
    out = cursor.var(str)
    for _ in range(2):
        cursor.execute("begin :o := '好'; end;", o=out)
        assert out.getvalue() == "好"
    assert refused(cursor, "begin something_else; end;") == "ORA-03001"


def test_returning_is_refused_and_the_session_stays_in_step(connect):
    cursor = connect().cursor()
    out = cursor.var(int)
    sql = "update dept set dept_name = :n where dept_id = :i returning dept_id into :o"
    assert refused(cursor, sql, {"n": "x", "i": 2, "o": out}) == "ORA-03001"
    assert cursor.execute("select dept_name from dept where dept_id = 2").fetchone() == ("内科",)


def test_attributes_of_the_session_arrive_with_the_next_call(connect):
    connection = connect()
    connection.module, connection.action, connection.client_identifier = "hisops", "", "run-1"
    connection.current_schema = "LIS"
    connection.ping()
    cursor = connection.cursor()
    keys = ("module", "action", "client_identifier", "current_schema", "sid")
    sql = "select " + ", ".join(f"sys_context('USERENV', '{key.upper()}')" for key in keys) + " from dual"
    assert cursor.execute(sql).fetchone() == ("hisops", None, "run-1", "LIS", str(connection.session_id))


def test_commands_change_what_the_views_show(connect):
    cursor = connect().cursor()
    query = "select name, guarantee_flashback_database g from v$restore_point"
    assert cursor.execute(query).fetchall() == []
    cursor.execute("create restore point BEFORE_RU guarantee flashback database")
    assert cursor.execute(query).fetchall() == [("BEFORE_RU", "YES")]
    assert refused(cursor, "create restore point before_ru") == "ORA-38778"
    cursor.execute("drop restore point before_ru")
    assert cursor.execute(query).fetchall() == []
    assert refused(cursor, "alter system set nosuch = 1") == "ORA-03001"


def test_a_session_moves_between_containers(connect):
    cursor = connect("sys", "sys-secret", mode=oracledb.AUTH_MODE_SYSDBA).cursor()
    assert cursor.execute("select count(*) from v$pdbs").fetchone() == (3,)
    cursor.execute("alter session set container = HISPDB")
    assert cursor.execute("select name, sys_context('USERENV','CON_NAME') from v$pdbs").fetchall() == [
        ("HISPDB", "HISPDB")
    ]
    assert refused(cursor, "alter session set container = NOSUCH") == "ORA-65011"
    cursor.execute("alter pluggable database LISPDB close immediate")
    cursor.execute("alter session set container = CDB$ROOT")
    assert cursor.execute("select open_mode from v$pdbs where name = 'LISPDB'").fetchone() == ("MOUNTED",)


def test_a_service_of_a_pluggable_database_lands_in_it(connect):
    cursor = connect(service="hispdb").cursor()
    assert cursor.execute("select sys_context('USERENV','CON_NAME') from dual").fetchone() == ("HISPDB",)
    assert refused(cursor, "alter session set container = LISPDB") == "ORA-65040"


def test_session_formats_rule_implicit_dates(connect):
    cursor = connect().cursor()
    day = "to_date('2026-02-03','YYYY-MM-DD')"
    assert cursor.execute(f"select to_char({day}) from dual").fetchone() == ("03-FEB-26",)
    cursor.execute("alter session set nls_date_format = 'YYYY-MM-DD HH24:MI:SS'")
    assert cursor.execute(f"select '' || {day} from dual").fetchone() == ("2026-02-03 00:00:00",)
    assert refused(cursor, "alter session set optimizer_mode = all_rows") == "ORA-03001"


def test_asyncio_pool_arrow_and_threads(connect, listener):
    dsn = f"127.0.0.1:{listener.port}/his"
    login = {"user": "his", "password": "his-secret", "dsn": dsn}

    async def ask():
        async with oracledb.connect_async(**login) as connection:
            return await connection.fetchone("select count(*) from dept")

    assert asyncio.run(ask()) == (5,)
    frame = connect().fetch_df_all("select dept_id, dept_name from dept order by 1")
    assert frame.num_rows() == 5
    pool = oracledb.create_pool(**login, min=1, max=5)
    counts = []

    def work():
        with pool.acquire() as connection:
            for _ in range(5):
                counts.append(connection.cursor().execute("select count(*) from dept").fetchone())

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pool.close()
    assert counts == [(5,)] * 25


def test_a_failed_statement_undoes_itself_and_leaves_the_transaction(connect):
    connection = connect()
    cursor = connection.cursor()
    cursor.execute("insert into dept (dept_id, dept_name) values (:1, :2)", [6, "急诊科"])
    assert refused(cursor, "update dept set dept_name = rpad('x', 61, 'x')") == "ORA-12899"
    assert refused(cursor, "select 1 / 0 from dual") == "ORA-01476"
    assert cursor.execute("select count(*), max(dept_id) from dept").fetchone() == (6, 6)
    connection.commit()
    assert connect().cursor().execute("select count(*) from dept").fetchone() == (6,)
