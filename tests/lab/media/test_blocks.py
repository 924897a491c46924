"""Any byte that is not what was written is found, and named by file and block."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hisops.lab.media import carrier, datafile
from hisops.lab.media.blocks import DATA, LOG, NOLOGGING, ROOM, SIZE, Block, Corrupt, decode, encode
from tests.lab.media.disk import Disk

BLOCK = Block(file=6, number=9, kind=DATA, scn=48219334, body=b"rows")
SOME = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@given(body=st.binary(max_size=ROOM), scn=st.integers(0, 2**63), flags=st.sampled_from([0, NOLOGGING]))
def test_a_block_comes_back_as_it_was_written(body: bytes, scn: int, flags: int) -> None:
    block = Block(file=3, number=77, kind=DATA, scn=scn, body=body, flags=flags)
    raw = encode(block)
    assert len(raw) == SIZE
    assert decode(raw, 3, 77) == block
    assert decode(raw, 3, 77).marked is bool(flags)


@given(at=st.integers(0, SIZE - 1), bits=st.integers(1, 255))
def test_a_flipped_byte_of_a_block_is_found(at: int, bits: int) -> None:
    raw = bytearray(encode(BLOCK))
    raw[at] ^= bits
    with pytest.raises(Corrupt) as found:
        decode(bytes(raw), 6, 9)
    assert found.value.number == 9


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"\0" * SIZE, "ALL ZERO"),
        (encode(BLOCK)[:100], "FRACTURED"),
        (encode(BLOCK)[:4096] + encode(Block(file=6, number=9, kind=DATA, scn=7))[4096:], "FRACTURED"),
        (encode(Block(file=6, number=8, kind=DATA, scn=48219334, body=b"rows")), "CORRUPT"),
    ],
)
def test_what_is_wrong_with_a_block_has_the_name_that_the_view_gives_it(raw: bytes, kind: str) -> None:
    with pytest.raises(Corrupt) as found:
        decode(raw, 6, 9)
    assert found.value.kind == kind


def test_more_than_fits_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        encode(Block(file=6, number=9, kind=DATA, scn=1, body=b"x" * (ROOM + 1)))


@SOME
@given(data=st.data(), content=st.binary(min_size=1, max_size=3 * ROOM))
def test_a_flipped_byte_of_any_other_file_is_found(tmp_path: Path, data: st.DataObject, content: bytes) -> None:
    path = tmp_path / "log.arc"
    size = carrier.write(path, LOG, {"scn": 5, "of": "test"}, content)
    assert carrier.read(path)[1] == content
    assert carrier.problems(path) == []
    at = data.draw(st.integers(0, size - 1))
    flip(path, at, data.draw(st.integers(1, 255)))
    assert [problem.block for problem in carrier.problems(path)] == [at // SIZE]
    with pytest.raises(carrier.Unreadable) as found:
        carrier.read(path)
    assert (found.value.path, found.value.block) == (path, at // SIZE)


@given(kept=st.integers(0, 4 * SIZE - 1))
def test_a_file_that_ends_too_early_is_not_whole(tmp_path_factory: pytest.TempPathFactory, kept: int) -> None:
    path = tmp_path_factory.mktemp("short") / "log.arc"
    carrier.write(path, LOG, {"scn": 5}, b"x" * (ROOM + 1))
    path.write_bytes(path.read_bytes()[:kept])
    assert carrier.problems(path)


def test_a_file_that_is_gone_says_why(tmp_path: Path) -> None:
    (problem,) = carrier.problems(tmp_path / "gone")
    assert (problem.errno, problem.block) == (2, None)


@SOME
@given(data=st.data())
def test_a_flipped_byte_of_a_data_file_is_found(disk: Disk, data: st.DataObject) -> None:
    number = data.draw(st.sampled_from(sorted(disk.names)))
    path = disk.names[number]
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    flip(path, at, data.draw(st.integers(1, 255)))
    with pytest.raises(carrier.Unreadable) as found:
        datafile.good(path, datafile.header_of(path, number))
    assert (found.value.path, found.value.block) == (path, at // SIZE)
    path.write_bytes(whole)


def flip(path: Path, at: int, bits: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ bits]))
