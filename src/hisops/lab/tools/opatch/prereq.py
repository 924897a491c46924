"""opatch prereq: each check alone, and all of them in front of apply."""

from __future__ import annotations

import re
import xml.etree.ElementTree as Xml
from pathlib import Path

from hisops.lab.inventory import Entry, patch_folder, read_patch
from hisops.lab.tools.df import mount_of
from hisops.lab.tools.holders import home_holders
from hisops.lab.tools.opatch.session import OPatchFailed, Session

_NAMES = {
    name.lower(): name
    for name in ("checkConflictAgainstOHWithDetail", "checkSystemSpace", "checkActiveFilesAndExecutables")
}


def read_location(folder: Path) -> Entry:
    """Return the patch in `folder`; what OPatch says of a folder that holds none."""
    try:
        return read_patch(patch_folder(folder))
    except (OSError, Xml.ParseError):
        raise OPatchFailed(
            135,
            "ZOP-51: The patch location is not valid for apply, because it doesn't have correct metadata, "
            "or it points to a patch directory.",
            "Argument(s) Error... Patch location is not valid for apply",
            "",
            "Please check the arguments and try again.",
            "",
        ) from None


def run(session: Session, words: list[str], options: dict[str, str]) -> int:
    """Carry out one check. A check that fails is still an OPatch that succeeded."""
    name = _NAMES.get(words[0].lower()) if words else None
    if name is None:
        raise OPatchFailed(14, f"Syntax Error... Unrecognized Command or Option: {words[:1]}", "")
    folder = _location(options)
    session.banner("PREREQ")
    session.check_readable("PrereqSession")
    patch = read_location(folder)
    session.say(f'Invoking prereq "{name.lower()}"', "")
    session.desk.pause(1)
    problems = _CHECKS[name](session, patch)
    session.say(*problems, *([] if problems else [f'Prereq "{name}" passed.', ""]), "OPatch succeeded.")
    return 0


def _location(options: dict[str, str]) -> Path:
    if "-ph" in options:
        return Path(options["-ph"]).resolve()
    if "-phBaseFile" in options:
        return Path(Path(options["-phBaseFile"]).read_text().split()[0]).resolve()
    raise OPatchFailed(14, "Syntax Error... Required argument -ph is missing", "")


def _conflict_report(session: Session, patch: Entry) -> list[str]:
    found = conflicts(session, patch)
    if not found:
        return []
    ids = ", ".join(sorted([*(other.id for other, _ in found), patch.id]))
    return [
        "ZOP-40: The patch(es) has conflicts with other patches installed in the Oracle Home (or) among themselves.",
        "",
        'Prereq "checkConflictAgainstOHWithDetail" failed.',
        "",
        "Summary of Conflict Analysis:",
        "",
        "There are no patches that can be applied now.",
        "",
        "Following patches have conflicts. Please contact Oracle Support and get the merged patch of the patches : ",
        ids,
        "",
        *conflict_details(session, patch),
        "",
    ]


def conflicts(session: Session, patch: Entry) -> list[tuple[Entry, list[str]]]:
    """Return installed patches that touch a file of `patch` while neither holds the other's fixes."""
    found = []
    for other in session.inventory.active():
        shared = sorted(set(other.files) & set(patch.files))
        if shared and other.id != patch.id and not (patch.superset_of(other) or other.superset_of(patch)):
            found.append((other, shared))
    return found


def conflict_details(session: Session, patch: Entry) -> list[str]:
    """Return the block that names each conflicting patch with its files."""
    lines = ["Conflicts/Supersets for each patch are:", "", f"Patch : {patch.id}", ""]
    for other, files in conflicts(session, patch):
        lines += [f"\tConflict with {other.id}", "\tConflict details:"]
        lines += [f"\t{session.home}/{file.replace(':', ':/')}" for file in files]
    for other in session.inventory.active():
        if patch.superset_of(other):
            lines += ["", f"\tBug Superset of {other.id}", "\tSuper set bugs are:"]
            lines += ["\t" + ", ".join(sorted(other.bugs)[:6]) + ", "]
    return lines


def _space_report(session: Session, patch: Entry) -> list[str]:
    if not space_missing(session, patch):
        return []
    return ['Prereq "checkSystemSpace" failed.', "", "The details are:", space_text(patch), ""]


def space_missing(session: Session, patch: Entry) -> bool:
    """Whether the file system of the home has less than the patch wants."""
    mount = mount_of(session.desk.machine, session.desk.lab, session.home)
    return mount.free_kb < patch.needed_mb * 1024


def space_text(patch: Entry) -> str:
    """Return the sentence with the size."""
    return f"Required amount of space({patch.needed_mb:.3f}MB) is not available."


def _active_report(session: Session, patch: Entry) -> list[str]:
    lines = active_lines(session)
    return ['Prereq "checkActiveFilesAndExecutables" failed.', "", "The details are:", *lines, ""] if lines else []


def active_lines(session: Session) -> list[str]:
    """Return the block that names files of the home that processes hold; empty when none are held."""
    held = {file for files in home_holders(session.desk, session.home).values() for file in files}
    files = sorted(str(file) for file in held if file.is_file() and "cfgtoollogs" not in file.parts)
    if not files:
        return []
    return [
        "",
        "",
        "Following active executables are not used by opatch process :",
        *files,
        "",
        "Following active executables are used by opatch process :",
        "",
    ]


def check_minimum_version(session: Session, patch: Entry) -> None:
    """Refuse a patch that wants a newer OPatch."""
    if numbers(session.version) >= numbers(patch.minimum_opatch):
        return
    raise failed_check(
        session,
        "CheckMinimumOPatchVersion",
        "",
        "",
        f"The OPatch being used has version {session.version} while the following patch(es) require higher versions: ",
        f"Patch {patch.id} requires OPatch version {patch.minimum_opatch}.",
        "Please download latest OPatch from My Oracle Support.",
    )


def failed_check(session: Session, name: str, *details: str) -> OPatchFailed:
    """Return the end that apply and rollback come to when a check fails."""
    return OPatchFailed(
        73,
        f'Prerequisite check "{name}" failed.',
        "The details are:",
        *details,
        "UtilSession failed: ",
        f'Prerequisite check "{name}" failed.',
        f"Log file location: {session.log}",
        "",
    )


def numbers(version: str) -> list[int]:
    """Return a version as it compares: 11.2.0.3.9 is older than 11.2.0.3.21."""
    return [int(part) for part in re.findall(r"\d+", version)]


_CHECKS = {
    "checkConflictAgainstOHWithDetail": _conflict_report,
    "checkSystemSpace": _space_report,
    "checkActiveFilesAndExecutables": _active_report,
}
