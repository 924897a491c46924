"""Cancelling, timeouts, kills and lines that drop; the listener outlives all of them."""

from __future__ import annotations

import threading
import time

import oracledb
import pytest

ENDLESS = (
    "select count(*) from (select level n from dual connect by level <= 20000) a, "
    "(select level n from dual connect by level <= 20000) b, (select level n from dual connect by level <= 2000) c "
    "where a.n + b.n + c.n = -1"
)


def usable(connection):
    return connection.cursor().execute("select 1 from dual").fetchone() == (1,)


def running(seen):
    """Wait until the endless statement has arrived."""
    while not any(text == ENDLESS for _, text in seen):
        time.sleep(0.01)


def test_a_call_timeout_leaves_the_session_usable(connect):
    connection = connect()
    connection.call_timeout = 300
    with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
        connection.cursor().execute(ENDLESS)
    connection.call_timeout = 0
    assert usable(connection)


def test_a_cancel_ends_the_statement_and_leaves_the_session_usable(connect, seen):
    connection = connect()
    errors = []

    def ask():
        try:
            connection.cursor().execute(ENDLESS)
        except oracledb.DatabaseError as error:
            errors.append(str(error))

    thread = threading.Thread(target=ask)
    thread.start()
    running(seen)
    connection.cancel()
    thread.join()
    assert errors
    assert "ORA-01013" in errors[0]
    assert usable(connection)


def test_a_killed_session_says_so_at_its_next_call(connect, listener):
    connection = connect()
    assert listener.kill(connection.session_id)
    with pytest.raises(oracledb.DatabaseError, match="ORA-00028"):
        connection.cursor().execute("select 1 from dual")
    assert not listener.kill(99999)
    assert usable(connect())


def test_a_running_statement_is_killed(connect, listener, seen):
    connection = connect()
    killer = threading.Thread(target=lambda: (running(seen), listener.kill(connection.session_id)))
    killer.start()
    with pytest.raises(oracledb.DatabaseError, match="ORA-00028"):
        connection.cursor().execute(ENDLESS)
    killer.join()


def test_a_statement_fails_once_as_armed(connect, listener):
    listener.faults.fail_next(4031, "unable to allocate 4096 bytes of shared memory", matching="dept")
    connection = connect()
    assert usable(connection)
    with pytest.raises(oracledb.DatabaseError, match="ORA-04031"):
        connection.cursor().execute("select count(*) from dept")
    assert connection.cursor().execute("select count(*) from dept").fetchone() == (5,)


def test_a_kill_is_armed_for_a_statement(connect, listener):
    listener.faults.kill_next("dept")
    connection = connect()
    with pytest.raises(oracledb.DatabaseError, match="ORA-00028"):
        connection.cursor().execute("select count(*) from dept")
    with pytest.raises(oracledb.Error):
        usable(connection)


def test_the_line_drops_instead_of_an_answer(connect, listener):
    listener.faults.hang_up_next("dept")
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        connect().cursor().execute("delete from dept")
    assert connect().cursor().execute("select count(*) from dept").fetchone() == (5,)


def test_the_line_drops_in_the_middle_of_a_fetch(connect, listener):
    listener.faults.drop_mid_fetch(after_rows=100)
    cursor = connect().cursor()
    cursor.arraysize = 500
    cursor.execute("select level, rpad('x', 200, 'x') from dual connect by level <= 3000")
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        cursor.fetchall()
    assert usable(connect())


def test_a_slow_login_meets_the_clients_patience(connect, listener):
    listener.faults.slow_login(0.5)
    started = time.monotonic()
    connect()
    assert time.monotonic() - started >= 0.5


def test_sessions_outlive_the_listening(connect, listener):
    connection = connect()
    connection.cursor().execute("delete from dept where dept_id = 5")
    connection.commit()
    listener.stop_listening()
    assert not listener.alive
    with pytest.raises(oracledb.DatabaseError, match="DPY-6005"):
        connect(tcp_connect_timeout=1)
    assert usable(connection)
    listener.start()
    assert connect().cursor().execute("select count(*) from dept").fetchone() == (4,)


def test_a_stopped_listener_ends_its_sessions(connect, listener):
    connection = connect()
    assert listener.sessions() == (connection.session_id,)
    listener.stop()
    with pytest.raises(oracledb.Error):
        usable(connection)
    with pytest.raises(oracledb.DatabaseError, match="DPY-6005"):
        connect(tcp_connect_timeout=1)
