"""What a user gets on a lab host: the environment of a login, and the shell that carries out a command."""

from __future__ import annotations

from hisops.lab.layout import Machine

NOISE = "profile-noise"
_NOISY = '. "$0"; exec /bin/sh -c "$1"'
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"


def environment(machine: Machine, user: str) -> dict[str, str]:
    """Return what sshd and PAM would set, and nothing of Oracle's: a login knows no ORACLE_HOME here."""
    return {
        "HOME": str(machine.home(user)),
        "USER": user,
        "LOGNAME": user,
        "SHELL": "/bin/sh",
        "PATH": f"{machine.bin}:{SYSTEM_PATH}",
        "TMPDIR": str(machine.tmp),
        "LANG": "zh_CN.UTF-8",
        "NLS_LANG": "SIMPLIFIED CHINESE_CHINA.ZHS16GBK",
        "LAB_HOST": machine.name,
    }


def command_line(machine: Machine, command: str | None, faults: list[str]) -> list[str]:
    """Return the argv that carries out `command`; None asks for a shell that reads its standard input."""
    if NOISE in faults:
        profile = str(machine.root / "etc" / "noisy_profile")
        return ["/bin/sh", "-c", _NOISY, profile, command or "/bin/sh"]
    return ["/bin/sh", "-c", command] if command is not None else ["/bin/sh"]
