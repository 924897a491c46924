"""What a running RMAN has: the database, its voice with the log file, its error stack."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from hisops.lab.state import State
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.nls import date, now
from hisops.lab.tools.rman.rebuild.plan import Plan

_RULE = "RMAN-00571: ==========================================================="
_DEFAULT = "ORA_DISK_1"
_CHINESE = {
    "Starting backup at": "启动 backup 于",
    "Finished backup at": "完成 backup 于",
    "Starting restore at": "启动 restore 于",
    "Finished restore at": "完成 restore 于",
    "Recovery Manager complete.": "恢复管理器完成。",
    "allocated channel:": "分配的通道:",
    "using channel": "使用通道",
}


class RmanFailed(Exception):
    """A command failed: the lines below the head of the error stack. The file is not read on."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


@dataclass(slots=True)
class Run:
    """One run of RMAN on one database."""

    desk: Desk
    database: str
    session_key: int
    log: Path | None = None
    channels: list[str] = field(default_factory=list)
    connected: bool = False
    told: bool = False
    block: int = 0
    templates: dict[str, str] = field(default_factory=dict)
    from_file: bool = False
    plan: Plan = field(default_factory=Plan)

    @property
    def state(self) -> State:
        """The database as it is now."""
        return self.desk.store.read(self.database)

    def say(self, *lines: str) -> None:
        """Print, or write into the log file when one was asked for."""
        text = "".join(f"{line}\n" for line in lines)
        if self.desk.chinese(nls=True):
            for english, chinese in _CHINESE.items():
                text = text.replace(english, chinese)
        data = text.encode("gb18030" if self.desk.chinese(nls=True) else "utf-8")
        if self.log:
            with self.log.open("ab") as log:
                log.write(data)
        else:
            self.desk.raw(data)

    def when(self, moment: datetime | None = None) -> str:
        """Return a date in the caller's format."""
        return date(moment or now(), self.desk.env)

    @property
    def channel(self) -> str:
        """The channel that does the work: the first one that was allocated."""
        return self.channels[0] if self.channels else _DEFAULT

    def on_channel(self, *lines: str) -> None:
        """Print lines of the channel."""
        self.say(*(f"channel {self.channel}: {line}" for line in lines))

    def take_channel(self) -> None:
        """Allocate the default channel, or use the one that is there; one that was allocated by hand says nothing."""
        self.without_catalog()
        if _DEFAULT in self.channels:
            self.say(f"using channel {_DEFAULT}")
        elif not self.channels:
            self.allocate(_DEFAULT)

    def allocate(self, name: str) -> None:
        """Allocate a channel."""
        self.channels.append(name)
        self.say(f"allocated channel: {name}", f"channel {name}: SID={45 + len(self.channels)} device type=DISK")

    def release(self, name: str) -> None:
        """Give a channel back."""
        self.channels.remove(name)
        self.say(f"released channel: {name}")

    def without_catalog(self) -> None:
        """Say once that there is no recovery catalog."""
        if not self.told:
            self.told = True
            self.say("using target database control file instead of recovery catalog")

    def failure(self, *lines: str) -> None:
        """Print the error stack."""
        self.say(_RULE, "RMAN-00569: =============== ERROR MESSAGE STACK FOLLOWS ===============", _RULE, *lines)


def failed_command(command: str, *lines: str) -> RmanFailed:
    """Return the failure of a whole command."""
    return RmanFailed(f"RMAN-03002: failure of {command} command at {now():%m/%d/%Y %H:%M:%S}", *lines)


def syntax_error(word: str) -> RmanFailed:
    """Return what RMAN says of a word that it does not expect here."""
    return RmanFailed(
        "RMAN-00558: error encountered while parsing input commands",
        'RMAN-01009: syntax error: found "identifier": expecting one of: "double-quoted-string, equal, identifier, ;"',
        f"RMAN-01008: the bad identifier was: {word}",
        "RMAN-01007: at line 1 column 1 file: standard input",
    )
