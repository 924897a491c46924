"""From a database that runs to files, pieces and logs, and back from those alone."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hisops.lab.media import archived, carrier, checkpoint, contents, control, datafile, piece, recovery, tables
from hisops.lab.media.blocks import SIZE
from tests.lab.media.disk import Disk, rows_in
from tests.lab.media.test_blocks import flip

EVENTS = st.lists(st.tuples(st.sampled_from("+-wsc"), st.integers(0, 59)), max_size=12)


def elsewhere(disk: Disk) -> dict[int, Path]:
    return {number: disk.directory / "scratch" / f"{number}.dbf" for number in disk.names}


def test_data_files_hold_the_rows_of_their_checkpoint(disk: Disk) -> None:
    disk.beat(1, 2)
    assert rows_in(disk.names, tables.BEATS) == []
    disk.checkpoint()
    for table in tables.COLUMNS:
        assert rows_in(disk.names, table) == disk.rows(table)
        assert disk.rows(table)
    header = datafile.header_of(disk.names[4], 4)
    assert (header.checkpoint, header.tablespace, header.fuzzy) == (disk.state["scn"], "USERS", True)


def test_a_checkpoint_writes_what_has_changed_and_nothing_else(disk: Disk) -> None:
    before = {number: path.read_bytes() for number, path in disk.names.items()}
    flip(disk.names[8], 4 * SIZE + 500, 1)
    disk.beat(1)
    since = disk.checkpoint()
    assert [at for at in range(2, 9) if block(disk.names[4], at) != block_of(before[4], at)] == [3]
    with pytest.raises(carrier.Unreadable):
        datafile.good(disk.names[8], datafile.header_of(disk.names[8], 8))
    assert checkpoint.tracked(disk.store, "his", 4, since) == {3}
    assert checkpoint.tracked(disk.store, "his", 8, since) == frozenset()


def test_a_header_that_cannot_be_read_is_not_written_over(disk: Disk) -> None:
    flip(disk.names[4], SIZE + 77, 1)
    disk.beat(1)
    disk.checkpoint()
    with pytest.raises(carrier.Unreadable):
        datafile.header_of(disk.names[4], 4)


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(before=EVENTS, between=EVENTS, after=EVENTS, compressed=st.booleans(), key=st.sampled_from(["", "wallet"]))
def test_pieces_and_logs_alone_give_back_what_the_database_had(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[tuple[str, int]],
    between: list[tuple[str, int]],
    after: list[tuple[str, int]],
    compressed: bool,
    key: str,
) -> None:
    disk = Disk(tmp_path_factory.mktemp("round"))
    play(disk, before)
    first = disk.checkpoint()
    pieces = [disk.backup()]
    logs = play(disk, between)
    disk.checkpoint()
    pieces.append(disk.backup(since=first))
    logs += [*play(disk, after), disk.switch()]
    for number, one in enumerate(pieces):
        piece.write(disk.directory / f"{number}.bkp", one, compressed=compressed, key=key)
    new = elsewhere(disk)
    piece.create_files([piece.read(disk.directory / f"{number}.bkp", key=key) for number in range(2)], new)
    for log in logs:
        recovery.apply(new, log)
    for table in tables.COLUMNS:
        assert rows_in(new, table) == disk.rows(table)


def test_recovery_stops_before_the_scn_that_it_is_told(disk: Disk) -> None:
    disk.checkpoint()
    new = elsewhere(disk)
    piece.create_files([disk.backup()], new)
    disk.beat(1)
    disk.beat(2)
    last = disk.state["scn"]
    disk.beat(3)
    log = disk.switch()
    assert recovery.apply(new, log, before=last) == last
    assert [row[0] for row in rows_in(new, tables.BEATS)] == [1]
    assert recovery.apply(new, log, before=last + 1) == last + 1
    assert [row[0] for row in rows_in(new, tables.BEATS)] == [1, 2]
    assert {header.checkpoint for header in recovery.reached(new).values()} == {last + 1}


def test_a_database_opened_from_files_has_their_rows_and_their_dictionary(disk: Disk) -> None:
    disk.beat(1, 2)
    disk.beat(gone=(2,))
    disk.checkpoint()
    new = elsewhere(disk)
    piece.create_files([disk.backup()], new)
    opened = disk.state | {"beats": [], "sqlpatch": [], "registry": [], "invalid_objects": [], "pdbs": [], "work": []}
    contents.adopt(opened, new)
    for table in tables.COLUMNS:
        assert tables.rows(opened, table, disk.state["scn"]) == disk.rows(table)
    for part in ("sqlpatch", "registry", "invalid_objects"):
        assert sorted(map(str, opened[part])) == sorted(map(str, disk.state[part]))
    assert [pdb["name"] for pdb in opened["pdbs"]] == ["PDB$SEED", "HISPDB", "LISPDB"]


def test_an_encrypted_piece_needs_the_key(disk: Disk) -> None:
    path = disk.directory / "secret.bkp"
    piece.write(path, disk.backup(), key="wallet")
    with pytest.raises(piece.Locked):
        piece.read(path)
    assert "挂号".encode() not in path.read_bytes()
    assert sorted(piece.read(path, key="wallet").files) == sorted(disk.names)


def test_logs_follow_each_other(disk: Disk) -> None:
    disk.beat(1)
    disk.switch()
    logs = disk.state["logs"]
    assert [log["sequence"] for log in logs] == [513, 514, 515, 516, 517, 518]
    assert all(one["next"] == two["first"] for one, two in itertools.pairwise(logs))
    about, changes = archived.read(Path(logs[-1]["name"]))
    assert (about["sequence"], about["resetlogs"]) == (518, disk.state["incarnations"][-1]["resetlogs"])
    assert [change.row[0] for change in changes if change.table == tables.BEATS] == [1]


def test_a_control_file_knows_files_and_backups(disk: Disk) -> None:
    path = disk.directory / "control01.ctl"
    control.write(path, disk.state)
    assert control.read(path)["datafiles"] == disk.state["datafiles"]
    flip(path, 2 * SIZE + 3, 8)
    with pytest.raises(carrier.Unreadable):
        control.read(path)


def play(disk: Disk, events: list[tuple[str, int]]) -> list[Path]:
    """Let things happen; return the logs that were written."""
    logs = []
    for what, number in events:
        if what == "+":
            disk.beat(number, (number + 7) % 60)
        elif what == "-":
            disk.beat(gone=(number,))
        elif what == "w":
            disk.let_pass(120)
        elif what == "s":
            logs.append(disk.switch())
        else:
            disk.checkpoint()
    return logs


def block(path: Path, at: int) -> bytes:
    return block_of(path.read_bytes(), at)


def block_of(raw: bytes, at: int) -> bytes:
    return raw[at * SIZE : (at + 1) * SIZE]
