"""fuser, lsof and ps for the processes of the lab host, and for no others of this machine."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from hisops.lab import cluster, cluster_stack
from hisops.lab.processes import ancestors, arguments, descendants, holders
from hisops.lab.tools.desk import Desk

_LAB = "hisops.lab.server"
"""In the command line of the lab's own processes, its workshops and what they are at included."""


def host_processes(desk: Desk) -> list[int]:
    """Return the pids of the host's processes, without this tool and the shells above it."""
    try:
        init = int(desk.machine.init.read_text())
    except FileNotFoundError:
        return []
    own = {desk.pid, *ancestors(desk.pid)}
    return [pid for pid in descendants(init) if pid not in own and _LAB not in arguments(pid)]


def home_holders(desk: Desk, folder: Path) -> dict[int, set[Path]]:
    """Return who holds files below `folder`."""
    return holders(host_processes(desk), folder)


def shown(pid: int) -> str:
    """Return the command line as its owner meant it: without the machinery of the lab."""
    words = arguments(pid)
    if words[1:2] not in (["-I"], ["-s"]) or "-c" not in words:
        return " ".join(words)
    code, rest = words[words.index("-c") + 1], words[words.index("-c") + 2 :]
    tool = re.search(r"main\('(\w+)'", code)
    return " ".join([tool.group(1), *rest]) if tool else words[0]


def run(desk: Desk) -> int:
    """Answer as the tool asked for."""
    return {"fuser": _fuser, "lsof": _lsof, "ps": _ps}[desk.tool](desk)


def _fuser(desk: Desk) -> int:
    paths = [Path(word) for word in desk.argv if not word.startswith("-")]
    flags = {word for word in desk.argv if word.startswith("-")}
    if not paths or not flags <= {"-u", "-f", "-s"}:
        desk.err("No process specification given" if not paths else f"fuser: unknown option {min(flags)}")
        return 1
    used = False
    for path in paths:
        if not path.exists():
            desk.err(f"Specified filename {path} does not exist.")
            continue
        found = [pid for pid, files in holders(host_processes(desk), path.parent).items() if path in files]
        used = used or bool(found)
        if found and "-s" not in flags:
            desk.err(f"{path}: " + " ".join(f"({desk_user(pid, desk)})" for pid in found if "-u" in flags))
            desk.out(" ".join(f" {pid}" for pid in found))
    return 0 if used else 1


def _lsof(desk: Desk) -> int:
    words = [word for word in desk.argv if word not in ("-w", "-n", "-P")]
    terse = "-t" in words
    words = [word for word in words if word != "-t"]
    deep = "+D" in words
    paths = [Path(word) for word in words if not word.startswith(("+", "-"))]
    if len(paths) != 1 or any(word.startswith("-") for word in words):
        desk.err("lsof: the lab understands lsof [-t] [-w] [-n] [-P] [+D] PATH")
        return 1
    if not paths[0].exists():
        desk.err(f"lsof: WARNING: can't stat({paths[0]}): No such file or directory")
        return 1
    folder = paths[0] if deep else paths[0].parent
    found = holders(host_processes(desk), folder)
    rows = [(pid, file) for pid, files in found.items() for file in sorted(files) if deep or file == paths[0]]
    if terse:
        desk.out(*sorted({str(pid) for pid, _ in rows}), end="\n" if rows else "")
    elif rows:
        desk.out("COMMAND     PID   USER   FD   TYPE DEVICE SIZE/OFF    NODE NAME")
        for pid, file in rows:
            size = file.stat().st_size if file.exists() else 0
            name = Path(shown(pid).split(" ")[0]).name[:9]
            desk.out(f"{name:<9} {pid:>5} {desk_user(pid, desk):>6}  mem    REG  253,2 {size:>8} {pid * 7:>7} {file}")
    return 0 if rows else 1


def _ps(desk: Desk) -> int:
    if any(word.startswith("-p") or word == "--pid" for word in desk.argv):
        return _ps_of(desk)
    if desk.argv not in (["-ef"], ["-e", "-f"], ["-e"], ["-A"]):
        desk.err("ps: the lab understands ps -ef, ps -e and ps -p PID …")
        return 1
    desk.out("UID          PID    PPID  C STIME TTY          TIME CMD")
    now = time.strftime("%H:%M")
    for pid in host_processes(desk):
        if command := shown(pid):
            desk.out(f"{desk_user(pid, desk):<8} {pid:>7} {1:>7}  0 {now} ?        00:00:00 {command}")
    state = cluster_stack.settle(desk.layout)["cluster"]
    for at in range(cluster.clients(state, desk.host)):
        command = f"oracle{cluster.instance_of(desk.host)} (LOCAL=NO)"
        desk.out(f"{'oracle':<8} {31200 + at:>7} {1:>7}  0 {now} ?        00:00:00 {command}")
    return 0


def _ps_of(desk: Desk) -> int:
    """Answer ps -p PID -o FIELD= …; the system's own answers what the lab has no opinion on."""
    words = list(desk.argv)
    pids: list[str] = []
    names: list[str] = []
    while words:
        word = words.pop(0)
        if word in ("-p", "--pid", "-o") and words:
            (names if word == "-o" else pids).append(words.pop(0))
        else:
            names.append("?")
    if not names or any(name not in _FIELDS for name in names) or not "".join(pids).isdigit():
        os.execv("/bin/ps", ["ps", *desk.argv])  # noqa: S606 - found by its path, not by the caller's
    pid = int("".join(pids))
    if not arguments(pid):
        return 1
    desk.out(" ".join(_FIELDS[name](pid, desk) for name in names))
    return 0


def desk_user(pid: int, desk: Desk) -> str:
    """Return the lab user behind a process, by its HOME; processes of Oracle's have none."""
    try:
        raw = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return "oracle"
    home = next((entry[5:].decode() for entry in raw if entry.startswith(b"HOME=")), "")
    return Path(home).name if home.startswith(str(desk.machine.root)) else "oracle"


_FIELDS: dict[str, Callable[[int, Desk], str]] = {
    "pid=": lambda pid, _: f"{pid:>7}",
    "user=": lambda pid, desk: f"{desk_user(pid, desk):<8}",
    "args=": lambda pid, _: shown(pid),
    "cmd=": lambda pid, _: shown(pid),
}
