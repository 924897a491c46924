"""`hisops lab`: a hospital to rehearse in, on this machine. It is a simulation, and says so."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hisops.cli.helptext import Command, group
from hisops.cli.opening import screen_of
from hisops.cli.options import asked

app = group("A hospital to rehearse in, on this machine: hosts, databases, people. A simulation.")

Dir = Annotated[Path, typer.Option("--dir", help="The folder of the lab.", file_okay=False)]
Pace = Annotated[float, typer.Option("--pace", help="How fast the tools are; 0 leaves out every pause.", min=0)]


def _faults() -> list[tuple[str, str]]:
    from hisops.lab.faults import FAULTS

    return [(name, text.en) for name, text in FAULTS.items()]


def _pictures() -> list[tuple[str, str]]:
    from hisops.lab.pictures import PICTURES

    return [(name, text.en) for name, text in PICTURES.items()]


Fault = Annotated[str | None, typer.Argument(help="What shall go wrong; without a name all are listed.",
                                             autocompletion=_faults)]  # fmt: skip
Picture = Annotated[str | None, typer.Argument(help="What the pair shall look like; without a name all are listed.",
                                               autocompletion=_pictures)]  # fmt: skip
HERE = Path("hisops-lab")


@app.command("up", cls=Command)
def up(ctx: typer.Context, dir: Dir = HERE, pace: Pace = 1.0) -> None:
    """Start the lab, and make it first where there is none."""
    from hisops.lab import control

    _told(ctx, control.up(dir, pace))


@app.command("down", cls=Command)
def down(ctx: typer.Context, dir: Dir = HERE) -> None:
    """Stop the lab; its files stay."""
    from hisops.lab import control

    _told(ctx, control.down(dir))


@app.command("status", cls=Command)
def status(ctx: typer.Context, dir: Dir = HERE) -> None:
    """Show whether the lab runs, and what is made to go wrong."""
    from hisops.lab import control

    _told(ctx, control.status(dir))


@app.command("reset", cls=Command)
def reset(ctx: typer.Context, dir: Dir = HERE) -> None:
    """Bring databases and hosts back to the start; people, trust and logs stay."""
    from hisops.lab import control

    _told(ctx, control.reset(dir))


@app.command("fault", cls=Command)
def fault(
    ctx: typer.Context,
    name: Fault = None,
    dir: Dir = HERE,
    off: Annotated[bool, typer.Option("--off", help="Let it go right again.")] = False,
) -> None:
    """Make something go wrong, as it does in reality."""
    from hisops.console.lab import faults_document, faults_lines
    from hisops.lab import control

    if name is not None:
        control.set_fault(dir, name, not off)
    screen, armed = screen_of(asked(ctx)), control.status(dir).faults
    screen.data(faults_document(control.FAULTS, armed))
    screen.show(faults_lines(control.FAULTS, armed, screen.page()))


@app.command("picture", cls=Command)
def picture(ctx: typer.Context, name: Picture = None, dir: Dir = HERE) -> None:
    """Let the pair of databases start from another state than a healthy one; `reset` ends it."""
    from hisops.console.lab import pictures_document, pictures_lines
    from hisops.lab import control

    if name is not None:
        control.set_picture(dir, name)
    screen, shown = screen_of(asked(ctx)), control.status(dir).picture
    screen.data(pictures_document(control.PICTURES, shown))
    screen.show(pictures_lines(control.PICTURES, shown, screen.page()))


def _told(ctx: typer.Context, info: Any) -> None:
    from hisops.console.lab import lab_document, lab_lines

    screen = screen_of(asked(ctx))
    screen.data(lab_document(info))
    screen.show(lab_lines(info, screen.page()))
