"""The far side of detached operations: the texts that are sent, and how their answers are read."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, cast

from hisops.adapters.carrier import part_bytes
from hisops.adapters.frame import prelude, quote
from hisops.errors import Refused
from hisops.ports import Command, OpStatus, StdinPart

AGAIN = 75
INPUT_LIMIT = 1024 * 1024
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_STATES = ("absent", "starting", "running", "exited", "lost")


@cache
def text_of(name: str) -> str:
    """Return a shell text of this package without its comment lines."""
    text = (files("hisops.adapters") / "far" / name).read_text("ascii")
    return "".join(line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("#"))


def key(name: str) -> str:
    """Return `name` if it can name a folder on a host."""
    if not _KEY.fullmatch(name):
        raise Refused("HIS-3018", "{name} cannot name a folder on a host.", "Use a-z, 0-9, `.`, `_`, `-`.", name=name)
    return name


def call(function: str, *args: str | int, boot_file: str | None = None, before: str = "", **values: str) -> str:
    """Return the script that calls a function of operations.sh (or of `before`) with `values` as shell variables."""
    lines = [f"hisops_{name}={quote(value)}" for name, value in values.items()]
    lines.append(f"hisops_boot_file={quote(boot_file or '')}")
    words = " ".join(quote(str(arg)) for arg in args)
    call_line = f"hisops_{function} {words}\n"
    return "".join((text_of("common.sh"), text_of("operations.sh"), before, "\n".join(lines), "\n", call_line))


def launch(
    op: str,
    command: Command,
    *,
    destructive: bool,
    boot_file: str | None,
    path: Sequence[str],
    shell: str,
    before: str,
) -> str:
    """Return the script that starts `command` detached; its whole input travels inside, never on disk or in argv.

    `before` has the function `hisops_fenced`, without which nothing starts.
    """
    end = f"\n{secrets.token_hex(16)}" if command.stdin else ""
    return call(
        "launch",
        key(op),
        "yes" if destructive else "no",
        boot_file=boot_file,
        before=before,
        cmd=f"{prelude(command.env, command.run_as, path)}\n{command.script}\n",
        supervisor=text_of("common.sh") + text_of("supervisor.sh"),
        input=whole_input(command.stdin),
        end=end,
        shell=shell,
    )


def whole_input(parts: Sequence[StdinPart]) -> str:
    """Return the input of a detached tool, which the far shell keeps in memory: text, at most 1 MiB."""
    data = b"".join(part.read_bytes() if isinstance(part, Path) else part_bytes(part) for part in parts)
    if len(data) > INPUT_LIMIT or b"\0" in data:
        raise Refused(
            "HIS-3015",
            "The input of a detached operation holds a NUL byte or more than 1 MiB.",
            "Upload it as a file before, and let the tool read the file.",
        )
    return data.decode("utf-8", "surrogateescape")


def fields(answer: bytes) -> dict[str, str]:
    """Return the `name=value` lines of an answer."""
    lines = answer.decode("utf-8", "replace").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def status(answer: bytes) -> OpStatus:
    """Return what an answer of look, prepare or launch tells."""
    told = fields(answer)
    state = told.get("state", "")
    if state not in _STATES:
        raise ValueError(f"not a state of an operation: {answer[:200]!r}")
    return OpStatus(
        state=cast(Literal["absent", "starting", "running", "exited", "lost"], state),
        pid=int(told["pid"]) if told["pid"] else None,
        code=int(told["code"]) if told["code"].strip() else None,
        boot=told["boot"],
        marker=told["marker"] or None,
    )
