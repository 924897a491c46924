"""`hisops run`, `status`, `resume`, and what a runbook's own command does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from hisops.cli.helptext import Command, group
from hisops.cli.options import Invocation, asked

app = group("Planning and carrying out.")

RunName = Annotated[str, typer.Argument(help="The run, or the end of its id.", metavar="RUN")]


@app.command("run", cls=Command)
def run(ctx: typer.Context, plan_file: Annotated[Path, typer.Argument(help="A saved plan.", metavar="PLAN")]) -> int:
    """Carry out a saved plan, exactly as it is."""
    from hisops.cli.carrying import carry_out_plan, open_desk, read_plan

    desk = open_desk(asked(ctx))
    return carry_out_plan(desk, read_plan(plan_file))


@app.command("resume", cls=Command)
def resume(ctx: typer.Context, run_name: RunName) -> int:
    """Go on with a run that waits, is held or was cut off; nothing is started twice."""
    from hisops.cli.carrying import open_desk, resume_run

    return resume_run(open_desk(asked(ctx)), run_name)


@app.command("status", cls=Command)
def status(ctx: typer.Context, run_name: Annotated[str | None, typer.Argument(metavar="[RUN]")] = None) -> int:
    """Say how far a run is and what can be done; without RUN, the newest."""
    from hisops.cli.carrying import open_desk, show_status

    return show_status(open_desk(asked(ctx)), run_name)


def carry_out(runbook_id: str, target: str, values: Mapping[str, Any], call: Invocation) -> None:
    """Plan, show, ask, carry out: what `hisops patch apply …` does."""
    from hisops.cli.carrying import plan_and_carry_out

    given = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}
    raise typer.Exit(plan_and_carry_out(call, runbook_id, target, given))
