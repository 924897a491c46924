"""A program that stands at a gate; `test_gate` types at it through a pseudo-terminal.

Arguments: the part of the gate, what it expects (or `-`), and a file whose coming means that an answer has arrived.
"""

from __future__ import annotations

import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hisops.console.gate import Terminal
from hisops.console.i18n import Language
from hisops.console.live import watch
from hisops.console.theme import Screen
from hisops.model import records as r
from hisops.ports import Question
from tests.console.story import until_apply


def main() -> None:
    part, expected, file = sys.argv[1:4]
    screen = Screen(say=Language("en"))
    out = {"size": "214 GB \x1b[2J"}
    progress = until_apply().tell(r.StepChanged(step="backup", state="SUCCEEDED", out=out)).progress
    observer = watch(screen, progress, lambda: datetime.now(UTC))
    terminal = Terminal(screen, progress, observer.held, lambda: datetime.now(UTC))
    signal.signal(signal.SIGINT, lambda number, frame: terminal.leave())
    kinds: dict[str, Any] = {"part": part}
    question = Question(
        step="apply", text="x", expected=None if expected == "-" else expected, role="dba_lead",
        evidence={"backup": ""}, **kinds,
    )  # fmt: skip
    with observer.shown():
        answer = terminal.ask(question, Path(file).exists)
    print(f"answer={answer!r} interactive={terminal.interactive}")


main()
