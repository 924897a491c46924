"""RMAN on the scratch host: a database comes back out of pieces and logs alone, as far as it is asked for."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from hisops.lab.media import piece, tables
from hisops.lab.media.blocks import SIZE
from tests.lab.workbench import Workbench


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """Level 0, level 1 and logs of a primary, copied to the storage; the scratch host has nothing."""
    bench = Workbench(tmp_path_factory.mktemp("rebuild") / "site")
    bench.beat(1, 2)
    bench.rman("backup as compressed backupset incremental level 0 database plus archivelog;\n")
    bench.beat(3)
    bench.rman("backup incremental level 1 database;\n")
    bench.beat(4)
    bench.last = bench.beat(5, gone=(1,))
    bench.rman("backup archivelog all;\n")
    bench.copy_pieces()
    return bench


@pytest.fixture
def bench(backed_up: Workbench) -> Workbench:
    """The same, with the scratch instance down and its folders empty."""
    backed_up.clear()
    return backed_up


def test_the_rows_of_an_scn_come_back_and_a_new_incarnation_begins(bench: Workbench) -> None:
    production = bench.store.read("his")
    bench.mount()
    said = bench.restore(bench.script(f"set until scn {bench.last};"))
    assert bench.code == 0, said
    assert said.count("channel ORA_DISK_1: starting datafile backup set restore") == 3
    assert said.count("channel ORA_DISK_1: starting incremental datafile backup set restore") == 3
    assert "media recovery complete, elapsed time: 00:00:01" in said
    opened = bench.restore(bench.opening())
    assert "Statement processed" in opened
    assert bench.beats() == [1, 2, 3, 4]
    state = bench.state()
    assert (state["status"], state["dbid"], state["db_unique_name"]) == ("OPEN", production["dbid"], "HIS_RT")
    assert state["incarnations"][-1]["resetlogs"] == bench.last
    assert "48" in bench.sql("select resetlogs_change# from v$database;")
    assert "MOUNTED" in bench.sql("show pdbs")
    assert bench.store.read("his")["datafiles"] == production["datafiles"]


def test_without_until_recovery_asks_for_a_log_that_nobody_knows(bench: Workbench) -> None:
    bench.mount()
    said = bench.restore(bench.script(""))
    assert bench.code == 1
    assert "RMAN-03002: failure of recover command at" in said
    sequence = max(log["sequence"] for log in bench.store.read("his")["logs"]) + 1
    assert f"RMAN-06054: media recovery requesting unknown archived log for thread 1 with sequence {sequence}" in said
    assert "RMAN" not in bench.restore(bench.opening()).partition("connected to target")[2].replace("RMAN>", "")
    assert bench.beats() == [2, 3, 4, 5]


def test_rows_stay_when_the_restored_database_is_restarted(bench: Workbench) -> None:
    bench.mount()
    bench.restore(bench.script(f"set until scn {bench.last + 1};"))
    bench.restore(bench.opening())
    bench.sql("insert into hisops.hisops_heartbeat values (77, systimestamp);", "commit;", "shutdown immediate")
    assert "Database opened." in bench.sql("startup")
    assert bench.beats() == [2, 3, 4, 5, 77]


def test_a_database_that_is_not_recovered_does_not_open(bench: Workbench) -> None:
    bench.mount()
    names = f"set newname for database to '{bench.data}/%U';"
    bench.restore(f"run {{ {names} restore database; switch datafile all; }}")
    assert "ORA-01589" in bench.sql("alter database open;")
    refused = bench.sql(*bench.renaming(), "alter database open resetlogs;")
    assert "ORA-01194: file 1 needs more recovery to be consistent" in refused
    assert "ORA-01110: data file 1:" in refused
    Path(bench.state()["datafiles"][3]["name"]).unlink()
    assert "ORA-01157: cannot identify/lock data file 4" in bench.sql("alter database open resetlogs;")


def test_a_flipped_byte_in_a_piece_is_named_and_nothing_is_made_up(bench: Workbench) -> None:
    broken = bench.copied("nnnd0")[0]
    raw = bytearray(broken.read_bytes())
    raw[2 * SIZE + 100] ^= 1
    broken.write_bytes(raw)
    bench.mount()
    said = bench.restore(bench.script(f"set until scn {bench.last};"))
    assert bench.code == 1
    assert f"ORA-19599: block number 2 is corrupt in backup piece {broken}" in said
    assert "failover to previous backup" in said
    assert "ORA-01180: can not create datafile 1" in said


def test_a_piece_that_is_gone_and_a_log_that_is_not_backed_up(bench: Workbench) -> None:
    bench.mount()
    gone = bench.copied("nnnd0")[-1]
    gone.unlink()
    said = bench.restore(bench.script(f"set until scn {bench.last};"))
    assert f'ORA-19505: failed to identify file "{gone}"' in said
    bench.clear()
    for log in bench.copied("annnn")[-1:]:
        log.unlink()
    bench.mount()
    said = bench.restore(bench.script(f"set until scn {bench.last};"))
    assert "RMAN-06053: unable to perform media recovery because of missing log" in said
    assert "RMAN-06025: no backup of archived log for thread 1 with sequence" in said


def test_without_its_pieces_on_the_host_nothing_is_found(bench: Workbench) -> None:
    bench.mount(catalog=False)
    said = bench.restore(bench.script(""))
    assert "RMAN-06026: some targets not found - aborting restore" in said
    assert said.count("RMAN-06023: no backup or copy of datafile") == 12


def test_files_go_nowhere_but_to_the_own_host(bench: Workbench) -> None:
    bench.mount()
    said = bench.restore("restore database;")
    assert "ORA-19504: failed to create file" in said
    assert "ORA-27040: file create error, unable to create file" in said


def test_an_until_before_the_incarnation_needs_a_reset(bench: Workbench) -> None:
    bench.mount()
    bench.restore(bench.script(f"set until scn {bench.last};"))
    bench.restore(bench.opening())
    bench.sql("shutdown immediate", "startup mount")
    said = bench.restore(f"run {{ set until scn {bench.last - 5}; }}")
    assert "RMAN-20208: UNTIL CHANGE is before RESETLOGS change" in said
    said = bench.restore(f"reset database to incarnation 1;\nrun {{ set until scn {bench.last - 5}; }}")
    assert "database reset to incarnation 1" in said
    assert bench.code == 0


def test_a_parameter_file_is_read_and_refused(bench: Workbench) -> None:
    bench.pfile.unlink()
    assert "LRM-00109: could not open parameter file" in bench.sql("startup nomount")
    bench.write_pfile(shoe_size="43")
    assert "LRM-00101: unknown parameter name 'shoe_size'" in bench.sql(f"startup nomount pfile='{bench.pfile}'")
    bench.write_pfile()
    bench.sql(f"startup nomount pfile='{bench.pfile}'")
    assert bench.state()["status"] == "STARTED"
    assert "ORA-00205: error in identifying control file" in bench.sql("alter database mount;")


def test_dropping_needs_restricted_and_takes_all_files(bench: Workbench) -> None:
    bench.mount()
    bench.restore(bench.script(f"set until scn {bench.last};"))
    assert "ORA-12719: operation requires database is in RESTRICTED mode" in bench.restore("drop database noprompt;")
    bench.sql("shutdown immediate", "startup mount restrict")
    said = bench.restore("drop database noprompt;")
    assert "database dropped" in said
    assert bench.state()["status"] == "DOWN"
    assert not list(bench.data.iterdir())


def test_production_is_not_taken_apart(bench: Workbench) -> None:
    for command in ("drop database noprompt;", "switch datafile all;", "restore database;", "recover database;"):
        bench.rman(command)
        assert bench.code == 1
    assert bench.store.read("his")["status"] == "OPEN"


def test_a_duplicate_has_its_own_name_and_dbid(bench: Workbench) -> None:
    bench.write_pfile(db_name="HISRT", db_file_name_convert=f"'{bench.production}','{bench.data}'")
    for pdb in ("HISPDB", "LISPDB"):
        (bench.data / pdb).mkdir()
    bench.sql("startup nomount")
    command = f"duplicate target database to HISRT backup location '{bench.copies}'"
    said = bench.auxiliary(f"{command} until scn {bench.last} nofilenamecheck;")
    assert bench.code == 0, said
    assert "connected to auxiliary database: HISRT (not mounted)" in said
    assert "Starting Duplicate Db at" in said
    assert "database opened\nFinished Duplicate Db at" in said
    assert bench.beats() == [1, 2, 3, 4]
    state = bench.state()
    assert (state["name"], state["status"]) == ("HISRT", "OPEN")
    assert state["dbid"] != bench.store.read("his")["dbid"]


def duplicate(bench: Workbench, more: str) -> str:
    """Duplicate into new names, and online logs where LOGFILE says."""
    bench.write_pfile(db_name="HISRT")
    bench.sql("startup nomount")
    logs = ", ".join(f"group {group} ('{bench.data}/new{group}.log') size 50M" for group in (1, 2))
    command = f"duplicate database 'HIS' {more} backup location '{bench.copies}' logfile {logs};"
    return bench.auxiliary(f"run {{ set newname for database to '{bench.data}/%U'; {command} }}")


def test_a_duplicate_puts_its_online_logs_where_it_is_told(bench: Workbench) -> None:
    dbid = bench.store.read("his")["dbid"]
    said = duplicate(bench, f"dbid {dbid} to HISRT until scn {bench.last} pfile '{bench.pfile}'")
    assert bench.code == 0, said
    assert bench.state()["logfiles"] == [f"{bench.data}/new1.log", f"{bench.data}/new2.log"]
    assert f'set newname for datafile  1 to  "{bench.data}/data_D-HIS' in said
    assert bench.beats() == [1, 2, 3, 4]


def test_a_duplicate_takes_no_backup_of_another_database(bench: Workbench) -> None:
    said = duplicate(bench, "dbid 4711 to HISRT")
    assert "RMAN-06024: no backup or copy of the control file found to restore" in said
    assert "Finished Duplicate" not in said
    assert bench.code == 1


def test_a_duplicate_whose_parameter_file_is_gone_cannot_start_again(bench: Workbench) -> None:
    said = duplicate(bench, f"to HISRT pfile '{bench.pfile}.gone'")
    assert "LRM-00109: could not open parameter file" in said
    assert bench.code == 1


def test_a_duplicate_of_another_name_than_its_instance_is_refused(bench: Workbench) -> None:
    bench.sql("startup nomount")
    said = bench.auxiliary(f"duplicate database to OTHER backup location '{bench.copies}';")
    assert "RMAN-05520: database name mismatch, auxiliary instance has HIS, command specified OTHER" in said
    assert "Finished Duplicate" not in said


def test_until_a_time_and_a_business_table(bench: Workbench) -> None:
    bench.mount()
    log = bench.store.read("his")["logs"][-1]
    moment = datetime.fromtimestamp(log["next_time"] + 1)
    said = bench.restore(bench.script(f"set until time '{moment:%Y-%m-%d %H:%M:%S}';"))
    # the last second of the last log is not there any more, so that recovery asks for the log after it
    assert "RMAN-06054" in said
    bench.restore(bench.opening())
    assert bench.beats() == [2, 3, 4, 5]
    held = tables.rows(bench.store.read("his"), "HIS.CHARGE", int(log["next"]) - 1)
    bench.sql("alter pluggable database all open;")
    said = bench.sql("alter session set container = HISPDB;", "set heading off", "select count(*) from his.charge;")
    assert str(len(held)) in said.split()


def test_an_encrypted_piece_is_not_read_without_the_wallet(bench: Workbench) -> None:
    with bench.store.change("lab") as lab:
        lab["faults"] = ["wallet-closed"]
    secret = bench.copied("nnnd0")[0]
    piece.write(secret, piece.read(secret), key="wallet of somebody")
    bench.mount()
    said = bench.restore(bench.script(f"set until scn {bench.last};"))
    with bench.store.change("lab") as lab:
        lab["faults"] = []
    assert "ORA-19913: unable to decrypt backup\nORA-28365: wallet is not open" in said


def test_logs_need_room_in_the_recovery_area(bench: Workbench) -> None:
    bench.write_pfile(db_recovery_file_dest_size="1M")
    bench.mount()
    with bench.store.change("his_rt") as state:
        state["fra"]["used_mb"] = 1
    said = bench.restore(bench.script(f"set until scn {bench.last};"))
    assert "ORA-19809: limit exceeded for recovery files" in said
    assert "ORA-19804: cannot reclaim" in said


def test_any_scn_gives_what_production_had_at_it(bench: Workbench) -> None:
    """Every commit is a place to stop: right before it, and right after it."""
    production = bench.store.read("his")
    commits = sorted({number for beat in production["beats"] for number in (beat["scn"], beat["gone"]) if number})
    whole = [part for one in production["backups"] for part in one["parts"].values() if not part["since"]]
    base = max(part["checkpoint"] for part in whole)
    for until in [number + more for number in commits[-3:] for more in (0, 1) if number > base]:
        bench.clear()
        bench.mount()
        said = bench.restore(bench.script(f"set until scn {until};")) + bench.restore(bench.opening())
        assert bench.code == 0, (until, commits, base, said)
        assert bench.beats() == sorted(row[0] for row in tables.rows(production, tables.BEATS, until - 1))


def test_parameters_are_those_of_the_file(bench: Workbench) -> None:
    bench.sql("startup nomount")
    said = bench.sql("set heading off", "select value from v$parameter where name = 'job_queue_processes';")
    assert said.split()[-1] == "0"
