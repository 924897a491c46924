"""Carry out a `reconcile:` step: the intent first, then the comparison, its whole result as output in the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from hisops.canonical import canonical
from hisops.engine.results import Result
from hisops.engine.values import Values
from hisops.errors import HisopsError, Refused, StatementFailed, Unreachable, UsageProblem
from hisops.model import records as r
from hisops.model.runbook import Step
from hisops.ports import CompareOrder, Comparing, Journal

NOT_COMPARED = "not_compared"
_EXPECTED = (UsageProblem, Refused, StatementFailed, Unreachable)


class Log(Protocol):
    """Where the records of a comparison go."""

    def write(self, *records: r.Record) -> None:
        """Append."""

    def commit(self, *records: r.Record) -> None:
        """Append and make durable."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares reports for steps, and writes down what was compared and what came of it."""

    comparing: Comparing
    journal: Journal
    log: Log

    def carry_out(self, step: Step, values: Values, attempt: int) -> Result:
        """Compare. The sides differ: failed, exit 1; they could not be compared: failed, with the exit code of why."""
        order = order_of(step, values)
        try:
            text = self.comparing.text(order)
            self._intend(step, attempt, text)
            compared = self.comparing.compare(order)
        except _EXPECTED as error:
            return self._not_compared(step, attempt, error)
        stdout = canonical(compared.document)
        self.log.write(
            r.CallOutput(
                step=step.id, kind="action", attempt=attempt, stdout=self.journal.blob(stdout), stderr=None,
                bytes=len(stdout),
            )
        )  # fmt: skip
        good = compared.verdict == "balanced"
        reason = None if good else compared.summary
        found = Result("ok" if good else "failed", out={"verdict": compared.verdict}, reason=reason, exit_code=1)
        self._end(step, attempt, found)
        return found

    def _intend(self, step: Step, attempt: int, text: bytes) -> None:
        self.log.commit(
            r.CallIntent(
                step=step.id, kind="action", index=0, attempt=attempt, effect="read", idempotent=True, on="control",
                user=None, command=self.journal.blob(text), op=None, boot=None, marker=None, probed=None,
            )
        )  # fmt: skip

    def _not_compared(self, step: Step, attempt: int, error: HisopsError) -> Result:
        reason = f"{error} {error.advice}".strip()
        out = {"verdict": NOT_COMPARED}
        found = Result("failed", out=out, reason=f"not compared: {reason}", exit_code=error.exit_code)
        self._end(step, attempt, found)
        return found

    def _end(self, step: Step, attempt: int, found: Result) -> None:
        self.log.commit(
            r.CallEnded(
                step=step.id, kind="action", index=0, attempt=attempt, code=found.code, verdict=found.verdict,
                matched=[], out=found.out, recovered=False, reason=found.reason,
            )
        )  # fmt: skip


def order_of(step: Step, values: Values) -> CompareOrder:
    """Return what a step asks for, its parameters looked up."""
    asked = step.reconcile
    if asked is None:
        raise TypeError(step.id)
    given: dict[str, Any] = values.parameters()
    bound = values.bound
    files = {side: name for side in ("a", "b") if (name := _file(bound.files, getattr(asked, side)))}
    named = {"a": given.get(asked.a_database), "b": given.get(asked.b_database)}
    databases = {side: str(name) for side, name in named.items() if name and name != bound.target}
    known = {name for name in databases.values() if name in bound.site.databases}
    busy = {name: str(bound.companion_settings(name).get("busy_hours", "")) for name in known}
    return CompareOrder(
        definition=str(given[asked.definition]), digest=str(given[asked.digest]), target=bound.target,
        day=given.get(asked.day), files=files, databases=databases, busy=busy,
    )  # fmt: skip


def _file(files: Any, name: str) -> str | None:
    found = files.get(name)
    return str(found) if found else None
