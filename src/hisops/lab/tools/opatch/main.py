"""The commands of OPatch and how it ends."""

from __future__ import annotations

from pathlib import Path

from hisops.lab.tools.desk import Desk
from hisops.lab.tools.opatch import apply, listing, prereq, rollback
from hisops.lab.tools.opatch.session import OPatchFailed, Session

_VALUED = ("-ph", "-id", "-oh", "-invPtrLoc", "-ocmrf", "-phBaseFile", "-phBaseDir")
_PLAIN = ("-silent", "-detail", "-local", "-verbose", "-all", "-patch")
_COMMANDS = {
    "lspatches": listing.lspatches,
    "lsinventory": listing.lsinventory,
    "lsinv": listing.lsinventory,
    "prereq": prereq.run,
    "apply": apply.run,
    "rollback": rollback.run,
    "nrollback": rollback.run,
    "util": rollback.util,
}


def run(desk: Desk) -> int:
    """Do what the command line says; the last line and the exit code are OPatch's."""
    try:
        return _dispatch(desk)
    except OPatchFailed as failed:
        desk.out(*failed.lines, f"OPatch failed with error code {failed.code}")
        return failed.code


def _dispatch(desk: Desk) -> int:
    if desk.user == "root":
        raise OPatchFailed(255, "The user is root. OPatch cannot continue if the user is root.", "")
    words, options = _parse(desk.argv)
    home = Path(options.get("-oh") or desk.env.get("ORACLE_HOME") or desk.machine.oracle_home)
    if not (home / "OPatch" / "version.txt").exists():
        raise OPatchFailed(1, f"The Oracle Home {home} is not OUI based home. Please give proper Oracle Home.", "")
    pointer = Path(options.get("-invPtrLoc") or home / "oraInst.loc")
    session = Session(desk, home, pointer, "-silent" in options)
    if words[:1] == ["version"]:
        desk.out(f"OPatch Version: {session.version}", "", "OPatch succeeded.")
        return 0
    command = _COMMANDS.get(words[0]) if words else None
    if command is None:
        raise OPatchFailed(14, f"Syntax Error... Unrecognized Command: '{' '.join(words)}'", "")
    return command(session, words[1:], options)


def _parse(argv: list[str]) -> tuple[list[str], dict[str, str]]:
    words: list[str] = []
    options: dict[str, str] = {}
    queue = list(argv)
    while queue:
        word = queue.pop(0)
        if word in _VALUED and queue:
            options[word] = queue.pop(0)
        elif word in _PLAIN:
            options[word] = "yes"
        elif word.startswith("-"):
            raise OPatchFailed(
                14,
                f"Syntax Error... Unrecognized Option: '{word}'",
                "",
                "Please check the arguments and try again.",
                "",
            )
        else:
            words.append(word)
    return words, options
