"""The screen of a run while it goes on: redrawn on a terminal, one plain line per change anywhere else."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import RLock

from rich.console import Group
from rich.live import Live
from rich.text import Text

from hisops.console.duration import spoken, time_of_day
from hisops.console.escape import visible_lines
from hisops.console.grid import shorten
from hisops.console.progress import ACTIVE, Progress
from hisops.console.reasons import reason_text
from hisops.console.silence import silence_lost_terminals
from hisops.console.steps import planning_lines, running_lines, ways_out
from hisops.console.theme import Page, Screen, put
from hisops.console.words import run_look, step_look
from hisops.model import records as r
from hisops.model.run import NOT_REACHED
from hisops.ports import Stream

TAIL = 4
_DECODING = ("utf-8", "gb18030")


class Watch:
    """An Observer. Keeps the fold and the newest output; what is drawn of them is up to its children."""

    def __init__(self, screen: Screen, progress: Progress, now: Callable[[], datetime]) -> None:
        self.screen = screen
        self.progress = progress
        self.now = now
        self._lock = RLock()
        self.pausing = False
        self._tail: deque[str] = deque(maxlen=TAIL)
        self._rest: dict[str, bytes] = {}
        self._current: str | None = None
        self._newest: str | None = None
        self._spots = {step.id: step.spot for step in progress.runbook.steps}

    def pause(self) -> None:
        """Say that the run pauses at the next boundary, as was asked."""
        self.pausing = True

    def record(self, record: r.Record) -> None:
        """See a record that is in the log."""
        with self._lock:
            self.progress.apply(record, self.now())
            if isinstance(record, r.CallIntent):
                self._turn_to(record.step)
        self._changed(record)

    def output(self, step: str, stream: Stream, text: bytes) -> None:
        """See redacted output as it comes; only whole lines are shown."""
        with self._lock:
            if self._group(step) != self._current:
                self._turn_to(step)
            *lines, self._rest[step] = (self._rest.get(step, b"") + text).replace(b"\r", b"\n").split(b"\n")
            new = [f"{self._tag(step)}{line}" for raw in lines for line in visible_lines(decoded(raw))]
            self._tail.extend(new)
        self._printed(new)

    def _turn_to(self, step: str) -> None:
        """Begin with the output of another call; that of items which are worked on at once stays together."""
        group, self._newest = self._group(step), step
        if group != self._current or group == step:
            self._tail.clear()
            self._rest.clear()
        self._rest.pop(step, None)
        self._current = group

    def _group(self, step: str) -> str:
        spot = self._spots.get(step)
        return spot.fan if spot and spot.fan else step

    def _tag(self, step: str) -> str:
        """Return what stands before a line of output that came from one of several items."""
        spot = self._spots.get(step)
        bar = self.screen.page().signs.bar
        return f"{spot.item} {bar} " if spot and spot.item else ""

    @contextmanager
    def shown(self) -> Iterator[Watch]:
        """Draw while the block runs."""
        yield self

    @contextmanager
    def held(self) -> Iterator[None]:
        """Leave the terminal to somebody else while the block runs."""
        yield

    def _changed(self, record: r.Record) -> None:
        """React to a change."""

    def _printed(self, lines: list[str]) -> None:
        """React to new output."""


class LiveWatch(Watch):
    """Redraws the run on a terminal, four times a second."""

    def __init__(self, screen: Screen, progress: Progress, now: Callable[[], datetime]) -> None:
        super().__init__(screen, progress, now)
        self._live = Live(
            console=screen.err, get_renderable=self._picture, refresh_per_second=4, transient=not progress.run_id
        )

    @contextmanager
    def shown(self) -> Iterator[Watch]:
        """Draw while the block runs; the last picture stays."""
        self._live.start(refresh=True)
        try:
            yield self
        finally:
            self._stop()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Leave the picture as it stands, and go on below once the block has ended."""
        self._stop()
        try:
            yield
        finally:
            with suppress(OSError):
                self._live.start(refresh=True)

    def _stop(self) -> None:
        """Stop drawing, also on a terminal that is gone."""
        try:
            self._live.stop()
        except OSError:
            silence_lost_terminals()

    def _changed(self, record: r.Record) -> None:
        spot = self._spots.get(getattr(record, "step", None) or "")
        if self._live.is_started and not (spot and spot.parallel > 1):  # a crowd is drawn four times a second
            self._live.refresh()

    def _picture(self) -> Group:
        with self._lock:
            page = self.screen.page(self.screen.err)
            lines = self._lines(page)
            if any(step.state in ACTIVE for step in self.progress.view.steps.values()):
                lines.append(ways_out(self.progress, page, pausing=self.pausing))
        # What is newest stands below, so what does not fit is cut above, under the head line.
        room = max(4, self.screen.err.height - 1)
        kept = lines if len(lines) <= room else [lines[0], *lines[len(lines) - room + 1 :]]
        return Group(*kept)

    def _lines(self, page: Page) -> list[Text]:
        if self.progress.run_id:
            return running_lines(self.progress, page, self.now(), list(self._tail))
        return planning_lines(self.progress, page, self._newest, list(self._tail))


class PlainWatch(Watch):
    """One line for each change of a step or of the run; the tool's output too with `--verbose`."""

    def __init__(self, screen: Screen, progress: Progress, now: Callable[[], datetime]) -> None:
        super().__init__(screen, progress, now)
        self._signs = screen.page(screen.err).signs

    def _changed(self, record: r.Record) -> None:
        if isinstance(record, r.StepChanged) and record.reason == NOT_REACHED:
            return  # the end of the run says all there is to say
        if isinstance(record, r.StepChanged) and record.state not in {"PENDING", "STARTING", "VERIFYING"}:
            self._put(self._step(record))
        elif isinstance(record, r.RunChanged):
            self._put(Text(f"{self._word(run_look(record.state).word)}{self._because(record.reason)}"))
        elif isinstance(record, r.LinkChanged):
            lost = self.screen.say("link to {host} lost", host=record.host)
            back = self.screen.say("link to {host} is back", host=record.host)
            self._put(Text(lost if record.event == "lost" else back))

    def pause(self) -> None:
        """Say so in a line of its own."""
        super().pause()
        self._put(Text(self.screen.say("pausing after this step; Ctrl-C again leaves it running")))

    def _printed(self, lines: list[str]) -> None:
        if self.screen.verbose:
            for line in lines:
                self._put(Text(f"{self._signs.bar} {line}"))

    def _step(self, record: r.StepChanged) -> Text:
        look = step_look(record.state)
        title = self.progress.title(record.step, self.screen.say.code)
        seconds = self.progress.seconds(record.step, self.now())
        took = f", {spoken(seconds, self.screen.say)}" if seconds and record.state not in ACTIVE else ""
        number = self.progress.number(record.step)
        word = self.screen.say(look.word)
        return Text(f"{getattr(self._signs, look.sign)} {number} {title}: {word}{took}{self._because(record.reason)}")

    def _because(self, reason: str | None) -> str:
        text = reason_text(reason, self.progress.runbook, self.screen.say)
        return f" ({shorten(text, 300)})" if text else ""

    def _word(self, word: str) -> str:
        return self.screen.say("run {state}", state=self.screen.say(word))

    def _put(self, line: Text) -> None:
        put(self.screen.err, [Text(f"{time_of_day(self.now())}  ").append(line)])


def watch(screen: Screen, progress: Progress, now: Callable[[], datetime]) -> Watch:
    """Return the Observer that fits the screen."""
    if screen.quiet:
        return Watch(screen, progress, now)
    if screen.err.is_terminal and not screen.err.is_dumb_terminal:
        return LiveWatch(screen, progress, now)
    return PlainWatch(screen, progress, now)


def decoded(raw: bytes) -> str:
    """Return what a tool printed as text: UTF-8, else GB18030, else with escapes."""
    for encoding in _DECODING:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "backslashreplace")
