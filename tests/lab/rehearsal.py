"""A client of the lab's hosts as hisops is one: SSH with a key and the site's known_hosts, nothing else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from hisops.lab import control
from hisops.lab.layout import LOGIN, PRIMARY_HOST, SIDS, Layout
from hisops.lab.record import entries
from hisops.lab.state import Store

_LOCALE = "LC_ALL=C LANG=C NLS_LANG=AMERICAN_AMERICA.AL32UTF8 NLS_DATE_FORMAT='YYYY-MM-DD HH24:MI:SS'"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command gave."""

    out: str
    err: str
    code: int | None
    signal: str | None = None


class Rehearsal:
    """A lab that is up, and the ways into it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.layout = Layout(directory)
        self.store = Store(self.layout.state)
        self.changed = False

    @property
    def ports(self) -> dict[str, dict[str, int]]:
        return control.status(self.directory).ports

    def connect(self, host: str = PRIMARY_HOST, *, user: str | None = None, key: Path | None = None):
        return asyncssh.connect(
            "127.0.0.1",
            self.ports[host]["ssh"],
            username=user or LOGIN[host],
            client_keys=[str(key or control.status(self.directory).key)],
            known_hosts=str(self.directory / "known_hosts"),
            config=None,
            agent_path=None,
        )

    def run(self, command: str, *, host: str = PRIMARY_HOST, stdin: bytes = b"") -> Answer:
        """Run a command as the login user."""

        async def talk() -> Answer:
            async with self.connect(host) as connection:
                done = await connection.run(command, input=stdin, encoding=None)
                signal = done.exit_signal[0] if done.exit_signal else None
                return Answer(_text(done.stdout), _text(done.stderr), done.exit_status, signal)

        return asyncio.run(talk())

    def oracle(self, script: str, *, host: str = PRIMARY_HOST, locale: str = _LOCALE) -> Answer:
        """Run a script as the owner of the home, with the environment of the database."""
        home = self.layout.machine(host).oracle_home
        sid = SIDS[host]
        head = f"export ORACLE_HOME='{home}' ORACLE_SID={sid} {locale}\n"
        become = "sudo -n -H -u oracle -- /bin/sh" if host == PRIMARY_HOST else "/bin/sh"
        return self.run(f'cat >"$TMPDIR/script"; {become} "$TMPDIR/script"', host=host, stdin=(head + script).encode())

    def sqlplus(self, text: str, *, host: str = PRIMARY_HOST, locale: str = _LOCALE) -> Answer:
        """Feed SQL*Plus."""
        return self.oracle(f'"$ORACLE_HOME/bin/sqlplus" -L -S /nolog <<"END"\n{text}\nEND\n', host=host, locale=locale)

    def stop_all(self) -> None:
        """Take database and listener of the primary down."""
        self.sqlplus("connect / as sysdba\nshutdown immediate")
        self.oracle('"$ORACLE_HOME/bin/lsnrctl" stop')

    def start_all(self) -> None:
        """Bring them up again."""
        self.oracle('"$ORACLE_HOME/bin/lsnrctl" start')
        self.sqlplus("connect / as sysdba\nstartup")

    def unpack(self, number: str, *, host: str = PRIMARY_HOST) -> Path:
        """Unpack an archive into a staging folder of the host; return the patch's folder."""
        archive = next((self.directory / "patches").glob(f"p{number}_*.zip"))
        stage = self.layout.machine(host).root / "u01" / "stage" / number
        self.oracle(f'mkdir -p "{stage}" && cd "{stage}" && unzip -q -o "{archive}"', host=host)
        return stage / number

    def opatch(self, arguments: str, *, cwd: Path | str = ".", host: str = PRIMARY_HOST) -> Answer:
        """Run OPatch as the owner."""
        return self.oracle(f'cd "{cwd}" && "$ORACLE_HOME/OPatch/opatch" {arguments}', host=host)

    def starts(self, tool: str, *words: str) -> int:
        """Return how often a tool was started with these words in front."""
        return sum(
            entry["event"] == "start" and entry["tool"] == tool and entry["argv"][: len(words)] == list(words)
            for entry in entries(self.layout.record)
        )


def _text(data: object) -> str:
    assert isinstance(data, bytes)
    return data.decode("utf-8", "backslashreplace")
