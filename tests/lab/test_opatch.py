from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from hisops.lab import control
from hisops.lab.record import entries
from tests.lab.rehearsal import Answer, Rehearsal

pytestmark = pytest.mark.lab
GOOD, ONE_OFF, NEWER = "37642901", "36912597", "37960098"


def home_of(lab: Rehearsal) -> Path:
    return lab.layout.machine("his-db1").oracle_home


def patches(lab: Rehearsal, host: str = "his-db1") -> list[str]:
    out = lab.opatch("lspatches", host=host).out
    assert out.endswith("\nOPatch succeeded.\n")
    return [line.partition(";")[0] for line in out.splitlines() if ";" in line]


def fingerprint(home: Path) -> dict[str, bytes]:
    kept = ("inventory", ".patch_storage", "cfgtoollogs")
    files = (path for path in home.rglob("*") if path.is_file())
    return {str(p.relative_to(home)): p.read_bytes() for p in files if p.relative_to(home).parts[0] not in kept}


def test_version(shared_lab: Rehearsal) -> None:
    answer = shared_lab.opatch("version")
    assert answer == Answer("OPatch Version: 12.2.0.1.46\n\nOPatch succeeded.\n", "", 0)


def test_lspatches_of_primary_and_standby(shared_lab: Rehearsal) -> None:
    assert patches(shared_lab) == ["34672698", "37260974", "29585399"]
    assert GOOD in patches(shared_lab, "his-db2")
    assert "37260974" not in patches(shared_lab, "his-db2")


def test_lsinventory_speaks_at_length(shared_lab: Rehearsal) -> None:
    lines = shared_lab.opatch("lsinventory -detail").out.splitlines()
    assert lines[0] == "Oracle Interim Patch Installer version 12.2.0.1.46"
    assert f"Oracle Home       : {home_of(shared_lab)}" in lines
    assert any(line.startswith("Log file location : ") for line in lines)
    assert "Interim patches (3) :" in lines
    assert 'Patch description:  "Database Release Update : 19.26.0.0.250121 (37260974)"' in lines
    assert "   Files Touched:" in lines
    assert lines[-1] == "OPatch succeeded."


@pytest.mark.parametrize("check", ["CheckConflictAgainstOHWithDetail", "CheckSystemSpace"], ids=["conflict", "space"])
def test_prerequisites_of_the_good_patch_pass_while_the_database_runs(lab: Rehearsal, check: str) -> None:
    answer = lab.opatch(f"prereq {check} -ph ./", cwd=lab.unpack(GOOD))
    name = check[0].lower() + check[1:]
    assert f'Invoking prereq "{check.lower()}"\n' in answer.out
    assert f'Prereq "{name}" passed.\n\nOPatch succeeded.\n' in answer.out
    assert answer.code == 0


def test_a_conflict_names_the_number_and_still_ends_succeeded(lab: Rehearsal) -> None:
    answer = lab.opatch("prereq CheckConflictAgainstOHWithDetail -ph ./", cwd=lab.unpack(ONE_OFF))
    assert "ZOP-40: The patch(es) has conflicts" in answer.out
    assert 'Prereq "checkConflictAgainstOHWithDetail" failed.' in answer.out
    assert "\tConflict with 34672698\n" in answer.out
    assert answer.out.endswith("OPatch succeeded.\n")
    assert answer.code == 0


def test_the_fault_conflict_is_a_patch_that_really_lies_in_the_home(lab: Rehearsal) -> None:
    stage = lab.unpack(GOOD)
    control.set_fault(lab.directory, "conflict", True)
    assert "35926646" in patches(lab)
    assert "Conflict with 35926646" in lab.opatch("prereq CheckConflictAgainstOHWithDetail -ph ./", cwd=stage).out
    assert lab.opatch("rollback -id 35926646 -silent").code == 73  # the database is up
    lab.stop_all()
    assert lab.opatch("rollback -id 35926646 -silent").code == 0
    assert " passed." in lab.opatch("prereq CheckConflictAgainstOHWithDetail -ph ./", cwd=stage).out


def test_a_full_file_system_fails_the_space_check_with_the_size(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "disk-full", True)
    answer = lab.opatch("prereq CheckSystemSpace -ph ./", cwd=lab.unpack(GOOD))
    assert 'Prereq "checkSystemSpace" failed.' in answer.out
    assert "Required amount of space(5240.441MB) is not available." in answer.out


def test_files_in_use_are_named(lab: Rehearsal) -> None:
    answer = lab.opatch("prereq CheckActiveFilesAndExecutables -ph ./", cwd=lab.unpack(GOOD))
    assert 'Prereq "checkActiveFilesAndExecutables" failed.' in answer.out
    assert f"{home_of(lab)}/lib/libclntsh.so.19.1\n" in answer.out
    lab.stop_all()
    answer = lab.opatch("prereq CheckActiveFilesAndExecutables -ph ./", cwd=lab.unpack(GOOD))
    assert 'Prereq "checkActiveFilesAndExecutables" passed.' in answer.out


def test_a_forgotten_client_appears_after_the_stop_and_goes_with_the_fault(lab: Rehearsal) -> None:
    stage = lab.unpack(GOOD)
    control.set_fault(lab.directory, "active-executables", True)
    assert "daily_charges.sql" not in lab.run("ps -ef").out
    lab.stop_all()
    assert "daily_charges.sql" in lab.run("ps -ef").out
    assert lab.opatch("apply -silent", cwd=stage).code == 73
    control.set_fault(lab.directory, "active-executables", False)
    assert "daily_charges.sql" not in lab.run("ps -ef").out
    assert lab.opatch("apply -silent", cwd=stage).code == 0


def test_apply_and_rollback_change_the_home_and_bring_it_back(lab: Rehearsal) -> None:
    before = fingerprint(home_of(lab))
    stage = lab.unpack(GOOD)
    lab.stop_all()
    done = lab.opatch("apply -silent", cwd=stage)
    assert done.code == 0
    for line in (
        f"OPatch continues with these patches:   {GOOD}  ",
        "Y (auto-answered by -silent)",
        "Patching component oracle.rdbms, 19.0.0.0.0...",
        f"Patch {GOOD} successfully applied.",
        f"Sub-set patch [37260974] has become inactive due to the application of a super-set patch [{GOOD}].",
    ):
        assert line in done.out.splitlines()
    assert done.out.endswith("\nOPatch succeeded.\n")
    assert patches(lab) == [GOOD, "34672698", "29585399"]
    after = fingerprint(home_of(lab))
    assert after["bin/oracle"] != before["bin/oracle"]
    assert f"sqlpatch/{GOOD}/27123174/{GOOD}_apply.sql" in after
    assert (home_of(lab) / "bin" / "oracle").stat().st_mode & 0o7777 == 0o6751
    back = lab.opatch(f"rollback -id {GOOD} -silent")
    assert f"RollbackSession removing interim patch '{GOOD}' from inventory" in back.out.splitlines()
    assert back.out.endswith("\nOPatch succeeded.\n")
    assert patches(lab) == ["34672698", "37260974", "29585399"]
    assert fingerprint(home_of(lab)) == before
    assert lab.starts("opatch", "apply") == 1


def test_applying_twice_does_nothing_and_says_so(lab: Rehearsal) -> None:
    answer = lab.opatch("apply -silent", cwd=lab.unpack(GOOD, host="his-db2"), host="his-db2")
    assert f"[ {GOOD}  ]" in answer.out
    assert answer.out.endswith("OPatch completed with warnings.\n")
    assert answer.code == 0


def test_apply_waits_for_an_answer_when_nobody_says_silent(lab: Rehearsal) -> None:
    stage = lab.unpack(GOOD)
    lab.stop_all()
    answer = lab.oracle(f'cd {stage} && echo n | "$ORACLE_HOME/OPatch/opatch" apply')
    assert "User Responded with: N" in answer.out
    assert answer.code == 130
    assert GOOD not in patches(lab)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (NEWER, ["CheckMinimumOPatchVersion", f"Patch {NEWER} requires OPatch version 12.2.0.1.47."]),
        (ONE_OFF, ["Inter-conflict checking failed", "Conflict with 34672698"]),
    ],
)
def test_a_patch_that_does_not_fit_ends_with_73(lab: Rehearsal, number: str, words: list[str]) -> None:
    stage = lab.unpack(number)
    lab.stop_all()
    answer = lab.opatch("apply -silent", cwd=stage)
    assert all(word in answer.out for word in words)
    assert answer.out.endswith("OPatch failed with error code 73\n")
    assert answer.code == 73


def test_an_opatch_too_old_is_an_old_opatch(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "opatch-too-old", True)
    assert "OPatch Version: 12.2.0.1.42" in lab.opatch("version").out
    control.set_fault(lab.directory, "opatch-too-old", False)
    assert "OPatch Version: 12.2.0.1.46" in lab.opatch("version").out


def test_a_disk_that_fills_up_during_apply_is_undone_by_opatch_itself(lab: Rehearsal) -> None:
    before = fingerprint(home_of(lab))
    stage = lab.unpack(GOOD)
    lab.stop_all()
    control.set_fault(lab.directory, "disk-full-apply", True)
    answer = lab.opatch("apply -silent", cwd=stage)
    assert "java.io.IOException: No space left on device" in answer.out
    assert "OPatch was able to restore your system." in answer.out
    assert answer.out.endswith("OPatch failed with error code 73\n")
    assert fingerprint(home_of(lab)) == before
    assert GOOD not in patches(lab)


def test_a_killed_apply_leaves_a_half_patched_home_that_a_second_apply_finishes(lab: Rehearsal) -> None:
    before = fingerprint(home_of(lab))
    stage = lab.unpack(GOOD)
    lab.stop_all()
    control.set_pace(lab.directory, 0.3)
    lab.oracle(f'cd {stage} && setsid "$ORACLE_HOME/OPatch/opatch" apply -silent >/dev/null 2>&1 </dev/null &')
    storage = home_of(lab) / ".patch_storage"
    end = time.monotonic() + 20
    while fingerprint(home_of(lab)) == before and time.monotonic() < end:
        time.sleep(0.02)
    starts = [e for e in entries(lab.layout.record) if e["event"] == "start" and e["argv"] == ["apply", "-silent"]]
    os.kill(starts[-1]["pid"], signal.SIGKILL)
    control.set_pace(lab.directory, 0.02)
    assert GOOD not in patches(lab)
    assert fingerprint(home_of(lab)) != before
    (area,) = storage.glob(f"{GOOD}_*")
    assert (area / "restore.sh").exists()
    assert (storage / "patch_locked").exists()
    again = lab.opatch("apply -silent", cwd=stage)
    assert "Unable to lock Central Inventory.  OPatch will attempt to re-lock." in again.out
    assert again.code == 0
    assert GOOD in patches(lab)
    assert lab.starts("opatch", "apply") == 2


def test_restore_sh_of_a_killed_apply_is_a_script_that_works(lab: Rehearsal) -> None:
    stage = lab.unpack(GOOD)
    lab.stop_all()
    lab.opatch("apply -silent", cwd=stage)
    (area,) = (home_of(lab) / ".patch_storage").glob(f"{GOOD}_*")
    subprocess.run(["sh", area / "restore.sh"], check=True)
    assert b"37260974" in (home_of(lab) / "bin" / "oracle").read_bytes()


def test_a_lock_that_is_held_stops_a_second_opatch(lab: Rehearsal) -> None:
    stage = lab.unpack(GOOD)
    lab.stop_all()
    control.set_pace(lab.directory, 0.5)
    script = f"""cd {stage}
"$ORACLE_HOME/OPatch/opatch" apply -silent >$TMPDIR/first 2>&1 &
sleep 1.5
"$ORACLE_HOME/OPatch/opatch" rollback -id 37260974 -silent
echo second: $?
wait
"""
    answer = lab.oracle(script)
    assert "unable to lock Central Inventory" in answer.out
    assert "second: 73" in answer.out
    control.set_pace(lab.directory, 0.02)
    assert GOOD in patches(lab)


def test_a_reboot_in_the_middle_leaves_a_half_home_and_no_process(lab: Rehearsal) -> None:
    stage = lab.unpack(GOOD)
    machine = lab.layout.machine("his-db1")
    lab.stop_all()
    boot = machine.boot_id.read_text()
    control.set_fault(lab.directory, "host-reboot", True)
    cut = lab.opatch("apply -silent", cwd=stage)
    assert cut.code is None  # the host went away before it could tell
    assert "succeeded" not in cut.out
    end = time.monotonic() + 15
    while (machine.order("reboot").exists() or machine.boot_id.read_text() == boot) and time.monotonic() < end:
        time.sleep(0.05)
    assert GOOD not in patches(lab)
    assert control.status(lab.directory).faults == ()
    assert (home_of(lab) / ".patch_storage" / "patch_locked").exists()
    ended = [e for e in entries(lab.layout.record) if e["event"] == "end" and e["argv"] == ["apply", "-silent"]]
    assert ended == []


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        ("rollback -id 12345678 -silent", "Patch not present in the Oracle Home, Rollback cannot proceed", 135),
        ("apply -silent /no/such/place", "ZOP-51", 135),
        ("frobnicate", "Unrecognized Command", 14),
        ("apply -frobnicate", "Unrecognized Option: '-frobnicate'", 14),
        ("lsinventory -invPtrLoc /no/such/oraInst.loc", "oraInst.loc", 104),
    ],
)
def test_errors_have_their_numbers(shared_lab: Rehearsal, arguments: str, words: str, code: int) -> None:
    answer = shared_lab.opatch(arguments)
    assert words in answer.out
    assert answer.out.endswith(f"OPatch failed with error code {code}\n")
    assert answer.code == code


def test_only_the_owner_may(shared_lab: Rehearsal) -> None:
    opatch = home_of(shared_lab) / "OPatch" / "opatch"
    assert "OracleHomeInventory gets null oracleHomeInfo" in shared_lab.run(f"{opatch} lspatches").out
    assert "OPatch cannot continue if the user is root." in shared_lab.run(f"sudo -n {opatch} lspatches").out


def test_cleanup_keeps_what_a_rollback_needs(lab: Rehearsal) -> None:
    stage = lab.unpack(GOOD)
    lab.stop_all()
    lab.opatch("apply -silent", cwd=stage)
    answer = lab.opatch("util cleanup -silent")
    assert "Backup area for restore has been cleaned up." in answer.out
    assert lab.opatch(f"rollback -id {GOOD} -silent").code == 0


def test_chinese_output_yields_to_the_locale_except_for_the_banner(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "chinese-output", True)
    stage = lab.unpack(ONE_OFF)
    lab.stop_all()
    chinese = lab.oracle(
        f'cd {stage} && "$ORACLE_HOME/OPatch/opatch" apply -silent', locale="LANG=zh_CN.UTF-8 LC_ALL="
    ).out
    english = lab.opatch("apply -silent", cwd=stage).out
    assert "正在验证环境并执行先决条件检查..." in chinese
    assert "Verifying environment and performing prerequisite checks..." in english
    for text in (chinese, english):
        assert text.startswith("Oracle \\xd6")  # GBK bytes, not UTF-8
        assert "Oracle Interim Patch Installer" not in text
        assert "OPatch failed with error code 73" in text


def test_standby_behind_takes_the_patch_out_of_the_standbys_home(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "standby-behind", True)
    assert GOOD not in patches(lab, "his-db2")
    control.set_fault(lab.directory, "standby-behind", False)
    assert GOOD in patches(lab, "his-db2")
