"""`hisops pause`, `cancel`, `kill`, `undo`, `abandon`: steer a run. Each tells what it saw, not what was wished."""

from __future__ import annotations

from typing import Annotated

import typer

from hisops.cli.helptext import Command, group
from hisops.cli.options import asked

app = group("Steer a run.")

RunName = Annotated[str, typer.Argument(help="The run, or the end of its id.", metavar="RUN")]
Reason = Annotated[str, typer.Option("--reason", help="Why.", metavar="TEXT")]
MaybeReason = Annotated[str | None, typer.Option("--reason", help="Why.", metavar="TEXT")]
Wait = Annotated[
    float,
    typer.Option("--wait", help="Look for so many seconds at what becomes of it.", metavar="SECONDS", min=0, max=3600),
]


@app.command("pause", cls=Command)
def pause(ctx: typer.Context, run: RunName, reason: MaybeReason = None, wait: Wait = 15.0) -> int:
    """Let a run pause at its next boundary; the tool that runs now comes to its end."""
    from hisops.cli.asking import pause_run
    from hisops.cli.wiring import open_desk

    return pause_run(open_desk(asked(ctx)), run, reason, wait)


@app.command("cancel", cls=Command)
def cancel(ctx: typer.Context, run: RunName, reason: Reason, wait: Wait = 15.0) -> int:
    """End a run at its next boundary; what has been done stays as it is."""
    from hisops.cli.asking import cancel_run
    from hisops.cli.wiring import open_desk

    return cancel_run(open_desk(asked(ctx)), run, reason, wait)


@app.command("kill", cls=Command)
def kill(
    ctx: typer.Context,
    run: RunName,
    target: Annotated[
        str | None, typer.Argument(metavar="[TARGET]", help="The target's name; asked for at a terminal.")
    ] = None,
    reason: MaybeReason = None,
    grace: Annotated[
        float, typer.Option("--grace", help="Seconds between TERM and KILL.", metavar="SECONDS", min=0, max=300)
    ] = 10.0,
) -> int:
    """Kill the tool that a run has running on its host; its step is unknown until its probe has told."""
    from hisops.cli.killing import kill_tool
    from hisops.cli.wiring import open_desk

    return kill_tool(open_desk(asked(ctx)), run, target, reason, grace)


@app.command("undo", cls=Command)
def undo(
    ctx: typer.Context,
    run: RunName,
    to: Annotated[str | None, typer.Option("--to", help="Back to and including this step.", metavar="STEP")] = None,
) -> int:
    """Undo what a run has done, newest step first, and prove that the state from before holds again."""
    from hisops.cli.undoing import undo_run
    from hisops.cli.wiring import open_desk

    return undo_run(open_desk(asked(ctx)), run, to)


@app.command("abandon", cls=Command)
def abandon(ctx: typer.Context, run: RunName, reason: Reason) -> int:
    """End a run for which nothing more will be done, after saying what it leaves behind."""
    from hisops.cli.abandoning import abandon_run
    from hisops.cli.wiring import open_desk

    return abandon_run(open_desk(asked(ctx)), run, reason)
