"""sudo as far as hisops may use it: never a password, only what the lab's sudoers allows."""

from __future__ import annotations

import os
import re
import shutil

from hisops.lab.shell import SYSTEM_PATH
from hisops.lab.tools.desk import Desk

_USAGE = "usage: sudo -n [-H] [-u user] [--] command [arg ...]"
_KNOWN = {"root", "oracle", "hisops"}
_KEPT = ("LANG", "LC_ALL", "TERM", "LAB_HOST")


def run(desk: Desk) -> int:
    """Run the command as another user, or say why not in sudo's own words."""
    arguments = list(desk.argv)
    user, batch, listing = "root", False, False
    while arguments and arguments[0].startswith("-"):
        option = arguments.pop(0)
        if option == "--":
            break
        if option in ("-n", "-H", "-l"):
            batch = batch or option == "-n"
            listing = listing or option == "-l"
        elif option == "-u" and arguments:
            user = arguments.pop(0)
        else:
            desk.err(f"sudo: invalid option -- '{option.lstrip('-')}'", _USAGE)
            return 1
    return _go(desk, user, batch, listing, arguments)


def _go(desk: Desk, user: str, batch: bool, listing: bool, command: list[str]) -> int:
    allowed = _allowed(desk)
    if refusal := _refusal(user, batch, allowed):
        desk.err(*refusal)
        return 1
    if listing:
        return _list(desk, user, command, allowed)
    if not command:
        desk.err(_USAGE)
        return 1
    if user not in allowed and user != desk.user:
        desk.err(f"Sorry, user {desk.user} is not allowed to execute '{' '.join(command)}' as {user} on {desk.host}.")
        return 1
    return _execute(desk, user, command)


def _refusal(user: str, batch: bool, allowed: set[str]) -> list[str]:
    if user not in _KNOWN:
        return [f"sudo: unknown user {user}", "sudo: error initializing audit plugin sudoers_audit"]
    if not allowed:
        how = "a terminal is required to read the password; either use the -S option to read from standard input"
        return [f"sudo: {'a password is required' if batch else how}"]
    return []


def _allowed(desk: Desk) -> set[str]:
    """Return the users that the caller may become, read from the host's sudoers."""
    if desk.user == "root":
        return set(_KNOWN)
    sudoers = desk.machine.root / "etc" / "sudoers"
    if not sudoers.exists():
        return set()
    rule = re.search(rf"^{desk.user} ALL=\(([\w,]+)\) NOPASSWD: ALL$", sudoers.read_text(), re.MULTILINE)
    return set(rule.group(1).split(",")) if rule else set()


def _list(desk: Desk, user: str, command: list[str], allowed: set[str]) -> int:
    if command:
        if user not in allowed:
            return 1
        desk.out(" ".join(command))
        return 0
    desk.out(
        f"Matching Defaults entries for {desk.user} on {desk.host}:",
        "    !requiretty",
        "",
        f"User {desk.user} may run the following commands on {desk.host}:",
        f"    ({', '.join(sorted(allowed))}) NOPASSWD: ALL",
    )
    return 0


def _execute(desk: Desk, user: str, command: list[str]) -> int:
    """Run and wait, as sudo does; signals that reach sudo reach the command."""
    home = str(desk.machine.root / "root") if user == "root" else str(desk.machine.home(user))
    os.makedirs(home, exist_ok=True)
    environment = {name: desk.env[name] for name in _KEPT if name in desk.env}
    environment |= {
        "HOME": home,
        "USER": user,
        "LOGNAME": user,
        "SHELL": "/bin/sh",
        "PATH": f"{desk.machine.bin}:{SYSTEM_PATH}",
        "TMPDIR": str(desk.machine.tmp),
        "SUDO_USER": desk.user,
        "SUDO_COMMAND": " ".join(command),
    }
    path = command[0] if "/" in command[0] else shutil.which(command[0], path=environment["PATH"])
    try:
        if path is None:
            raise FileNotFoundError
        code = desk.execute(path, command, environment)
    except FileNotFoundError:
        desk.err(f"sudo: {command[0]}: command not found")
        return 1
    except PermissionError:
        desk.err(f"sudo: {command[0]}: Permission denied")
        return 1
    return code if code >= 0 else 128 - code
