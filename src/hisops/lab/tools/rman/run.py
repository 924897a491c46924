"""What a running RMAN has: the database, its voice with the log file, its error stack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hisops.lab.state import State
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.nls import date, now

_RULE = "RMAN-00571: ==========================================================="
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
    channel: bool = False
    connected: bool = False

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

    def take_channel(self) -> None:
        """Allocate the default channel, or use the one that is there."""
        if self.channel:
            self.say("using channel ORA_DISK_1")
            return
        self.channel = True
        self.say(
            "using target database control file instead of recovery catalog",
            "allocated channel: ORA_DISK_1",
            "channel ORA_DISK_1: SID=46 device type=DISK",
        )

    def failure(self, *lines: str) -> None:
        """Print the error stack."""
        self.say(_RULE, "RMAN-00569: =============== ERROR MESSAGE STACK FOLLOWS ===============", _RULE, *lines)


def failed_command(command: str, *lines: str) -> RmanFailed:
    """Return the failure of a whole command."""
    return RmanFailed(f"RMAN-03002: failure of {command} command at {now():%m/%d/%Y %H:%M:%S}", *lines)
