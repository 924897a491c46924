"""A patch set update of 11.2: OPatch in the home, catbundle.sql in the dictionary, and both back again."""

from __future__ import annotations

import pytest

from hisops.lab import control
from tests.lab.lis import GOOD, HOST, NEWER, OLD, SYSDBA, admin, history, opatch, patches, sqlplus, start, stop
from tests.lab.rehearsal import Rehearsal

pytestmark = pytest.mark.lab
APPLY = f"{SYSDBA}@?/rdbms/admin/catbundle.sql psu apply"


def test_version_and_inventory(shared_lab: Rehearsal) -> None:
    assert opatch(shared_lab, "version").out == "OPatch Version: 11.2.0.3.21\n\nOPatch succeeded.\n"
    lines = opatch(shared_lab, "lsinventory").out.splitlines()
    assert "OUI version       : 11.2.0.4.0" in lines
    assert "There are 1 product(s) installed in this Oracle Home." in lines
    at = lines.index(f'Patch description:  "Database Patch Set Update : 11.2.0.4.181016 ({OLD})"')
    assert lines[at + 2] == 'Sub-patch  27734982; "Database Patch Set Update : 11.2.0.4.180717 (27734982)"'
    assert sum(line.startswith("Sub-patch  ") for line in lines) == 19
    assert patches(shared_lab) == [OLD]


def test_prerequisites(shared_lab: Rehearsal) -> None:
    stage = shared_lab.unpack(GOOD, host=HOST)
    for check in ("CheckConflictAgainstOHWithDetail", "CheckSystemSpace"):
        answer = opatch(shared_lab, f"prereq {check} -ph ./", cwd=stage)
        assert f'Prereq "{check[0].lower()}{check[1:]}" passed.' in answer.out


def test_home_and_dictionary_forth_and_back(lab: Rehearsal) -> None:
    stage = lab.unpack(GOOD, host=HOST)
    refused = opatch(lab, "apply -silent", cwd=stage)
    assert 'Prerequisite check "CheckActiveFilesAndExecutables" failed.' in refused.out
    stop(lab)
    applied = opatch(lab, "apply -silent", cwd=stage).out
    assert f"OPatch continues with these patches:   28729262  29141056  {GOOD}" in applied
    assert f"Applying sub-patch '29141056' to OH '{lab.layout.machine(HOST).oracle_home}'" in applied
    assert "Patching component oracle.rdbms, 11.2.0.4.0..." in applied
    assert f"\nComposite patch {GOOD} successfully applied.\n" in applied
    assert f"Sub-set patch [{OLD}] has become inactive" in applied
    assert applied.endswith("\nOPatch succeeded.\n")
    assert patches(lab) == [GOOD]
    start(lab)
    said = sqlplus(lab, APPLY).out
    assert "Skipping Oracle Database Vault because it is not installed or versions mismatch..." in said
    assert "ORA-01432: public synonym to be dropped does not exist" in said
    assert "Updating registry...\n\n1 row created." in said
    assert history(lab)[-1] == ("APPLY", 190716)
    logs = lab.layout.machine(HOST).oracle_base / "cfgtoollogs" / "catbundle"
    assert len(list(logs.glob("catbundle_PSU_LIS_APPLY_*.log"))) == 1
    assert "Starting bundle ID: 190115" in next(logs.glob("*GENERATE*")).read_text()
    compiled = sqlplus(lab, f"{SYSDBA}@?/rdbms/admin/utlrp.sql").out
    assert compiled.count("COMP_TIMESTAMP UTLRP_") == 2
    assert [row["name"] for row in lab.store.read("lis")["invalid_objects"]] == ["V_OLD_RESULTS"]
    stop(lab)
    back = opatch(lab, f"rollback -id {GOOD} -silent").out
    assert f"RollbackSession removing interim patch '{GOOD}' from inventory" in back
    assert patches(lab) == [OLD]
    start(lab)
    sqlplus(lab, f"{SYSDBA}@?/rdbms/admin/catbundle_PSU_LIS_ROLLBACK.sql")
    assert history(lab)[-2:] == [("ROLLBACK", 190716), ("APPLY", 181016)]


def test_an_exception_is_swallowed(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "catbundle-swallows", True)
    before = history(lab)
    answer = sqlplus(lab, f"whenever sqlerror exit failure\n{APPLY}\nexit")
    assert answer.code == 0
    assert answer.out.endswith("Executing script file...\n")
    assert "NOT installed" not in answer.out
    assert history(lab) == before
    log = next((lab.layout.machine(HOST).oracle_base / "cfgtoollogs" / "catbundle").glob("*GENERATE*"))
    assert str(log) in answer.out
    assert "Exception - patch NOT installed\nORA-29283" in log.read_text()


def test_whenever_sqlerror_stops_at_an_error_that_the_readme_allows(lab: Rehearsal) -> None:
    before = history(lab)
    answer = sqlplus(lab, f"whenever sqlerror exit failure\n{APPLY}\nprompt not reached")
    assert answer.code == 1
    assert answer.out.splitlines()[-3:] == ["ORA-01432: public synonym to be dropped does not exist", "", ""]
    assert history(lab) == before


@pytest.mark.parametrize(
    ("spoil", "words", "logged"),
    [
        ("rm bundledata_PSU.xml", "psu apply", "Error reading bundledata_PSU.xml - patch NOT installed"),
        ("echo x >bundledata_PSU.xml", "psu apply", "Exception - patch NOT installed"),
        (":", "psu install", "Invalid mode INSTALL - patch NOT installed"),
    ],
    ids=["missing", "broken", "mode"],
)
def test_what_else_is_not_installed(lab: Rehearsal, spoil: str, words: str, logged: str) -> None:
    lab.oracle(f"cd '{admin(lab)}' && {spoil}", host=HOST)
    assert sqlplus(lab, f"{SYSDBA}@?/rdbms/admin/catbundle.sql {words}\nexit").code == 0
    logs = (lab.layout.machine(HOST).oracle_base / "cfgtoollogs" / "catbundle").glob("*GENERATE*")
    assert any(logged in log.read_text() for log in logs)
    assert history(lab)[-1] == ("APPLY", 181016)


def test_catbundle_wants_an_open_database_and_a_session(lab: Rehearsal) -> None:
    assert sqlplus(lab, "@?/rdbms/admin/catbundle.sql psu apply").out == "SP2-0640: Not connected\n"
    answer = sqlplus(lab, f"{SYSDBA}shutdown immediate\nstartup mount\n@?/rdbms/admin/catbundle.sql psu apply")
    assert "ORA-01109: database not open" in answer.out


def test_newer_linkers_make_noise(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "linker-warnings", True)
    stop(lab)
    answer = opatch(lab, "apply -silent", cwd=lab.unpack(GOOD, host=HOST))
    assert answer.code == 0
    assert "/usr/bin/ld: warning: -z lazyload ignored." in answer.out
    assert "OPatch Session completed with warnings." in answer.out
    assert answer.out.endswith("\nOPatch completed with warnings.\n")
    assert patches(lab) == [GOOD]


def test_old_opatch(lab: Rehearsal) -> None:
    stop(lab)
    newer = opatch(lab, "apply -silent", cwd=lab.unpack(NEWER, host=HOST))
    assert f"Patch {NEWER} requires OPatch version 11.2.0.3.23." in newer.out
    control.set_fault(lab.directory, "opatch-too-old", True)
    assert opatch(lab, "version").out.startswith("OPatch Version: 11.2.0.3.4\n")
    stage = lab.unpack(GOOD, host=HOST)
    assert 'Prerequisite check "CheckMinimumOPatchVersion" failed.' in opatch(lab, "apply -silent", cwd=stage).out
    version = lab.layout.machine(HOST).oracle_home / "OPatch" / "version.txt"
    version.write_text("OPATCH_VERSION:11.2.0.3.6\n")
    assert "-silent needs -ocmrf" in opatch(lab, "apply -silent", cwd=stage).out
    assert patches(lab) == [OLD]
    done = opatch(lab, "apply -silent -ocmrf /tmp/ocm.rsp", cwd=stage).out
    assert done.endswith("\nOPatch succeeded.\n")
    assert patches(lab) == [GOOD]


def test_a_patch_in_the_way(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "conflict", True)
    stage = lab.unpack(GOOD, host=HOST)
    answer = opatch(lab, "prereq CheckConflictAgainstOHWithDetail -ph ./", cwd=stage)
    assert 'Prereq "checkConflictAgainstOHWithDetail" failed.' in answer.out
    assert "Conflict with 20998322" in answer.out
    assert answer.code == 0
    control.set_fault(lab.directory, "conflict", False)
    assert patches(lab) == [OLD]


def test_a_client_that_nobody_thought_of_holds_the_home(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "active-executables", True)
    stop(lab)
    assert "his_report@LIS" in lab.run("ps -ef", host=HOST).out
    answer = opatch(lab, "apply -silent", cwd=lab.unpack(GOOD, host=HOST))
    assert "/lib/libclntsh.so.11.1" in answer.out
    assert answer.code == 73
    control.set_fault(lab.directory, "active-executables", False)
    assert "his_report@LIS" not in lab.run("ps -ef", host=HOST).out
