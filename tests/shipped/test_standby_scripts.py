"""The scripts of the standby's runbook and of the inspection that compute something, under three shells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.shipped.test_scripts import Run, judged, run, script_of, undo_of

__all__ = ["run"]
STANDBY, INSPECTION = "oracle/patch-standby", "oracle/inspection"
ECHO = '#!/bin/sh\ncat\necho "Database altered."\n'
LISTED = "37642901;Database Release Update : 19.27\n36912597;A ONE-OFF WITHOUT SQL\n29585399;OCW\n"


def home_with(tmp_path: Path, **tools: str) -> Path:
    home = tmp_path / "home"
    for name, text in tools.items():
        path = home / ("OPatch" if name == "opatch" else "bin") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    return home


@pytest.mark.parametrize(("mode", "clause"), [("REAL TIME", ""), ("ARCHIVED", "USING ARCHIVED LOGFILE ")])
@pytest.mark.parametrize("script", [script_of("start-apply", STANDBY), undo_of(STANDBY, "stop-apply")])
def test_apply_is_started_in_the_way_it_ran_before(
    run: Run, tmp_path: Path, script: str, mode: str, clause: str
) -> None:
    home = home_with(tmp_path, sqlplus=ECHO)
    done = run(script, ORACLE_HOME=home, HISOPS_APPLY_MODE_MODE=mode)
    wanted = f"ALTER DATABASE RECOVER MANAGED STANDBY DATABASE {clause}DISCONNECT FROM SESSION;"
    assert wanted in done.stdout.splitlines()


@pytest.mark.parametrize(("status", "opens"), [("OPEN", True), ("MOUNTED", False)])
def test_an_undo_brings_the_standby_back_as_it_was_open(run: Run, tmp_path: Path, status: str, opens: bool) -> None:
    home = home_with(tmp_path, sqlplus=ECHO)
    done = run(
        undo_of(STANDBY, "stop-database"), ORACLE_HOME=home, HISOPS_STANDBY_STATE_STATUS=status,
        HISOPS_PDBS_READ_ONLY_NAMES="HISPDB LISPDB",
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert "STARTUP MOUNT" in lines
    assert ("ALTER DATABASE OPEN READ ONLY;" in lines) is opens
    assert ("ALTER PLUGGABLE DATABASE LISPDB OPEN READ ONLY FORCE;" in lines) is opens


def test_only_patches_with_a_sql_part_are_looked_for_in_the_dictionary(run: Run, tmp_path: Path) -> None:
    home = home_with(tmp_path, opatch=f"#!/bin/sh\ncat <<'END'\n{LISTED}\nOPatch succeeded.\nEND\n")
    (home / "sqlpatch" / "37642901").mkdir(parents=True)
    done = run(script_of("home-sql-patches", INSPECTION), ORACLE_HOME=home)
    assert json.loads(done.stdout) == {"patches": ["37642901"]}


@pytest.mark.parametrize("said", ["exit 73", "echo 'OPatch failed with error code 73'", ":"])
def test_an_opatch_that_does_not_succeed_never_looks_like_no_patches(run: Run, tmp_path: Path, said: str) -> None:
    home = home_with(tmp_path, opatch=f"#!/bin/sh\n{said}\n")
    assert run(script_of("home-sql-patches", INSPECTION), ORACLE_HOME=home).returncode != 0


ALERT = """2026-08-01T02:00:00.000001+08:00
ORA-00600: internal error code, long ago
2026-11-20T02:00:00.000001+08:00
Thread 1 advanced to log sequence 500 (LGWR switch)
ORA-16037: user requested cancel of managed recovery operation
2026-11-21T02:00:00.000001+08:00
ORA-04031: unable to allocate 4160 bytes of shared memory
"""


@pytest.mark.parametrize(("since", "errors"), [("2026-11-01T00:00:00", 1), ("2026-07-01T00:00:00", 2)])
def test_the_alert_log_is_read_as_far_back_as_asked(run: Run, tmp_path: Path, since: str, errors: int) -> None:
    (tmp_path / "alert_his.log").write_text(ALERT)
    env = {"HISOPS_ALERT_LOG_FOLDER": tmp_path, "HISOPS_ALERT_LOG_SINCE": since, "ORACLE_SID": "his"}
    done = run(script_of("alert-scan", INSPECTION), **env)
    assert json.loads(done.stdout) == {"dated": 3, "errors": errors}
    assert "2026-11-21T02:00:00 ORA-04031" in done.stderr
    assert ("long ago" in done.stderr) is (errors == 2)


def test_an_alert_log_whose_dates_cannot_be_read_is_no_clean_one(run: Run, tmp_path: Path) -> None:
    env = {"HISOPS_ALERT_LOG_FOLDER": tmp_path, "HISOPS_ALERT_LOG_SINCE": "2010", "ORACLE_SID": "his"}
    for moment, dated in (("29.03.2014 11:48:57", 0), ("Sat Mar 29 11:48:57 2014", 1)):  # the second is that of 11.2
        (tmp_path / "alert_his.log").write_text(f"{moment}\nORA-00600: internal error code\n")
        assert json.loads(run(script_of("alert-scan", INSPECTION), **env).stdout)["dated"] == dated


def test_a_missing_alert_log_is_no_clean_one(run: Run, tmp_path: Path) -> None:
    env = {"HISOPS_ALERT_LOG_FOLDER": tmp_path, "HISOPS_ALERT_LOG_SINCE": "2010", "ORACLE_SID": "his"}
    assert run(script_of("alert-scan", INSPECTION), **env).returncode != 0


def test_the_state_of_apply_is_judged_from_what_sqlplus_prints(run: Run, tmp_path: Path) -> None:
    home = home_with(tmp_path, sqlplus="#!/bin/sh\necho 'apply=MRP0 WAIT_FOR_LOG'\necho 'recovery processes=1'\n")
    done = run('"$ORACLE_HOME/bin/sqlplus" -L -S /nolog', ORACLE_HOME=home)
    assert judged("oracle-state/apply", done).out["running"] == ["MRP0 WAIT_FOR_LOG"]
