"""A seat at a pseudo-terminal: hisops is called as a person calls it, what it asks is seen, and answers are typed."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hisops.cli.undoing import UNDO
from hisops.console.gate import ASKED
from hisops.errors import UsageProblem

SIZE = (50, 400)
ENDED = "ended"
BACK = "back"
QUESTIONS = {**ASKED, BACK: UNDO}
"""What hisops asks whoever carries out a run: the parts of gates, and whether it is to go back."""
PATIENCE = 1800.0
_TERMINAL_WORDS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\r")
_WINDOW = 4000  # how far back a question is looked for: a screen that is redrawn prints a lot


@dataclass
class Seat:
    """One call of hisops at a terminal. `terminal` is pexpect's, over whatever holds the other end."""

    terminal: Any
    pid: int
    code: Callable[[], int]
    heard: str = ""

    def asked(self, wait: float = PATIENCE) -> str | None:
        """Return what is asked for, ENDED once hisops has ended, None if neither comes in time."""
        import pexpect

        parts = list(QUESTIONS)
        patterns = [re.escape(QUESTIONS[part].rstrip()) for part in parts]
        found = self.terminal.expect([*patterns, pexpect.EOF, pexpect.TIMEOUT], wait, _WINDOW)
        if found > len(parts):
            return None
        after = self.terminal.after if found < len(parts) else ""
        self.heard += self.terminal.before + after
        return parts[found] if found < len(parts) else ENDED

    def type(self, line: str) -> None:
        """Type a line."""
        self.terminal.sendline(line)

    def kill(self) -> None:
        """End hisops as a power cut would; one that has just gone is gone."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    @property
    def text(self) -> str:
        """All that was on the screen, without the words that only a terminal understands."""
        return _TERMINAL_WORDS.sub("", self.heard)


def take_seat(words: Sequence[str], environment: Mapping[str, str]) -> Seat:
    """Call hisops in a process of its own, at a terminal that is wide enough for every line."""
    try:
        import pexpect
    except ImportError:
        raise UsageProblem(
            "HIS-7023", "Rehearsals at a terminal need the package pexpect.",
            "Install it with `pip install 'hisops[lab]'`.",
        ) from None  # fmt: skip
    terminal = pexpect.spawn(
        sys.executable, ["-m", "hisops", *words], env=dict(environment), dimensions=SIZE, encoding="utf-8",
        codec_errors="replace",
    )  # fmt: skip

    def code() -> int:
        terminal.close()
        return int(128 + terminal.signalstatus if terminal.exitstatus is None else terminal.exitstatus)

    return Seat(terminal, terminal.pid, code)
