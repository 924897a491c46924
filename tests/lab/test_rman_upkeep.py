"""RMAN on its repository: what is obsolete goes, what is backed up is not backed up again, a lost piece is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hisops.lab.media.blocks import SIZE
from tests.lab.media.test_blocks import flip
from tests.lab.rman_desk import Site

LEVEL_0 = "backup incremental level 0 database tag 'L0';"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_what_the_policy_does_not_need_is_deleted_with_its_file(site: Site) -> None:
    site.rman("configure retention policy to redundancy 1;", "backup database tag 'OLD';")
    old = site.pieces("D")
    site.beat(1)
    site.rman("backup database tag 'NEW';")
    new = [path for path in site.pieces("D") if path not in old]
    said = site.rman("delete noprompt obsolete;")
    told = re.search(r"^Deleted (\d+) objects$", said, re.MULTILINE)
    assert told is not None
    assert int(told[1]) == said.count("deleted backup piece")
    assert not any(path.exists() for path in old)
    assert all(path.exists() for path in new)
    assert "no obsolete backups found" in site.rman("delete noprompt obsolete;")


def test_within_the_window_nothing_is_obsolete(site: Site) -> None:
    site.rman("backup database;", "backup database;")
    assert "no obsolete backups found" in site.rman("delete noprompt obsolete;")
    assert all(path.exists() for path in site.pieces("D"))


def test_a_preview_tells_what_a_restore_would_take_and_reads_nothing(site: Site) -> None:
    site.rman(LEVEL_0, "backup archivelog all tag 'LOGS';")
    flip(site.pieces("D")[-1], 3 * SIZE, 4)
    said = site.rman("restore database preview summary;")
    assert site.code == 0
    assert " L0" in said
    assert re.search(r"^Media recovery start SCN is \d+$", said, re.MULTILINE)
    assert "ORA-" not in said


def test_a_preview_without_a_backup_says_which_file_has_none(site: Site) -> None:
    assert "RMAN-06023" in site.rman("restore database preview;")
    assert site.code == 1


def test_logs_that_are_backed_up_once_are_not_backed_up_again(site: Site) -> None:
    site.rman("backup archivelog all not backed up 1 times;")
    first = len(site.pieces("L"))
    said = site.rman("backup archivelog all not backed up 1 times;")
    old = re.findall(r"^skipping archived log.*; already backed up", said, re.MULTILINE)
    assert old
    again = [one for one in site.state()["backups"] if one["kind"] == "L"][first:]
    assert sum(len(one["logs"]) for one in again) < len(old) + 2


def test_a_piece_that_the_repository_forgot_is_catalogued_and_serves_again(site: Site, tmp_path: Path) -> None:
    folder = site.layout.machine("his-db1").root / "u01" / "backup"
    folder.mkdir(parents=True, exist_ok=True)
    site.rman(f"backup incremental level 0 database tag 'L0' format '{folder}/%U';")
    with site.store.change("his") as state:
        state["backups"] = [one for one in state["backups"] if not one["files"]]
    assert "RMAN-06023" in site.rman("restore database validate;")
    (folder / "notes.txt").write_text("not a piece\n")
    said = site.rman(f"catalog start with '{folder}/' noprompt;")
    assert "cataloging done" in said
    assert re.search(r"File Name: \S*notes\.txt\n +RMAN-07517", said)
    site.rman("restore database validate;")
    assert site.code == 0
    assert "no files found" in site.rman(f"delete noprompt obsolete;\ncatalog start with '{folder}/no-such';")


def test_a_range_of_logs_reads_the_pieces_of_that_range_only(site: Site) -> None:
    site.rman("backup archivelog all;")
    (early,) = site.pieces("L")
    first = min(log["sequence"] for log in site.state()["logs"])
    site.beat(1)
    site.rman("backup archivelog all not backed up 1 times;")
    late = site.pieces("L")[-1]
    last = max(log["sequence"] for log in site.state()["logs"])
    flip(early, 2 * SIZE, 4)
    site.rman(f"restore archivelog from sequence {last} validate;")
    assert site.code == 0
    said = site.rman(f"restore archivelog sequence {first} validate;")
    assert f"corrupt in backup piece {early}" in said
    assert str(late) not in said
    assert "RMAN-06025" in site.rman(f"restore archivelog sequence {last + 1000} validate;")


def test_a_flipped_byte_of_the_newest_piece_and_its_copy_is_flipped_back(site: Site) -> None:
    site.rman(LEVEL_0)
    newest = [Path(one["handle"]) for one in site.state()["backups"] if one["files"]][-1]
    copy = site.layout.nas / newest.name
    copy.write_bytes(newest.read_bytes())
    whole = newest.read_bytes()
    site.fault("corrupt-piece")
    changed = newest.read_bytes()
    assert sum(a != b for a, b in zip(whole, changed, strict=True)) == 1
    assert copy.read_bytes() == changed
    said = site.rman("restore database validate;")
    assert f"ORA-19870: error while restoring backup piece {newest}" in said
    assert "ORA-19599: block number 2 is corrupt" in said
    assert site.code == 1
    site.fault("corrupt-piece", False)
    assert newest.read_bytes() == whole == copy.read_bytes()
