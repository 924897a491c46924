"""The help pages: plain text in the chosen language, aligned by display width, without loading a drawing library."""

from __future__ import annotations

import inspect
import shutil
import sys
import unicodedata
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from hisops.cli.options import asked
from hisops.errors import UsageProblem

Say = Callable[[str], str]
Entry = tuple[str, str]
_LEFT = 30


def page(ctx: typer.Context, sections: Sequence[tuple[str, Sequence[Entry]]], epilog: str = "") -> str:
    """Return the help page of the command of `ctx` with `sections` of names and texts below its purpose."""
    say: Say = asked(ctx).say
    width = min(shutil.get_terminal_size().columns, 110) if sys.stdout.isatty() else 100
    usage = " ".join([ctx.command_path, *ctx.command.collect_usage_pieces(ctx)])
    parts = [f"{say('Usage:')} {usage}", "", *_fold(_purpose(ctx, say), width, 2)]
    for title, entries in sections:
        if entries:
            parts += ["", f"{title}:", *_definitions(entries, width)]
    if epilog:
        parts += ["", *_fold(epilog, width, 0)]
    return "\n".join(parts)


def parameters(ctx: typer.Context) -> list[tuple[str, list[Entry]]]:
    """Return the sections on arguments and options."""
    say: Say = asked(ctx).say
    arguments: list[Entry] = []
    options: list[Entry] = []
    for parameter in ctx.command.get_params(ctx):
        if isinstance(parameter, TyperArgument | TyperOption) and (record := parameter.get_help_record(ctx)):
            entries = arguments if isinstance(parameter, TyperArgument) else options
            entries.append((record[0], _explained(parameter, say)))
    return [(say("Arguments"), arguments), (say("Options"), options)]


class Command(TyperCommand):
    """A command whose help is in the chosen language."""

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        """Return the help page."""
        note = asked(ctx).say("The options of hisops itself (--site, --json, --lang ...) may stand here, too.")
        return page(ctx, parameters(ctx), note if ctx.parent else "")


class Group(TyperGroup):
    """A group of commands whose help is in the chosen language; called alone it shows it."""

    command_class = Command

    def get_help(self, ctx: typer.Context) -> str:  # type: ignore[override]
        """Return the help page with the commands."""
        commands = [(name, summary(ctx, self.commands[name].help)) for name in self.list_commands(ctx)]
        return page(ctx, [*parameters(ctx), (asked(ctx).say("Commands"), commands)])

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Show the help when nothing was asked for."""
        if not args and not ctx.resilient_parsing:
            typer.echo(ctx.get_help())
            raise typer.Exit
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]
        """Find the command; name the nearest one if there is none."""
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise no_such_command(ctx.command_path, args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)


def no_such_command(above: str, word: str, known: list[str]) -> UsageProblem:
    """Return the error for an unknown command below `above`."""
    fact, todo = 'There is no command "{word}".', "{above} --help   lists the commands."
    if near := get_close_matches(word, known, n=1):
        todo = 'Did you mean "{near}"?  {above} --help   lists the commands.'
        return UsageProblem("HIS-2901", fact, todo, word=f"{above} {word}", above=above, near=near[0])
    return UsageProblem("HIS-2901", fact, todo, word=f"{above} {word}", above=above)


def group(purpose: str) -> typer.Typer:
    """Return a Typer app that is always a group, even with one command."""
    app = typer.Typer(cls=Group, help=purpose, rich_markup_mode=None, add_completion=False)
    app.callback()(_nothing)
    return app


def _nothing() -> None: ...


def summary(ctx: typer.Context, purpose: str | None) -> str:
    """Return the first sentence of what a command is for, in the chosen language."""
    return asked(ctx).say(inspect.cleandoc(purpose or "")).partition("\n")[0].rstrip("。.")


def _purpose(ctx: typer.Context, say: Say) -> str:
    return say(inspect.cleandoc(ctx.command.help or ""))


def _explained(parameter: TyperArgument | TyperOption, say: Say) -> str:
    text = say(parameter.help) if parameter.help else ""
    if parameter.required:
        return f"{text} [{say('required')}]".strip()
    if parameter.show_default and parameter.default not in (None, False, ()):
        return f"{text} [{say('default')}: {parameter.default}]".strip()
    return text


def _definitions(entries: Sequence[Entry], width: int) -> list[str]:
    left = min(max(_width(name) for name, _ in entries), _LEFT)
    lines: list[str] = []
    for name, text in entries:
        first, *more = _fold(text, width, left + 4) if text else [""]
        head = f"  {name}"
        if _width(name) > left:
            lines.append(head)
            head = ""
        lines.append((head + " " * (left + 4 - _width(head)) + first.strip()).rstrip())
        lines += more
    return lines


def _fold(text: str, width: int, indent: int) -> list[str]:
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for token in _tokens(paragraph):
            if line and _width(line) + _width(token.rstrip()) > width - indent:
                lines.append(" " * indent + line.rstrip())
                line = ""
            line += token if line else token.lstrip()
        lines.append((" " * indent + line).rstrip())
    return lines


def _tokens(text: str) -> list[str]:
    """Return the pieces that a line may be broken between: words, and single wide characters."""
    tokens = [""]
    for char in text:
        wide = _width(char) == 2
        if wide or (tokens[-1] and (tokens[-1][-1] == " " or _width(tokens[-1][-1]) == 2) and char != " "):
            tokens.append(char)
        else:
            tokens[-1] += char
    return [token for token in tokens if token]


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
