"""`hisops reconcile`: do two reports agree, which rows do not, why, and who acts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hisops.cli.helptext import Command, group
from hisops.cli.log import run_names
from hisops.cli.opening import open_library, screen_of
from hisops.cli.options import asked

app = group("Compare reports row by row: what differs, why, and who acts.")


def _names(ctx: typer.Context) -> list[str]:
    return list(open_library(asked(ctx)).reconciliations())


Name = Annotated[str, typer.Argument(metavar="NAME", help="The definition.", autocompletion=_names)]
Day = Annotated[str | None, typer.Option("--day", metavar="DATE", help="The account day; yesterday if not given.")]
File = Annotated[Path | None, typer.Option(metavar="FILE", help="A file instead of the query: .csv, .xlsx, .parquet.")]
From = Annotated[str | None, typer.Option(metavar="NAME", help="Another database of the site, for this side.")]
Target = Annotated[str | None, typer.Option("--target", "-t", help="The database of the site.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where to write; here if not given.")]
Run = Annotated[
    str | None, typer.Option("--run", metavar="RUN", help="The newest if not given.", autocompletion=run_names)
]


@app.command("list", cls=Command)
def list_(ctx: typer.Context) -> None:
    """List what can be reconciled."""
    from hisops.console.reconciliation import list_document, list_lines

    screen, library = screen_of(asked(ctx)), open_library(asked(ctx))
    found = [library.reconciliation(name).model for name in library.reconciliations()]
    screen.data(list_document(found))
    screen.show(list_lines(found, screen.page()))


@app.command("show", cls=Command)
def show(ctx: typer.Context, name: Name) -> None:
    """Show a definition: both sides, the key, what may differ, and whose each difference is."""
    from hisops.console.reconciliation import show_document, show_lines

    screen, loaded = screen_of(asked(ctx)), open_library(asked(ctx)).reconciliation(name)
    screen.data(show_document(loaded.model, loaded.digest))
    screen.show(show_lines(loaded.model, screen.page()))


@app.command("run", cls=Command)
def run(
    ctx: typer.Context, name: Name, day: Day = None, a: File = None, b: File = None, a_from: From = None,
    b_from: From = None, target: Target = None, out: Out = None,
) -> int:  # fmt: skip
    """Compare both sides for an account day, and write the result sheets."""
    from hisops.cli.reconciling import carry_out

    sides = {"a": a, "b": b, "a_database": a_from, "b_database": b_from}
    return carry_out(asked(ctx), name, day, sides, target, out)


@app.command("results", cls=Command)
def results(ctx: typer.Context, run: Run = None, out: Out = None) -> int:
    """Write the result sheets of a run again, from its verified log."""
    from hisops.cli.reconciling import write_results

    return write_results(asked(ctx), run, out)


@app.command("explain", cls=Command)
def explain(
    ctx: typer.Context,
    key: Annotated[list[str], typer.Argument(metavar="KEY...", help="The parts of the key, in their order.")],
    run: Run = None,
) -> int:
    """Follow one key through both sides of a run: what was read, what was made of it, which rule classed it."""
    from hisops.cli.explaining import explain_key

    return explain_key(asked(ctx), key, run)


@app.command("init", cls=Command)
def init(
    ctx: typer.Context,
    a: Annotated[Path, typer.Argument(metavar="A", help="A file of the one side.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="A file of the other side.")],
    name: Annotated[str, typer.Option("--name", help="The name of the definition.")] = "my-reports",
) -> None:
    """Propose a definition from two files: the key, the amounts, the columns that match."""
    from hisops.reconcile.proposing import propose

    screen_of(asked(ctx)).raw(propose(a, b, name))
