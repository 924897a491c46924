"""The screen of a run: plain lines when piped, no escape codes there, and output decoded and harmless."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from hisops.console.i18n import Language
from hisops.console.live import LiveWatch, PlainWatch, Watch, decoded, watch
from hisops.console.progress import Progress
from hisops.console.theme import Screen
from hisops.model import records as r
from tests.console.story import BEGIN, RUN_ID, runbook

ROOT = Path(__file__).resolve().parents[2]
STORY = (
    r.RunChanged(state="RUNNING"),
    r.StepChanged(step="conflict-check", state="RUNNING", attempt=1),
    r.StepChanged(step="conflict-check", state="SUCCEEDED", attempt=1),
    r.LinkChanged(host="his-db1", event="lost"),
    r.LinkChanged(host="his-db1", event="back"),
    r.StepChanged(step="apply", state="UNKNOWN", reason="lost \x1b[31m exit code"),
    r.RunChanged(state="HELD", reason="apply: lost"),
)


class SlowClock:
    """Every look at it is a second later."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> object:
        self.now += timedelta(seconds=1)
        return self.now


def screen_into(file: io.StringIO, *, terminal: bool, verbose: bool = False, lang: str = "en") -> Screen:
    screen = Screen(say=Language(lang), verbose=verbose)
    screen.err = Console(file=file, width=100, height=20, force_terminal=terminal, highlight=False)
    return screen


def progress() -> Progress:
    return Progress(run_id=RUN_ID, target="his", runbook=runbook())


def told(kind: type[Watch], *, terminal: bool, verbose: bool = False) -> str:
    file = io.StringIO()
    observer = kind(screen_into(file, terminal=terminal, verbose=verbose), progress(), SlowClock())  # type: ignore[arg-type]
    with observer.shown():
        for record in STORY:
            observer.record(record)
        observer.output("apply", "stdout", "正在安装\nhalf".encode())
        observer.output("apply", "stdout", b" line \x1b[2J\n")
    return file.getvalue()


def test_piped_it_is_one_line_a_change() -> None:
    lines = told(PlainWatch, terminal=False).splitlines()
    assert len(lines) == len(STORY)
    assert lines[1].endswith("▶ 2 Check for patch conflicts: running")
    assert "✓ 2 Check for patch conflicts: done, " in lines[2]
    assert "link to his-db1 lost" in lines[3]
    assert "link to his-db1 is back" in lines[4]
    assert "▲ 8 Apply the patch: UNKNOWN" in lines[5]
    assert "\\x1b[31m exit code" in lines[5]
    assert lines[6].endswith("run HELD (apply: lost)")


def test_piped_there_are_no_escape_codes() -> None:
    assert "\x1b" not in told(PlainWatch, terminal=False, verbose=True)


def test_verbose_lines_of_the_tool_are_whole_and_harmless() -> None:
    text = told(PlainWatch, terminal=False, verbose=True)
    assert "│ 正在安装" in text
    assert "│ half line \\x1b[2J" in text


def test_on_a_terminal_the_last_picture_stays_and_the_tool_cannot_draw() -> None:
    file = io.StringIO()
    observer = LiveWatch(screen_into(file, terminal=True), progress(), SlowClock())  # type: ignore[arg-type]
    with observer.shown():
        observer.record(r.StepChanged(step="apply", state="RUNNING", attempt=1))
        observer.output("apply", "stdout", b"half")
        observer.output("apply", "stdout", b" line \x1b[2J\n")
    text = file.getvalue()
    assert "Apply the patch" in text
    assert "half line \\x1b[2J" in text


def test_a_picture_higher_than_the_screen_keeps_its_newest_lines() -> None:
    file = io.StringIO()
    screen = screen_into(file, terminal=True)
    screen.err = Console(file=file, width=100, height=8, force_terminal=True)
    observer = LiveWatch(screen, progress(), SlowClock())  # type: ignore[arg-type]
    for step in ("opatch-version", "home-space", "pdbs-open", "nobody", "verify"):
        observer.record(r.StepChanged(step=step, state="FAILED", reason="no"))
    observer.record(r.StepChanged(step="sql-part", state="RUNNING", attempt=1))
    with screen.err.capture() as captured:
        screen.err.print(observer._picture())
    lines = captured.get().splitlines()
    assert len(lines) <= 8
    assert any("Run the SQL part" in line for line in lines)


@pytest.mark.parametrize(
    ("quiet", "terminal", "kind"), [(True, True, Watch), (False, False, PlainWatch), (False, True, LiveWatch)]
)
def test_the_observer_fits_the_screen(quiet: bool, terminal: bool, kind: type[Watch]) -> None:
    screen = screen_into(io.StringIO(), terminal=terminal)
    screen.quiet = quiet
    assert type(watch(screen, progress(), SlowClock())) is kind  # type: ignore[arg-type]


def test_chinese_output_is_read_in_either_encoding() -> None:
    assert decoded("补丁".encode()) == "补丁"
    assert decoded("补丁".encode("gb18030")) == "补丁"
    assert decoded(b"\xff\xff\xff") == "\\xff\\xff\\xff"


def _printed(environment: dict[str, str]) -> bytes:
    script = (
        "from hisops.console.theme import Screen; from hisops.console.i18n import Language\n"
        "from rich.text import Text\n"
        "s = Screen(say=Language('zh')); s.show([Text('✓ 完成', 'red')]); print(s.page().signs.done, s.say.code)"
    )
    return subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": str(ROOT / "src"), **environment},
        capture_output=True, check=True,
    ).stdout  # fmt: skip


def test_piped_text_has_no_colours() -> None:
    assert _printed({"LC_ALL": "C.UTF-8", "TERM": "xterm", "FORCE_COLOR": ""}) == "✓ 完成\n✓ zh\n".encode()


def test_where_utf_8_cannot_be_written_it_is_plain_english() -> None:
    assert _printed({"PYTHONIOENCODING": "ascii"}).endswith(b"+ en\n")
