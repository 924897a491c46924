"""A database as state and files alone: no hosts, no tools."""

from __future__ import annotations

from pathlib import Path

from hisops.lab import history, scenario
from hisops.lab.layout import HOSTS, PRIMARY_HOST, Layout
from hisops.lab.media import archived, checkpoint, contents, datafile, tables
from hisops.lab.media.piece import FilePart, Piece
from hisops.lab.seeds import start_states
from hisops.lab.state import Store

_EARLIER = 6 * 3600


class Disk:
    """HIS with its data files and archived logs."""

    def __init__(self, directory: Path) -> None:
        layout = Layout(directory)
        self.directory = directory
        self.store = Store(layout.state)
        states = start_states({host: layout.machine(host) for host in HOSTS}, 0.001)
        layout.machine(PRIMARY_HOST).oracle_home.mkdir(parents=True)
        self.state = states["his"]
        self._set_back()
        scenario.furnish(layout, {"his": self.state})

    @property
    def names(self) -> dict[int, Path]:
        return {file["file"]: Path(file["name"]) for file in self.state["datafiles"]}

    def beat(self, *numbers: int, gone: tuple[int, ...] = ()) -> None:
        self.let_pass(1)
        added = [(number, f"2026-11-23T08:00:{number:02d}") for number in numbers]
        history.commit(self.state, added, [(number, f"2026-11-23T08:00:{number:02d}") for number in gone])

    def let_pass(self, seconds: int) -> None:
        """Let the database work for a while."""
        self.state["scn"] += seconds * history.PER_SECOND
        self.state["scn_at"] += seconds
        history.mark(self.state, self.state["scn_at"])

    def _set_back(self) -> None:
        """Let all that is known of times have been earlier, so that there is time to pass."""
        self.state["scn_at"] -= _EARLIER
        for times in (self.state["marks"], self.state["work"]):
            for mark in times:
                mark[1] -= _EARLIER

    def checkpoint(self) -> int:
        checkpoint.write(self.store, "his", self.state, fuzzy=True)
        return int(self.state["scn"])

    def switch(self) -> Path:
        return Path(archived.switch(self.state)["name"])

    def backup(self, since: int = 0) -> Piece:
        """Return what a backup of all data files holds."""
        parts = {}
        for number, path in self.names.items():
            header = datafile.header_of(path, number)
            blocks = {at: block for at, block in datafile.good(path, header).items() if block.scn >= since}
            parts[number] = FilePart(header=header, since=since, blocks=blocks)
        return Piece(about={"dbid": self.state["dbid"], "kind": "D"}, files=parts)

    def rows(self, table: str) -> list[list]:
        """Return what the running database shows."""
        return tables.rows(self.state, table, int(self.state["scn"]))


def rows_in(names: dict[int, Path], table: str) -> list[list]:
    return [row for _, row in contents.rows(names).get(table, [])]
