"""Typer's complaints about a command line, said in the style of all other errors."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from hisops.errors import UsageProblem


def usage_problem(error: typer.TyperException) -> UsageProblem:
    """Return what Typer complains about as an error of ours; told apart by what the complaint carries."""
    kind = type(error).__name__
    parameter = getattr(error, "param", None)
    option = getattr(error, "option_name", None)
    values = {"command": _command(error), "reason": _reason(error), "name": option or _name(parameter)}
    todo = "{command} --help   tells how it is used."
    if kind == "NoSuchOption":
        return _no_such_option(getattr(error, "possibilities", None) or (), values)
    if kind == "MissingParameter":
        return UsageProblem("HIS-2903", "{name} is missing.", todo, **values)
    if parameter is not None or option is not None:
        return UsageProblem("HIS-2904", "The value of {name} does not fit: {reason}", todo, **values)
    return UsageProblem("HIS-2905", "The command line does not fit: {reason}", todo, **values)


def _no_such_option(near: Sequence[str], values: dict[str, str]) -> UsageProblem:
    fact, todo = 'There is no option "{name}".', "{command} --help   tells how it is used."
    if near:
        todo = 'Did you mean "{near}"?  {command} --help   tells how it is used.'
        return UsageProblem("HIS-2902", fact, todo, near=near[0], **values)
    return UsageProblem("HIS-2902", fact, todo, **values)


def _reason(error: typer.TyperException) -> str:
    return error.message.removeprefix("Value error, ")


def _name(parameter: object) -> str:
    options: Sequence[str] = getattr(parameter, "opts", ())
    return options[0] if options and options[0].startswith("-") else str(getattr(parameter, "name", "")).upper()


def _command(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return context.command_path if context is not None else "hisops"
