"""Who holds a target: the text of a lock, and the place in which a copy of hisops works.

The text is `hisops-lock/1`, then `key: value` lines. The last, `fence`, is written by the host that keeps the lock:
a number that grows with every change of the holder and never comes back.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

HEAD = "hisops-lock/1"
ALIVE_FOR = 300
BEAT_EVERY = 30


@dataclass(frozen=True, slots=True)
class ControlHost:
    """A machine that hisops runs on, and the folder of logs that it writes there.

    `machine` stays the same through a change of name; together with the folder it tells one copy of a site's logs
    from every other.
    """

    name: str
    machine: str
    logs: str

    @property
    def copy(self) -> str:
        """What tells this copy of the logs from any other."""
        return f"{self.machine}:{self.logs}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One holder of a lock: a run, and the copy of the logs that carries it on. The same for all its processes."""

    run: str
    origin: str
    runbook: str
    target: str
    requester: str
    control: str
    machine: str
    logs: str
    since: str
    fence: int = 0

    @property
    def copy(self) -> str:
        """The copy of the logs that carries the run on."""
        return f"{self.machine}:{self.logs}"

    def text(self) -> str:
        """Return the text, ending in a line break; without the fence as long as the host has not given one."""
        told = [(item.name, getattr(self, item.name)) for item in fields(self) if item.name != "fence" or self.fence]
        return f"{HEAD}\n" + "".join(f"{name}: {_line(value)}\n" for name, value in told)


def parse(text: str | None) -> Holder | None:
    """Return the holder that a text names; None for a text of another kind, which is held by somebody all the same."""
    head, *lines = (text or "").splitlines()[:32] or [""]
    told = dict(line.split(": ", 1) for line in lines if ": " in line)
    fence = told.pop("fence", "0")
    names = {item.name for item in fields(Holder)} - {"fence"}
    if head != HEAD or not names <= told.keys() or not fence.isdecimal():
        return None
    return Holder(**{name: told[name] for name in names}, fence=int(fence))


def _line(value: object) -> str:
    return " ".join(str(value).split())
