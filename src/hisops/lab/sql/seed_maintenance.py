"""Views that a maintenance runbook asks: identity, containers, patches, backups, Data Guard; columns as in 19c."""

from __future__ import annotations

from datetime import datetime, timedelta

from hisops.lab.sql.backend import Table

_GIB = 1024**3
_BANNER = "Oracle Database 19c Enterprise Edition Release 19.0.0.0.0 - Lab"


def maintenance_views(now: datetime) -> dict[str, Table]:
    """Return the views at `now`."""
    whole = now.replace(microsecond=0)
    return {
        **_instance(whole), **_database(whole), **_containers(whole), **_patches(whole), **_recovery(whole),
        **_destinations(), **_redo_apply(), **_running(whole),
    }  # fmt: skip


def _instance(now: datetime) -> dict[str, Table]:
    return {
        "dual": Table("dummy VARCHAR2(1)", [("X",)]),
        "v$version": Table(
            "banner VARCHAR2(80), banner_full VARCHAR2(160), banner_legacy VARCHAR2(80), con_id NUMBER",
            [(_BANNER, f"{_BANNER}\nVersion 19.21.0.0.0", _BANNER, 0)],
        ),
        "v$instance": Table(
            "instance_number NUMBER, instance_name VARCHAR2(16), host_name VARCHAR2(64), version VARCHAR2(17), "
            "version_legacy VARCHAR2(17), version_full VARCHAR2(17), startup_time DATE, status VARCHAR2(12), "
            "parallel VARCHAR2(3), thread# NUMBER, archiver VARCHAR2(7), logins VARCHAR2(10), "
            "shutdown_pending VARCHAR2(3), database_status VARCHAR2(17), instance_role VARCHAR2(18), "
            "active_state VARCHAR2(9), blocked VARCHAR2(3), con_id NUMBER, instance_mode VARCHAR2(11), "
            "edition VARCHAR2(7), database_type VARCHAR2(15)",
            [
                (
                    1, "his1", "hisdb01", "19.0.0.0.0", "19.0.0.0.0", "19.21.0.0.0", now - timedelta(days=30), "OPEN",
                    "NO", 1, "STARTED", "ALLOWED", "NO", "ACTIVE", "PRIMARY_INSTANCE", "NORMAL", "NO", 0, "REGULAR",
                    "EE", "SINGLE",
                )
            ],
        ),
    }  # fmt: skip


def _database(now: datetime) -> dict[str, Table]:
    return {
        "v$database": Table(
            "dbid NUMBER, name VARCHAR2(9), created DATE, resetlogs_change# NUMBER, resetlogs_time DATE, "
            "log_mode VARCHAR2(12), checkpoint_change# NUMBER, open_mode VARCHAR2(20), protection_mode VARCHAR2(20), "
            "protection_level VARCHAR2(20), database_role VARCHAR2(16), switchover_status VARCHAR2(20), "
            "dataguard_broker VARCHAR2(8), guard_status VARCHAR2(7), force_logging VARCHAR2(39), "
            "flashback_on VARCHAR2(18), current_scn NUMBER, db_unique_name VARCHAR2(30), cdb VARCHAR2(3), "
            "con_id NUMBER, platform_name VARCHAR2(101)",
            [
                (
                    1234567890, "HIS", now - timedelta(days=900), 1920977, now - timedelta(days=900), "ARCHIVELOG",
                    48211003, "READ WRITE", "MAXIMUM PERFORMANCE", "MAXIMUM PERFORMANCE", "PRIMARY", "TO STANDBY",
                    "ENABLED", "NONE", "NO", "NO", 48211774, "HIS", "YES", 0, "Linux x86 64-bit",
                )
            ],
        ),
    }  # fmt: skip


def _containers(now: datetime) -> dict[str, Table]:
    return {
        "v$pdbs": Table(
            "con_id NUMBER, dbid NUMBER, con_uid NUMBER, guid VARCHAR2(32), name VARCHAR2(128), "
            "open_mode VARCHAR2(10), restricted VARCHAR2(3), open_time TIMESTAMP(3), total_size NUMBER, "
            "recovery_status VARCHAR2(8)",
            [
                (2, 371512110, 371512110, "0F2A61C0AE1B4D22E0630100007F1A01", "PDB$SEED", "READ ONLY", "NO",
                 now - timedelta(days=30), 1 * _GIB, "ENABLED"),
                (3, 371512844, 371512844, "0F2A61C0AE1B4D22E0630100007F1A02", "HISPDB", "READ WRITE", "NO",
                 now - timedelta(days=30), 52 * _GIB, "ENABLED"),
                (4, 371513002, 371513002, "0F2A61C0AE1B4D22E0630100007F1A03", "LISPDB", "READ WRITE", "NO",
                 now - timedelta(days=30), 21 * _GIB, "ENABLED"),
            ],
        ),
        "v$services": Table(
            "service_id NUMBER, name VARCHAR2(64), network_name VARCHAR2(512), creation_date DATE, con_id NUMBER",
            [
                (1, "SYS$BACKGROUND", None, now - timedelta(days=900), 1),
                (2, "SYS$USERS", None, now - timedelta(days=900), 1),
                (5, "his", "his", now - timedelta(days=900), 1),
                (6, "hispdb", "hispdb", now - timedelta(days=900), 3),
                (7, "lispdb", "lispdb", now - timedelta(days=900), 4),
            ],
        ),
        "nls_database_parameters": Table(
            "parameter VARCHAR2(128), value VARCHAR2(64)",
            [
                ("NLS_RDBMS_VERSION", "19.0.0.0.0"), ("NLS_CHARACTERSET", "AL32UTF8"),
                ("NLS_NCHAR_CHARACTERSET", "AL16UTF16"), ("NLS_LANGUAGE", "AMERICAN"), ("NLS_TERRITORY", "AMERICA"),
                ("NLS_DATE_FORMAT", "DD-MON-RR"), ("NLS_LENGTH_SEMANTICS", "BYTE"),
            ],
        ),
    }  # fmt: skip


def _patches(now: datetime) -> dict[str, Table]:
    patched = now - timedelta(days=120)
    columns = (
        "install_id NUMBER, patch_id NUMBER, patch_uid NUMBER, patch_type VARCHAR2(10), action VARCHAR2(15), "
        "status VARCHAR2(25), action_time TIMESTAMP(6), description VARCHAR2(100), logfile VARCHAR2(500), "
        "ru_logfile VARCHAR2(500), flags VARCHAR2(10), source_version VARCHAR2(15), target_version VARCHAR2(15)"
    )
    row = (
        1, 35643107, 25405995, "RU", "APPLY", "SUCCESS", patched,
        "Database Release Update : 19.21.0.0.231017 (35643107)",
        "/u01/app/oracle/cfgtoollogs/sqlpatch/35643107/25405995/35643107_apply_HIS_CDBROOT.log", None, "NB",
        "19.20.0.0.0", "19.21.0.0.0",
    )  # fmt: skip
    components = [
        ("CATALOG", "Oracle Database Catalog Views"), ("CATPROC", "Oracle Database Packages and Types"),
        ("JAVAVM", "JServer JAVA Virtual Machine"), ("XML", "Oracle XDK"), ("XDB", "Oracle XML Database"),
        ("OWM", "Oracle Workspace Manager"), ("CONTEXT", "Oracle Text"),
    ]  # fmt: skip
    registry = "comp_id VARCHAR2(30), comp_name VARCHAR2(255), version VARCHAR2(30), version_full VARCHAR2(30), " \
        "status VARCHAR2(44), modified VARCHAR2(29), namespace VARCHAR2(30), schema VARCHAR2(128)"  # fmt: skip
    modified = patched.strftime("%d-%b-%Y %H:%M:%S").upper()
    rows = [
        (
            name,
            title,
            "19.0.0.0.0",
            "19.21.0.0.0",
            "VALID",
            modified,
            "SERVER",
            "SYS",
        )
        for name, title in components
    ]
    return {
        "dba_registry": Table(registry, rows),
        "cdb_registry": Table(f"{registry}, con_id NUMBER", [(*one, con) for con in (1, 3, 4) for one in rows]),
        "dba_registry_sqlpatch": Table(columns, [row]),
        "cdb_registry_sqlpatch": Table(f"{columns}, con_id NUMBER", [(*row, con) for con in (1, 3, 4)]),
        "pdb_plug_in_violations": Table(
            "time TIMESTAMP(6), name VARCHAR2(128), cause VARCHAR2(64), type VARCHAR2(9), error_number NUMBER, "
            "line NUMBER, message VARCHAR2(4000), status VARCHAR2(9), action VARCHAR2(4000), con_id NUMBER"
        ),
    }


def _recovery(now: datetime) -> dict[str, Table]:
    return {
        "v$restore_point": Table(
            "scn NUMBER, database_incarnation# NUMBER, guarantee_flashback_database VARCHAR2(3), storage_size NUMBER, "
            "time TIMESTAMP(9), restore_point_time TIMESTAMP(9), preserved VARCHAR2(3), name VARCHAR2(128), "
            "pdb_restore_point VARCHAR2(3), clean_pdb_restore_point VARCHAR2(3), pdb_incarnation# NUMBER, "
            "replicated VARCHAR2(3), con_id NUMBER"
        ),
        "v$recovery_file_dest": Table(
            "name VARCHAR2(513), space_limit NUMBER, space_used NUMBER, space_reclaimable NUMBER, "
            "number_of_files NUMBER, con_id NUMBER",
            [("/u01/app/oracle/fast_recovery_area", 200 * _GIB, 61 * _GIB, 12 * _GIB, 214, 0)],
        ),
        "v$backup_datafile": Table(
            "recid NUMBER, stamp NUMBER, set_stamp NUMBER, set_count NUMBER, file# NUMBER, creation_change# NUMBER, "
            "checkpoint_change# NUMBER, checkpoint_time DATE, incremental_level NUMBER, marked_corrupt NUMBER, "
            "datafile_blocks NUMBER, blocks NUMBER, block_size NUMBER, completion_time DATE, con_id NUMBER",
            [
                (at, 1000 + at, 1000, 77, at, 7, 48100000, now - timedelta(days=1), 0, 0, 131072, 98304, 8192,
                 now - timedelta(hours=22), 1)
                for at in (1, 2, 3)
            ],
        ),
    }  # fmt: skip


def _destinations() -> dict[str, Table]:
    return {
        "v$archive_dest": Table(
            "dest_id NUMBER, dest_name VARCHAR2(256), status VARCHAR2(9), binding VARCHAR2(9), target VARCHAR2(16), "
            "archiver VARCHAR2(10), schedule VARCHAR2(8), destination VARCHAR2(256), log_sequence NUMBER, "
            "fail_date DATE, error VARCHAR2(256), db_unique_name VARCHAR2(30), valid_now VARCHAR2(16), con_id NUMBER",
            [
                (1, "LOG_ARCHIVE_DEST_1", "VALID", "MANDATORY", "PRIMARY", "ARCH", "ACTIVE",
                 "USE_DB_RECOVERY_FILE_DEST", 502, None, None, "HIS", "YES", 0),
                (2, "LOG_ARCHIVE_DEST_2", "VALID", "OPTIONAL", "STANDBY", "LGWR", "ACTIVE", "his_dr", 503, None, None,
                 "HIS_DR", "YES", 0),
            ],
        ),
        "v$archive_dest_status": Table(
            "dest_id NUMBER, dest_name VARCHAR2(256), status VARCHAR2(9), type VARCHAR2(16), "
            "database_mode VARCHAR2(15), recovery_mode VARCHAR2(34), protection_mode VARCHAR2(20), "
            "destination VARCHAR2(256), archived_seq# NUMBER, applied_seq# NUMBER, error VARCHAR2(256), "
            "db_unique_name VARCHAR2(30), synchronization_status VARCHAR2(22), synchronized VARCHAR2(3), "
            "gap_status VARCHAR2(24), con_id NUMBER",
            [
                (1, "LOG_ARCHIVE_DEST_1", "VALID", "LOCAL", "OPEN", "IDLE", "MAXIMUM PERFORMANCE",
                 "/u01/app/oracle/fast_recovery_area", 502, 0, None, "HIS", "CHECK CONFIGURATION", "NO", None, 0),
                (2, "LOG_ARCHIVE_DEST_2", "VALID", "PHYSICAL", "MOUNTED-STANDBY", "MANAGED REAL TIME APPLY",
                 "MAXIMUM PERFORMANCE", "his_dr", 502, 502, None, "HIS_DR", "CHECK CONFIGURATION", "NO", "NO GAP", 0),
            ],
        ),
    }  # fmt: skip


def _redo_apply() -> dict[str, Table]:
    return {
        "v$dataguard_stats": Table(
            "source_dbid NUMBER, source_db_unique_name VARCHAR2(32), name VARCHAR2(32), value VARCHAR2(64), "
            "unit VARCHAR2(30), time_computed VARCHAR2(30), datum_time VARCHAR2(30), con_id NUMBER"
        ),
        "v$standby_log": Table(
            "group# NUMBER, dbid VARCHAR2(40), thread# NUMBER, sequence# NUMBER, bytes NUMBER, blocksize NUMBER, "
            "used NUMBER, archived VARCHAR2(3), status VARCHAR2(10), first_change# NUMBER, first_time DATE, "
            "con_id NUMBER",
            [(at, "UNASSIGNED", 0, 0, 209715200, 512, 0, "NO", "UNASSIGNED", None, None, 0) for at in (11, 12, 13, 14)],
        ),
        "v$managed_standby": Table(
            "process VARCHAR2(9), pid VARCHAR2(24), status VARCHAR2(12), client_process VARCHAR2(8), "
            "client_pid VARCHAR2(40), client_dbid VARCHAR2(40), group# VARCHAR2(40), resetlog_id NUMBER, "
            "thread# NUMBER, sequence# NUMBER, block# NUMBER, blocks NUMBER, delay_mins NUMBER, con_id NUMBER",
            [("ARCH", "2211", "CLOSING", "ARCH", "2211", "1234567890", "2", 1100000000, 1, 502, 1, 204800, 0, 0),
             ("LNS", "2240", "WRITING", "LNS", "2240", "1234567890", "3", 1100000000, 1, 503, 8190, 1, 0, 0)],
        ),
        "v$asm_operation": Table(
            "group_number NUMBER, operation VARCHAR2(5), pass VARCHAR2(9), state VARCHAR2(4), power NUMBER, "
            "actual NUMBER, sofar NUMBER, est_work NUMBER, est_rate NUMBER, est_minutes NUMBER, "
            "error_code VARCHAR2(44), con_id NUMBER"
        ),
    }  # fmt: skip


def _running(now: datetime) -> dict[str, Table]:
    return {
        "dba_hist_snapshot": Table(
            "snap_id NUMBER, dbid NUMBER, end_interval_time TIMESTAMP(3)", [(8101, 1234567890, now)]
        ),
        "v$transaction": Table(
            "addr VARCHAR2(16), xidusn NUMBER, xidslot NUMBER, xidsqn NUMBER, status VARCHAR2(16), "
            "start_time VARCHAR2(20), ses_addr VARCHAR2(16), used_ublk NUMBER, used_urec NUMBER, start_date DATE, "
            "con_id NUMBER"
        ),
        "dba_scheduler_running_jobs": Table(
            "owner VARCHAR2(128), job_name VARCHAR2(128), job_subname VARCHAR2(128), session_id NUMBER, "
            "slave_process_id NUMBER, slave_os_process_id VARCHAR2(12), running_instance NUMBER, "
            "elapsed_time INTERVAL DAY TO SECOND, cpu_used INTERVAL DAY TO SECOND"
        ),
    }
