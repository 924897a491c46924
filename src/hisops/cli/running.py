"""`hisops run`, `status`, `resume`, and what a runbook's own command does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from hisops.cli.helptext import Command, group
from hisops.cli.options import Invocation, asked
from hisops.errors import UsageProblem

app = group("Planning and carrying out.")

BreakGlass = Annotated[
    str | None,
    typer.Option("--break-glass", help="Do without approvals, on the record; why.", metavar="REASON"),
]
Until = Annotated[str | None, typer.Option("--until", help="Pause after this step.", metavar="STEP")]
Single = Annotated[bool, typer.Option("--step", help="Enter before each step; without a terminal, one step.")]
RunName = Annotated[str, typer.Argument(help="The run, or the end of its id.", metavar="RUN")]


@app.command("run", cls=Command)
def run(
    ctx: typer.Context,
    plan_file: Annotated[Path, typer.Argument(help="A saved plan.", metavar="PLAN")],
    until: Until = None,
    step: Single = False,
    break_glass: BreakGlass = None,
) -> int:
    """Carry out a saved plan, exactly as it is."""
    from hisops.cli.carrying import carry_out_plan, open_desk, read_plan
    from hisops.engine.course import Course

    desk = open_desk(asked(ctx))
    course = Course(until=until, single=step, break_glass=reason_of(break_glass))
    return carry_out_plan(desk, read_plan(plan_file), course)


@app.command("resume", cls=Command)
def resume(
    ctx: typer.Context, run_name: RunName, until: Until = None, step: Single = False, break_glass: BreakGlass = None
) -> int:
    """Go on with a run that waits, is held or was cut off; nothing is started twice."""
    from hisops.cli.carrying import open_desk, resume_run
    from hisops.engine.course import Course

    course = Course(until=until, single=step, break_glass=reason_of(break_glass))
    return resume_run(open_desk(asked(ctx)), run_name, course)


@app.command("status", cls=Command)
def status(ctx: typer.Context, run_name: Annotated[str | None, typer.Argument(metavar="[RUN]")] = None) -> int:
    """Say how far a run is and what can be done; without RUN, the newest."""
    from hisops.cli.carrying import open_desk, show_status

    return show_status(open_desk(asked(ctx)), run_name)


def carry_out(
    runbook_id: str, target: str, values: Mapping[str, Any], call: Invocation, break_glass: str | None = None,
    until: str | None = None, step: bool = False,
) -> None:  # fmt: skip
    """Plan, show, ask, carry out: what `hisops patch apply …` does."""
    from hisops.cli.carrying import plan_and_carry_out
    from hisops.engine.course import Course

    given = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}
    course = Course(until=until, single=step, break_glass=reason_of(break_glass))
    raise typer.Exit(plan_and_carry_out(call, runbook_id, target, given, course))


def reason_of(break_glass: str | None) -> str | None:
    """Return the reason for doing without approvals as the log will have it; UsageProblem if it says nothing."""
    if break_glass is None:
        return None
    if not break_glass.strip():
        raise UsageProblem("HIS-4220", "Breaking the glass needs a reason.", "Say why nobody could approve.")
    return " ".join(break_glass.split())
