"""The SSH server of a lab host: key logins, and every command a real process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import asyncssh

from hisops.lab.layout import Machine
from hisops.lab.shell import command_line, environment
from hisops.lab.state import LAB, Store

_CUT_NEXT = "link-drop@exec"
_CUT_AFTER = 0.2


class _Session(asyncssh.SSHServer):
    """One connection. It is known to its host so that the host can cut it."""

    def __init__(self, sshd: Sshd) -> None:
        self._sshd = sshd
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._sshd.connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection:
            self._sshd.connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        return True


class Sshd:
    """Listens for one host and carries out what is asked."""

    def __init__(self, machine: Machine, user: str, keys: Path, authorized: Path, store: Store) -> None:
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self._machine = machine
        self._user = user
        self._host_key = keys / machine.name
        self._authorized = authorized
        self._store = store
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def start(self, port: int) -> int:
        """Listen on `port` (0: any) and return the port."""
        self._acceptor = await asyncssh.listen(
            "127.0.0.1",
            port,
            server_factory=self._server,
            server_host_keys=[str(self._host_key)],
            authorized_client_keys=str(self._authorized),
            process_factory=self._carry_out,
            password_auth=False,
            kbdint_auth=False,
            gss_host=None,
            encoding=None,
            allow_scp=False,
            server_version="OpenSSH_8.0",
            config=None,
            reuse_address=True,
        )
        return int(self._acceptor.get_port())

    def _server(self) -> _Session:
        return _Session(self)

    def cut(self) -> None:
        """Drop every connection as a dead switch would: no goodbye."""
        for connection in list(self.connections):
            connection.abort()

    async def _carry_out(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        user = process.get_extra_info("username")
        if user != self._user:
            process.stderr.write(f"lab: {user} may not log in on {self._machine.name}\n".encode())
            process.exit(255)
            return
        lab = self._store.read(LAB)
        if "slow" in lab["faults"]:
            await asyncio.sleep(0.3)
        command = command_line(self._machine, process.command, lab["faults"])
        child = await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self._machine.home(user),
            env=environment(self._machine, user),
            start_new_session=True,
        )
        if _CUT_NEXT in lab["faults"]:
            self._store.disarm(_CUT_NEXT)
            asyncio.get_running_loop().call_later(_CUT_AFTER, self.cut)
        await _Bridge(process, child).run()


class _Bridge:
    """Carries bytes between a channel and a process. When the channel goes, the process stays, as under OpenSSH."""

    def __init__(self, process: asyncssh.SSHServerProcess[bytes], child: asyncio.subprocess.Process) -> None:
        self._process = process
        self._child = child

    async def run(self) -> None:
        """Return when the process has ended and its output is delivered, or the channel is gone."""
        child, process = self._child, self._process
        assert child.stdout  # noqa: S101 - a pipe
        assert child.stderr  # noqa: S101 - a pipe
        feed = asyncio.create_task(self._feed())
        drains = (self._drain(child.stdout, process.stdout.write), self._drain(child.stderr, process.stderr.write))
        try:
            await asyncio.gather(*drains)
            code = await child.wait()
        finally:
            feed.cancel()
            self._release()
        if code < 0:
            process.exit_with_signal(signal.Signals(-code).name.removeprefix("SIG"))
        else:
            process.exit(code)

    async def _feed(self) -> None:
        stdin = self._child.stdin
        assert stdin  # noqa: S101 - a pipe
        while True:
            try:
                data = await self._process.stdin.read(65536)
            except asyncssh.SignalReceived as received:
                self._signal(received.signal)
                continue
            except asyncssh.BreakReceived:
                self._signal("INT")
                continue
            except (asyncssh.Error, ConnectionError):
                data = b""
            if not data:
                break
            try:
                stdin.write(data)
                await stdin.drain()
            except (BrokenPipeError, ConnectionResetError):
                return
        stdin.close()

    async def _drain(self, reader: asyncio.StreamReader, write: Callable[[bytes], None]) -> None:
        while data := await reader.read(65536):
            write(data)
            await self._process.stdout.drain()

    def _signal(self, name: str) -> None:
        number = getattr(signal, f"SIG{name}", None)
        if number is not None and self._child.returncode is None:
            os.killpg(self._child.pid, number)

    def _release(self) -> None:
        """Close our ends of the pipes: a process that outlives its channel sees what it would see under sshd."""
        transport = getattr(self._child, "_transport", None)
        for number in (0, 1, 2):
            pipe = transport.get_pipe_transport(number) if transport else None
            if pipe:
                pipe.close()
