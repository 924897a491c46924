from __future__ import annotations

from pathlib import Path

import pytest

from hisops.lab import control
from hisops.lab.tools.rman.script import commands, flag, option
from tests.lab.rehearsal import Answer, Rehearsal

pytestmark = pytest.mark.lab
BACKUP = (
    "backup as compressed backupset incremental level 0 database tag 'PRE_C1' plus archivelog tag 'PRE_C1';\n"
    "backup current controlfile tag 'PRE_C1';\nexit;\n"
)
VALIDATE = "restore database from tag 'PRE_C1' validate;\nrestore controlfile from tag 'PRE_C1' validate;\nexit;\n"


def rman(lab: Rehearsal, text: str, more: str = "") -> Answer:
    return lab.oracle(
        f'cat >"$TMPDIR/x.rcv" <<"END"\n{text}\nEND\n"$ORACLE_HOME/bin/rman" target / cmdfile="$TMPDIR/x.rcv" {more}\n'
    )


def pieces(lab: Rehearsal) -> list[Path]:
    return [Path(backup["handle"]) for backup in lab.store.read("his")["backups"]]


def test_a_backup_is_made_of_real_pieces_and_can_be_validated(lab: Rehearsal) -> None:
    answer = rman(lab, BACKUP)
    lines = answer.out.splitlines()
    assert answer.code == 0
    assert f"connected to target database: HIS (DBID={lab.store.read('his')['dbid']})" in lines
    begun = [line for line in lines if line.startswith("Starting backup at")]
    assert len(begun) == sum(line.startswith("Finished backup at") for line in lines) == 4
    assert sum(line.startswith("Finished Control File and SPFILE Autobackup") for line in lines) == 2
    assert lines[-1] == "Recovery Manager complete."
    named = [Path(line.split("handle=")[1].split()[0]) for line in lines if line.startswith("piece handle=")]
    assert named == pieces(lab)
    assert all(piece.stat().st_size > 50 and piece.is_relative_to(lab.directory) for piece in named)
    job = lab.store.read("his")["backup_jobs"][-1]
    assert (job["status"], job["input_type"]) == ("COMPLETED", "DB INCR")
    checked = rman(lab, VALIDATE)
    assert checked.code == 0
    assert checked.out.count("channel ORA_DISK_1: validation complete") == 4
    assert checked.out.count("Finished restore at 20") == 2


def test_a_piece_that_is_gone_or_broken_fails_the_validation(lab: Rehearsal) -> None:
    rman(lab, BACKUP)
    data = [piece for piece in pieces(lab) if "nnnd0" in piece.name]
    data[0].write_bytes(data[0].read_bytes()[:20])
    broken = rman(lab, VALIDATE)
    assert "ORA-19870: error while restoring backup piece" in broken.out
    assert "RMAN-00569: =============== ERROR MESSAGE STACK FOLLOWS" in broken.out
    assert broken.code == 1
    data[0].unlink()
    assert "ORA-27037: unable to obtain file status" in rman(lab, VALIDATE).out
    assert "found to be 'EXPIRED'" in rman(lab, "crosscheck backup;").out
    assert "RMAN-06023: no backup or copy of datafile" in rman(lab, VALIDATE).out
    assert "Deleted 1 EXPIRED objects" in rman(lab, "delete noprompt expired backup;").out


def test_an_unknown_tag_has_nothing_to_restore(shared_lab: Rehearsal) -> None:
    answer = rman(shared_lab, "restore database from tag 'NEVER' validate;")
    assert "RMAN-06026: some targets not found - aborting restore" in answer.out
    assert answer.code == 1


def test_a_backup_that_fails_late_still_says_finished(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "backup-fails-late", True)
    answer = rman(lab, BACKUP)
    lines = answer.out.splitlines()
    broke = next(at for at, line in enumerate(lines) if line.startswith("RMAN-03009: failure of backup command"))
    assert lines[broke + 1].startswith("ORA-19502: write error on file")
    assert "continuing other job steps, job failed will not be re-run" in lines[broke:]
    assert any(line.startswith("Finished backup at") for line in lines[broke:])
    assert lines[-1] == "Recovery Manager complete."
    state = lab.store.read("his")
    assert state["backup_jobs"][-1]["status"] == "COMPLETED WITH ERRORS"
    assert state["status"] == "OPEN"
    control.set_fault(lab.directory, "backup-fails-late", False)
    assert "RMAN-06023" in rman(lab, VALIDATE).out


def test_format_and_log_are_kept_inside_the_host(lab: Rehearsal) -> None:
    folder = lab.layout.machine("his-db1").root / "u01" / "backup"
    log = folder / "rman.log"
    answer = rman(lab, f"backup database format '{folder}/%d_%T_%U';", f"log={log}")
    assert answer.out == ""
    assert "Finished backup at" in log.read_text()
    assert len([piece for piece in folder.iterdir() if piece.name.startswith("HIS_20")]) == 3


def test_a_command_file_ends_at_its_first_error_and_standard_input_does_not(shared_lab: Rehearsal) -> None:
    text = "foo;\nlist backup;\n"
    stopped = rman(shared_lab, text)
    assert "RMAN-00558: error encountered while parsing input commands" in stopped.out
    assert "RMAN-01008: the bad identifier was: foo" in stopped.out
    assert "does not match any backup" not in stopped.out
    assert stopped.code == 1
    went_on = shared_lab.oracle(f'"$ORACLE_HOME/bin/rman" target / <<X\n{text}X\n')
    assert "does not match any backup" in went_on.out
    assert went_on.code == 0


def test_a_database_that_is_down_cannot_be_backed_up(lab: Rehearsal) -> None:
    lab.sqlplus("connect / as sysdba\nshutdown abort")
    answer = rman(lab, BACKUP)
    assert "connected to target database (not started)" in answer.out
    assert "ORA-01034: ORACLE not available" in answer.out
    assert answer.code == 1


def test_a_restore_that_would_write_is_refused(shared_lab: Rehearsal) -> None:
    answer = rman(shared_lab, "restore database;")
    assert "RMAN-03002: failure of restore command" in answer.out
    assert answer.code == 1


def test_reports(shared_lab: Rehearsal) -> None:
    answer = rman(shared_lab, "show all;\nreport need backup;\nlist backup summary;")
    assert "CONFIGURE CONTROLFILE AUTOBACKUP ON;" in answer.out
    assert answer.code == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("backup database; exit", [["backup", "database"], ["exit"]]),
        ("run { backup DATABASE tag 'A;B'; }", [["backup", "database", "tag", "A;B"]]),
        ("# nothing\n-- nothing\n", []),
        ("connect target 'sys/\"a#b--c\"'; # more", [["connect", "target", 'sys/"a#b--c"']]),
    ],
)
def test_command_files_are_cut_at_semicolons(text: str, found: list[list[str]]) -> None:
    assert commands(text) == found


def test_options_are_taken_out_of_a_command() -> None:
    words = ["backup", "plus", "archivelog", "tag", "X"]
    assert option(words, "tag") == "X"
    assert flag(words, "plus", "archivelog")
    assert not flag(words, "plus", "archivelog")
    assert words == ["backup"]


def test_it_logs_in_by_password_from_standard_input_and_does_not_repeat_it(shared_lab: Rehearsal) -> None:
    password = (shared_lab.directory / "secrets" / "his_password").read_text().strip()
    text = f"connect target 'sys/\"{password}\"';\nshow all;\n"
    known = shared_lab.oracle(f'"$ORACLE_HOME/bin/rman" <<X\n{text}X\n')
    assert "connected to target database: HIS (DBID=" in known.out
    assert password not in known.out
    refused = shared_lab.oracle(f'"$ORACLE_HOME/bin/rman" <<X\n{text.replace(password, "wrong")}X\n')
    assert "ORA-01017: invalid username/password; logon denied" in refused.out
    assert "RMAN-06171: not connected to target database" in refused.out
