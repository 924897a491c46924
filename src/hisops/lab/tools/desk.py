"""What every simulated tool has at hand: its host, its environment, the state, a voice, and a sense of time."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from hisops.lab.layout import USERS, Layout, Machine
from hisops.lab.record import append
from hisops.lab.state import LAB, State, Store
from hisops.lab.tools import caller

Execute = Callable[[str, list[str], dict[str, str]], int]
_SLOW = 4.0
_NO_ADVICE_LOCALES = ("C", "POSIX", "en")


def run_below(path: str, argv: list[str], environment: dict[str, str]) -> int:
    """Run a command as a child of this process, with signals passed on; return its exit code."""
    error, code = caller.execute(path, argv, environment)
    if error:
        raise OSError(error, os.strerror(error), path)
    return code


@dataclass(slots=True)
class Desk:
    """One call of one tool."""

    tool: str
    argv: list[str]
    layout: Layout
    host: str
    env: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    started: datetime = field(default_factory=lambda: datetime.now().astimezone())
    pid: int = field(default_factory=os.getpid)
    """The process that stands for this call on the host."""
    execute: Execute = run_below
    """Runs a command as the child of that process."""

    @property
    def machine(self) -> Machine:
        """The file system of the host."""
        return self.layout.machine(self.host)

    @property
    def store(self) -> Store:
        """The state of the lab."""
        return Store(self.layout.state)

    @property
    def lab(self) -> State:
        """The lab's own state as it is now."""
        return self.store.read(LAB)

    @property
    def home(self) -> Path:
        """ORACLE_HOME; falls back to nothing, as the tools do."""
        return Path(self.env.get("ORACLE_HOME", ""))

    @property
    def user(self) -> str:
        """Who calls: the owner of HOME, since all lab users share one account of the system."""
        name = Path(self.env.get("HOME", "")).name
        known = (*USERS[self.host], "root")
        return next((user for user in (name, self.env.get("USER", "")) if user in known), USERS[self.host][0])

    def armed(self, fault: str) -> bool:
        """Whether a fault is on."""
        return any(name.partition("@")[0] == fault for name in self.lab["faults"])

    def out(self, *lines: str, end: str = "\n") -> None:
        """Print, at once, so that a reader sees progress."""
        self.raw(("\n".join(lines) + end).encode())

    def raw(self, data: bytes) -> None:
        """Print bytes. A reader that has gone ends the tool, as SIGPIPE would."""
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def err(self, *lines: str) -> None:
        """Print on standard error."""
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()

    def pause(self, seconds: float) -> None:
        """Work for a while."""
        lab = self.lab
        time.sleep(seconds * lab["pace"] * (_SLOW if "slow" in lab["faults"] else 1))

    def crossroads(self, label: str) -> None:
        """The middle of a long piece of work, where links break and hosts go down. Each happens once an arming."""
        for fault, order, default in (("link-drop", "cut", label), ("host-reboot", "reboot", "opatch")):
            armed = next((n for n in self.lab["faults"] if n in (f"{fault}@{label}", f"{fault}@any")), None)
            if armed is None and fault in self.lab["faults"] and label == default:
                armed = fault
            if armed:
                self.store.disarm(armed)
                self.machine.order(order).touch()
                if order == "reboot":
                    time.sleep(30)
                self._until_gone(self.machine.order(order))

    @staticmethod
    def _until_gone(path: Path) -> None:
        end = time.monotonic() + 5
        while path.exists() and time.monotonic() < end:
            time.sleep(0.02)

    def chinese(self, nls: bool = False) -> bool:
        """Whether the tool answers in Chinese: the fault is on and the caller has not asked for English."""
        if not self.armed("chinese-output"):
            return False
        if nls:
            return not self.env.get("NLS_LANG", "").upper().startswith("AMERICAN")
        locale = next((self.env[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if self.env.get(key)), "C")
        return not locale.startswith(_NO_ADVICE_LOCALES)

    def record(self, event: str, **more: object) -> None:
        """Write into the lab's own record."""
        entry = {"event": event, "tool": self.tool, "argv": self.argv, "host": self.host, "user": self.user}
        append(self.layout.record, **entry, pid=self.pid, **more)
