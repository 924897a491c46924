from __future__ import annotations

import pytest

from hisops.lab import control
from hisops.lab.commands import level
from tests.lab.rehearsal import Answer, Rehearsal

pytestmark = pytest.mark.lab
GOOD = "37642901"


def datapatch(lab: Rehearsal, arguments: str = "-verbose") -> Answer:
    return lab.oracle(f'cd "$ORACLE_HOME/OPatch" && ./datapatch {arguments}')


@pytest.fixture
def patched(lab: Rehearsal) -> Rehearsal:
    stage = lab.unpack(GOOD)
    lab.stop_all()
    lab.opatch("apply -silent", cwd=stage)
    lab.start_all()
    return lab


def test_nothing_to_do(shared_lab: Rehearsal) -> None:
    answer = datapatch(shared_lab)
    lines = answer.out.splitlines()
    assert lines[0].startswith("SQL Patching tool version 19.26.0.0.0 Production on ")
    assert "  For the following PDBs: CDB$ROOT PDB$SEED HISPDB LISPDB" in lines
    assert "    No release update patches need to be installed" in lines
    assert "SUCCESS" not in answer.out
    assert lines[-1].startswith("SQL Patching tool complete on ")
    assert answer.code == 0


def test_every_open_container_is_patched_and_rolled_back(patched: Rehearsal) -> None:
    answer = datapatch(patched)
    for container in ("CDB$ROOT", "PDB$SEED", "HISPDB", "LISPDB"):
        assert f"Patch {GOOD} apply (pdb {container}): SUCCESS" in answer.out.splitlines()
    assert answer.out.count("(no errors)") == 4
    assert (
        "      Apply from 19.26.0.0.0 Release_Update 250118124854 to 19.27.0.0.0 Release_Update 250406131139"
        in answer.out.splitlines()
    )
    assert "Automatic recompilation incomplete; run utlrp.sql to revalidate." in answer.out
    assert level(patched.store.read("his"), "LISPDB") == "19.27.0.0.0"
    patched.stop_all()
    patched.opatch(f"rollback -id {GOOD} -silent")
    patched.start_all()
    back = datapatch(patched)
    assert back.out.count(f"Patch {GOOD} rollback (pdb ") == 4
    assert level(patched.store.read("his"), "HISPDB") == "19.26.0.0.0"
    assert datapatch(patched).out.count("SUCCESS") == 0


def test_a_mounted_container_is_skipped_and_opens_restricted_later(patched: Rehearsal) -> None:
    control.set_fault(patched.directory, "pdb-mounted", True)
    answer = datapatch(patched)
    assert "Warning: PDB LISPDB is in mode MOUNTED and will be skipped." in answer.out
    assert "(pdb LISPDB)" not in answer.out
    assert answer.code == 0
    late = patched.sqlplus("connect / as sysdba\nalter pluggable database LISPDB open;\nshow pdbs")
    assert "Warning: PDB altered with errors." in late.out
    assert "LISPDB                         READ WRITE YES" in late.out
    assert patched.store.read("his")["violations"][0]["status"] == "PENDING"
    assert f"Patch {GOOD} apply (pdb LISPDB): SUCCESS" in datapatch(patched).out


def test_errors_are_on_record_and_go_away_with_their_cause(patched: Rehearsal) -> None:
    control.set_fault(patched.directory, "datapatch-errors", True)
    answer = datapatch(patched)
    assert f"Patch {GOOD} apply (pdb LISPDB): WITH ERRORS" in answer.out
    assert f"Patch {GOOD} apply (pdb HISPDB): SUCCESS" in answer.out
    assert "Please refer to MOS Note 1609718.1" in answer.out
    assert answer.code == 1
    control.set_fault(patched.directory, "datapatch-errors", False)
    again = datapatch(patched)
    assert [line for line in again.out.splitlines() if "apply (pdb" in line] == [
        f"Patch {GOOD} apply (pdb LISPDB): SUCCESS"
    ]


def test_a_database_that_is_down_fails_the_prereqs(lab: Rehearsal) -> None:
    lab.sqlplus("connect / as sysdba\nshutdown abort")
    answer = datapatch(lab)
    assert "Error: prereq checks failed!" in answer.out
    assert "ORA-01034" in answer.out
    assert answer.code == 1


def test_the_standby_is_not_the_place_for_datapatch(shared_lab: Rehearsal) -> None:
    answer = shared_lab.oracle('"$ORACLE_HOME/OPatch/datapatch" -verbose', host="his-db2")
    assert "prereq checks failed" in answer.out
    assert answer.code == 1


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        ("-version", "SQL Patching tool complete on", 0),
        ("-sanity_checks", "PDB open mode check - OK", 0),
        ("-frobnicate", "Unknown option: frobnicate", 1),
    ],
)
def test_other_options(shared_lab: Rehearsal, arguments: str, words: str, code: int) -> None:
    answer = datapatch(shared_lab, arguments)
    assert words in answer.out
    assert answer.code == code


def test_a_link_that_drops_does_not_stop_it(patched: Rehearsal) -> None:
    control.set_fault(patched.directory, "link-drop@datapatch", True)
    before = patched.starts("datapatch")
    script = 'cd "$ORACLE_HOME/OPatch" && setsid ./datapatch -verbose >"$TMPDIR/dp.log" 2>&1 </dev/null\n'
    cut = patched.oracle(script)
    assert cut.code is None
    log = patched.layout.machine("his-db1").tmp / "dp.log"
    patched.run(f"for i in 1 2 3 4 5 6 7 8 9; do grep -q complete.on {log} && break; sleep 1; done")
    assert log.read_text().count("SUCCESS") == 4
    assert patched.starts("datapatch") == before + 1
