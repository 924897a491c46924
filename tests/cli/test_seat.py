"""A seat at a pseudo-terminal: what is asked is seen, what is typed arrives, the end and its code are told."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pexpect
import pytest

from hisops.cli.seat import ENDED, SIZE, Seat, take_seat
from tests.support import forking

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "LC_ALL": "C.UTF-8", "TERM": "dumb"}
PATIENCE = 60.0


def at_gate(part: str, expected: str, arrived: Path) -> Seat:
    terminal = pexpect.spawn(
        sys.executable, ["-m", "tests.console.asking", part, expected, str(arrived)],
        env=ENVIRONMENT, encoding="utf-8", cwd=str(ROOT), dimensions=SIZE,
    )  # fmt: skip

    def code() -> int:
        terminal.close()
        return 128 + terminal.signalstatus if terminal.exitstatus is None else terminal.exitstatus

    return Seat(terminal, terminal.pid, code)


def test_what_a_gate_asks_is_seen_and_answered(tmp_path: Path) -> None:
    seat = at_gate("type_target", "his", tmp_path / "none")
    assert seat.asked(PATIENCE) == "type_target"
    assert seat.asked(0.1) is None, "nothing more for now"
    seat.type("hsi")
    assert seat.asked(PATIENCE) == "type_target", "the wrong name is asked for again"
    seat.type("his")
    assert seat.asked(PATIENCE) == ENDED
    assert seat.code() == 0
    assert "answer='his'" in seat.text
    assert "nothing was started" in seat.text
    assert "\r" not in seat.text


def test_who_is_killed_ends_with_137(tmp_path: Path) -> None:
    seat = at_gate("approve", "-", tmp_path / "none")
    assert seat.asked(PATIENCE) == "approve"
    seat.kill()
    assert seat.asked(PATIENCE) == ENDED
    assert seat.code() == 137


@pytest.mark.parametrize("take", [take_seat, forking.take_seat], ids=["started", "forked"])
def test_hisops_sits_at_a_terminal_of_its_own(take) -> None:
    seat = take(["explain", "11"], ENVIRONMENT)
    assert seat.asked(PATIENCE) == ENDED
    assert seat.code() == 0
    assert "11" in seat.text


def test_a_forked_call_that_is_killed_is_told_alike(tmp_path: Path) -> None:
    seat = forking.take_seat(["lab", "up", "--dir", str(tmp_path / "lab")], ENVIRONMENT)
    seat.kill()
    assert seat.asked(PATIENCE) == ENDED
    assert seat.code() == 137
