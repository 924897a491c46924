"""The pair of databases as state alone, without hosts: statements change it, nobody connects."""

from __future__ import annotations

from pathlib import Path

from hisops.lab import alert, pair, views
from hisops.lab.commands import CommandRefused
from hisops.lab.layout import HOSTS, Layout
from hisops.lab.opening import open_database
from hisops.lab.roles import close, down
from hisops.lab.seed import start_states
from hisops.lab.state import State, Store

APPLY = "alter database recover managed standby database disconnect"


class Pair:
    """HIS and HIS_DR as a lab starts with them."""

    def __init__(self, directory: Path) -> None:
        layout = Layout(directory)
        self.store = Store(layout.state)
        for name, state in start_states({host: layout.machine(host) for host in HOSTS}, 0.02).items():
            self.store.write(name, state)

    def sql(self, name: str, text: str) -> str:
        """Carry out a statement as SYSDBA; return the answer or the error."""
        try:
            return pair.carry_out(self.store, name, "CDB$ROOT", text, sysdba=True) or "not understood"
        except CommandRefused as refused:
            return f"ORA-{refused.number:05d}: {refused.text}"

    def shutdown(self, name: str) -> None:
        with pair.changing(self.store, name) as (state, _):
            down(state)

    def mount(self, name: str) -> None:
        with pair.changing(self.store, name) as (state, _):
            close(state)

    def open(self, name: str) -> str:
        """Open a mounted database; return the error if it is refused."""
        try:
            with pair.changing(self.store, name) as (state, _):
                open_database(state)
        except CommandRefused as refused:
            return f"ORA-{refused.number:05d}"
        return ""

    def change(self, name: str, **parts: object) -> None:
        with pair.changing(self.store, name) as (state, _):
            state.update(parts)

    def state(self, name: str) -> State:
        return self.store.read(name)

    def view(self, name: str, view: str, *columns: str) -> list[tuple]:
        other = next(one for one in self.store.databases() if one != name)
        table = views.tables(self.state(name), "CDB$ROOT", self.state(other))[view]
        known = [column.split()[0] for column in table.columns.split(", ")]
        return [tuple(row[known.index(column)] for column in columns) for row in table.rows]

    def role(self, name: str) -> tuple:
        return (self.view(name, "v$database", "database_role", "open_mode", "switchover_status") or [()])[0]

    def alert(self, name: str) -> str:
        state = self.state(name)
        return (alert.folder(state) / f"alert_{state['sid']}.log").read_text()
