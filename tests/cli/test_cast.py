"""What people of a rehearsal do by commands of their own."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from hisops.cli.cast import Cast
from hisops.errors import UsageProblem


class Recorder:
    """Keeps what was called, and ends with `code`."""

    def __init__(self, code: int = 0) -> None:
        self.code = code
        self.words: list[str] = []
        self.key = ""

    def __call__(self, words: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        self.words, self.key = list(words), environment["HISOPS_KEY"]
        return subprocess.CompletedProcess(["hisops", *words], self.code, "", "not yours to decide\n")


def test_the_operator_resolves_a_step_on_evidence_that_says_what_was_seen(tmp_path: Path) -> None:
    called = Recorder()
    Cast(tmp_path, called).resolve("R1", "flashback", "not-done", "role is PRIMARY")
    *words, evidence = called.words
    assert words == ["resolve", "R1", "flashback", "--as", "not-done", "--evidence"]
    assert Path(evidence).read_text(encoding="utf-8") == "role is PRIMARY\n"
    assert called.key == str(tmp_path / "people/dba1/id_ed25519")


def test_a_decision_that_is_not_taken_ends_the_rehearsal(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="not yours to decide"):
        Cast(tmp_path, Recorder(code=6)).resolve("R1", "flashback", "done", "seen")
