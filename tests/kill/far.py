"""The far side dies: its shells after any of their lines, or the host with all that ran on it.

The shell texts that are shipped stay as they are. What is sent is a copy with one line more, which ends the shell
when it is reached for the first time; the text of the tests is cut, never the shipped one.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

from hisops.adapters import operations
from tests.kill.scene import Scene

Loss = Literal["kept", "folder", "everything"]
SCRIPTS = ("supervisor.sh", "operations.sh", "locks.sh")
STEP = "change"  # whose operation is cut
_OF_NO_STEP = {"boot", "facts", "prepare", "tell"}
_BEGIN = re.compile(r"hisops_(\w+)\(\) \{")
_ORIGINAL = operations.text_of


def cut_lines(script: str, shell: str = "/bin/sh") -> Iterator[int]:
    """Give the lines of a shell text after which it can be cut and still be a shell text."""
    for number in range(1, len(_ORIGINAL(script).splitlines()) + 1):
        text = _ORIGINAL("common.sh") + _with_cut(script, number, Path("flag"))
        if subprocess.run([shell, "-n"], input=text.encode(), capture_output=True).returncode == 0:
            yield number


def line_of(script: str, number: int) -> str:
    """Return the line after which a cut comes, to name it by."""
    return _ORIGINAL(script).splitlines()[number - 1].strip()


def install(scene: Scene, script: str, number: int) -> None:
    """Send texts that die after line `number` of `script`, once. Only ever called in a process made for one call."""
    flag = scene.root / "now/cut"
    flag.touch()

    def text_of(name: str) -> str:
        text = _with_cut(script, number, flag) if name == script else _ORIGINAL(name)
        # A launch whose supervisor will never answer need not be waited for as long as a slow host deserves.
        return text.replace("10000", "300")

    operations.text_of = text_of  # type: ignore[assignment]


def _with_cut(script: str, number: int, flag: Path) -> str:
    """Return the text with the cut behind a line; what the line has set, its exit code too, stays as it was."""
    lines = _ORIGINAL(script).splitlines(keepends=True)
    mine = "*" if script == "locks.sh" or _function(lines, number) in _OF_NO_STEP else f"*.{STEP}.*"
    cut = (
        f'{{ hisops_was=$?; case "$PWD $hisops_dir $*" in {mine}) rm "{flag}" 2>/dev/null && kill -9 $$ ;; esac; '
        "(exit $hisops_was); }"
    )
    if lines[number - 1].rstrip().endswith(("&&", "||")):
        cut += " &&"
    return "".join([*lines[:number], cut + "\n", *lines[number:]])


def _function(lines: list[str], number: int) -> str:
    """Return the name of the function that a line is in; nothing for a line outside."""
    name = ""
    for line in lines[: number - 1]:
        if match := _BEGIN.match(line):
            name = match[1]
        elif line.startswith("}"):
            name = ""
    return name


def lose_host(scene: Scene, loss: Loss) -> None:
    """End every process of the host's operations and boot it anew; its folder of operations may be lost with it."""
    for pid in _processes_of(scene):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    scene.boot.write_text("another boot\n")
    if loss == "folder":
        for path in scene.operations.glob("*"):
            shutil.rmtree(path, ignore_errors=True)
    elif loss == "everything":
        shutil.rmtree(scene.home / ".hisops", ignore_errors=True)


def _processes_of(scene: Scene) -> list[int]:
    """Return what runs with the host's home as its own: its shells, supervisors and tools."""
    found = []
    home = str(scene.home)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                environment = (entry / "environ").read_bytes().split(b"\0")
                if f"HOME={home}".encode() in environment:
                    found.append(int(entry.name))
    return found
