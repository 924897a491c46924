"""Whatever a command raises: words, exit code, and for a bug a report that keeps values to itself."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from hisops.cli.boundary import guarded
from hisops.cli.options import Invocation
from hisops.errors import HisopsError, IdentityRefused, LockHeld, LogBroken, Refused, TrustUnusable, UsageProblem
from tests.cli.calling import SOURCE


@pytest.mark.parametrize(
    ("kind", "code"),
    [(UsageProblem, 2), (Refused, 3), (IdentityRefused, 4), (LockHeld, 5), (LogBroken, 20), (TrustUnusable, 22)],
)
def test_an_expected_error_ends_with_its_own_exit_code(
    kind: type[HisopsError], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> int:
        raise kind("HIS-9999", "Host {host} does not answer.", "Look at {host}.", host="his-db1")

    assert guarded(Invocation(), [], work) == code
    printed = capsys.readouterr()
    assert " ".join(printed.err.split()) == "error HIS-9999 Host his-db1 does not answer. Look at his-db1."
    assert printed.out == ""


def test_a_bug_ends_70_and_its_report_keeps_values_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def work() -> int:
        raise ZeroDivisionError("boom")

    arguments = ["patch", "apply", "--note=canary1", "--patch", "canary2"]
    assert guarded(Invocation(), arguments, work) == 70
    said = capsys.readouterr().err
    (report,) = (tmp_path / "hisops").iterdir()
    assert str(report) in re.sub(r"\s+", "", said)
    text = report.read_text()
    assert "ZeroDivisionError: boom" in text
    assert "--note" in text
    assert "canary" not in text
    assert stat.S_IMODE(report.stat().st_mode) == 0o600


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, typer.Abort])
def test_an_interruption_ends_130(interruption: type[BaseException], capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> int:
        raise interruption

    assert guarded(Invocation(), [], work) == 130
    assert capsys.readouterr().err == ""


def test_a_reader_that_goes_away_is_no_bug() -> None:
    script = "from hisops.cli.app import main; import sys; sys.stdout.write('x' * 1000000); main(['--help'])"
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b"" or b"BrokenPipe" not in process.stderr.read()
        assert process.wait() != 70
