"""The processes that hold an Oracle home while it is in use: the instance, the listener, a forgotten client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import hisops
from hisops.lab.layout import LIS_HOST, PRIMARY_HOST, Layout
from hisops.lab.release import RELEASES
from hisops.lab.state import LAB, State, Store, Watch

_PROGRAMS = {"instance": ("bin/oracle",), "listener": ("bin/tnslsnr",), "client": ()}
"""What each process has open beside the client library of its home."""
_PATIENCE = 10.0


def _wanted(store: Store, kind: str, database: str) -> bool:
    """Whether the state still asks for this process."""
    state = store.read(database)
    if kind == "instance":
        return bool(state["status"] != "DOWN")
    if kind == "listener":
        return bool(state["listener"]["up"])
    return "active-executables" in store.read(LAB)["faults"]


def title(kind: str, state: State) -> str:
    """Return what ps shows."""
    home = state["home"]
    titles = {
        "instance": f"ora_pmon_{state['sid']}",
        "listener": f"{home}/bin/tnslsnr {state['listener']['name']} -inherit",
        "client": f"{home}/bin/sqlplus -L -S his_report@{state['db_unique_name']} @/home/report/daily_charges.sql",
    }
    return titles[kind]


def start(layout: Layout, database: str, kind: str) -> None:
    """Start the process detached, unless it runs already; wait until it holds the home. A lab that is down has none."""
    if not layout.lock.exists():
        return
    store = Store(layout.state)
    mark = _mark(layout, database, kind)
    if mark.exists() and Path(f"/proc/{mark.read_text()}").exists():
        return
    mark.unlink(missing_ok=True)
    source = str(Path(hisops.__file__).parent.parent)
    code = f"import sys; sys.path.insert(0, {source!r}); from hisops.lab.background import hold; hold(sys.argv[1:])"
    state = store.read(database)
    # Python finds itself by argv[0], which here is what ps shows: tell it where its library is.
    environment = {"PATH": "/usr/bin:/bin", "LAB_HOST": state["host"], "PYTHONHOME": sys.base_prefix}
    subprocess.Popen(
        [title(kind, state), "-s", "-S", "-c", code, str(layout.root), database, kind],
        executable=sys.executable,
        env=environment,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _wait(mark.exists)


def start_instance(layout: Layout, here: str, database: str) -> None:
    """Start the instance's process on its own host; from another host that one is asked to do it."""
    host = Store(layout.state).read(database)["host"]
    if host == here:
        start(layout, database, "instance")
    elif layout.ready.exists():
        layout.machine(host).order("start").touch()
        _wait(lambda: _lives(_mark(layout, database, "instance")))


def stopped(layout: Layout, database: str, kind: str) -> None:
    """Wait until the process has seen that it is no longer wanted."""
    mark = _mark(layout, database, kind)
    _wait(lambda: not _lives(mark))
    mark.unlink(missing_ok=True)


def hold(argv: list[str]) -> None:
    """Be that process: keep files of the home open until it is no longer wanted."""
    layout, database, kind = Layout(Path(argv[0])), argv[1], argv[2]
    store, mark = Store(layout.state), _mark(layout, argv[1], kind)
    state = store.read(database)
    home, library = Path(state["home"]), RELEASES[state["release"]].client_library
    with ExitStack() as held:
        for file in (library, *_PROGRAMS[kind]):
            held.enter_context((home / file).open("rb"))
        draft = mark.with_suffix(".new")
        draft.write_text(str(os.getpid()))
        draft.replace(mark)
        watch = Watch(store, LAB if kind == "client" else database)
        while not watch.moved() or _wanted(store, kind, database):
            time.sleep(0.1)
        mark.unlink(missing_ok=True)


def start_daemons(layout: Layout, host: str) -> None:
    """Start at boot what the state says is up."""
    store = Store(layout.state)
    for database in store.databases():
        if store.read(database)["host"] == host:
            for kind in ("instance", "listener"):
                if _wanted(store, kind, database):
                    start(layout, database, kind)


def start_forgotten_client(layout: Layout, database: str) -> None:
    """Start the client that nobody thought of, if the fault asks for it."""
    store = Store(layout.state)
    if store.read(database)["host"] in (PRIMARY_HOST, LIS_HOST) and _wanted(store, "client", database):
        start(layout, database, "client")


def _mark(layout: Layout, database: str, kind: str) -> Path:
    host = json.loads((layout.state / f"{database}.json").read_text())["host"]
    return layout.machine(host).root / "proc" / f"{database}.{kind}.pid"


def _lives(mark: Path) -> bool:
    """Tell whether the process that left `mark` lives; it may take the mark away at any moment."""
    try:
        pid = mark.read_text()
    except FileNotFoundError:
        return False
    return Path(f"/proc/{pid}").exists()


def _wait(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + _PATIENCE
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
