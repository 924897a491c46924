"""Single remarks beside a result, and the one question that a plan ends with."""

from __future__ import annotations

import sys

from rich.text import Text

from hisops.console.grid import wrapped
from hisops.console.i18n import mark
from hisops.console.theme import Screen, put

SIGN = mark("Sign this approval? Type the target's name, or Enter to leave: ")
ASK = mark("Carry it out now? Type the target's name, or Enter to leave: ")


def remark(screen: Screen, template: str, **values: object) -> None:
    """Say a sentence on stderr, in the language of the screen; nothing with `--quiet`."""
    text = screen.say(template, **values)
    screen.note(wrapped(text, screen.page(screen.err).width, first=Text("  "), indent=2))


def command(screen: Screen, template: str, line: str) -> None:
    """Say what a command is for, and the command on a line of its own so that it can be copied."""
    screen.note([Text("  " + screen.say(template)), Text("    " + screen.page().typed(line))])


def has_terminal(screen: Screen) -> bool:
    """Return whether there is a person to ask."""
    return sys.stdin.isatty() and screen.err.is_terminal and not screen.json_wanted


def type_target(screen: Screen, target: str, ask: str = ASK) -> bool:
    """Ask for the target's name until it is typed (True) or nothing is (False)."""
    while True:
        screen.err.print(Text("\n  " + screen.say(ask)), end="", soft_wrap=True)
        try:
            typed = input().strip()
        except EOFError:
            return False
        if not typed or typed == target:
            return bool(typed)
        put(screen.err, [Text("  " + screen.say("That is not the target's name."))])
