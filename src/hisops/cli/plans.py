"""`hisops plan`: make a plan, or show one that was saved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hisops.cli.helptext import Command, Group, page, parameters, summary
from hisops.cli.options import asked
from hisops.errors import UsageProblem

MAKE = "make"


class PlanGroup(Group):
    """`hisops plan RUNBOOK …` makes a plan; a word that is the name of another command is that command.

    They cannot be mistaken for one another: the id of a runbook always has a slash.
    """

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Take everything that names no command for the arguments of making a plan."""
        if args and args[0] not in {*self.commands, "--help"}:
            args = [MAKE, *args]
        return super().parse_args(ctx, args)

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        """Return how to make a plan, and the other commands below."""
        made: Any = self.commands[MAKE]
        others = [(name, summary(ctx, command.help)) for name, command in self.commands.items() if name != MAKE]
        own = typer.Context(made, info_name=ctx.info_name, parent=ctx.parent)
        return page(own, [*parameters(own), (asked(ctx).say("Commands"), others)])


class Make(Command):
    """Stands in the place of its group: its name is never typed."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Return the context of `hisops plan` itself."""
        return super().make_context(parent.info_name, args, parent=parent.parent, **extra)


app = typer.Typer(cls=PlanGroup, rich_markup_mode=None, add_completion=False)

Target = Annotated[str, typer.Option("--target", "-t", help="The database of the site.")]


@app.callback()
def _plan() -> None:
    """Check everything that can be checked without changing anything, and show what would be done."""


@app.command(MAKE, cls=Make)
def make(
    ctx: typer.Context,
    runbook: Annotated[str, typer.Argument(help="The id of a runbook.")],
    target: Target,
    parameter: Annotated[list[str] | None, typer.Option("-p", help="NAME=VALUE, once for each.")] = None,
    out: Annotated[Path | None, typer.Option("-o", help="Save the plan here, for approval and `hisops run`.")] = None,
) -> int:
    """Check everything that can be checked without changing anything, and show what would be done."""
    from hisops.cli.carrying import plan_only

    return plan_only(asked(ctx), runbook, target, pairs(parameter or []), out)


@app.command("show", cls=Command)
def show(ctx: typer.Context, plan_file: Annotated[Path, typer.Argument(help="A saved plan.", metavar="PLAN")]) -> None:
    """Show a saved plan as it was made; nothing is looked at, so it needs no site and may be stale."""
    from hisops.cli.planfile import read_plan
    from hisops.console.plan import saved_lines, show_plan
    from hisops.console.theme import Screen

    screen = Screen.of(asked(ctx))
    plan = read_plan(plan_file)
    screen.show(saved_lines(plan, screen.page()))
    show_plan(screen, plan, ())


def pairs(texts: list[str]) -> dict[str, str]:
    """Return the values of `-p NAME=VALUE`."""
    found = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise UsageProblem(
                "HIS-2202", "{text} is not NAME=VALUE.", "Write it like -p patch_id=37642901.", text=text
            )
        found[name.replace("-", "_")] = value
    return found
