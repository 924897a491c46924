"""The word, sign and colour of each state of a step and of a run."""

from __future__ import annotations

from dataclasses import dataclass

from hisops.console.i18n import mark
from hisops.console.theme import BAD, CARE, FAINT, GOOD


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: the name of its sign in `theme.Signs`, its colour, its word."""

    sign: str
    style: str
    word: str


STEP = {
    "PENDING": Look("todo", FAINT, mark("to do")),
    "WAITING": Look("gate", CARE, mark("waiting")),
    "STARTING": Look("running", "", mark("starting")),
    "RUNNING": Look("running", "", mark("running")),
    "VERIFYING": Look("running", "", mark("verifying")),
    "UNDOING": Look("running", CARE, mark("being undone")),
    "SUCCEEDED": Look("done", GOOD, mark("done")),
    "SKIPPED": Look("todo", FAINT, mark("skipped")),
    "FAILED": Look("bad", BAD, mark("failed")),
    "UNKNOWN": Look("care", CARE, mark("UNKNOWN")),
    "UNDONE": Look("done", CARE, mark("undone")),
    "UNDO_FAILED": Look("bad", BAD, mark("undo failed")),
}

RUN = {
    "PLANNED": Look("todo", FAINT, mark("planned")),
    "RUNNING": Look("running", "", mark("running")),
    "WAITING": Look("gate", CARE, mark("waiting for an answer or an approval")),
    "PAUSED": Look("gate", CARE, mark("paused")),
    "HELD": Look("care", CARE, mark("HELD")),
    "INTERRUPTED": Look("care", CARE, mark("interrupted")),
    "UNDOING": Look("running", CARE, mark("undoing")),
    "SUCCEEDED": Look("done", GOOD, mark("SUCCEEDED")),
    "SUCCEEDED_WITH_EXCEPTIONS": Look("care", CARE, mark("SUCCEEDED WITH EXCEPTIONS")),
    "FAILED": Look("bad", BAD, mark("FAILED")),
    "ROLLED_BACK": Look("care", CARE, mark("ROLLED BACK")),
    "CANCELLED": Look("bad", CARE, mark("CANCELLED")),
    "ABANDONED": Look("bad", CARE, mark("ABANDONED")),
}

VERDICT = {
    "ok": Look("done", GOOD, mark("ok")),
    "warn": Look("care", CARE, mark("warning")),
    "partial": Look("care", CARE, mark("partly done")),
    "failed": Look("bad", BAD, mark("failed")),
    "unknown": Look("care", CARE, mark("unknown")),
}

_OTHER = Look("care", CARE, mark("unknown"))


def step_look(state: str) -> Look:
    """Return how the state of a step looks."""
    return STEP.get(state, _OTHER)


def run_look(state: str) -> Look:
    """Return how the state of a run looks."""
    return RUN.get(state, _OTHER)


def verdict_look(verdict: str) -> Look:
    """Return how a verdict looks."""
    return VERDICT.get(verdict, _OTHER)


# Words that stand in definitions and records, and are looked up when they are shown.
VALUES = (
    mark("read"), mark("stage"), mark("write"), mark("destructive"),
    mark("action"), mark("probe"), mark("verify"), mark("undo"), mark("undo-verify"), mark("state"), mark("identity"),
    mark("taken"), mark("kept"), mark("adopted"), mark("released"),
    mark("approval"), mark("answer"), mark("resolution"), mark("cancellation"), mark("amendment"),
    mark("pause"), mark("kill"),
    mark("production"), mark("standby"), mark("scratch"), mark("error"), mark("warning"),
)  # fmt: skip
