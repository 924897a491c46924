"""opatch rollback -id N, and opatch util cleanup."""

from __future__ import annotations

import shutil
from pathlib import Path

from hisops.lab.inventory import Entry, patch_files
from hisops.lab.tools.opatch.apply import ask_for_shutdown, put_back
from hisops.lab.tools.opatch.prereq import active_lines, failed_check
from hisops.lab.tools.opatch.session import OPatchFailed, Session

_SECONDS = 4.0


def run(session: Session, words: list[str], options: dict[str, str]) -> int:
    """Take patches out of the home."""
    numbers = [number for number in options.get("-id", "").split(",") if number]
    if not numbers:
        raise OPatchFailed(14, "Syntax Error... Required argument -id is missing", "")
    session.banner()
    session.check_readable("RollbackSession")
    patches = [_present(session, number) for number in numbers]
    session.say(
        "",
        "Patches will be rolled back in the following order: ",
        "   " + "   ".join(numbers),
        f"The following patch(es) will be rolled back: {'  '.join(numbers)}  ",
    )
    lock = session.take_lock("RollbackSession")
    try:
        if active := active_lines(session):
            raise failed_check(session, "CheckActiveFilesAndExecutables", *active)
        ask_for_shutdown(session)
        for patch in patches:
            _roll_back(session, patch)
    finally:
        session.free_lock(lock)
    session.say(f"Log file location: {session.log}", "", "OPatch succeeded.")
    return 0


def _present(session: Session, number: str) -> Entry:
    patch = session.inventory.find(number)
    if patch is None:
        raise OPatchFailed(
            135,
            "Following patches are not present in the Oracle Home.",
            number,
            "",
            "Argument(s) Error... Patch not present in the Oracle Home, Rollback cannot proceed",
            "",
            "Please check the arguments and try again.",
            "",
        )
    return patch


def _roll_back(session: Session, patch: Entry) -> None:
    before = {entry.id for entry in session.inventory.active()}
    session.say(
        "",
        f"Rolling back patch {patch.id}...",
        "",
        f"RollbackSession rolling back interim patch '{patch.id}' from OH '{session.home}'",
    )
    storage = _storage(session, patch)
    for number, component in enumerate(patch.components):
        session.say("", f"Patching component {component}, {session.release.number}...")
        if number == len(patch.components) // 2:
            session.desk.crossroads("opatch-rollback")
        session.desk.pause(_SECONDS / len(patch.components))
    put_back(session.home, storage, patch_files(storage))
    session.say(f"RollbackSession removing interim patch '{patch.id}' from inventory")
    session.inventory.remove(patch.id)
    shutil.rmtree(storage)
    for other in session.inventory.active():
        if other.id not in before:
            session.say(
                f"Inactive sub-set patch [{other.id}] has become active due to the rolling back of a super-set patch "
                f"[{patch.id}].",
                "Please refer to Doc ID 2161861.1 for any possible further required actions.",
            )


def _storage(session: Session, patch: Entry) -> Path:
    found = sorted(session.storage.glob(f"{patch.id}_*"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise OPatchFailed(
            73,
            f"RollbackSession failed: Rollback area for patch {patch.id} is missing in {session.storage}",
            f"Log file location: {session.log}",
            "",
        )
    return found[-1]


def util(session: Session, words: list[str], options: dict[str, str]) -> int:
    """Clean up what an interrupted session left; the areas that a rollback needs are kept."""
    if words != ["cleanup"]:
        raise OPatchFailed(14, f"Syntax Error... Unrecognized utility: {' '.join(words)}", "")
    session.banner("UTIL")
    session.check_readable("UtilSession")
    session.say(
        'Invoking utility "cleanup"',
        "OPatch will clean up 'restore.sh,make.txt' files and 'scratch,backup' directories.",
        "You will be still able to rollback patches after this cleanup.",
    )
    session.ask("Do you want to proceed? [y|n]")
    installed = {entry.id for entry in session.inventory.all()}
    for area in session.storage.glob("*_*"):
        if area.is_dir() and area.name.partition("_")[0] not in installed:
            shutil.rmtree(area)
        elif area.is_dir():
            for name in ("restore.sh", "make.txt"):
                (area / name).unlink(missing_ok=True)
    session.say(
        "",
        "Backup area for restore has been cleaned up. For a complete list of files/directories",
        "deleted, Please refer log file.",
        "",
        "OPatch succeeded.",
    )
    return 0
