"""The table of the commands that are not runbooks. A command's module is imported when the command is asked for.

What a command is for stands here too, word for word as in its module: `hisops --help` imports none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import typer

from hisops.console.i18n import mark


class Place(NamedTuple):
    """A module of `hisops.cli` whose Typer app is `app`; the command is the app itself, or `single` one of it."""

    module: str
    section: str
    purpose: str
    single: bool = False


SITE = mark("Site")
RUNBOOKS = mark("Runbooks")
RUNNING = mark("Running")
EVIDENCE = mark("Evidence")
REHEARSAL = mark("Rehearsal")

# The order here is the order in `hisops --help`. A new command is one row, its module and its test.
COMMANDS: dict[str, Place] = {
    "runbook": Place("runbook", RUNBOOKS, "The library of runbooks and judges."),
    "plan": Place(
        "plans",
        RUNNING,
        "Check everything that can be checked without changing anything, and show what would be done.",
    ),
    "run": Place("running", RUNNING, "Carry out a saved plan, exactly as it is.", single=True),
    "play": Place(
        "play",
        RUNNING,
        "Carry out a playbook: plan all its runs, ask, then carry them out one after the other, each with its own log.",
        single=True,
    ),
    "status": Place(
        "running", RUNNING, "Say how far a run is and what can be done; without RUN, the newest.", single=True
    ),
    "resume": Place(
        "running",
        RUNNING,
        "Go on with a run that waits, is held or was cut off; nothing is started twice.",
        single=True,
    ),
    "resolve": Place(
        "statements", RUNNING, "Decide, signed by you, what became of a step that no probe can tell.", single=True
    ),
    "amend": Place(
        "statements",
        RUNNING,
        "Sign that a run goes on with its runbook as it was changed since; a second person has to agree.",
        single=True,
    ),
    "pause": Place(
        "steering",
        RUNNING,
        "Let a run pause at its next boundary; the tool that runs now comes to its end.",
        single=True,
    ),
    "kill": Place(
        "steering",
        RUNNING,
        "Kill the tool that a run has running on its host; its step is unknown until its probe has told.",
        single=True,
    ),
    "undo": Place(
        "steering",
        RUNNING,
        "Undo what a run has done, newest step first, and prove that the state from before holds again.",
        single=True,
    ),
    "abandon": Place(
        "steering",
        RUNNING,
        "End a run for which nothing more will be done, after saying what it leaves behind.",
        single=True,
    ),
    "cancel": Place(
        "steering", RUNNING, "End a run at its next boundary; what has been done stays as it is.", single=True
    ),
    "answer": Place(
        "statements",
        RUNNING,
        "Answer the gate of a step as one would at the terminal: type the target, read back, confirm, tell a result.",
        single=True,
    ),
    "approve": Place(
        "statements", RUNNING, "Approve a plan, or the evidence before a step of a run, with your own key.", single=True
    ),
    "reject": Place(
        "statements", RUNNING, "Say no to a plan or to a run that you could approve, signed by you.", single=True
    ),
    "approvals": Place(
        "approvals",
        RUNNING,
        "What waits for another person's approval or review; requests that go out and signatures that come back.",
    ),
    "unlock": Place(
        "locking",
        RUNNING,
        "Take a lock away from a run that nobody will carry on; refused while its owner lives.",
        single=True,
    ),
    "adopt": Place(
        "locking",
        RUNNING,
        "Carry a run on from a copy of its log, after its control host was lost; refused while that lives.",
        single=True,
    ),
    "reconcile": Place("reconcile", EVIDENCE, "Compare reports row by row: what differs, why, and who acts."),
    "log": Place("log", EVIDENCE, "The signed logs of runs."),
    "report": Place("report", EVIDENCE, "Forms that are filled from verified logs alone."),
    "init": Place(
        "setup",
        SITE,
        "Begin a site: a commented site.yaml and a trust folder. Nothing that is there is touched.",
        single=True,
    ),
    "doctor": Place(
        "setup", SITE, "Check the site from key to database; each line is fine or says what to do.", single=True
    ),
    "explain": Place("setup", SITE, "Say what a code means.", single=True),
    "site": Place("site", SITE, "The site: its hosts, databases and people."),
    "key": Place("key", SITE, "The keys that people sign with."),
    "lab": Place(
        "lab", REHEARSAL, "A hospital to rehearse in, on this machine: hosts, databases, people. A simulation."
    ),
}


def load(name: str) -> Any:
    """Return the command `name` of the table as Typer built it."""
    place = COMMANDS[name]
    built: Any = typer.main.get_command(import_module(f"hisops.cli.{place.module}").app)
    if place.single:
        return built.commands[name]
    built.name = name
    return built
