"""Media recovery: bring data files on, by the changes of archived logs, to an SCN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from hisops.lab.media import archived, datafile, segments
from hisops.lab.media.blocks import FREE, Block
from hisops.lab.media.datafile import Header


def apply(files: Mapping[int, Path], log: Path, before: int | None = None) -> int:
    """Make the changes of a log in data files, those of SCN `before` and later left out. Return the SCN reached.

    Raises Unreadable for a log or a data file that cannot be read. A change that a block has already is not made again.
    """
    about, changes = archived.read(log)
    reached = min(int(about["next"]), before) if before is not None else int(about["next"])
    for number, path in files.items():
        header = datafile.header_of(path, number)
        if header.checkpoint >= reached:
            continue
        own = [change for change in changes if change.file == number and change.scn < reached]
        at = max((change.at for change in own), default=header.checkpoint_at)
        _make(path, header, own, reached, at)
    return reached


def reached(files: Mapping[int, Path]) -> dict[int, Header]:
    """Return the headers of data files: how far each is. Raises Unreadable."""
    return {number: datafile.header_of(path, number) for number, path in files.items()}


def _make(path: Path, header: Header, changes: Iterable[segments.Change], scn: int, at: float) -> None:
    blocks = datafile.good(path, header)
    touched: dict[int, Block] = {}
    for change in changes:
        number = change.block
        was = blocks.get(number, Block(file=header.file, number=number, kind=FREE, scn=0))
        if change.scn > was.scn:
            touched[number] = segments.changed(touched.get(number, was), change)
    size = max([header.blocks, *(number + 1 for number in touched)])
    now = replace(header, blocks=size, checkpoint=scn, checkpoint_at=at, fuzzy=False)
    datafile.put(path, now, touched)
