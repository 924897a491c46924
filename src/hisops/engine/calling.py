"""Carry out one bound call under the protocol of the log: intent, durable; start; output; end.

A read is attached and may be carried out again when its link breaks. A shell call that writes is detached: the link
may break as often as it likes, the tool is started once. A statement that writes and loses its session is unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeVar

from hisops.canonical import canonical
from hisops.engine.binding import BoundCall
from hisops.engine.blaming import why_not_good
from hisops.engine.capture import Capture
from hisops.engine.fencing import Fences, ask
from hisops.engine.judging import judge
from hisops.engine.results import Result, json_of, plain_rows, rows_out, why_ended, why_lost
from hisops.errors import HisopsError, LockLost, StatementFailed, Unreachable
from hisops.model import records as r
from hisops.model.run import CallView
from hisops.ports import Command, Host, OpStatus, Ports, Stream
from hisops.secret import Redactor, Secret

T = TypeVar("T")
PATIENCE = 300.0
OUT_LIMIT = 32 * 1024
START_PATIENCE = 20


class Log(Protocol):
    """Where the records of calls go: the run's recorder, or the journal of a plan."""

    def write(self, *records: r.Record) -> None:
        """Append."""

    def commit(self, *records: r.Record) -> None:
        """Append and make durable."""


class StillRunning(Exception):
    """The time of a call is up, or its host is out of reach, and the tool goes on."""


class Caller:
    """Carries out calls of one run. `killed` gives who has killed the tool of an operation, and why, in words.

    `admit` raises if a call must not be made where it would be.
    """

    def __init__(
        self, ports: Ports, log: Log, secrets: Callable[[], list[Secret]], patience: float = PATIENCE,
        killed: Callable[[str, str], str | None] = lambda step, op: None,
        admit: Callable[[BoundCall], None] = lambda call: None,
    ) -> None:  # fmt: skip
        self.fences = Fences(ports.reach)
        self._ports = ports
        self._log = log
        self._patience = patience
        self._run_id = ports.journal.run_id
        self._secrets = secrets
        self._killed = killed
        self._admit = admit

    def perform(self, call: BoundCall, attempt: int, probed: str | None = None) -> Result:
        """Carry out `call` for the first time in this attempt."""
        if call.effect != "read" and not call.sql:
            self._linked(call, lambda _: self._admit(call))
        op, ground = None, OpStatus(state="absent")
        if call.detached:
            op = self._op_name(call, attempt)
            ground = self._linked(call, lambda host: host.prepare(call.run_as))
        if call.writes:
            self._check_locks(call)
        self._intend(call, attempt, op, ground, probed)
        if call.sql:
            return self._statement(call, attempt)
        if op is not None:
            return self._launch(call, attempt, op, ground.boot)
        return self._attached(call, attempt)

    def runs(self, call: BoundCall, op: str) -> bool:
        """Tell whether the tool of `op` runs now."""
        return self._linked(call, lambda host: host.look(op, call.run_as)).state in {"running", "starting"}

    def recover(self, call: BoundCall, seen: CallView, *, start: bool = True) -> Result:
        """Find out what became of a call whose intent is in the log without an end; never start it twice.

        What provably was never started is started now, unless `start` is false.
        """
        intent = seen.intent
        if intent.op is None:
            if not start or (call.writes and not intent.idempotent):
                return self._end(call, intent.attempt, Result("unknown", reason="the session was lost before the end"))
            return self.perform(call, intent.attempt + 1, intent.probed)
        status = self._linked(call, lambda host: host.look(str(intent.op), call.run_as))
        same_ground = status.boot == intent.boot and status.marker == intent.marker
        if status.state == "absent" and not same_ground:
            return self._end(call, intent.attempt, Result("unknown", reason=why_lost(status, intent.boot)))
        if status.state == "absent" and not start:
            return self._end(call, intent.attempt, Result("failed", reason="it was never started"))
        if status.state == "absent":
            self._linked(call, lambda _: self._admit(call))
            return self._launch(call, intent.attempt, intent.op, status.boot)
        return self._follow(call, intent.attempt, intent.op, intent.boot, recovered=True)

    def _check_locks(self, call: BoundCall) -> None:
        for held in self.fences.beside(call):
            self._linked_to(held.where, partial(ask, held=held))

    def _op_name(self, call: BoundCall, attempt: int) -> str:
        kind = "" if call.kind == "action" else f".{call.kind}"
        return f"{self._run_id}.{call.step}{kind}.{attempt}"

    def _intend(self, call: BoundCall, attempt: int, op: str | None, ground: OpStatus, probed: str | None) -> None:
        journal = self._ports.journal
        for secret in call.secrets():
            source = self._ports.vault.source(secret.name)
            self._log.write(r.SecretUsed(name=secret.name, source=source, step=call.step))
        self._log.commit(
            r.CallIntent(
                step=call.step,
                kind=call.kind,
                index=call.index,
                attempt=attempt,
                effect=call.effect,
                idempotent=call.idempotent,
                on=call.where,
                user=call.run_as.user if call.run_as else None,
                command=journal.blob(call.exact_text()),
                op=op,
                boot=ground.boot or None,
                marker=ground.marker,
                probed=probed,
            )
        )

    def _attached(self, call: BoundCall, attempt: int) -> Result:
        capture = self._capture(call)

        def once(host: Host) -> int:
            nonlocal capture
            capture = self._capture(call)
            return host.run(_command(call), capture.feed, call.timeout)

        try:
            code = self._linked(call, once)
        except TimeoutError:
            return self._end(call, attempt, Result("unknown", reason="not done in time"), capture)
        return self._end(call, attempt, self._judged(call, capture, code), capture)

    def _launch(self, call: BoundCall, attempt: int, op: str, boot: str | None) -> Result:
        destructive, fences = call.effect == "destructive", self.fences.around(call)
        try:
            status = self._linked(
                call, lambda host: host.launch(op, _command(call), destructive=destructive, fences=fences)
            )
        except LockLost as error:
            raise self.fences.lost() or error from error
        self._log.write(r.CallStarted(step=call.step, kind=call.kind, attempt=attempt, pid=status.pid))
        return self._follow(call, attempt, op, boot)

    def _follow(self, call: BoundCall, attempt: int, op: str, boot: str | None, *, recovered: bool = False) -> Result:
        capture = self._capture(call)
        deadline = None if call.timeout is None else self._ports.clock.monotonic() + call.timeout

        def once(host: Host) -> OpStatus:
            left = None if deadline is None else max(0.0, deadline - self._ports.clock.monotonic())
            seen = (capture.raw["stdout"], capture.raw["stderr"])
            return host.follow(op, call.run_as, capture.feed, seen=seen, timeout=left)

        status = self._linked(call, once)
        patience = START_PATIENCE
        while status.state == "starting" and patience > 0:
            self._ports.clock.sleep(1.0)
            patience -= 1
            status = self._linked(call, once)
        if status.state == "running":
            raise StillRunning("the time that the runbook gives is up; the tool goes on")
        if status.state == "exited":
            result = self._judged(call, capture, status.code)
        else:
            result = Result("unknown", reason=why_lost(status, boot))
        if by := self._killed(call.step, op):  # how it ended then tells nothing about how far it came
            result = Result("unknown", result.code, reason=f"its tool was killed by {by}", killed=True)
        ended = self._end(call, attempt, result, capture, recovered=recovered)
        with suppress(HisopsError):  # what it has put out may hold a secret; the log has it redacted
            self._ports.reach.host(call.where).wipe(op, call.run_as)
        return ended

    def _statement(self, call: BoundCall, attempt: int) -> Result:
        try:
            rows = self._ports.reach.sql(call.where).run(
                call.text, call.binds, read_only=not call.writes, timeout=call.timeout
            )
        except StatementFailed as error:
            return self._end(call, attempt, Result("failed", reason=str(error)))
        except TimeoutError:
            return self._end(call, attempt, Result("unknown", reason="not done in time"))
        except Unreachable as error:
            return self._end(call, attempt, Result("unknown" if call.writes else "failed", reason=str(error)))
        capture = self._capture(call)
        out = rows_out(rows)
        capture.feed(
            "stdout", canonical({"columns": list(rows.columns), "rows": plain_rows(rows), "count": rows.count})
        )
        return self._end(call, attempt, Result("ok", out=out), capture)

    def _judged(self, call: BoundCall, capture: Capture, code: int | None) -> Result:
        capture.finish()
        stdout, stderr = capture.kept["stdout"].bytes(), capture.kept["stderr"].bytes()
        if call.judge is None:
            reason = None if code == 0 else why_ended(code, stderr)
            document = json_of(stdout)
            out = {**document, "code": code, "json": document}
            return Result("ok" if code == 0 else "failed", code=code, out=out, reason=reason)
        verdict = judge(*call.judge, stdout, stderr, code, call.allow)
        reason = why_not_good(call.judge[1], verdict)
        return Result(verdict.verdict, code, {**verdict.out, "code": code}, verdict.matched, reason)

    def _end(
        self, call: BoundCall, attempt: int, result: Result, capture: Capture | None = None, *, recovered: bool = False
    ) -> Result:
        if capture is not None:
            capture.finish()
            self._keep(call, attempt, capture)
        small = len(canonical(result.out)) <= OUT_LIMIT
        # The end of a read may be lost: it is read again. It becomes durable with whatever is committed next.
        record = self._log.commit if call.writes else self._log.write
        record(
            r.CallEnded(
                step=call.step,
                kind=call.kind,
                index=call.index,
                attempt=attempt,
                code=result.code,
                verdict=result.verdict,
                matched=list(result.matched),
                out=result.out if small else {"cut": True},
                recovered=recovered,
                reason=self._clean(result.reason),
            )
        )
        return replace(result, reason=self._clean(result.reason), recovered=recovered)

    def _keep(self, call: BoundCall, attempt: int, capture: Capture) -> None:
        blobs: dict[str, str | None] = {}
        for stream, kept in capture.kept.items():
            blobs[stream] = self._ports.journal.blob(kept.bytes()) if kept.total else None
        self._log.write(
            r.CallOutput(
                step=call.step,
                kind=call.kind,
                attempt=attempt,
                stdout=blobs["stdout"],
                stderr=blobs["stderr"],
                bytes=sum(kept.total for kept in capture.kept.values()),
                cut=sum(kept.cut for kept in capture.kept.values()),
            )
        )

    def _linked(self, call: BoundCall, action: Callable[[Host], T]) -> T:
        return self._linked_to(call.where, action)

    def _linked_to(self, where: str, action: Callable[[Host], T]) -> T:
        """Return what `action` gives; when the link is lost, wait for it and ask again as long as patience lasts."""
        clock = self._ports.clock
        give_up: float | None = None
        while True:
            try:
                value = action(self._ports.reach.host(where))
            except Unreachable:
                if give_up is None:
                    give_up = clock.monotonic() + self._patience
                    self._log.commit(r.LinkChanged(host=where, event="lost"))
                if clock.monotonic() >= give_up:
                    raise
                clock.sleep(1.0)
                continue
            if give_up is not None:
                self._log.commit(r.LinkChanged(host=where, event="back"))
            return value

    def _capture(self, call: BoundCall) -> Capture:
        def show(stream: Stream, text: bytes) -> None:
            with suppress(OSError):  # the screen may fail, the run does not depend on it
                self._ports.observer.output(call.step, stream, text)

        secrets = self._secrets()
        return Capture({"stdout": Redactor(secrets), "stderr": Redactor(secrets)}, show)

    def _clean(self, text: str | None) -> str | None:
        return None if text is None else Redactor(self._secrets()).text(text)


def _command(call: BoundCall) -> Command:
    return Command(script=call.text, env=call.env, stdin=call.stdin, run_as=call.run_as)
