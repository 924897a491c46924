"""`hisops report`: forms that are filled from verified logs alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from hisops.cli.helptext import Command, group
from hisops.cli.log import run_names
from hisops.cli.opening import open_site, open_trust, screen_of
from hisops.cli.options import asked

app = group("Forms that are filled from verified logs alone.")

Runs = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN...", help="The drill, then what followed: reinstate, switch-back.", autocompletion=run_names
    ),
]
Run = Annotated[str, typer.Argument(metavar="RUN", help="The restore test.", autocompletion=run_names)]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR|FILE", help="Where to write; here if not given.")]
Form = Annotated[Literal["html", "docx"] | None, typer.Option("--format", help="Only this one; both if not given.")]


@app.command("drill", cls=Command)
def drill(ctx: typer.Context, runs: Runs, out: Out = None, form: Form = None) -> int:
    """Fill the emergency drill record from the log of a drill and of the runs that followed it."""
    return _fill(ctx, "drill", runs, out, form)


@app.command("restore", cls=Command)
def restore(ctx: typer.Context, run: Run, out: Out = None, form: Form = None) -> int:
    """Fill the restore test record from the log of a restore test."""
    return _fill(ctx, "restore", [run], out, form)


def _fill(ctx: typer.Context, name: str, runs: list[str], out: Path | None, form: str | None) -> int:
    """Fill the form `name` and write it down; return the exit code of the verification."""
    from hisops.cli.filling import fill_form, write_sheet
    from hisops.console.report import report_document, report_lines

    call = asked(ctx)
    screen, site = screen_of(call), open_site(call)
    sheet, found = fill_form(site, open_trust(site), name, runs, screen.say)
    silent = call.json and out is None
    written = [] if silent else write_sheet(sheet, f"{name}-{found[0].run_id}", out, form)
    screen.data(report_document(sheet.document(), written))
    screen.show(report_lines(found, written, screen.page()))
    return max(account.exit_code for account in found)
