"""`hisops answer`, `approve`, `reject`, `resolve`, `cancel`: what a person says to a run, signed by that person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from hisops.cli.helptext import Command, group
from hisops.cli.options import asked

app = group("What people say to a run.")

RunName = Annotated[str, typer.Argument(help="The run, or the end of its id.", metavar="RUN")]
StepName = Annotated[str, typer.Argument(help="The step.", metavar="STEP")]


@app.command("answer", cls=Command)
def answer(
    ctx: typer.Context,
    run: RunName,
    step: StepName,
    values: Annotated[list[str], typer.Argument(help="One for each open part of the gate, in its order.")],
) -> int:
    """Answer the gate of a step as one would at the terminal: type the target, read back, confirm, tell a result."""
    from hisops.cli.signing import answer_gate, open_desk

    return answer_gate(open_desk(asked(ctx)), run, step, values)


@app.command("approve", cls=Command)
def approve(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(help="A saved plan, a run, or a request.", metavar="PLAN|RUN|REQ")],
    step: Annotated[str | None, typer.Argument(help="The step that waits; else the first.", metavar="[STEP]")] = None,
    hours: Annotated[int, typer.Option("--hours", help="How long the approval is good for.", min=1, max=720)] = 24,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Close a run that broke the glass: what you found.", metavar="TEXT")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Sign a request where there is no site.")] = False,
    out: Annotated[
        Path | None, typer.Option("-o", help="With --offline: where the signature goes.", metavar="SIG")
    ] = None,
) -> int:
    """Approve a plan, or the evidence before a step of a run, with your own key."""
    if offline:
        from hisops.cli.offline import approve_offline

        return approve_offline(asked(ctx), Path(what), out)
    from hisops.cli import approving
    from hisops.cli.wiring import open_desk

    return approving.approve(open_desk(asked(ctx)), what, step, hours, reason)


@app.command("reject", cls=Command)
def reject(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(help="A saved plan, or a run.", metavar="PLAN|RUN")],
    reason: Annotated[str, typer.Option("--reason", help="Why.", metavar="TEXT")],
    step: Annotated[str | None, typer.Argument(help="The step; else the one that waits.", metavar="[STEP]")] = None,
) -> int:
    """Say no to a plan or to a run that you could approve, signed by you."""
    from hisops.cli import rejecting
    from hisops.cli.wiring import open_desk

    return rejecting.reject(open_desk(asked(ctx)), what, step, reason)


@app.command("resolve", cls=Command)
def resolve(
    ctx: typer.Context,
    run: RunName,
    step: StepName,
    as_: Annotated[Literal["done", "not-done"], typer.Option("--as", help="What became of it.")],
    evidence: Annotated[Path, typer.Option("--evidence", help="A file that shows it.", exists=True, dir_okay=False)],
) -> int:
    """Decide, signed by you, what became of a step that no probe can tell."""
    from hisops.cli.signing import open_desk, resolve_step

    return resolve_step(open_desk(asked(ctx)), run, step, as_, evidence)


@app.command("amend", cls=Command)
def amend(
    ctx: typer.Context,
    run: RunName,
    reason: Annotated[str | None, typer.Option("--reason", help="Why.", metavar="TEXT")] = None,
) -> int:
    """Sign that a run goes on with its runbook as it was changed since; a second person has to agree."""
    from hisops.cli.amending import amend_run, open_desk

    return amend_run(open_desk(asked(ctx)), run, reason)
