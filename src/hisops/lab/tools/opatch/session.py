"""One call of OPatch: the home it works on, its log file, its banner, its end."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from hisops.lab.inventory import Inventory
from hisops.lab.release import Release
from hisops.lab.tools.desk import Desk

_CHINESE = {
    "Verifying environment and performing prerequisite checks...": "正在验证环境并执行先决条件检查...",
    "All checks passed.": "所有检查均已通过。",
    "Backing up files...": "正在备份文件...",
    "Do you want to proceed? [y|n]": "是否继续? [y|n]",
    "Is the local system ready for patching? [y|n]": "本地系统是否已准备打补丁? [y|n]",
    "Y (auto-answered by -silent)": "Y (由 -silent 自动回答)",
    "User Responded with: Y": "用户回答为: Y",
}


class OPatchFailed(Exception):
    """OPatch gives up: the lines it prints and its error code."""

    def __init__(self, code: int, *lines: str) -> None:
        super().__init__(code, *lines)
        self.code = code
        self.lines = lines


@dataclass(slots=True)
class Session:
    """What all commands of OPatch share."""

    desk: Desk
    home: Path
    pointer: Path
    silent: bool

    @property
    def inventory(self) -> Inventory:
        """The home's own inventory."""
        return Inventory(self.home)

    @property
    def release(self) -> Release:
        """What is installed in the home."""
        return self.desk.machine.release

    @property
    def version(self) -> str:
        """The version of the OPatch that lies in the home."""
        return (self.home / "OPatch" / "version.txt").read_text().strip().partition(":")[2]

    @property
    def log(self) -> Path:
        """The log file of this call."""
        return self.home / "cfgtoollogs" / "opatch" / f"opatch{self.stamp}_1.log"

    @property
    def stamp(self) -> str:
        """The time in OPatch's manner: a 24 hour clock, and AM or PM all the same."""
        return f"{self.desk.started:%Y-%m-%d_%H-%M-%S%p}"

    @property
    def storage(self) -> Path:
        """Where OPatch keeps what it needs to roll back."""
        return self.home / ".patch_storage"

    def say(self, *lines: str) -> None:
        """Print, and write into the log file."""
        with self.log.open("a") as log:
            log.writelines(f"{line}\n" for line in lines)
        if self.desk.chinese():
            lines = tuple(_CHINESE.get(line, line) for line in lines)
        self.desk.out(*lines)

    def banner(self, kind: str = "") -> None:
        """Print the head of every call; in Chinese it comes out of a JVM that knows only GBK."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        year = self.desk.started.year
        if self.desk.armed("chinese-output"):
            head = f"Oracle 中间补丁程序安装程序版本 {self.version}\n"
            head += f"版权所有 (c) {year}, Oracle Corporation。保留所有权利。\n\n"
            self.desk.raw(head.encode("gb18030"))
        else:
            self.say(
                f"Oracle Interim Patch Installer version {self.version}",
                f"Copyright (c) {year}, Oracle Corporation.  All rights reserved.",
                "",
            )
        self.say(
            *([f"{kind} session", ""] if kind else [""]),
            f"Oracle Home       : {self.home}",
            f"Central Inventory : {self.central()}",
            f"   from           : {self.pointer}",
            f"OPatch version    : {self.version}",
            f"OUI version       : {self.release.oui}",
            f"Log file location : {self.log}",
            "",
        )

    def central(self) -> Path:
        """Return the central inventory that the pointer file names; error 104 without one."""
        try:
            text = self.pointer.read_text()
        except OSError:
            raise OPatchFailed(
                104,
                f"OPatch cannot find the Central Inventory pointer file {self.pointer}.",
                "Can't locate the Central Inventory. Possible causes are: the oraInst.loc file is missing.",
            ) from None
        line = next((line for line in text.splitlines() if line.startswith("inventory_loc=")), "=")
        return Path(line.partition("=")[2])

    def check_readable(self, session: str) -> None:
        """Refuse when the caller or the central inventory is not the owner's, in OPatch's words."""
        listed = self.central() / "ContentsXML" / "inventory.xml"
        registered = listed.exists() and f'LOC="{self.home}"' in listed.read_text()
        if registered and self.desk.user == "oracle":
            return
        raise OPatchFailed(
            73,
            "Inventory load failed... OPatch cannot load inventory for the given Oracle Home.",
            "Possible causes are:",
            "   No read or write permission to ORACLE_HOME/.patch_storage",
            "   Central Inventory is locked by another OUI instance",
            "   No read permission to Central Inventory",
            "   The lock file exists in ORACLE_HOME/.patch_storage",
            "   The Oracle Home does not exist in Central Inventory",
            f"{session} failed: OracleHomeInventory gets null oracleHomeInfo",
            f"Log file location: {self.log}",
            "",
        )

    def ask(self, question: str) -> None:
        """Ask for a yes; -silent gives it, an interactive call reads it."""
        self.say("", question)
        if self.silent:
            self.say("Y (auto-answered by -silent)", "User Responded with: Y")
            return
        if not os.read(0, 64).strip().lower().startswith(b"y"):
            self.say("User Responded with: N")
            raise OPatchFailed(130, "UtilSession failed: OPatch was stopped at the user's request.")
        self.say("User Responded with: Y")

    def take_lock(self, session: str) -> int:
        """Lock the central inventory, or say that another holds it. A lock left by a dead process is taken over."""
        lock = self.central() / "locks" / "writer.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise OPatchFailed(
                73,
                "Unable to lock Central Inventory.  OPatch will attempt to re-lock.",
                "Do you want to proceed? [y|n]",
                "Y (auto-answered by -silent)",
                "User Responded with: Y",
                "OPatch will sleep for few seconds, before re-trying to get the lock...",
                f"{session} failed: OPatch cannot continue: unable to lock Central Inventory.",
                f"Log file location: {self.log}",
                "",
            ) from None
        if os.read(handle, 64):
            self.say("Unable to lock Central Inventory.  OPatch will attempt to re-lock.")
            self.ask("Do you want to proceed? [y|n]")
            self.say("OPatch will sleep for few seconds, before re-trying to get the lock...")
            self.desk.pause(1)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{self.desk.pid}\n".encode(), 0)
        (self.storage / "patch_free").unlink(missing_ok=True)
        (self.storage / "patch_locked").write_text(f"{session} {self.desk.pid}\n")
        return handle

    def free_lock(self, handle: int) -> None:
        """Give the lock back."""
        (self.storage / "patch_locked").unlink(missing_ok=True)
        (self.storage / "patch_free").touch()
        (self.central() / "locks" / "writer.lock").unlink(missing_ok=True)
        os.close(handle)
