"""The root of all commands: the table of commands and, as commands of their own, the runbooks of the library."""

from __future__ import annotations

from typing import Any

import typer

from hisops.cli import commands, helptext, procedures
from hisops.cli.options import asked


class Root(helptext.Group):
    """Finds a command in the table first, then among the runbooks."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return all first words."""
        return list(dict.fromkeys([*commands.COMMANDS, *procedures.first_words(asked(ctx))]))

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]
        """Return the command `cmd_name`, or None."""
        if cmd_name in commands.COMMANDS:
            return commands.load(cmd_name)
        return procedures.command(asked(ctx), cmd_name)

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        """Return the help page, commands by what they are for."""
        say = asked(ctx).say
        sections: dict[str, list[helptext.Entry]] = {commands.RUNBOOKS: procedures.entries(asked(ctx))}
        for name, place in commands.COMMANDS.items():
            sections.setdefault(place.section, []).append((name, helptext.summary(ctx, place.purpose)))
        titled = [(say(title), entries) for title, entries in sections.items()]
        return helptext.page(ctx, [*titled, *helptext.parameters(ctx)])
