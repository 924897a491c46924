"""Runbooks as commands: `command: patch apply` in a runbook is `hisops patch apply` with typed options."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Annotated, Any

import typer

from hisops.cli import helptext
from hisops.cli.choosing import Choice, Row
from hisops.cli.opening import near_site
from hisops.cli.options import Invocation, asked
from hisops.model.choosing import option_of, told, values_of

UNTIL, STEP = "hisops_until", "hisops_step"
_TYPES: dict[str, type] = {"integer": int, "boolean": bool}


def entries(call: Invocation) -> list[tuple[str, str]]:
    """Return each runbook command and its title, for the help page."""
    return [
        (f"{row['command']} {told(row['chosen_by'])}".rstrip(), str(row["title"][call.lang])) for row in _index(call)
    ]


def first_words(call: Invocation) -> list[str]:
    """Return the first words of all runbook commands."""
    return list(dict.fromkeys(row["command"].split()[0] for row in _index(call)))


def command(call: Invocation, word: str) -> Any:
    """Return the command, or the group of commands, that begins with `word`; None if there is none."""
    found: dict[str, list[Row]] = {}
    for row in _index(call):
        if row["command"].split()[0] == word:
            found.setdefault(row["command"], []).append(row)
    if not found:
        return None
    if word in found:
        return _built(call, Choice(found[word]), word)
    app = helptext.group(call.say("Runbooks that begin with {word}.", word=word))
    for name, rows in found.items():
        _register(app, call, Choice(rows), name.split()[1])
    return typer.main.get_command(app)


def _built(call: Invocation, choice: Choice, name: str) -> Any:
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    _register(app, call, choice, name)
    return typer.main.get_command(app)


def _register(app: typer.Typer, call: Invocation, choice: Choice, name: str) -> None:
    app.command(name, cls=helptext.Command, help=_purpose(call, choice))(_function(call, choice))


def _purpose(call: Invocation, choice: Choice) -> str:
    first = choice.rows[0]
    if choice.name is None:
        return f"{first['title'][call.lang]}\n\n{first['purpose'][call.lang]}"
    told = [f"{choice.whose([row])}  {row['title'][call.lang]}: {row['purpose'][call.lang]}" for row in choice.rows]
    titles = " / ".join(row["title"][call.lang] for row in choice.rows)
    return "\n\n".join([titles, *told])


def _function(call: Invocation, choice: Choice) -> Callable[..., None]:
    """Return a function whose signature Typer reads as the options of the runbooks."""

    def carry_out(**given: Any) -> None:
        run = import_module("hisops.cli.running").carry_out
        ctx, target = given.pop("ctx"), given.pop("target")
        glass, until, step = given.pop("break_glass"), given.pop(UNTIL), given.pop(STEP)
        values = {name: _text(value) for name, value in given.items() if value is not None}
        row = choice.take(values)
        run(row["id"], target, values, asked(ctx), glass, until, step)

    parameters = [_context(), _target(call), *_chooser(call, choice)]
    parameters += [_parameter(call, name, each) for name, each in choice.parameters().items()]
    parameters += [_break_glass(call), *_course(call)]
    carry_out.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    carry_out.__annotations__ = {}
    return carry_out


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _context() -> inspect.Parameter:
    return inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)


def _target(call: Invocation) -> inspect.Parameter:
    option = typer.Option("--target", "-t", help=call.say("The database of the site."), autocompletion=_targets)
    return inspect.Parameter("target", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[str, option])


def _break_glass(call: Invocation) -> inspect.Parameter:
    words = call.say("Do without approvals, on the record; why.")
    option = typer.Option("--break-glass", help=words, metavar="REASON")
    annotation: Any = Annotated[str | None, option]
    return inspect.Parameter("break_glass", inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=None)


def _course(call: Invocation) -> list[inspect.Parameter]:
    """Return the options that say how far to go."""
    until = typer.Option("--until", help=call.say("Pause after this step."), metavar="STEP")
    step = typer.Option("--step", help=call.say("Enter before each step; without a terminal, one step."))
    kind = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter(UNTIL, kind, annotation=Annotated[str | None, until], default=None),
        inspect.Parameter(STEP, kind, annotation=Annotated[bool, step], default=False),
    ]


def _chooser(call: Invocation, choice: Choice) -> list[inspect.Parameter]:
    """Return the option that chooses among the runbooks, if there is one."""
    if choice.name is None:
        return []
    says = "; ".join(f"{', '.join(values_of(row['chosen_by']))}: {row['title'][call.lang]}" for row in choice.rows)
    option = typer.Option(
        option_of(choice.name), help=says, metavar="|".join(choice.values), autocompletion=lambda: choice.values
    )
    annotation: Any = Annotated[str, option]
    return [inspect.Parameter(choice.name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)]


def _parameter(call: Invocation, name: str, parameter: Mapping[str, Any]) -> inspect.Parameter:
    choices = [str(choice) for choice in parameter.get("choices", ())]
    words = parameter["title"][call.lang]
    if only := parameter["of"]:
        words = f"{only}: {words}"
    if needed := parameter["needed_by"]:
        words += f" [{call.say('required')}]" if needed == only else f" [{call.say('required')}: {needed}]"
    word = name.replace("_", "-")
    option = typer.Option(
        f"--{word}/--no-{word}" if parameter["type"] == "boolean" else f"--{word}",
        help=f"{words} ({', '.join(choices)})" if choices else words,
        metavar=None if parameter["type"] == "boolean" else f"<{parameter['type']}>",
        autocompletion=(lambda: choices) if choices else None,
    )
    kind = _TYPES.get(parameter["type"], str)
    default = inspect.Parameter.empty if parameter.get("required") else None
    annotation: Any = Annotated[kind if parameter.get("required") else kind | None, option]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _targets(ctx: typer.Context) -> list[str]:
    names: list[str] = import_module("hisops.cli.site").target_names(asked(ctx))
    return names


def _index(call: Invocation) -> list[dict[str, Any]]:
    from hisops.documents.commands import commands

    return commands(near_site(call))
