"""Brings a lab up and down, resets it, and makes things go wrong in it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hisops.errors import CheckFailed, UsageProblem
from hisops.lab import pictures, psu, scenario
from hisops.lab.faults import FAULTS, arm
from hisops.lab.layout import HOSTS, Layout
from hisops.lab.patch_archives import write_archive
from hisops.lab.patches import ARCHIVES
from hisops.lab.people import make_key, private_key, write_people
from hisops.lab.pictures import PICTURES
from hisops.lab.seeds import start_states
from hisops.lab.site_file import write_site
from hisops.lab.state import LAB, State, Store
from hisops.lab.tree import build

__all__ = ["FAULTS", "PICTURES", "LabInfo", "down", "reset", "set_fault", "set_pace", "set_picture", "status", "up"]

_NEEDS = ("asyncssh", "duckdb", "numpy", "sqlglot")
_START_LIMIT = 90.0
_STOP_LIMIT = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LabInfo:
    """What a person needs to know of a lab."""

    directory: Path
    running: bool
    pid: int | None = None
    ports: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    picture: str = ""

    @property
    def site(self) -> Path:
        """The value of HISOPS_SITE."""
        return self.directory

    @property
    def key(self) -> Path:
        """The value of HISOPS_KEY: the operator's key."""
        return private_key(self.directory, "dba1")


def up(directory: Path, pace: float = 1.0) -> LabInfo:
    """Write the site where it is missing, start the server, and return when all hosts listen."""
    layout = Layout(directory.resolve())
    _refuse_missing_packages(_NEEDS)
    _refuse_foreign_folder(layout)
    if not (layout.state / f"{LAB}.json").exists():
        _write_lab(layout, pace)
    if not _held(layout):
        layout.ready.unlink(missing_ok=True)
        _start_server(layout)
    _await_ready(layout)
    info = status(layout.root)
    write_site(layout, info.ports)
    return info


def down(directory: Path) -> LabInfo:
    """Stop the server and everything that runs on its hosts; files stay."""
    layout = Layout(directory.resolve())
    if layout.lock.exists() and _held(layout):
        pid = int(layout.lock.read_text())
        for number in (signal.SIGTERM, signal.SIGKILL):
            if _signal(pid, number) and _wait(lambda: not _signal(pid, 0), _STOP_LIMIT):
                break
    layout.ready.unlink(missing_ok=True)
    return status(directory)


def status(directory: Path) -> LabInfo:
    """Return how the lab is."""
    layout = Layout(directory.resolve())
    if not (layout.state / f"{LAB}.json").exists():
        return LabInfo(directory=layout.root, running=False)
    ready = _ready(layout) if _held(layout) else None
    lab = Store(layout.state).read(LAB)
    return LabInfo(
        directory=layout.root,
        running=ready is not None,
        pid=ready["pid"] if ready else None,
        ports=ready["ports"] if ready else {},
        faults=tuple(lab["faults"]),
        picture=lab["picture"],
    )


def set_fault(directory: Path, name: str, on: bool) -> None:
    """Switch a fault on or off; it acts on the state, the home or the tools, as it would in reality."""
    layout = _existing(directory)
    arm(Store(layout.state), name, on)
    fault, narrowed, _ = name.partition("@")
    if not (on and narrowed):  # one that strikes in the middle of something waits for it
        scenario.apply(layout, fault, on)


def set_picture(directory: Path, name: str) -> None:
    """Bring the pair, which is as a lab starts, into a start picture; `reset` leads out of it."""
    pictures.put_up(_existing(directory), name)


def set_pace(directory: Path, pace: float) -> None:
    """Stretch or shorten every pause of the tools."""
    with Store(_existing(directory).state).change(LAB) as lab:
        lab["pace"] = pace


def reset(directory: Path) -> LabInfo:
    """Bring state, homes and hosts back to the start; people, trust, secrets and logs stay."""
    layout = _existing(directory)
    lab = Store(layout.state).read(LAB)
    was_up = status(layout.root).running
    down(layout.root)
    for folder in (layout.state, layout.lab / "hosts", layout.lab / "cache", layout.nas, layout.root / "patches"):
        shutil.rmtree(folder, ignore_errors=True)
    layout.record.unlink(missing_ok=True)
    _write_lab(layout, lab["pace"], lab)
    return up(layout.root) if was_up else status(layout.root)


def _existing(directory: Path) -> Layout:
    layout = Layout(directory.resolve())
    if not (layout.state / f"{LAB}.json").exists():
        raise UsageProblem(
            "HIS-7002", "There is no lab in {directory}.", "Run hisops lab up first.", directory=layout.root
        )
    return layout


def _refuse_missing_packages(names: tuple[str, ...]) -> None:
    if missing := [name for name in names if find_spec(name) is None]:
        raise UsageProblem(
            "HIS-7005",
            "The lab needs packages that are not installed: {names}.",
            "Install them with `pip install 'hisops[lab]'`.",
            names=", ".join(missing),
        )


def _refuse_foreign_folder(layout: Layout) -> None:
    if (layout.root / "site.yaml").exists() and not layout.lab.exists():
        raise UsageProblem(
            "HIS-7003",
            "{directory} is the folder of a real site.",
            "Choose another folder for the lab with --dir.",
            directory=layout.root,
        )


def _write_lab(layout: Layout, pace: float, kept: State | None = None) -> None:
    """Write everything that does not depend on ports. The state comes last: it says that the rest is whole."""
    for folder in ("logs", "approvals", "patches", "secrets", "people", "lab/keys", "lab/hosts"):
        (layout.root / folder).mkdir(parents=True, exist_ok=True)
    for private in ("secrets", "people", "lab/keys"):
        (layout.root / private).chmod(0o700)
    write_people(layout.root)
    for host in HOSTS:
        make_key(layout.keys / host, host)
        shutil.rmtree(layout.machine(host).root, ignore_errors=True)
        build(layout, host)
    for patch in (*ARCHIVES, *psu.ARCHIVES):
        write_archive(patch, layout.root / "patches")
    states = start_states({host: layout.machine(host) for host in HOSTS}, pace)
    for secret, name in (("password", "his_password"), ("reader_password", "his_read_password")):
        states[LAB][secret] = (kept or states[LAB])[secret]
        _write_secret(layout.root / "secrets" / name, states[LAB][secret])
    store = Store(layout.state)
    scenario.furnish(layout, states)
    for name in sorted(states, key=lambda part: part == LAB):
        store.write(name, states[name])


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text + "\n")


def _start_server(layout: Layout) -> None:
    source = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))}
    with layout.log.open("ab") as log:
        # the shell ends at once, so that the server is nobody's child and leaves no zombie behind
        subprocess.run(
            ["/bin/sh", "-c", '"$@" &', "sh", sys.executable, "-m", "hisops.lab.server", str(layout.root)],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=layout.root,
            env=environment,
            start_new_session=True,
        )


def _await_ready(layout: Layout) -> None:
    if not _wait(lambda: _ready(layout) is not None and _held(layout), _START_LIMIT):
        tail = layout.log.read_text(errors="replace")[-400:] if layout.log.exists() else ""
        raise CheckFailed(
            "HIS-7004", "The lab did not come up: {tail}", "Read {log}.", tail=tail.strip(), log=layout.log
        )


def _ready(layout: Layout) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads(layout.ready.read_text())
    except FileNotFoundError:
        return None
    return found


def _held(layout: Layout) -> bool:
    """Whether a server holds the lock, which tells better than a pid that may be another's by now."""
    if not layout.lock.exists():
        return False
    with layout.lock.open("r") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _signal(pid: int, number: int) -> bool:
    """Send a signal (0: none); False if there is no such process any more."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _wait(condition: Callable[[], bool], limit: float) -> bool:
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.03)
    return condition()
