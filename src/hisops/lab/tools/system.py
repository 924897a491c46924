"""Small tools of the system that must answer for the lab host, not for this machine."""

from __future__ import annotations

from hisops.lab.layout import PRIMARY_HOST, SCRATCH_HOST
from hisops.lab.tools.desk import Desk

_IDS = {"root": (0, "root"), "oracle": (54321, "oinstall"), "hisops": (1001, "hisops")}


def run(desk: Desk) -> int:
    """Answer for the lab host, or as a compiler tool that only has to be there."""
    return _TOOLS.get(desk.tool, _compiler)(desk)


def _hostname(desk: Desk) -> int:
    if any(argument not in ("-s", "--short", "-f", "--fqdn") for argument in desk.argv):
        desk.err("hostname: you must be root to change the host name")
        return 1
    desk.out(_called(desk))
    return 0


def _called(desk: Desk) -> str:
    """Return the name that the machine tells: that of production, if that is what is behind the scratch host."""
    mistaken = desk.host == SCRATCH_HOST and desk.armed("scratch-is-production")
    return PRIMARY_HOST if mistaken else desk.host


def _whoami(desk: Desk) -> int:
    desk.out(desk.user)
    return 0


def _id(desk: Desk) -> int:
    number, group = _IDS[desk.user]
    answers = {
        (): f"uid={number}({desk.user}) gid={number}({group}) groups={number}({group})",
        ("-u",): str(number),
        ("-g",): str(number),
        ("-un",): desk.user,
        ("-u", "-n"): desk.user,
        ("-nu",): desk.user,
        ("-gn",): group,
    }
    answer = answers.get(tuple(desk.argv))
    if answer is None:
        desk.err(f"id: {desk.argv[-1]}: no such user")
        return 1
    desk.out(answer)
    return 0


def _compiler(desk: Desk) -> int:
    if desk.argv == ["--version"]:
        desk.out(f"{desk.tool} (lab) 8.5.0", "LAB: only its presence is simulated.")
        return 0
    desk.err(f"{desk.tool}: the lab simulates only the presence of this tool")
    return 2


def _uname(desk: Desk) -> int:
    parts = {
        "s": "Linux",
        "n": _called(desk),
        "r": "4.18.0-553.el8_10.x86_64",
        "v": "#1 SMP Fri May 24 13:05:10 UTC 2024",
        "m": "x86_64",
        "o": "GNU/Linux",
    }
    letters = "".join(word.lstrip("-") for word in desk.argv) or "s"
    if set(letters) - set(parts) - {"a"}:
        desk.err(f"uname: invalid option -- '{letters[-1]}'")
        return 1
    desk.out(" ".join(text for letter, text in parts.items() if letter in letters or "a" in letters))
    return 0


def _crontab(desk: Desk) -> int:
    if desk.argv != ["-l"]:
        desk.err("crontab: the lab understands crontab -l")
        return 1
    lines = [line.split() for line in (desk.machine.root / "etc" / "crontab").read_text().splitlines()]
    own = [" ".join([*words[:5], *words[6:]]) for words in lines if words[5:6] == [desk.user]]
    if not own:
        desk.err(f"no crontab for {desk.user}")
        return 1
    desk.out(*own)
    return 0


_TOOLS = {"hostname": _hostname, "whoami": _whoami, "id": _id, "uname": _uname, "crontab": _crontab}
