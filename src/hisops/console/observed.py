"""What was seen of a run after somebody had asked something of it: never the wish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rich.text import Text

from hisops.console.closing import closing_lines, document
from hisops.console.grid import wrapped
from hisops.console.progress import ACTIVE, Progress
from hisops.console.theme import Page
from hisops.model.run import RUN_ENDED
from hisops.ports import Killed, OpStatus


class Tool(NamedTuple):
    """What a host says of a tool."""

    host: str
    status: OpStatus


def observed_document(
    progress: Progress, exit_code: int, tool: Tool | None = None, *, live: bool, **more: object
) -> dict[str, Any]:
    """Return how the run stands, for `--json`."""
    seen = {"on": tool.host, "state": tool.status.state, "pid": tool.status.pid} if tool else None
    return {**document(progress, exit_code), "live": live, "at": _at(progress), "tool": seen, **more}


def observed_lines(
    progress: Progress, page: Page, exit_code: int, tool: Tool | None = None, *, live: bool
) -> list[Text]:
    """Return in a sentence or two how the run stands, and the closing summary below."""
    said = _sentence(progress, page, live)
    if tool:
        said = f"{said} {tool_sentence(tool.host, tool.status, page)}"
    lines = wrapped(said, page.width, first=Text("  "), indent=2)
    return [*lines, *closing_lines(progress, page, exit_code, live=live)]


def _at(progress: Progress) -> str | None:
    """Return the step that is open now."""
    return next((step.id for step in progress.runbook.steps if progress.step(step).state in ACTIVE), None)


def _sentence(progress: Progress, page: Page, live: bool) -> str:
    say, at = page.say, _at(progress)
    if progress.view.state in RUN_ENDED:
        return say("The run has ended.")
    if not live:
        return say("Nobody carries the run out now.")
    if at is None:
        return say("The run goes on; it is between two steps, or waits at a gate.")
    number, title = progress.number(at), progress.title(at, say.code)
    return say("The run goes on, still at step {number}, {title}.", number=number, title=title)


def killed_document(op: str, host: str, seen: Killed) -> dict[str, Any]:
    """Return what a kill met, for `--json`."""
    return {
        "op": op, "on": host, "seen": seen.status.state, "code": seen.status.code, "pid": seen.status.pid,
        "terminated": seen.terminated, "killed": seen.killed,
    }  # fmt: skip


def killed_lines(host: str, seen: Killed, page: Page) -> list[Text]:
    """Return what was seen on the host after a kill."""
    sent = page.say("TERM went to {count} processes, KILL to {more}.", count=seen.terminated, more=seen.killed)
    return wrapped(f"{sent} {tool_sentence(host, seen.status, page)}", page.width, first=Text("  "), indent=2)


def tool_sentence(host: str, status: OpStatus, page: Page) -> str:
    """Return what the host says of a tool."""
    say = page.say
    match status.state:
        case "running":
            return say("The tool runs on {host}, process {pid}.", host=host, pid=status.pid)
        case "starting":
            return say("The tool is being started on {host}.", host=host)
        case "exited":
            return say("The tool on {host} has ended with exit code {code}.", host=host, code=status.code)
        case "lost":
            return say("The tool on {host} is gone and has left no exit code.", host=host)
        case _:
            return say("{host} knows nothing of the tool.", host=host)


def left_lines(left: Mapping[str, Sequence[str]], page: Page) -> list[Text]:
    """Return what an abandoned run leaves behind, each kind with its own head."""
    heads = {
        "steps": page.say("Steps that are open"),
        "tools": page.say("Tools on hosts"),
        "locks": page.say("Locks that remain"),
    }
    lines: list[Text] = []
    for name, head in heads.items():
        items = left.get(name) or [page.say("none")]
        lines.append(Text(f"  {head}:"))
        for item in items:
            lines += wrapped(item, page.width, first=Text("    "), indent=4)
    return lines
