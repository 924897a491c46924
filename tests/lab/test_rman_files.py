"""RMAN reads files: what is damaged is found and named, and what it writes gives back what the database had."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hisops.lab import views
from hisops.lab.media import contents, piece, recovery, tables
from hisops.lab.media.blocks import SIZE
from hisops.lab.tools.rman.pieces import key_of
from hisops.lab.tools.rman.sets import base_of
from tests.lab.media.test_blocks import flip
from tests.lab.rman_desk import Site

SOME = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LEVEL_0 = "backup incremental level 0 database tag 'L0';"
LEVEL_1 = "backup incremental level 1 database tag 'L1';"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def view(site: Site, name: str, *columns: str, database: str = "his") -> list[tuple]:
    table = views.tables(site.state(database), "CDB$ROOT", site.state("his_dr"))[name]
    known = [column.split()[0] for column in table.columns.split(", ")]
    return [tuple(row[known.index(column)] for column in columns) for row in table.rows]


def restored(site: Site, pieces: list[Path], folder: Path) -> dict[int, Path]:
    """Make data files of pieces alone, and apply the logs that are in them."""
    key = key_of(site.state())
    read = [piece.read(path, key=key) for path in pieces]
    names = {file["file"]: folder / f"{file['file']}.dbf" for file in site.state()["datafiles"]}
    piece.create_files(read, names)
    for one in read:
        for name, raw in one.logs.items():
            log = folder / f"{name}.arc"
            log.write_bytes(raw)
            recovery.apply(names, log)
    return names


@pytest.mark.parametrize("form", ["", "as compressed backupset"])
@pytest.mark.parametrize("kind", ["", "cumulative"])
def test_what_was_backed_up_is_there_again(site: Site, tmp_path: Path, form: str, kind: str) -> None:
    site.beat(1, 2)
    site.rman(f"backup {form} incremental level 0 database;")
    site.beat(3)
    site.rman(f"backup {form} incremental level 1 {kind} database;")
    site.beat(4)
    site.rman(f"backup {form} incremental level 1 {kind} database plus archivelog;")
    assert site.code == 0
    names = restored(site, site.pieces("DL"), tmp_path)
    found = contents.rows(names)
    upto = recovery.reached(names)[4].checkpoint - 1
    for table in tables.COLUMNS:
        assert [row for _, row in found.get(table, [])] == tables.rows(site.state(), table, upto)
    assert [row[0] for _, row in found[tables.BEATS]] == [1, 2, 3, 4]


def test_an_incremental_backup_holds_the_changed_blocks_only(site: Site) -> None:
    site.rman(LEVEL_0)
    site.beat(1)
    site.rman(LEVEL_1)
    site.beat(2)
    site.rman("backup incremental level 1 cumulative database;")
    rows = view(
        site, "v$backup_datafile", "file#", "incremental_level", "blocks", "used_change_tracking", "blocks_read"
    )
    own = [row[1:] for row in rows if row[0] == 4]
    assert own == [(0, 3, "NO", 9), (1, 1, "YES", 1), (1, 1, "YES", 1)]
    assert view(site, "v$block_change_tracking", "status") == [("ENABLED",)]
    with site.store.change("his") as state:
        state["tracking"] = False
    site.rman(LEVEL_1)
    assert next(
        row
        for row in reversed(view(site, "v$backup_datafile", "file#", "used_change_tracking", "blocks_read"))
        if row[0] == 4
    ) == (4, "NO", 9)


def test_without_a_parent_a_level_1_holds_everything(site: Site) -> None:
    said = site.rman(LEVEL_1)
    assert said.count("no parent backup or copy of datafile") == 12


@SOME
@given(data=st.data())
def test_a_flipped_byte_of_a_piece_is_found_and_named(site: Site, data: st.DataObject) -> None:
    if not site.pieces("D"):
        site.rman("backup as compressed backupset database plus archivelog;")
    path = data.draw(st.sampled_from(site.pieces()))
    at = data.draw(st.integers(0, path.stat().st_size - 1))
    bits = data.draw(st.integers(1, 255))
    flip(path, at, bits)
    said = site.rman("validate recovery area;")
    assert f"ORA-19599: block number {at // SIZE} is corrupt in backup piece {path}" in said
    assert site.code == 1
    flip(path, at, bits)
    site.rman("validate recovery area;")
    assert site.code == 0


@SOME
@given(data=st.data())
def test_a_flipped_byte_of_a_data_file_is_found_and_named(site: Site, data: st.DataObject) -> None:
    number = data.draw(st.integers(1, 12))
    path = site.file(number)
    block = data.draw(st.integers(2, path.stat().st_size // SIZE - 1))
    at, bits = block * SIZE + data.draw(st.integers(0, SIZE - 1)), data.draw(st.integers(1, 255))
    flip(path, at, bits)
    said = site.rman("validate check logical database;")
    assert re.search(rf"^{number} +FAILED 0 ", said, re.MULTILINE)
    assert "validate found one or more corrupt blocks" in said
    assert view(site, "v$database_block_corruption", "file#", "block#") == [(number, block)]
    trace = Path(next(line.split()[3] for line in said.splitlines() if line.startswith("See trace file")))
    assert f"(file {number}, block {block})" in trace.read_text()
    flip(path, at, bits)
    assert "FAILED" not in site.rman("validate database;")
    assert view(site, "v$database_block_corruption", "file#") == []


@pytest.mark.parametrize("block", [0, 1])
def test_a_data_file_whose_head_is_damaged_cannot_be_accessed(site: Site, block: int) -> None:
    flip(site.file(8), block * SIZE + 40, 1)
    assert "RMAN-06056: could not access datafile 8" in site.rman("backup database;")
    assert site.code == 1
    assert "RMAN-06056: could not access datafile 8" in site.rman("validate database;")


def test_a_corrupt_block_ends_the_backup_when_the_other_sets_are_written(site: Site) -> None:
    site.fault("corrupt-block")
    said = site.rman("backup database;")
    assert f"ORA-19566: exceeded limit of 0 corrupt blocks for file {site.file(8)}" in said
    assert "continuing other job steps, job failed will not be re-run" in said
    assert said.count("backup set complete") == 2
    assert site.code == 1
    assert view(site, "v$rman_backup_job_details", "status")[-1] == ("FAILED",)
    assert view(site, "v$database_block_corruption", "file#", "block#", "corruption_type") == [(8, 4, "CHECKSUM")]
    (extent,) = [row for row in _extents(site) if row[1] == 8 and row[2] <= 4 < row[2] + row[3]]
    assert extent[0] == "PATIENT"
    site.fault("corrupt-block", False)
    site.rman("backup database;")
    assert site.code == 0


def _extents(site: Site) -> list[tuple]:
    table = views.tables(site.state(), "HISPDB", site.state("his_dr"))["dba_extents"]
    return [(row[1], row[6], row[7], row[9]) for row in table.rows]


def test_a_block_without_redo_is_marked_and_its_file_is_well(site: Site) -> None:
    site.fault("nologging-block")
    said = site.rman("validate database;", "report unrecoverable;")
    assert re.search(r"^8 +OK +1 ", said, re.MULTILINE)
    assert "one or more corrupt blocks" not in said
    assert view(site, "v$database_block_corruption", "block#", "corruption_type") == [(7, "NOLOGGING")]
    assert f"8    full or incremental     {site.file(8)}" in said
    site.rman("backup database;")
    assert site.code == 0
    assert (8, 1) in view(site, "v$backup_datafile", "file#", "marked_corrupt")
    site.fault("nologging-block", False)
    assert re.search(r"^8 +OK +0 ", site.rman("validate database;"), re.MULTILINE)


def test_a_piece_that_is_gone_is_missed_by_whoever_reads(site: Site) -> None:
    site.rman(LEVEL_0)
    site.fault("missing-piece")
    said = site.rman("restore database validate;")
    assert "ORA-27037: unable to obtain file status" in said
    assert "RMAN-06023: no backup or copy of datafile 12 found to restore" in said
    assert site.code == 1
    site.fault("missing-piece", False)
    site.rman("restore database validate;")
    assert site.code == 0


def test_the_next_backup_loses_a_piece_when_there_was_none_to_lose(site: Site) -> None:
    site.fault("missing-piece")
    site.rman(LEVEL_0)
    assert site.code == 0
    assert [piece.exists() for piece in site.pieces("D")].count(False) == 1


def test_an_older_backup_serves_when_the_newest_cannot_be_read(site: Site) -> None:
    site.rman("backup database tag 'OLD';")
    site.rman("backup database tag 'NEW';")
    newest = site.pieces("D")[-1]
    flip(newest, 3 * SIZE, 4)
    said = site.rman("restore database validate;")
    assert f"ORA-19599: block number 3 is corrupt in backup piece {newest}" in said
    assert "failover to previous backup" in said
    assert site.code == 0


def test_of_two_backups_of_one_moment_the_later_is_taken_first() -> None:
    sets = [{"files": [1], "parts": {"1": {"since": None, "checkpoint": at}}, "tag": tag} for at, tag in
            ((7, "OLD"), (9, "NEW"), (9, "NEWEST"))]  # fmt: skip
    assert [one["tag"] for one in base_of({}, 1, sets)] == ["NEWEST", "NEW", "OLD"]


def test_a_lost_log_stops_the_backup_of_logs_until_it_is_crosschecked(site: Site) -> None:
    site.fault("expired-log")
    said = site.rman("backup database plus archivelog;")
    assert "RMAN-06059: expected archived log not found" in said
    assert "RMAN-03002: failure of backup plus archivelog command" in said
    assert site.code == 1
    said = site.rman("crosscheck archivelog all;", "delete noprompt expired archivelog all;", "backup archivelog all;")
    assert "validation failed for archived log" in said
    assert "Deleted 1 EXPIRED objects" in said
    assert site.code == 0


def test_a_flipped_byte_of_an_archived_log_is_named(site: Site) -> None:
    log = Path(site.state()["logs"][0]["name"])
    flip(log, 2 * SIZE + 1, 1)
    said = site.rman("backup archivelog all;")
    assert f"ORA-19599: block number 2 is corrupt in archived log {log}" in said
    assert re.search(r"^1 +513 +FAILED 1 ", site.rman("backup validate database archivelog all;"), re.MULTILINE)


def test_a_full_recovery_area_takes_no_piece(site: Site) -> None:
    site.fault("fra-full")
    said = site.rman("backup database;")
    assert "ORA-19809: limit exceeded for recovery files" in said
    assert "ORA-19804: cannot reclaim " in said
    assert site.code == 1
    assert view(site, "v$recovery_file_dest", "space_limit")[0] <= view(site, "v$recovery_file_dest", "space_used")[0]
    folder = site.layout.machine("his-db1").root / "u01" / "backup"
    site.rman("configure controlfile autobackup off;", f"backup database format '{folder}/%U';")
    assert site.code == 0
    assert len(list(folder.iterdir())) == 3


def test_an_area_that_is_nearly_full_is_warned_of(site: Site) -> None:
    with site.store.change("his") as state:
        state["fra"]["used_mb"] = 99328
    said = site.rman("backup database;")
    assert "ORA-19815: WARNING: db_recovery_file_dest_size of 107374182400 bytes is 97.00% used" in said
    assert site.code == 0


def test_without_the_wallet_nothing_is_encrypted_and_nothing_decrypted(site: Site) -> None:
    site.rman("configure encryption for database on;", "backup database;")
    assert {row[0] for row in view(site, "v$backup_piece", "encrypted")} == {"YES", "NO"}
    assert "挂号".encode() not in b"".join(path.read_bytes() for path in site.pieces("D"))
    site.fault("wallet-closed")
    said = site.rman("restore database validate;")
    assert "ORA-19913: unable to decrypt backup" in said
    assert "ORA-28365: wallet is not open" in said
    assert "ORA-19914: unable to encrypt backup" in site.rman("backup database;")
    assert site.code == 1
