"""Small tools of the system that must answer for the lab host, not for this machine."""

from __future__ import annotations

from hisops.lab.tools.desk import Desk

_IDS = {"root": (0, "root"), "oracle": (54321, "oinstall"), "hisops": (1001, "hisops")}


def run(desk: Desk) -> int:
    """Answer as hostname, whoami, id, or as a compiler tool that only has to be there."""
    return {"hostname": _hostname, "whoami": _whoami, "id": _id}.get(desk.tool, _compiler)(desk)


def _hostname(desk: Desk) -> int:
    if any(argument not in ("-s", "--short", "-f", "--fqdn") for argument in desk.argv):
        desk.err("hostname: you must be root to change the host name")
        return 1
    desk.out(desk.host)
    return 0


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
