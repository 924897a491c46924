"""A host behind a POSIX shell: everything of the port `Host`, over any carrier."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from hisops.adapters import markers, operations
from hisops.adapters.carrier import Carrier, chunks
from hisops.adapters.frame import Decoder, Frame
from hisops.errors import HisopsError, Refused, Unreachable
from hisops.model.site import RunAs
from hisops.ports import Command, Fence, HostFacts, Killed, Marker, OpStatus, Sink, Stream

_SMALL = 60.0  # seconds that a question of our own may take


class ShellHost:
    """One host. `carrier` brings framed commands there; how is its own affair."""

    def __init__(
        self,
        name: str,
        carrier: Carrier,
        *,
        os: str = "linux",
        path: Sequence[str] = (),
        boot_id_file: str | None = None,
        shell: str = "/bin/sh",
    ) -> None:
        self.name = name
        self._carrier = carrier
        self._os = os
        self._path = tuple(path)
        self._boot_file = boot_id_file
        self._shell = shell

    def run(self, command: Command, sink: Sink, timeout: float | None = None) -> int:
        """Carry out `command` attached, feed its output to `sink`, return the exit code; TimeoutError when late."""
        frame = Frame(command, os=self._os, path=self._path, shell=self._shell)
        decoder = Decoder(frame.token, sink)
        pieces = chunks(frame.text, command.stdin)
        status = self._carrier.carry(frame.argv, pieces, decoder.feed, timeout, keep=not command.stdin)
        decoder.finish()
        if decoder.code is not None:
            return decoder.code
        if not decoder.began:
            raise self._not_begun(command.run_as, status, decoder.noise)
        if status is None:
            raise Unreachable(
                "HIS-3011",
                "The shell on {host} ended without an exit code.",
                "Look at the state of the target before the step is tried again.",
                host=self.name,
            )
        return status

    def facts(self, run_as: RunAs | None = None) -> HostFacts:
        """Return who the host is."""
        told = operations.fields(self._ask(operations.call("facts", boot_file=self._boot_file), run_as))
        return HostFacts(
            hostname=told["hostname"],
            boot=told["boot"],
            user=told["user"],
            home=told["home"],
            os=told["os"].lower(),
            clock=datetime.fromisoformat(told["clock"]).replace(tzinfo=UTC),
        )

    def prepare(self, run_as: RunAs | None) -> OpStatus:
        """Make sure the folder of operations is there; return its marker and the boot identity."""
        script = operations.call("prepare", secrets.token_hex(16), boot_file=self._boot_file)
        return operations.status(self._ask(script, run_as))

    def launch(self, op: str, command: Command, *, destructive: bool = False, fences: Sequence[Fence] = ()) -> OpStatus:
        """Start `command` detached under `op`. If its folder exists already nothing is started (state tells).

        Refused if a destructive command could not leave the session by setsid; LockLost if a fence does not hold.
        """
        script = operations.launch(
            op,
            command,
            destructive=destructive,
            boot_file=self._boot_file,
            path=self._path,
            shell=self._shell,
            before=markers.fenced(fences),
        )
        code, answer = self._exchange(script, command.run_as)
        if code == markers.LOST:
            raise markers.lost(self.name, fences)
        self._check(code, command.run_as)
        return operations.status(answer)

    def look(self, op: str, run_as: RunAs | None) -> OpStatus:
        """Return the state of `op`."""
        script = operations.call("look", operations.key(op), boot_file=self._boot_file)
        return operations.status(self._ask(script, run_as))

    def follow(
        self,
        op: str,
        run_as: RunAs | None,
        sink: Sink,
        *,
        seen: tuple[int, int] = (0, 0),
        timeout: float | None = None,
    ) -> OpStatus:
        """Feed the output of `op` from byte offsets `seen` (stdout, stderr) to `sink` until it ends or time is up."""
        deadline = None if timeout is None else time.monotonic() + timeout
        at: dict[Stream, int] = {"stdout": seen[0], "stderr": seen[1]}

        def count(stream: Stream, data: bytes) -> None:
            sink(stream, data)
            at[stream] += len(data)

        code = operations.AGAIN
        while code == operations.AGAIN:
            script = operations.call("follow", operations.key(op), *at.values(), boot_file=self._boot_file)
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                code = self.run(Command(script=script, run_as=run_as), count, left)
            except TimeoutError:
                break
        return self.look(op, run_as)

    def kill(self, op: str, run_as: RunAs | None, *, grace: float) -> Killed:
        """End the tool of `op` and all that it started: TERM, after `grace` seconds KILL; then look."""
        seconds = max(0, round(grace))
        before = operations.text_of("killing.sh")
        script = operations.call("kill", operations.key(op), seconds, boot_file=self._boot_file, before=before)
        answer = self._ask(script, run_as, _SMALL + seconds)
        told = operations.fields(answer)
        return Killed(status=operations.status(answer), terminated=int(told["term"]), killed=int(told["kill"]))

    def wipe(self, op: str, run_as: RunAs | None) -> None:
        """Empty the output of `op` on the host, once the log holds it; its folder stays."""
        self._ask(operations.call("wipe", operations.key(op)), run_as)

    def operations(self, run: str, run_as: RunAs | None) -> dict[str, OpStatus]:
        """Return all operations that `run` has ever started there as this user."""
        return markers.listed(self._ask(markers.listing(run, self._boot_file), run_as))

    def take_marker(self, name: str, text: str, run_as: RunAs | None) -> Marker:
        """Hold the lock `name` with `text`, to which the host adds the line `fence: N`, if nobody holds it."""
        return self._marker(markers.call("take", name, text=text), run_as)

    def read_marker(self, name: str, run_as: RunAs | None) -> Marker:
        """Return who holds the lock `name`."""
        return self._marker(markers.call("show", name), run_as)

    def touch_marker(self, name: str, text: str, run_as: RunAs | None) -> Marker:
        """Let the holder be heard of, if the lock `name` holds exactly `text`."""
        return self._marker(markers.call("touch", name, text=text), run_as)

    def swap_marker(self, name: str, old: str, new: str, run_as: RunAs | None) -> Marker:
        """Put the holder `new`, with the next fence, in place of exactly `old`."""
        return self._marker(markers.call("swap", name, old=old, text=new), run_as)

    def drop_marker(self, name: str, text: str, run_as: RunAs | None, freed: str = "") -> bool:
        """Give the lock `name` back if it holds exactly `text`; leave the line `freed`."""
        code, _ = self._exchange(markers.call("drop", name, text=text, freed=freed), run_as)
        self._check(code, run_as)
        return code == 0

    def _marker(self, script: str, run_as: RunAs | None) -> Marker:
        code, answer = self._exchange(script, run_as)
        self._check(code, run_as)
        return markers.marker(answer, done=code == 0)

    def close(self) -> None:
        """Hang up."""
        self._carrier.close()

    def _ask(self, script: str, run_as: RunAs | None, timeout: float = _SMALL) -> bytes:
        code, answer = self._exchange(script, run_as, timeout)
        self._check(code, run_as)
        return answer

    def _exchange(self, script: str, run_as: RunAs | None, timeout: float = _SMALL) -> tuple[int, bytes]:
        answer: list[bytes] = []
        errors: list[bytes] = []

        def sink(stream: Stream, data: bytes) -> None:
            (answer if stream == "stdout" else errors).append(data)

        try:
            code = self.run(Command(script=script, run_as=run_as), sink, timeout)
        except TimeoutError as error:
            raise Unreachable(
                "HIS-3059",
                "{host} took longer than {seconds} s to answer a short question.",
                "Look at its load and at the network; what runs detached there goes on.",
                host=self.name,
                seconds=round(timeout),
            ) from error
        if code not in (0, 1, markers.LOST, *_FAULTS):
            raise Refused(
                "HIS-3017",
                "{host} could not answer (exit code {status}): {detail}",
                "Run `hisops doctor`; it checks what hisops needs on a host.",
                host=self.name,
                status=code,
                detail=b"".join(errors)[-500:].decode("utf-8", "replace").strip(),
            )
        return code, b"".join(answer)

    def _check(self, code: int, run_as: RunAs | None) -> None:
        if code in _FAULTS:
            number, fact, todo = _FAULTS[code]
            raise Refused(number, fact, todo, host=self.name, user=run_as.user if run_as else "the login user")

    def _not_begun(self, run_as: RunAs | None, status: int | None, noise: str) -> HisopsError:
        if run_as and run_as.via != "none":
            return Refused(
                "HIS-3010",
                "The login user cannot become {user} on {host}: {detail}",
                "Allow it without a password; `hisops doctor` prints the line that sudoers needs.",
                user=run_as.user,
                host=self.name,
                detail=noise or f"exit code {status}",
            )
        return Unreachable(
            "HIS-3009",
            "No shell started on {host}: {detail}",
            "Check that the shell exists and may be run.",
            host=self.name,
            detail=noise or f"exit code {status}",
        )


_FAULTS = {
    81: (
        "HIS-3014",
        "{host} does not tell which boot it is in.",
        "Set boot_id_file of the host in site.yaml to a file that changes at every boot.",
    ),
    82: (
        "HIS-3012",
        "{host} has neither setsid nor perl for {user}, so a destructive tool could die with the link.",
        "Install setsid (util-linux) or perl on the host.",
    ),
    83: (
        "HIS-3013",
        "The folder ~/.hisops/ops of {user} on {host} is missing or cannot be made.",
        "If an operation was started before, look at the target itself; then run `hisops doctor`.",
    ),
    84: (
        "HIS-3016",
        "{host} could not write to ~/.hisops of {user}; nothing was started.",
        "Free some space in that file system, or correct its permissions.",
    ),
}
