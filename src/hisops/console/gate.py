"""The person at the terminal: shows a gate with its evidence, and waits for an answer or for an approval."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from threading import Event

from rich.text import Text

from hisops.console.duration import time_of_day
from hisops.console.escape import visible
from hisops.console.grid import Column, grid, shorten, wrapped
from hisops.console.i18n import mark
from hisops.console.progress import Progress, short_id
from hisops.console.theme import CARE, Page, Screen, put
from hisops.console.timing import run_window_words
from hisops.console.words import step_look
from hisops.model.expanding import source_step
from hisops.model.runbook import Step
from hisops.ports import Question

POLL = 0.5
_LONG = 120
_ITEM = 40

ASKED = {
    "confirm": mark("Type yes to go on; Enter leaves it waiting: "),
    "type_target": mark("Type the target's name to go on; Enter leaves it waiting: "),
    "read_back": mark("Read back the value that the evidence shows; Enter leaves it waiting: "),
    "approve": mark("Waiting for the approval; Enter leaves it waiting: "),
    "manual": mark("Type the result when it is done; Enter leaves it waiting: "),
}


class Terminal:
    """An Operator at a terminal. What was typed before a gate was shown does not count."""

    def __init__(
        self, screen: Screen, progress: Progress, held: Callable[[], AbstractContextManager[None]],
        now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self.interactive = sys.stdin.isatty() and screen.err.is_terminal and not screen.json_wanted
        self._screen = screen
        self._progress = progress
        self._held = held
        self._now = now
        self._left = Event()
        self._last: tuple[str, str] | None = None

    def ask(self, question: Question, arrived: Callable[[], bool]) -> str | None:
        """Return what was typed; None if the person leaves it waiting; "" as soon as `arrived()` is true."""
        with self._held():
            if question.part == "step":
                return self._begin(question.step)
            page = self._screen.page(self._screen.err)
            again = self._last == (question.step, question.part)
            self._last = (question.step, question.part)
            if again:
                self._note("That does not pass this gate; nothing was started.")
                put(self._screen.err, asked_lines(question, self._progress, page))
            else:
                put(self._screen.err, gate_lines(question, self._progress, page, self._now()))
            return self._answer(question, arrived)

    def leave(self) -> None:
        """Leave the gate waiting, from a signal handler."""
        self._left.set()

    def _answer(self, question: Question, arrived: Callable[[], bool]) -> str | None:
        while True:
            _forget_what_was_typed()
            typed = self._line(self._screen.say(ASKED[question.part]), arrived)
            if typed is None or typed == "":
                return typed
            if question.part == "approve":
                self._note("Another person approves this; it cannot be typed here.")
            elif question.expected is not None and typed != question.expected:
                self._note("That does not pass this gate; nothing was started.")
            else:
                return typed

    def _line(self, prompt: str, arrived: Callable[[], bool]) -> str | None:
        """Return a line; None for an empty one, the end of input or `leave()`; "" when an answer has arrived."""
        self._screen.err.print(Text("  " + prompt), end="", soft_wrap=True)
        while not self._left.is_set():
            if arrived():
                self._screen.err.print()
                self._note("It has arrived.")
                return ""
            if select.select([sys.stdin], [], [], POLL)[0]:
                return _typed() or None
        self._left.clear()
        self._screen.err.print()
        return None

    def _begin(self, step: str) -> str | None:
        """Return "" if the step may begin: Enter was pressed; None for anything else."""
        number = self._progress.number(step)
        title = self._progress.title(step, self._screen.say.code)
        prompt = self._screen.say("Enter begins step {number}, {title}; q pauses: ", number=number, title=title)
        self._screen.err.print(Text("  " + prompt), end="", soft_wrap=True)
        while not self._left.is_set():
            if select.select([sys.stdin], [], [], POLL)[0]:
                return "" if _typed() == "" else None
        self._left.clear()
        return None

    def _note(self, template: str) -> None:
        put(self._screen.err, [Text("  " + self._screen.say(template), CARE)])


class Nobody:
    """The Operator where there is no terminal: nothing is ever asked."""

    interactive = False

    def ask(self, question: Question, arrived: Callable[[], bool]) -> str | None:
        """Leave it waiting."""
        return "" if arrived() else None


def gate_lines(question: Question, progress: Progress, page: Page, now: datetime) -> list[Text]:
    """Return the gate: which step it stands before, its evidence, what follows, who must answer."""
    say = page.say
    number = progress.number(question.step)
    step = progress.runbook.steps[number - 1] if number else None
    title = progress.title(question.step, say.code)
    head = say("Before step {number}, {title}", number=number, title=title)
    first = Text.assemble("  ", (page.signs.gate, CARE), " ")
    since = say("waiting since {time}", time=time_of_day(now))
    effect = f" ({say(step.effect)})" if step else ""
    lines = wrapped(f"{head}{effect}   {since}", page.width, first=first, indent=4)
    rows = [
        *_step_rows(step, page),
        *_window_rows(progress, page),
        *_evidence_rows(question, progress, page),
        *_read_back_rows(question, progress, page),
        *_who_rows(question, progress, page),
    ]
    return [Text(), *lines, *grid([Column(shrink_to=20), Column(wraps=True)], rows, page.width, indent=4)]


def asked_lines(question: Question, progress: Progress, page: Page) -> list[Text]:
    """Return once more what is asked for, after an answer that did not pass."""
    number = progress.number(question.step)
    step = progress.runbook.steps[number - 1] if number else None
    rows: list[tuple[str, Text | str]] = _read_back_rows(question, progress, page)
    if question.part == "manual" and step and step.manual:
        rows.append((page.say("to do"), page.say.of(step.manual.instruct)))
    return grid([Column(shrink_to=20), Column(wraps=True)], rows, page.width, indent=4)


def _read_back_rows(question: Question, progress: Progress, page: Page) -> list[tuple[str, Text | str]]:
    if not question.of:
        return []
    step = source_step(question.of, (each.id for each in progress.runbook.steps))
    whose = f"{progress.title(step, page.say.code)}: " if step else ""
    return [(page.say("to read back"), f"{whose}{question.of.rpartition('.')[2]}")]


def _step_rows(step: Step | None, page: Page) -> list[tuple[str, Text | str]]:
    if step is None:
        return []
    rows: list[tuple[str, Text | str]] = []
    if step.why:
        rows.append((page.say("why"), page.say.of(step.why)))
    if step.manual:
        rows.append((page.say("to do"), page.say.of(step.manual.instruct)))
    if step.undo:
        none = step.undo.none
        rows.append(
            (page.say("way back"), page.say("none: ") + page.say.of(none) if none else page.say("undo is ready"))
        )
    return rows


def _window_rows(progress: Progress, page: Page) -> list[tuple[str, Text | str]]:
    words = run_window_words(progress, page)
    return [(page.say("window"), words)] if words else []


def _evidence_rows(question: Question, progress: Progress, page: Page) -> list[tuple[str, Text | str]]:
    """Return each step that the gate shows, its state and what it gave, long lists by their number and first item."""
    rows: list[tuple[str, Text | str]] = []
    for name in question.evidence:
        view = progress.view.step(name)
        look = step_look(view.state)
        text = Text.assemble((f"{getattr(page.signs, look.sign)} {page.say(look.word)}", look.style))
        told = [f"{key} {_brief(value, page)}" for key, value in view.out.items()]
        if view.reason:
            told.append(shorten(visible(view.reason), _LONG, page.signs.cut))
        rows.append((progress.title(name, page.say.code), text.append(f"  {', '.join(told)}" if told else "")))
    return rows


def _brief(value: object, page: Page) -> str:
    if isinstance(value, list) and len(value) > 3:
        first = shorten(visible(str(value[0])), _ITEM, page.signs.cut)
        return page.say("{count}: {first} and more", count=len(value), first=first)
    text = ", ".join(map(str, value)) or "-" if isinstance(value, list) else str(value)
    return shorten(visible(text), _LONG, page.signs.cut)


def _who_rows(question: Question, progress: Progress, page: Page) -> list[tuple[str, Text | str]]:
    if question.part != "approve":
        return []
    who = page.say("{role}, another person than the operator", role=question.role)
    return [(page.say("approves"), who), (page.say("with"), f"hisops approve {short_id(progress.run_id)}")]


def _typed() -> str | None:
    """Return the line that was typed; None at the end of input, or if the terminal is gone."""
    try:
        raw = os.read(sys.stdin.fileno(), 4096)
    except OSError:
        return None
    return raw.decode("utf-8", "replace").strip() if raw else None


def _forget_what_was_typed() -> None:
    if sys.stdin.isatty():
        import termios

        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
