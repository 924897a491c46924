"""Judges recorded output, without a target: what `hisops runbook judge` says of files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hisops.engine.judging import judge
from hisops.errors import UsageProblem
from hisops.model.judge import Action, Judge, Judgement

SCHEMA_VERSION = 1


def judge_files(
    tool: Judge,
    action: str,
    stdout: Path,
    stderr: Path | None = None,
    *,
    exit_code: int = 0,
    allow: Sequence[str] = (),
) -> dict[str, Any]:
    """Return what the judge says of recorded files. UsageProblem if it knows no `action`, or a file is missing."""
    rules = action_of(tool, action)
    texts = [_read(path) if path else b"" for path in (stdout, stderr)]
    return document(judge(tool, rules, texts[0], texts[1], exit_code, allow))


def action_of(tool: Judge, name: str) -> Action:
    """Return the rules for one action. UsageProblem if the judge has none of this name."""
    if name not in tool.actions:
        raise UsageProblem(
            "HIS-6401",
            "The judge {judge} knows no action {action}.",
            "It knows: {known}.",
            judge=tool.id,
            action=name,
            known=", ".join(sorted(tool.actions)),
        )
    return tool.actions[name]


def document(judgement: Judgement) -> dict[str, Any]:
    """Return a judgement as a document for JSON."""
    return {
        "schema_version": SCHEMA_VERSION,
        "verdict": judgement.verdict,
        "matched": list(judgement.matched),
        "out": dict(judgement.out),
    }


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageProblem(
            "HIS-6402",
            "The recorded output {path} cannot be read: {reason}.",
            "Give the file that holds what the tool printed.",
            path=path,
            reason=error.strerror or error,
        ) from error
