"""`hisops init`, `doctor`, `explain`: getting a site on its feet, and understanding what goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hisops.cli.helptext import Command, group
from hisops.cli.opening import screen_of
from hisops.cli.options import asked
from hisops.errors import UsageProblem

app = group("A site on its feet.")

Folder = Annotated[Path, typer.Argument(help="The folder of the new site.", file_okay=False)]


@app.command("init", cls=Command)
def init(ctx: typer.Context, folder: Folder = Path()) -> None:
    """Begin a site: a commented site.yaml and a trust folder. Nothing that is there is touched."""
    from hisops.cli.founding import found_site
    from hisops.console.founding import founded_document, founded_lines

    screen = screen_of(asked(ctx))
    files = found_site(folder)
    screen.data(founded_document(files))
    screen.show(founded_lines(folder, files, screen.page()))


@app.command("doctor", cls=Command)
def doctor(ctx: typer.Context) -> int:
    """Check the site from key to database; each line is fine or says what to do."""
    from hisops.cli.checks import check_site
    from hisops.console.doctor import check_line, doctor_document, doctor_lines

    screen = screen_of(asked(ctx))
    checks = []
    for check in check_site(asked(ctx)):
        screen.show(check_line(check, screen.page()))
        checks.append(check)
    screen.data(doctor_document(checks, screen.say))
    screen.show(doctor_lines(checks, screen.page()))
    return int(any(check.state == "bad" for check in checks))


@app.command("explain", cls=Command)
def explain(
    ctx: typer.Context, code: Annotated[str, typer.Argument(help="The code of an error, or an exit code.")]
) -> None:
    """Say what a code means."""
    from hisops.console.codes import EXITS, known_codes
    from hisops.console.explain import exit_lines, explain_document, explain_lines

    screen = screen_of(asked(ctx))
    name, known = code.upper(), known_codes()
    if code.isdigit() and int(code) in EXITS:
        screen.data({"exit": int(code), "meaning": screen.say(EXITS[int(code)])})
        screen.show(exit_lines(int(code), screen.page()))
    elif name in known:
        screen.data(explain_document(name, known[name], screen.say))
        screen.show(explain_lines(name, known[name], screen.page()))
    else:
        raise UsageProblem("HIS-2906", "There is no code {word}.", "Codes look like HIS-2906.", word=code)
