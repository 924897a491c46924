"""What a call came to, and how rows and printed JSON become values that expressions see."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from hisops.engine.decoding import read
from hisops.ports import OpStatus, Rows

_LONGEST, _MOST_LINES = 200, 2


@dataclass(frozen=True, slots=True)
class Result:
    """What a call came to: `verdict` as of a judge, `code` if there is one, `exit_code` of a run that fails by it."""

    verdict: str
    code: int | None = None
    out: dict[str, Any] = field(default_factory=dict)
    matched: tuple[str, ...] = ()
    reason: str | None = None
    recovered: bool = False
    killed: bool = False
    exit_code: int | None = None

    @property
    def good(self) -> bool:
        """True if the output proves that the call did what it says."""
        return self.verdict in {"ok", "warn"}


def why_lost(status: OpStatus, boot: str | None) -> str:
    """Return in words why nobody knows how an operation ended."""
    if boot and status.boot != boot:
        return "the host was restarted meanwhile; the exit code is lost"
    if status.state == "absent":
        return "the folder of the operation is gone; nobody knows whether it ran"
    if status.state == "starting":
        return "the start was cut off half way; nobody knows whether the tool ran"
    return "the process is gone and left no exit code"


def why_ended(code: int | None, stderr: bytes) -> str:
    """Return in words why a call without a judge is not good: its exit code, and what it said last on stderr."""
    lines = [line.strip() for line in read(b"", stderr).text.splitlines() if line.strip()]
    said = "; ".join(line[:_LONGEST] for line in lines[-_MOST_LINES:])
    return f"exit code {code}: {said}" if said else f"exit code {code}"


def plain_rows(rows: Rows) -> list[list[Any]]:
    """Return the rows as canonical JSON can hold them: what is no number is text."""
    return [
        [value if isinstance(value, int | bool) or value is None else str(value) for value in row] for row in rows.rows
    ]


def rows_out(rows: Rows) -> dict[str, Any]:
    """Return what expressions see of the rows: all of them by column, their count, the first."""
    table = [dict(zip(rows.columns, row, strict=True)) for row in plain_rows(rows)]
    return {"rows": table, "count": len(table) if rows.columns else rows.count, "first": table[0] if table else {}}


def json_of(text: bytes) -> dict[str, Any]:
    """Return the object that the output is, if it is one; numbers that are no integers as text."""
    try:
        value = json.loads(text.decode("utf-8"), parse_float=str)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
