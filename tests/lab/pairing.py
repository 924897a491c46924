"""The pair of databases as state alone, without hosts: statements change it, nobody connects."""

from __future__ import annotations

from pathlib import Path

from hisops.lab import alert, network, pair, redo, views
from hisops.lab.commands import CommandRefused
from hisops.lab.layout import HOSTS, NODES, Layout
from hisops.lab.opening import open_database
from hisops.lab.roles import close, down
from hisops.lab.seeds import start_states
from hisops.lab.state import State, Store
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.dgmgrl.main import Prompt
from hisops.lab.tools.dgmgrl.session import Session

APPLY = "alter database recover managed standby database disconnect"


class Pair:
    """HIS and HIS_DR as a lab starts with them, but by default under the broker."""

    def __init__(self, directory: Path, *, enabled: bool = True) -> None:
        self.layout = Layout(directory)
        self.store = Store(self.layout.state)
        for name, state in start_states({host: self.layout.machine(host) for host in HOSTS}, 0.001).items():
            if "broker" in state:
                state["broker"]["enabled"] = enabled
            self.store.write(name, state)
        for host in NODES:
            home = self.layout.machine(host).oracle_home
            (home / "dbs").mkdir(parents=True)
            sid = "his" if host == NODES[0] else "hisdr"
            (home / "dbs" / f"spfile{sid}.ora").touch()
            self.oratab(host, f"{sid}:{home}:Y")
        network.write(self.layout, {})

    def sql(self, name: str, text: str) -> str:
        """Carry out a statement as SYSDBA; return the answer or the error."""
        try:
            return pair.carry_out(self.store, name, "CDB$ROOT", text, sysdba=True) or "not understood"
        except CommandRefused as refused:
            return f"ORA-{refused.number:05d}: {refused.text}"

    def oratab(self, host: str, line: str) -> None:
        """Write the line of the only database of a host."""
        etc = self.layout.machine(host).root / "etc"
        etc.mkdir(exist_ok=True)
        (etc / "oratab").write_text(f"# SID:ORACLE_HOME:autostart\n{line}\n")

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
        state = self.state(name)
        table = views.tables(state, "CDB$ROOT", redo.other_of(self.store, state))[view]
        known = [column.split()[0] for column in table.columns.split(", ")]
        return [tuple(row[known.index(column)] for column in columns) for row in table.rows]

    def role(self, name: str) -> tuple:
        return (self.view(name, "v$database", "database_role", "open_mode", "switchover_status") or [()])[0]

    def alert(self, name: str) -> str:
        state = self.state(name)
        return (alert.folder(state) / f"alert_{state['sid']}.log").read_text()


class Terminal(Desk):
    """A desk whose voice is kept."""

    def __init__(self, layout: Layout, host: str) -> None:
        machine = layout.machine(host)
        sid = "his" if host == HOSTS[0] else "hisdr"
        env = {"HOME": str(machine.home("oracle")), "ORACLE_SID": sid, "ORACLE_HOME": str(machine.oracle_home)}
        super().__init__("dgmgrl", [], layout, host, env)
        self.said: list[str] = []

    def raw(self, data: bytes) -> None:
        self.said.append(data.decode())


def dgmgrl(both: Pair, *commands: str, host: str = "his-db1", logon: str | None = None) -> str:
    """Run DGMGRL at its prompt; by default as SYS with the password, at the database of the host."""
    desk = Terminal(both.layout, host)
    alias = "his" if host == HOSTS[0] else "his_dr"
    prompt = Prompt(Session(desk), silent=True, echo=False)
    prompt.log_on(logon if logon is not None else f"sys/{both.store.read('lab')['password']}@{alias}")
    desk.said.clear()
    for command in commands:
        prompt.carry_out(command)
    return "".join(desk.said)
