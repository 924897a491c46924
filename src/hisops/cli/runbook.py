"""`hisops runbook`: what the library holds, and whether a file of your own would do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from hisops.cli.helptext import Command, group
from hisops.cli.opening import open_library, screen_of
from hisops.cli.options import asked

app = group("The library of runbooks and judges.")


def _ids(ctx: typer.Context) -> list[str]:
    library = open_library(asked(ctx))
    return [*library.ids(), *library.playbooks()]


def _judges(ctx: typer.Context) -> list[str]:
    library = open_library(asked(ctx))
    return [f"{tool}/{action}" for tool in library.tools() for action in library.tool(tool).model.actions]


RunbookId = Annotated[str, typer.Argument(help="Id of the runbook, such as oracle/patch-apply.", autocompletion=_ids)]
Files = Annotated[list[Path], typer.Argument(help="Runbooks, judges, site or roster files.", exists=True)]
JudgeId = Annotated[str, typer.Argument(help="Tool and action, such as opatch/apply.", autocompletion=_judges)]
Output = Annotated[Path, typer.Option("--stdout", help="A file with what the tool printed.", exists=True)]
Errors = Annotated[Path | None, typer.Option("--stderr", help="A file with its error output.", exists=True)]
Code = Annotated[int | None, typer.Option("--exit-code", help="Its exit code, if known.")]
Allowed = Annotated[
    list[str] | None, typer.Option("--allow", help="A code or doubt that the step allows; may be repeated.")
]


@app.command("list", cls=Command)
def list_(ctx: typer.Context) -> None:
    """List the runbooks and the playbooks."""
    from hisops.console import playbook
    from hisops.console.runbook import list_document, list_lines

    screen, library = screen_of(asked(ctx)), open_library(asked(ctx))
    runbooks = [loaded.model for loaded in library.runbooks()]
    playbooks = [library.playbook(name).model for name in library.playbooks()]
    screen.data({**list_document(runbooks), **playbook.list_document(playbooks)})
    screen.show(list_lines(runbooks, screen.page()))
    if playbooks:
        screen.show(playbook.list_lines(playbooks, screen.page()))


@app.command("show", cls=Command)
def show(ctx: typer.Context, runbook: RunbookId) -> None:
    """Show a runbook: purpose, parameters, steps with gates and ways back."""
    from hisops.console.runbook import show_document, show_lines

    screen, library = screen_of(asked(ctx)), open_library(asked(ctx))
    if runbook.removeprefix("playbooks/") in library.playbooks():
        _show_playbook(ctx, runbook.removeprefix("playbooks/"))
        return
    loaded = library.runbook(runbook)
    screen.data(show_document(loaded.document, loaded.digest))
    screen.show(show_lines(loaded.model, loaded.digest, screen.page()))


def _show_playbook(ctx: typer.Context, name: str) -> None:
    from hisops.console import playbook
    from hisops.console.runbook import show_document

    screen, loaded = screen_of(asked(ctx)), open_library(asked(ctx)).playbook(name)
    screen.data(show_document(loaded.document, loaded.digest))
    screen.show(playbook.show_lines(loaded.model, loaded.digest, screen.page()))


@app.command("lint", cls=Command)
def lint(ctx: typer.Context, files: Files) -> None:
    """Check definitions; every problem with file, line and column."""
    from hisops.console.problems import problems_document, problems_lines
    from hisops.documents.lint import lint_file

    screen = screen_of(asked(ctx))
    library = open_library(asked(ctx))
    problems = [problem for file in files for problem in lint_file(file, library)]
    screen.data(problems_document(problems, screen.say))
    screen.show(problems_lines(problems, screen.page(), files=len(files)))
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(2)


@app.command("schema", cls=Command)
def schema(
    ctx: typer.Context,
    kind: Annotated[
        Literal["runbook", "judge", "site", "roster", "target", "playbook", "scenarios", "report"],
        typer.Argument(help="Which kind of file."),
    ] = "runbook",
) -> None:
    """Print the JSON Schema of a kind of file, for editors."""
    from json import dumps

    from hisops.documents.schema import schema_of

    screen_of(asked(ctx)).raw(dumps(schema_of(f"{kind}/v1"), ensure_ascii=False, indent=2))


@app.command("test", cls=Command)
def rehearse(
    ctx: typer.Context,
    runbooks: Annotated[
        list[str] | None, typer.Argument(help="Ids of runbooks; all that have scenarios if none.", autocompletion=_ids)
    ] = None,
    dir: Annotated[Path, typer.Option("--dir", help="The folder of the lab.", file_okay=False)] = Path("hisops-lab"),
    only: Annotated[str, typer.Option("--only", help="Only the scenario of this id.")] = "",
    table: Annotated[
        Path | None, typer.Option("--table", help="Write a page on what was met, if all came out as it should.")
    ] = None,
) -> None:
    """Rehearse runbooks in a lab by the scenarios beside them, and say what of them was never met."""
    from hisops.cli import rehearsals

    raise typer.Exit(rehearsals.rehearse(asked(ctx), runbooks or [], dir, only, table))


@app.command("judge", cls=Command)
def judge(
    ctx: typer.Context,
    judge: JudgeId,
    stdout: Output,
    stderr: Errors = None,
    exit_code: Code = None,
    allow: Allowed = None,
) -> None:
    """Judge a recorded output of a tool, without a target."""
    from hisops.console.judgement import judgement_document, judgement_lines
    from hisops.engine.judging import judge as decide

    screen = screen_of(asked(ctx))
    tool, action = open_library(asked(ctx)).judge(judge)
    errors = stderr.read_bytes() if stderr else b""
    found = decide(tool, action, stdout.read_bytes(), errors, exit_code, allow or ())
    screen.data(judgement_document(found))
    screen.show(judgement_lines(found, screen.page()))
