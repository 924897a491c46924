"""`hisops runbook`: what the library holds, and whether a file of your own would do."""

from __future__ import annotations

import typer

from hisops.cli.helptext import Command, group

app = group("The library of runbooks and judges.")


@app.command("list", cls=Command)
def list_(ctx: typer.Context) -> None:
    """List the runbooks."""
