"""`hisops approvals`: what waits for other people, and how requests go out and come back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hisops.cli.helptext import Command, Group
from hisops.cli.opening import screen_of
from hisops.cli.options import asked

LIST = "list"


class ApprovalsGroup(Group):
    """`hisops approvals` alone lists what waits."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Take no arguments for the list."""
        return super().parse_args(ctx, args or [LIST])


app = typer.Typer(cls=ApprovalsGroup, rich_markup_mode=None, add_completion=False)


@app.callback()
def _approvals() -> None:
    """What waits for another person's approval or review; requests that go out and signatures that come back."""


@app.command(LIST, cls=Command)
def list_(ctx: typer.Context) -> None:
    """List the gates, plans and reviews that wait, who could act on them, and how."""
    from hisops.cli.waiting import what_waits
    from hisops.cli.wiring import open_desk
    from hisops.console.approvals import waiting_document, waiting_lines

    screen, waiting = screen_of(asked(ctx)), what_waits(open_desk(asked(ctx)))
    screen.data(waiting_document(waiting))
    screen.show(waiting_lines(waiting, screen.page()))


@app.command("request", cls=Command)
def request(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(help="A saved plan, or a run that waits.", metavar="PLAN|RUN")],
    out: Annotated[Path, typer.Option("-o", help="The file to write.", metavar="REQ")],
    step: Annotated[str | None, typer.Argument(help="The step that waits; else the first.", metavar="[STEP]")] = None,
    role: Annotated[str | None, typer.Option("--role", help="Only in this role, of those asked for.")] = None,
    hours: Annotated[int, typer.Option("--hours", help="How long the approval is good for.", min=1, max=720)] = 24,
) -> int:
    """Write the exact text that another person reads and signs with stock ssh-keygen, wherever they are."""
    from hisops.cli.requesting import write_request
    from hisops.cli.wiring import open_desk

    return write_request(open_desk(asked(ctx)), what, step, role, hours, out)


@app.command("take", cls=Command)
def take(
    ctx: typer.Context,
    request_file: Annotated[Path, typer.Argument(help="The request, as it was sent.", metavar="REQ")],
    signature: Annotated[Path, typer.Argument(help="The signature that came back.", metavar="SIG")],
) -> int:
    """Check a request that was signed elsewhere, and lay it down for its run or its plan."""
    from hisops.cli.taking import take_signed
    from hisops.cli.wiring import open_desk

    return take_signed(open_desk(asked(ctx)), request_file, signature)
