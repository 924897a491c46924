"""Views of a health check: sessions and locks, space, redo, SQL, users and jobs, with things to find in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from hisops.lab.sql.backend import Table

_GIB = 1024**3


def health_views(now: datetime) -> dict[str, Table]:
    """Return the views at `now`."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    whole = now.replace(microsecond=0)

    def ago(days: float = 0, hours: float = 0) -> datetime:
        return whole - timedelta(days=days, hours=hours)

    return {
        **_sessions(ago), **_limits(), **_statements(), **_space(), **_redo(ago, midnight), **_objects(ago)
    }  # fmt: skip


# fmt: off
def _sessions(ago: Callable[..., datetime]) -> dict[str, Table]:
    return {
        "v$session": Table(
            "sid NUMBER, serial# NUMBER, username VARCHAR2(128), status VARCHAR2(8), machine VARCHAR2(64), "
            "program VARCHAR2(48), type VARCHAR2(10), event VARCHAR2(64), wait_class VARCHAR2(64), "
            "blocking_session NUMBER, last_call_et NUMBER, sql_id VARCHAR2(13), logon_time DATE",
            [
                (1, 1, None, "ACTIVE", "hisdb01", "oracle@hisdb01 (PMON)", "BACKGROUND", "pmon timer", "Idle", None,
                 100, None, ago(30)),
                (11, 101, "HIS", "ACTIVE", "门诊收费01", "his.exe", "USER", "enq: TX - row lock contention",
                 "Application", 12, 620, "abc1", ago(0, 2)),
                (12, 102, "HIS", "INACTIVE", "门诊收费02", "his.exe", "USER", "SQL*Net message from client", "Idle",
                 None, 900, "abc2", ago(0, 3)),
                (13, 103, "HIS", "ACTIVE", "住院护士站", "nurse.exe", "USER", "enq: TX - row lock contention",
                 "Application", 11, 300, "abc1", ago(0, 1)),
                (14, 104, "LIS", "ACTIVE", "检验科", "lis.exe", "USER", "db file sequential read", "User I/O", None, 3,
                 "abc3", ago(0, 5)),
                (15, 105, "LIS", "INACTIVE", "检验科", "lis.exe", "USER", "SQL*Net message from client", "Idle", None,
                 4000, None, ago(1)),
            ],
        ),
        "v$lock": Table(
            "sid NUMBER, type VARCHAR2(2), id1 NUMBER, id2 NUMBER, lmode NUMBER, request NUMBER, block NUMBER, "
            "ctime NUMBER",
            [
                (12, "TX", 65, 9, 6, 0, 1, 900),
                (11, "TX", 65, 9, 0, 6, 0, 620),
                (11, "TX", 66, 3, 6, 0, 1, 700),
                (13, "TX", 66, 3, 0, 6, 0, 300),
                (11, "TM", 777, 0, 3, 0, 0, 700),
            ],
        ),
    }
# fmt: on


# fmt: off
def _limits() -> dict[str, Table]:
    return {
        "v$parameter": Table(
            "name VARCHAR2(80), value VARCHAR2(4000), isdefault VARCHAR2(9)",
            [
                ("processes", "1000", "FALSE"),
                ("sessions", "1522", "TRUE"),
                ("sga_target", "17179869184", "FALSE"),
                ("undo_retention", "900", "TRUE"),
                ("db_recovery_file_dest", None, "TRUE"),
            ],
        ),
        "v$resource_limit": Table(
            "resource_name VARCHAR2(30), current_utilization NUMBER, max_utilization NUMBER, "
            "initial_allocation VARCHAR2(10), limit_value VARCHAR2(10)",
            [
                ("processes", 420, 930, "      1000", "      1000"),
                ("sessions", 455, 1010, "      1522", "      1522"),
                ("max_rollback_segments", 20, 20, "     65535", "     65535"),
                ("parallel_max_servers", 0, 8, "       160", " UNLIMITED"),
            ],
        ),
    }
# fmt: on


# fmt: off
def _statements() -> dict[str, Table]:
    return {
        "v$sysstat": Table(
            "name VARCHAR2(64), value NUMBER",
            [
                ("physical reads", 5000),
                ("db block gets", 40000),
                ("consistent gets", 60000),
                ("user commits", 1200),
                ("parse count (hard)", 300),
                ("parse count (total)", 12000),
            ],
        ),
        "v$sql": Table(
            "sql_id VARCHAR2(13), sql_text VARCHAR2(1000), executions NUMBER, elapsed_time NUMBER, "
            "buffer_gets NUMBER, disk_reads NUMBER, parsing_schema_name VARCHAR2(128)",
            [
                ("abc1", "update 收费 set 状态=1", 100, 50000000, 900000, 100, "HIS"),
                ("abc2", "select * from 病人", 0, 0, 0, 0, "HIS"),
                ("abc3", "select 结果 from 检验", 5000, 25000000, 100000, 9000, "LIS"),
                ("abc4", "select 1 from dual", 10, 1000, 10, 0, "SYS"),
            ],
        ),
    }
# fmt: on


# fmt: off
def _space() -> dict[str, Table]:
    return {
        "dba_tablespaces": Table(
            "tablespace_name VARCHAR2(30), block_size NUMBER, status VARCHAR2(9), contents VARCHAR2(21)",
            [
                ("SYSTEM", 8192, "ONLINE", "PERMANENT"),
                ("SYSAUX", 8192, "ONLINE", "PERMANENT"),
                ("HISDATA", 8192, "ONLINE", "PERMANENT"),
                ("HISIDX", 8192, "ONLINE", "PERMANENT"),
                ("TEMP", 8192, "ONLINE", "TEMPORARY"),
            ],
        ),
        "dba_data_files": Table(
            "file_name VARCHAR2(513), file_id NUMBER, tablespace_name VARCHAR2(30), bytes NUMBER, "
            "autoextensible VARCHAR2(3), maxbytes NUMBER",
            [
                ("/u01/system01.dbf", 1, "SYSTEM", 2 * _GIB, "YES", 32 * _GIB),
                ("/u01/sysaux01.dbf", 2, "SYSAUX", 4 * _GIB, "YES", 32 * _GIB),
                ("/u01/hisdata01.dbf", 3, "HISDATA", 30 * _GIB, "NO", 0),
                ("/u01/hisdata02.dbf", 4, "HISDATA", 10 * _GIB, "YES", 32 * _GIB),
                ("/u01/hisidx01.dbf", 5, "HISIDX", 8 * _GIB, "YES", 32 * _GIB),
            ],
        ),
        "dba_free_space": Table(
            "tablespace_name VARCHAR2(30), file_id NUMBER, bytes NUMBER",
            [
                ("SYSTEM", 1, 1 * _GIB),
                ("SYSAUX", 2, 1 * _GIB),
                ("HISDATA", 3, 1 * _GIB),
                ("HISDATA", 4, 1 * _GIB),
            ],
        ),
        "dba_segments": Table(
            "owner VARCHAR2(128), segment_name VARCHAR2(128), segment_type VARCHAR2(18), "
            "tablespace_name VARCHAR2(30), bytes NUMBER",
            [
                ("HIS", "VISIT", "TABLE", "HISDATA", 9 * _GIB),
                ("HIS", "PATIENT", "TABLE", "HISDATA", 3 * _GIB),
                ("HIS", "IX_VISIT", "INDEX", "HISIDX", 5 * _GIB),
                ("LIS", "RESULT", "TABLE", "HISDATA", 12 * _GIB),
                ("SYS", "AUD$", "TABLE", "SYSTEM", 512 * 1024 * 1024),
            ],
        ),
    }
# fmt: on


# fmt: off
def _redo(ago: Callable[..., datetime], midnight: datetime) -> dict[str, Table]:
    return {
        "v$log": Table(
            "group# NUMBER, thread# NUMBER, sequence# NUMBER, bytes NUMBER, members NUMBER, "
            "archived VARCHAR2(3), status VARCHAR2(16), first_time DATE",
            [
                (1, 1, 501, 209715200, 2, "YES", "INACTIVE", ago(0, 3)),
                (2, 1, 502, 209715200, 2, "YES", "ACTIVE", ago(0, 2)),
                (3, 1, 503, 209715200, 2, "NO", "CURRENT", ago(0, 1)),
            ],
        ),
        "v$archived_log": Table(
            "sequence# NUMBER, name VARCHAR2(513), first_time DATE, completion_time DATE, blocks NUMBER, "
            "block_size NUMBER, dest_id NUMBER",
            [
                (498, "/arch/498.arc", midnight - timedelta(days=1) + timedelta(hours=1),
                 midnight - timedelta(days=1) + timedelta(hours=2), 204800, 512, 1),
                (499, "/arch/499.arc", midnight - timedelta(days=1) + timedelta(hours=9),
                 midnight - timedelta(days=1) + timedelta(hours=10), 204800, 512, 1),
                (500, "/arch/500.arc", midnight - timedelta(days=1) + timedelta(hours=9, minutes=30),
                 midnight - timedelta(days=1) + timedelta(hours=11), 204800, 512, 1),
                (501, None, midnight - timedelta(days=3) + timedelta(hours=1),
                 midnight - timedelta(days=3) + timedelta(hours=2), 204800, 512, 1),
            ],
        ),
        "v$rman_backup_job_details": Table(
            "session_key NUMBER, input_type VARCHAR2(13), status VARCHAR2(23), start_time DATE, end_time DATE, "
            "output_bytes NUMBER, elapsed_seconds NUMBER",
            [
                (1, "DB FULL", "COMPLETED", ago(8), ago(8) + timedelta(hours=2), 80 * _GIB, 7200),
                (2, "ARCHIVELOG", "COMPLETED", ago(1), ago(1) + timedelta(minutes=10), 5 * _GIB, 600),
                (3, "DB FULL", "FAILED", ago(1, 5), ago(1, 4), 0, 3600),
            ],
        ),
    }
# fmt: on


# fmt: off
def _objects(ago: Callable[..., datetime]) -> dict[str, Table]:
    return {
        "dba_objects": Table(
            "owner VARCHAR2(128), object_name VARCHAR2(128), object_type VARCHAR2(23), status VARCHAR2(7), "
            "created DATE, last_ddl_time DATE",
            [
                ("HIS", "P_CHARGE", "PROCEDURE", "INVALID", ago(400), ago(2)),
                ("HIS", "V_BED", "VIEW", "VALID", ago(400), ago(300)),
                ("HIS", "PKG_LIS", "PACKAGE BODY", "INVALID", ago(100), ago(1)),
                ("LIS", "F_X", "FUNCTION", "INVALID", ago(50), ago(40)),
                ("SYS", "DUAL", "TABLE", "VALID", ago(900), ago(900)),
            ],
        ),
        "dba_users": Table(
            "username VARCHAR2(128), account_status VARCHAR2(32), lock_date DATE, expiry_date DATE, "
            "profile VARCHAR2(128), created DATE",
            [
                ("SYS", "OPEN", None, None, "DEFAULT", ago(900)),
                ("HIS", "OPEN", None, ago() + timedelta(days=5), "APP", ago(800)),
                ("LIS", "EXPIRED(GRACE)", None, ago() + timedelta(days=1), "DEFAULT", ago(700)),
                ("OLD", "LOCKED", ago(60), None, "DEFAULT", ago(900)),
            ],
        ),
        "dba_scheduler_jobs": Table(
            "owner VARCHAR2(128), job_name VARCHAR2(128), enabled VARCHAR2(5), state VARCHAR2(20), "
            "failure_count NUMBER, last_start_date TIMESTAMP(6)",
            [
                ("HIS", "J_STAT", "TRUE", "SCHEDULED", 0, datetime(2026, 11, 1, 2, 0, 0, 123456)),
                ("HIS", "J_PURGE", "TRUE", "BROKEN", 16, None),
                ("SYS", "PURGE_LOG", "FALSE", "DISABLED", 0, None),
            ],
        ),
        "dba_indexes": Table(
            "owner VARCHAR2(128), index_name VARCHAR2(128), table_name VARCHAR2(128), status VARCHAR2(8)",
            [
                ("HIS", "IX_VISIT", "VISIT", "UNUSABLE"),
                ("HIS", "PK_PATIENT", "PATIENT", "VALID"),
            ],
        ),
    }
# fmt: on
