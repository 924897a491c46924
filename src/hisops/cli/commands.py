"""The table of the commands that are not runbooks. A command's module is imported when the command is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import typer

from hisops.console.i18n import mark


@dataclass(frozen=True, slots=True)
class Place:
    """A module of `hisops.cli` whose Typer app is `app`; the command is the app itself, or `single` one of it."""

    module: str
    section: str
    single: bool = False

    @property
    def exists(self) -> bool:
        """False while the work that builds the module is still to come."""
        return find_spec(f"hisops.cli.{self.module}") is not None


SITE = mark("Site")
RUNBOOKS = mark("Runbooks")
RUNNING = mark("Running")
EVIDENCE = mark("Evidence")
REHEARSAL = mark("Rehearsal")

# The order here is the order in `hisops --help`. A new command is one row, its module and its test.
COMMANDS: dict[str, Place] = {
    "runbook": Place("runbook", RUNBOOKS),
    "plan": Place("running", RUNNING, single=True),
    "run": Place("running", RUNNING, single=True),
    "status": Place("running", RUNNING, single=True),
    "resume": Place("running", RUNNING, single=True),
    "resolve": Place("statements", RUNNING, single=True),
    "cancel": Place("statements", RUNNING, single=True),
    "answer": Place("statements", RUNNING, single=True),
    "approve": Place("statements", RUNNING, single=True),
    "log": Place("log", EVIDENCE),
    "init": Place("setup", SITE, single=True),
    "doctor": Place("setup", SITE, single=True),
    "explain": Place("setup", SITE, single=True),
    "site": Place("site", SITE),
    "key": Place("key", SITE),
    "lab": Place("lab", REHEARSAL),
}


def load(name: str) -> Any:
    """Return the command `name` of the table as Typer built it, or None if its module lacks it."""
    place = COMMANDS[name]
    if not place.exists:
        return None
    app = import_module(f"hisops.cli.{place.module}").app
    built: Any = typer.main.get_command(app)
    if not place.single:
        built.name = name
        return built
    return built.commands.get(name) if hasattr(built, "commands") else built
