"""`hisops play`: a playbook, which is several runs for one service event, planned and carried out in one go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hisops.cli.helptext import Command, group
from hisops.cli.opening import open_library, screen_of
from hisops.cli.options import asked

app = group("Playing playbooks.")


def _playbooks(ctx: typer.Context) -> list[str]:
    return list(open_library(asked(ctx)).playbooks())


@app.command("play", cls=Command)
def play(
    ctx: typer.Context,
    playbook: Annotated[
        str | None, typer.Argument(help="The playbook; without it, the list of them.", autocompletion=_playbooks)
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", "-t", help="The database of the site; not needed if each is visited.")
    ] = None,
    parameter: Annotated[list[str] | None, typer.Option("-p", help="NAME=VALUE, once for each.")] = None,
    out: Annotated[Path | None, typer.Option("-o", help="Only save the plan here, for `hisops run`.")] = None,
) -> int:
    """Carry out a playbook: plan all its runs, ask, then carry them out one after the other, each with its own log."""
    from hisops.cli.plans import pairs

    if playbook is None:
        _list(ctx)
        return 0
    from hisops.cli.playing import play_playbook

    return play_playbook(asked(ctx), playbook, target, pairs(parameter or []), out)


def _list(ctx: typer.Context) -> None:
    from hisops.console.playbook import list_document, list_lines

    screen, library = screen_of(asked(ctx)), open_library(asked(ctx))
    playbooks = [library.playbook(name).model for name in library.playbooks()]
    screen.data(list_document(playbooks))
    screen.show(list_lines(playbooks, screen.page()))
