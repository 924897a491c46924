"""`hisops`: all commands, and the one place where errors become words and exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from hisops import __version__
from hisops.cli.boundary import guarded
from hisops.cli.options import Invocation, invocation, lift
from hisops.cli.root import Root


def main(arguments: Sequence[str] | None = None) -> None:
    """Carry out one command line and leave with its exit code."""
    lifted, rest = lift(sys.argv[1:] if arguments is None else arguments)
    call = invocation(lifted, os.environ)
    sys.exit(guarded(call, rest, lambda: run([*lifted, *rest], call)))


def run(arguments: list[str], call: Invocation) -> int:
    """Carry out `arguments`; return the exit code that a command asked for, else 0."""
    command: Any = typer.main.get_command(build())
    code = command.main(args=arguments, prog_name="hisops", standalone_mode=False, obj=call)
    return code if isinstance(code, int) else 0


def build() -> typer.Typer:
    """Return the Typer app; its root finds commands when they are asked for."""
    app = typer.Typer(cls=Root, rich_markup_mode=None, help=_root.__doc__)
    app.callback()(_root)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hisops {__version__}")
        raise typer.Exit


def _root(
    *,
    site: Annotated[Path | None, typer.Option("--site", help="The folder of the site.", metavar="DIR")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="Your SSH key, private or public.", metavar="FILE")] = None,
    lang: Annotated[Literal["zh", "en"] | None, typer.Option("--lang", help="Language of the screen.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress, only the result.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="More detail.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Maintenance runbooks for a hospital's databases, with a signed execution log."""
    # `invocation` has read these already, since errors before this point need them; here they are named and checked.
