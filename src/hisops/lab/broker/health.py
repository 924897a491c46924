"""What the broker finds wrong with the members of its configuration, seen from the database that is asked."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from hisops.lab import redo
from hisops.lab.broker.config import own_name
from hisops.lab.broker.properties import threshold
from hisops.lab.net_errors import NO_LISTENER, NO_SERVICE
from hisops.lab.state import State

_SETTLES = 60.0
"""Seconds, at pace 1, for which the first status after a role change is that of members that have not settled."""


@dataclass(frozen=True, slots=True)
class View:
    """The configuration as the database `own` knows it, with the other one as far as it can be reached."""

    own: State
    other: State
    pace: float = 1.0

    @property
    def broker(self) -> State:
        """The copy of the configuration that is read."""
        copy: State = self.own["broker"]
        return copy

    @property
    def primary(self) -> str:
        """The member that is primary by the configuration."""
        return str(self.broker["primary"])

    @property
    def standby(self) -> str:
        """The other member."""
        return next(str(name) for name in self.broker["members"] if name != self.primary)

    def state(self, name: str) -> State:
        """Return the database of a member."""
        return self.own if own_name(self.own) == name else self.other

    def unreachable(self, name: str) -> str:
        """Return the error of a connection to a member; empty when it can be reached."""
        state = self.state(name)
        if state is self.own or redo.reachable(state):
            return ""
        if not state["listener"]["up"]:
            return NO_LISTENER
        return NO_SERVICE

    def settling(self) -> bool:
        """Whether a role change is so fresh that members still complain of it."""
        return bool(time.time() - self.broker["changed"] < _SETTLES * self.pace and self.broker["edition"] > 1)


@dataclass(slots=True)
class Findings:
    """Errors and warnings of one member, as texts with their codes."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        """SUCCESS, WARNING or ERROR."""
        return "ERROR" if self.errors else "WARNING" if self.warnings else "SUCCESS"

    def summary(self) -> str:
        """Return the one line that SHOW CONFIGURATION has for a member; empty for a healthy one."""
        if len(self.errors) + len(self.warnings) > 1:
            if self.errors:
                return "Error: ORA-16810: multiple errors or warnings detected for the member"
            return "Warning: ORA-16809: multiple warnings detected for the member"
        return next((f"Error: {text}" for text in self.errors), next((f"Warning: {t}" for t in self.warnings), ""))


def examine(view: View, name: str) -> Findings:
    """Return what is wrong with a member that is enabled."""
    found = Findings()
    if problem := view.unreachable(name):
        found.errors.append(problem)
        return found
    state, is_primary = view.state(name), name == view.primary
    if (state["role"] == redo.PRIMARY) != is_primary:
        found.errors.append("ORA-16816: incorrect database role")
    elif is_primary:
        _of_primary(view, found)
    else:
        _of_standby(view, state, found)
    if view.broker["fast_start"]:
        _of_fast_start(view, found)
    return found


def _of_primary(view: View, found: Findings) -> None:
    standby = view.state(view.standby)
    if not (view.broker["members"][view.standby]["enabled"] and view.broker["members"][view.primary]["on"]):
        return
    if view.unreachable(view.standby) or not redo.flows(standby):
        found.errors.append("ORA-16778: redo transport error for one or more members")
    elif standby["gap"]:
        found.errors.append("ORA-16783: cannot resolve gap for one or more members")


def _of_standby(view: View, state: State, found: Findings) -> None:
    member = view.broker["members"][view.standby]
    if member["adopt"] or (view.settling() and view.broker["settle"] == "enable"):
        found.errors.append("ORA-16541: member is not enabled")
        return
    if view.settling() and view.broker["settle"]:
        found.warnings += ["ORA-16854: apply lag could not be determined", "ORA-16857: member disconnected from redo "
                           "source for longer than specified threshold"]  # fmt: skip
        return
    transport, apply = redo.lags(state)
    if member["on"] and not state["standby"]["mrp"]:
        found.errors.append("ORA-16766: Redo Apply is stopped")
    if 0 < threshold(member, "Transport") < transport:
        found.warnings.append("ORA-16855: transport lag has exceeded specified threshold")
    if 0 < threshold(member, "Apply") < apply:
        found.warnings.append("ORA-16853: apply lag has exceeded specified threshold")
    if not redo.flows(state):
        found.warnings.append("ORA-16857: member disconnected from redo source for longer than specified threshold")


def _of_fast_start(view: View, found: Findings) -> None:
    if view.broker["unobserved"]:
        found.errors.append("ORA-16820: fast-start failover observer is no longer observing this database")
    elif not view.broker["observer"]:
        found.warnings.append("ORA-16819: fast-start failover observer not started")
