"""A gate at a real pseudo-terminal: what is typed, what is refused, what arrives from elsewhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}


@contextmanager
def at_gate(part: str, expected: str, file: Path) -> Iterator[pexpect.spawn]:
    child = pexpect.spawn(
        sys.executable, ["-m", "tests.console.asking", part, expected, str(file)],
        env=ENVIRONMENT, encoding="utf-8", timeout=20, cwd=str(ROOT), dimensions=(40, 100),
    )  # fmt: skip
    try:
        yield child
    finally:
        child.close(force=True)


def test_the_right_name_passes(tmp_path: Path) -> None:
    with at_gate("type_target", "his", tmp_path / "none") as child:
        child.expect("Before step 8, Apply the patch")
        child.expect("214 GB")
        child.expect("Type the target's name to go on")
        child.sendline("his")
        child.expect("answer='his' interactive=True")


def test_a_wrong_name_starts_nothing_and_is_asked_again(tmp_path: Path) -> None:
    with at_gate("type_target", "his", tmp_path / "none") as child:
        child.expect("leaves it waiting: ")
        child.sendline("hsi")
        child.expect("does not pass this gate; nothing was started")
        child.expect("leaves it waiting: ")
        child.sendline("his")
        child.expect("answer='his'")


def test_enter_leaves_it_waiting(tmp_path: Path) -> None:
    with at_gate("confirm", "yes", tmp_path / "none") as child:
        child.expect("leaves it waiting: ")
        child.sendline("")
        child.expect("answer=None")


def test_the_end_of_input_leaves_it_waiting(tmp_path: Path) -> None:
    with at_gate("confirm", "yes", tmp_path / "none") as child:
        child.expect("leaves it waiting: ")
        child.sendeof()
        child.expect("answer=None")


def test_ctrl_c_leaves_it_waiting(tmp_path: Path) -> None:
    with at_gate("confirm", "yes", tmp_path / "none") as child:
        child.expect("leaves it waiting: ")
        child.sendintr()
        child.expect("answer=None")


def test_an_approval_from_elsewhere_continues_at_once(tmp_path: Path) -> None:
    arrived = tmp_path / "arrived"
    with at_gate("approve", "-", arrived) as child:
        child.expect("hisops approve 7k3")
        child.expect("Waiting for the approval")
        arrived.touch()
        child.expect("It has arrived")
        child.expect("answer=''")


def test_an_approval_cannot_be_typed_by_the_operator(tmp_path: Path) -> None:
    with at_gate("approve", "-", tmp_path / "none") as child:
        child.expect("Waiting for the approval")
        child.sendline("yes")
        child.expect("Another person approves this")
        child.sendline("")
        child.expect("answer=None")


def test_what_was_typed_before_the_gate_does_not_count(tmp_path: Path) -> None:
    with at_gate("confirm", "yes", tmp_path / "none") as child:
        child.send("yes\nyes\nyes\n")
        child.expect("leaves it waiting: ")
        child.sendline("")
        child.expect("answer=None")


def test_evidence_cannot_clear_the_screen(tmp_path: Path) -> None:
    with at_gate("confirm", "yes", tmp_path / "none") as child:
        child.expect(r"214 GB \\x1b\[2J")


def test_without_a_terminal_nothing_is_asked(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.console.asking", "confirm", "yes", str(tmp_path / "none")],
        env=ENVIRONMENT, cwd=ROOT, input="yes\n", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "interactive=False" in done.stdout
