"""Logging in, and every way of being turned away."""

from __future__ import annotations

import oracledb
import pytest

from hisops.lab.sql.backend import Service


def words(error: pytest.ExceptionInfo[oracledb.Error]) -> str:
    return str(error.value)


def test_a_login_tells_release_service_and_session(connect):
    connection = connect()
    assert connection.version == "19.21.0.0.0"
    assert connection.service_name == "his"
    assert connection.instance_name == "his1"
    assert connection.session_id > 100


@pytest.mark.parametrize(("user", "password"), [("his", "wrong"), ("nobody", "his-secret"), ("his", "")])
def test_wrong_password_and_unknown_user_look_alike(connect, user, password):
    with pytest.raises(oracledb.DatabaseError) as error:
        connect(user, password or " ")
    assert "ORA-01017" in words(error)


def test_an_unknown_service_is_refused_by_the_listener(connect):
    with pytest.raises(oracledb.DatabaseError) as error:
        connect(service="nosuch")
    assert "DPY-6001" in words(error)
    assert "12514" not in words(error) or "nosuch" in words(error)


@pytest.mark.parametrize(
    ("status", "code"),
    [("idle", "ORA-01034"), ("mounted", "ORA-01033"), ("restricted", "ORA-01035"), ("unregistered", "DPY-6001")],
)
def test_a_service_that_is_not_open_turns_users_away(connect, instance, status, code):
    instance.services = {"his": Service(status=status)}
    with pytest.raises(oracledb.DatabaseError) as error:
        connect()
    assert code in words(error)


def test_sysdba_enters_a_mounted_database_and_is_sys(connect, instance):
    instance.services = {"his": Service(status="mounted")}
    instance.containers["CDB$ROOT"] = "mounted"
    connection = connect("sys", "sys-secret", mode=oracledb.AUTH_MODE_SYSDBA)
    cursor = connection.cursor()
    assert cursor.execute("select user from dual").fetchone() == ("SYS",)
    assert cursor.execute("select count(*) from v$pdbs").fetchone() == (3,)
    with pytest.raises(oracledb.DatabaseError) as error:
        cursor.execute("select count(*) from dba_objects")
    assert "ORA-01219" in words(error)


def test_sysdba_needs_the_privilege_and_sys_needs_sysdba(connect):
    with pytest.raises(oracledb.DatabaseError) as error:
        connect(mode=oracledb.AUTH_MODE_SYSDBA)
    assert "ORA-01017" in words(error)
    with pytest.raises(oracledb.DatabaseError) as error:
        connect("sys", "sys-secret")
    assert "ORA-28009" in words(error)
