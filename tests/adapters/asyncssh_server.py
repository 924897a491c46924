"""A second SSH server, not OpenSSH: asyncssh in a process of its own, each command a shell of this machine."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import asyncssh

_ROOT = Path(__file__).parents[2]


class AsyncsshServer:
    """Runs every command by /bin/sh with `folder` as its home. `cut` drops all links, the processes live on."""

    def __init__(self, folder: Path) -> None:
        self.client_key = folder / "client"
        self.known_hosts = folder / "known"
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(folder)], stdout=subprocess.PIPE, cwd=_ROOT, text=True
        )
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())

    def cut(self) -> None:
        """Drop all links without a word."""
        self._process.send_signal(signal.SIGUSR1)

    def stop(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait(10)
        assert self._process.stdout
        self._process.stdout.close()


async def _serve(folder: Path) -> None:
    host_key, client_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    (folder / "client").write_bytes(client_key.export_private_key())
    (folder / "client").chmod(0o600)
    (folder / "authorized").write_bytes(client_key.export_public_key())
    links: list[asyncssh.SSHServerConnection] = []

    class Server(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            links.append(conn)

    def cut() -> None:
        for link in links:
            link.abort()
        links.clear()

    async def carry_out(process: asyncssh.SSHServerProcess[bytes]) -> None:
        child = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", process.command or ""),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "HOME": str(folder)},
            start_new_session=True,
        )
        assert child.stdin
        assert child.stdout
        assert child.stderr
        feeding = asyncio.create_task(_feed(process.stdin, child.stdin))
        await asyncio.gather(_copy(child.stdout, process.stdout.write), _copy(child.stderr, process.stderr.write))
        feeding.cancel()
        process.exit(await child.wait())

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, cut)
    acceptor = await asyncssh.create_server(
        Server,
        "127.0.0.1",
        0,
        server_host_keys=[host_key],
        authorized_client_keys=str(folder / "authorized"),
        process_factory=carry_out,
        encoding=None,
    )
    port = acceptor.get_port()
    (folder / "known").write_text(f"[127.0.0.1]:{port} {host_key.export_public_key().decode()}")
    print(port, flush=True)
    await asyncio.Event().wait()


async def _copy(source: asyncio.StreamReader, write: Callable[[bytes], None]) -> None:
    while data := await source.read(65536):
        with suppress(OSError):  # the link is gone, the process goes on
            write(data)


async def _feed(source: asyncssh.SSHReader[bytes], target: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncssh.Error):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
