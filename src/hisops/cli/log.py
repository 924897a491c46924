"""`hisops log`: what the signed logs say, and whether they can be believed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from hisops.cli.helptext import Command, group
from hisops.cli.opening import near_site, open_site, open_trust, screen_of
from hisops.cli.options import Invocation, asked
from hisops.errors import HisopsError, UsageProblem
from hisops.model.run import fold

app = group("The signed logs of runs.")


def run_names(ctx: typer.Context) -> list[str]:
    """Return the runs of the site, for completion."""
    from hisops.journal.reader import list_runs

    folder = near_site(asked(ctx))
    return list(list_runs(folder / "logs")) if folder else []


RunName = Annotated[str, typer.Argument(metavar="RUN", help="The run, or the end of its id.", autocompletion=run_names)]
OneRun = Annotated[str | None, typer.Argument(metavar="[RUN]", help="The run; --all takes every one.",
                                              autocompletion=run_names)]  # fmt: skip
TrustDir = Annotated[Path | None, typer.Option("--trust", help="Your own trust folder.", file_okay=False, exists=True)]
All = Annotated[bool, typer.Option("--all", help="The ledger and every run in it.")]
Anchor = Annotated[bool, typer.Option("--require-anchor", help="Ask that somebody else holds the ledger, too.")]
Commands = Annotated[bool, typer.Option("--commands", help="Print what a second opinion takes: stock ssh-keygen.")]


@app.command("list", cls=Command)
def list_(ctx: typer.Context) -> None:
    """List all runs of the site, newest last."""
    from hisops.console.logs import list_document, list_lines
    from hisops.journal.reader import list_runs, load_run

    screen, logs = screen_of(asked(ctx)), open_site(asked(ctx)).dir / "logs"
    runs: list[Any] = []
    broken: list[tuple[str, HisopsError]] = []
    for name in list_runs(logs):
        try:
            runs.append(load_run(logs, name))
        except HisopsError as error:
            broken.append((name, error))
    owing = _owing(asked(ctx), runs)
    screen.data(list_document(runs, broken, screen.say, owing))
    screen.show(list_lines(runs, broken, screen.page(), owing))


@app.command("show", cls=Command)
def show(
    ctx: typer.Context,
    run: RunName,
    step: Annotated[str | None, typer.Option("--step", help="Only this step, with commands and output.")] = None,
) -> None:
    """Show what happened in a run, record by record."""
    from hisops.console.logs import show_document, show_lines, step_lines
    from hisops.journal.reader import load_run

    screen = screen_of(asked(ctx))
    loaded = load_run(open_site(asked(ctx)).dir / "logs", run)
    if step is not None and step not in _steps_of(loaded):
        raise UsageProblem("HIS-2909", "Run {run} has no step {step}.", "hisops log show {run}   lists its steps.",
                           run=run, step=step)  # fmt: skip
    screen.data(show_document(loaded, step))
    page = screen.page()
    screen.show(show_lines(loaded, page) if step is None else step_lines(loaded, step, page))


@app.command("verify", cls=Command)
def verify(
    ctx: typer.Context, run: OneRun = None, all: All = False, trust: TrustDir = None, require_anchor: Anchor = False,
    commands: Commands = False,
) -> int:  # fmt: skip
    """Verify a log: six answers, one verdict, and how far it reaches."""
    from hisops.console.verify import verify_lines
    from hisops.journal.commands import stock_commands
    from hisops.journal.verify import verify_log

    if (run is None) != all:
        raise UsageProblem("HIS-2910", "It must be said what to verify.", "Name one run, or give --all.")
    screen, site = screen_of(asked(ctx)), _site(asked(ctx), trust)
    logs = site.dir / "logs"
    found = verify_log(logs, open_trust(site), run=run, require_anchor=require_anchor)
    stock = {"commands": stock_commands(logs, found)} if commands else {}
    screen.data({**found.document(), **stock})
    said = {str(each): screen.say(each.fact).format(**each.values) for each in found.findings}
    screen.show(verify_lines(found.document(), screen.page(), stock.get("commands", ()), said))
    return int(found.exit_code)


def _owing(call: Invocation, runs: list[Any]) -> set[str]:
    """Return the runs that did without an approval and were not reviewed; a site is opened only if there are any."""
    broken = [run for run in runs if fold(run.records).broken_glass]
    if not broken:
        return set()
    from hisops.cli.reviewing import open_debts
    from hisops.cli.wiring import open_desk

    desk = open_desk(call)
    return {run.run_id for run in broken if open_debts(desk, run)}


def _steps_of(loaded: Any) -> set[str]:
    return {step["id"] for step in loaded.runbook["steps"]}


def _site(call: Invocation, trust: Path | None) -> Any:
    from hisops.documents.site import find_site, load_site

    named = trust or (Path(os.environ["HISOPS_TRUST"]) if os.environ.get("HISOPS_TRUST") else None)
    return load_site(find_site(call.site, os.environ, Path.cwd()), named) if named else open_site(call)
