"""The screen: two consoles, colours for states only, signs that stand with words, plain where it must be plain."""

from __future__ import annotations

import errno
import json
import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TextIO

from rich.console import Console
from rich.text import Text

from hisops.console.i18n import Language
from hisops.console.silence import silence_lost_terminals

PIPED_WIDTH = 120
SCHEMA_VERSION = 1

GOOD, CARE, BAD, FAINT, STRONG = "green", "yellow", "red", "dim", "bold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """The few signs on the screen; each has its word beside it."""

    done: str = "✓"
    running: str = "▶"
    todo: str = "·"
    gate: str = "■"
    care: str = "▲"
    bad: str = "✗"
    rule: str = "─"
    bar: str = "│"
    cut: str = "…"
    dash: str = "–"
    arrow: str = "→"

    @property
    def dot(self) -> str:
        """Parts a line into its facts; the same sign as for what is still to do."""
        return self.todo


FANCY = Signs()
PLAIN = Signs(
    done="+", running=">", todo="-", gate="#", care="!", bad="x", rule="-", bar="|", cut="~", dash="-", arrow="->"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a renderer must know: the language, how wide it may write, and with which signs."""

    say: Language
    width: int
    signs: Signs = FANCY
    site_words: str = ""
    key_words: str = ""

    def typed(self, command: str) -> str:
        """Return `command` with the global options that it needs to mean the same when it is pasted.

        What another person is to type is not given the key of this one.
        """
        program, _, rest = command.partition(" ")
        return f"{program}{self.site_words}{'' if rest.startswith('approve') else self.key_words} {rest}"


class Wishes(Protocol):
    """What the command line says about the screen (`cli.options.Invocation`)."""

    @property
    def say(self) -> Language:
        """The language."""

    @property
    def json(self) -> bool:
        """One JSON document instead of a picture."""

    @property
    def quiet(self) -> bool:
        """No progress."""

    @property
    def verbose(self) -> bool:
        """More detail."""

    @property
    def typed(self) -> Mapping[str, str]:
        """Those of `--site` and `--key` that were typed, and not found by other means."""


class Screen:
    """Data goes to stdout, progress to stderr; with `--json` stdout holds one JSON document and nothing else."""

    def __init__(
        self, *, say: Language, json_wanted: bool = False, quiet: bool = False, verbose: bool = False,
        typed: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.say = say if _can_write(sys.stdout.encoding, "中") else Language("en")
        self.json_wanted = json_wanted
        self.quiet = quiet
        self.verbose = verbose
        self._typed = typed or {}
        self.out = _console(sys.stdout)
        self.err = _console(sys.stderr)

    @staticmethod
    def of(wishes: Wishes) -> Screen:
        """Return the screen that the command line asks for."""
        return Screen(
            say=wishes.say, json_wanted=wishes.json, quiet=wishes.quiet, verbose=wishes.verbose, typed=wishes.typed
        )

    def page(self, console: Console | None = None) -> Page:
        """Return the page to render for `console` (stdout if not said otherwise)."""
        console = console or self.out
        signs = FANCY if _can_write(console.encoding, "".join(_all_signs(FANCY))) else PLAIN
        words = {name: f" {name} {shlex.quote(value)}" for name, value in self._typed.items()}
        return Page(
            say=self.say, width=console.width, signs=signs,
            site_words=words.get("--site", ""), key_words=words.get("--key", ""),
        )  # fmt: skip

    def show(self, lines: Iterable[Text]) -> None:
        """Print the result of a command for a person; nothing with `--json`."""
        if not self.json_wanted:
            put(self.out, lines)

    def note(self, lines: Iterable[Text]) -> None:
        """Print progress or a remark to stderr, unless `--quiet`."""
        if not self.quiet:
            put(self.err, lines)

    def data(self, document: Mapping[str, Any]) -> None:
        """Print the result of a command for a program; nothing without `--json`."""
        if self.json_wanted:
            text = json.dumps({"schema_version": SCHEMA_VERSION, **document}, ensure_ascii=False, indent=2)
            self.raw(text)

    def raw(self, text: str) -> None:
        """Print `text` to stdout as it is: a schema, a script, stock commands to paste."""
        try:
            print(text, flush=True)
        except OSError as error:
            _only_lost(error)


def _only_lost(error: OSError) -> None:
    """Go on without the terminal if that is what is wrong; else raise."""
    if error.errno != errno.EIO:
        raise error
    silence_lost_terminals()


def put(console: Console, lines: Iterable[Text]) -> None:
    """Print rendered lines as they are, without a second layout."""
    for line in lines:
        try:
            if console.is_terminal:
                console.print(line, soft_wrap=True, highlight=False)
            else:  # there is nothing to lay out or to colour
                console.file.write(f"{line.plain}\n")
                console.file.flush()
        except OSError as error:
            _only_lost(error)


def _console(file: TextIO) -> Console:
    terminal = file.isatty()
    if hasattr(file, "reconfigure"):
        file.reconfigure(errors="backslashreplace")
    width = None if terminal else int(os.environ.get("COLUMNS") or PIPED_WIDTH)
    return Console(
        file=file, width=width, force_terminal=terminal, markup=False, emoji=False, highlight=False,
        no_color=_no_color(terminal),
    )  # fmt: skip


def _no_color(terminal: bool) -> bool:
    return not terminal or bool(os.environ.get("NO_COLOR"))


def _can_write(encoding: str | None, text: str) -> bool:
    try:
        text.encode(encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _all_signs(signs: Signs) -> list[str]:
    return [getattr(signs, name) for name in Signs.__slots__]
