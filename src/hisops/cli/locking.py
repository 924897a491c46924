"""`hisops unlock`, `adopt`: what to do about a lock or a run whose control host will not come back."""

from __future__ import annotations

from typing import Annotated

import typer

from hisops.cli.helptext import Command, group
from hisops.cli.options import asked

app = group("Locks whose owner is gone.")

Reason = Annotated[str, typer.Option("--reason", help="Why.", metavar="TEXT")]
Target = Annotated[str | None, typer.Argument(metavar="[TARGET]", help="The target's name; asked for at a terminal.")]


@app.command("unlock", cls=Command)
def unlock(
    ctx: typer.Context,
    lock: Annotated[str, typer.Argument(help="The lock, as the refusal names it.", metavar="LOCK")],
    reason: Reason,
    target: Target = None,
) -> int:
    """Take a lock away from a run that nobody will carry on; refused while its owner lives."""
    from hisops.cli.unlocking import unlock_target
    from hisops.cli.wiring import open_desk

    return unlock_target(open_desk(asked(ctx)), lock, target, reason)


@app.command("adopt", cls=Command)
def adopt(
    ctx: typer.Context,
    run: Annotated[str, typer.Argument(help="The run, or the end of its id.", metavar="RUN")],
    reason: Reason,
    target: Target = None,
) -> int:
    """Carry a run on from a copy of its log, after its control host was lost; refused while that lives."""
    from hisops.cli.adopting import adopt_run
    from hisops.cli.wiring import open_desk

    return adopt_run(open_desk(asked(ctx)), run, target, reason)
