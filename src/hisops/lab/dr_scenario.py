"""Faults of the pair that change what is there: redo that is missing or late, logs and flashback, who watches."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from hisops.lab import autostart, cluster, cluster_stack, pair, redo, standby_commands
from hisops.lab.broker.config import amend
from hisops.lab.layout import STANDBY_HOST, Layout
from hisops.lab.roles import down
from hisops.lab.state import LAB, State, Store

_LATE_SECONDS = 5400
_GAP_SECONDS = 900
_OBSERVER = "his-obs1"
RETURNS = "old-primary-returns"


def standby_lag(layout: Layout, on: bool) -> None:
    """Hold the standby an hour and a half behind, whichever database that is."""
    for name, state, _ in _sides(layout):
        if state["role"] == redo.STANDBY:
            _change(layout, name, lambda one, _: one["standby"].update(late_s=_LATE_SECONDS if on else 0))


def gap(layout: Layout, on: bool) -> None:
    """Lose two archived logs on their way; a tidy soul has moved them out of the primary's recovery area as well."""
    for name, state, _ in _sides(layout):
        if state["role"] == redo.STANDBY:
            missing = [state["sequence"] - 4, state["sequence"] - 3] if on else []
            with pair.changing(Store(layout.state), name) as (standby, primary):
                standby_commands.fill(standby, missing)
                standby["standby"]["apply"].update(behind_s=_GAP_SECONDS if on else 0)
            _keep(primary, layout.machine(primary["host"]).root / "u01" / "backup" / "archivelog_moved", missing)


def logs_copied(layout: Layout, on: bool) -> None:
    """Bring the logs that were moved out of the primary's recovery area to the host of the standby, or away again."""
    for _, state, other in _sides(layout):
        if state["role"] == redo.STANDBY:
            inbox = layout.machine(state["host"]).root / "u01" / "backup" / "archived-logs"
            shutil.rmtree(inbox, ignore_errors=True)
            if on:
                shutil.copytree(layout.machine(other["host"]).root / "u01" / "backup" / "archivelog_moved", inbox)


def _keep(primary: State, folder: Path, missing: list[int]) -> None:
    """Move the logs that are missing from the primary's recovery area to a folder, or all that are there back."""
    for log in primary["logs"]:
        moved = folder / Path(log["name"]).name
        if moved.exists():
            moved.rename(log["name"])
    shutil.rmtree(folder, ignore_errors=True)
    if missing:
        folder.mkdir(parents=True)
    for sequence in missing:
        known = (Path(log["name"]) for log in primary["logs"] if log["sequence"] == sequence)
        if path := next((path for path in known if path.exists()), None):
            path.rename(folder / path.name)
        else:
            (folder / f"o1_mf_1_{sequence}_.arc").write_bytes(b"lab archived log\n" * 512)


def flashback_off(layout: Layout, on: bool) -> None:
    """Switch flashback logging off on both sides."""
    for name, _, _ in _sides(layout):
        _change(layout, name, lambda one, _: one.update(flashback_on="NO" if on else "YES"))


def insufficient_srls(layout: Layout, on: bool) -> None:
    """Leave as many standby redo logs as online ones: one too few."""
    for name, _, _ in _sides(layout):
        _change(layout, name, lambda one, _: one.update(srls=3 if on else 4))


def observer_lost(layout: Layout, on: bool) -> None:
    """Have fast-start failover enabled, and an observer that has not been heard of for long."""
    watched = {"fast_start": on, "observer": _OBSERVER if on else "", "unobserved": on}
    name, _, _ = _sides(layout)[0]
    _change(layout, name, lambda one, other: amend(one, other, settle="", **watched))


def primary_lost(layout: Layout, on: bool) -> None:
    """Take the primary away as a power cut does; what comes back with the power is the listener alone."""
    for name, state, _ in _sides(layout):
        if state["role"] == redo.PRIMARY:
            _change(layout, name, lambda one, _: _take_away(one) if on else one["listener"].update(up=True))


def primary_host_lost(layout: Layout, on: bool) -> None:
    """Take the host of the primary away with all that is on it; it boots when the fault ends."""
    for name, state, _ in _sides(layout):
        order = layout.machine(state["host"]).order("lost")
        if on and state["role"] == redo.PRIMARY:
            _change(layout, name, lambda one, _: _take_away(one))
            order.touch()
        elif order.exists() and not on:
            layout.machine(state["host"]).order("reboot").touch()
            order.unlink()


def no_autostart(layout: Layout, on: bool) -> None:
    """Have nothing started at boot, on either host, or all of it."""
    for _, state, _ in _sides(layout):
        autostart.mark(layout, state, "N" if on else "Y")


def _take_away(state: State) -> None:
    down(state)
    state["listener"].update(up=False)


def node_evicted(layout: Layout, on: bool) -> None:
    """Take the second node out of the cluster, or let it join again."""
    with Store(layout.state).change(LAB) as lab:
        was = lab["cluster"]["nodes"][STANDBY_HOST]
        (cluster.evict if on else cluster.join)(lab["cluster"], STANDBY_HOST)
    if on and was:
        cluster_stack.note_evicted(layout, STANDBY_HOST)


def come_back(layout: Layout) -> str | None:
    """Start the old primary after a failover, if oratab has it started at boot; return its host.

    The broker keeps it from opening. Where there is none it opens, and there are two primaries.
    """
    store = Store(layout.state)
    for name, state, other in _sides(layout):
        open_primary = other["role"] == redo.PRIMARY and other["status"] == "OPEN"
        if state["role"] == redo.PRIMARY and state["status"] == "DOWN" and open_primary:
            store.disarm(RETURNS)
            if not autostart.wanted(layout, state):
                return None
            autostart.start(layout, name)
            return str(state["host"])
    return None


def _sides(layout: Layout) -> list[tuple[str, State, State]]:
    store = Store(layout.state)
    states = {name: store.read(name) for name in store.databases()}
    return [(name, state, states[state["peer"]]) for name, state in states.items() if state["peer"]]


def _change(layout: Layout, name: str, change: Callable[[State, State], object]) -> None:
    with pair.changing(Store(layout.state), name) as (own, other):
        change(own, other)


CHANGES: dict[str, Callable[[Layout, bool], None]] = {
    "standby-lag": standby_lag,
    "gap": gap,
    "logs-copied": logs_copied,
    "flashback-off": flashback_off,
    "insufficient-srls": insufficient_srls,
    "observer-lost": observer_lost,
    "no-autostart": no_autostart,
    "primary-lost": primary_lost,
    "primary-host-lost": primary_host_lost,
    "node-evicted": node_evicted,
}
