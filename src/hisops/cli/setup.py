"""`hisops init`, `doctor`, `explain`: getting a site on its feet, and understanding what goes wrong."""

from __future__ import annotations

from typing import Annotated

import typer

from hisops.cli.helptext import Command, group
from hisops.cli.options import asked
from hisops.errors import UsageProblem

app = group("A site on its feet.")


@app.command("explain", cls=Command)
def explain(
    ctx: typer.Context, code: Annotated[str, typer.Argument(help="The code of an error, or an exit code.")]
) -> None:
    """Say what a code means."""
    from hisops.console.codes import EXITS, meanings
    from hisops.console.explain import exit_lines, explain_lines
    from hisops.console.theme import Screen

    screen = Screen.of(asked(ctx))
    name, known = code.upper(), meanings()
    if code.isdigit() and int(code) in EXITS:
        screen.data({"exit": int(code), "meaning": screen.say(EXITS[int(code)])})
        screen.show(exit_lines(int(code), screen.page()))
    elif name in known:
        meaning = known[name][screen.say.code]
        screen.data({"code": name, "meaning": meaning})
        screen.show(explain_lines(name, meaning, screen.page()))
    else:
        raise UsageProblem("HIS-2906", "There is no code {word}.", "Codes look like HIS-2906.", word=code)
