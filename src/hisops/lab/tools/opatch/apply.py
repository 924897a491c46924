"""opatch apply: checks, backup, copying file by file, inventory last. A kill leaves what a kill leaves."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

from hisops.lab.inventory import Entry, back_up, patch_files, patch_folder, put_file
from hisops.lab.tools.opatch import composite
from hisops.lab.tools.opatch.prereq import (
    active_lines,
    check_minimum_version,
    conflict_details,
    conflicts,
    failed_check,
    read_location,
    space_missing,
    space_text,
)
from hisops.lab.tools.opatch.session import OPatchFailed, Session

_SECONDS = 6.0
_ABSENT = "[ oracle.network.gsm, 19.0.0.0.0 ] , [ oracle.net.cman, 19.0.0.0.0 ] , [ oracle.tfa, 19.0.0.0.0 ] "
_CHECKER = "https://support.oracle.com/epmos/faces/PatchConflictCheck"
_NO_SPACE = "'ApplySession::apply failed: java.io.IOException: No space left on device'"


def run(session: Session, words: list[str], options: dict[str, str]) -> int:
    """Apply the patch in the current folder, or in the folder that is named."""
    folder = patch_folder(Path(words[0] if words else options.get("-ph", ".")).resolve())
    session.banner()
    session.check_readable("ApplySession")
    patch = read_location(folder)
    session.say("Verifying environment and performing prerequisite checks...")
    session.desk.pause(1)
    if session.inventory.find(patch.id):
        return _nothing_to_do(session, patch)
    lock = session.take_lock("ApplySession")
    try:
        _check(session, patch)
        _confirm(session, patch, options)
        _modify(session, patch, folder)
    finally:
        session.free_lock(lock)
    return _succeed(session, patch)


def _nothing_to_do(session: Session, patch: Entry) -> int:
    session.say(
        "The following patches are duplicate and are skipped:",
        f"[ {patch.id}  ]",
        "",
        "OPatch Session completed with warnings.",
        f"Log file location: {session.log}",
        "",
        "OPatch completed with warnings.",
    )
    return 0


def _check(session: Session, patch: Entry) -> None:
    check_minimum_version(session, patch)
    found = conflicts(session, patch)
    if found:
        ids = "   ".join([*(other.id for other, _ in found), patch.id])
        raise OPatchFailed(
            73,
            *conflict_details(session, patch),
            "",
            f"Following patches have conflicts: [   {ids} ]",
            f'Use the MOS Patch Conflict Checker "{_CHECKER}" to resolve.',
            "See MOS documents 1941934.1 and 1299688.1 for additional information and resolution methods.",
            "UtilSession failed: Inter-conflict checking failed in apply incoming patches",
            f"Log file location: {session.log}",
            "",
        )
    if active := active_lines(session):
        raise failed_check(session, "CheckActiveFilesAndExecutables", *active)
    if space_missing(session, patch):
        raise failed_check(session, "CheckSystemSpace", space_text(patch))


def _confirm(session: Session, patch: Entry, options: dict[str, str]) -> None:
    ids = [number for number, _ in composite.missing_parts(session, patch)] or [patch.id]
    session.say(f"OPatch continues with these patches:   {'  '.join(ids)}  ")
    session.ask("Do you want to proceed? [y|n]")
    session.say("All checks passed.")
    composite.ask_for_email(session, options)
    ask_for_shutdown(session)


def ask_for_shutdown(session: Session) -> None:
    """Ask whether the instances are down."""
    session.say(
        "",
        "Please shutdown Oracle instances running out of this ORACLE_HOME on the local system.",
        f"(Oracle Home = '{session.home}')",
        "",
    )
    session.ask("Is the local system ready for patching? [y|n]")


def _modify(session: Session, patch: Entry, folder: Path) -> None:
    session.say("Backing up files...")
    storage = session.storage / f"{patch.id}_{datetime.now():%b_%d_%Y_%H_%M_%S}"
    shutil.copytree(folder / "etc", storage / "etc", dirs_exist_ok=True)
    shutil.copytree(folder / "files", storage / "files", dirs_exist_ok=True)
    sources = sorted(patch_files(storage), key=lambda path: "bin" in path.relative_to(storage / "files").parts)
    back_up(session.home, storage, sources)
    session.desk.pause(_SECONDS / 6)
    if not patch.parts:
        session.say(f"Applying interim patch '{patch.id}' to OH '{session.home}'")
    if patch.version:
        session.say(
            f"ApplySession: Optional component(s) {_ABSENT} not present in the Oracle Home "
            "or a higher version is found."
        )
    try:
        _copy(session, patch, storage, sources)
    except OSError:
        raise _restored(session, storage) from None
    session.inventory.add(storage, patch.id)


def _copy(session: Session, patch: Entry, storage: Path, sources: list[Path]) -> None:
    """Copy the files spread over the components, as slowly as the pace says; programs come last, as after a relink."""
    announced = composite.announced(session, patch)
    steps = len(announced)
    half = steps // 2
    for number, lines in enumerate(announced):
        session.say(*lines)
        for source in sources[number * len(sources) // steps : (number + 1) * len(sources) // steps]:
            put_file(storage / "files", source, session.home)
        if number == half:
            session.desk.crossroads("opatch")
            if session.desk.armed("disk-full-apply"):
                raise OSError("No space left on device")
        session.desk.pause(_SECONDS / steps)


def put_back(home: Path, storage: Path, sources: list[Path]) -> None:
    """Bring the home's files to what they were before the patch."""
    kept = storage / "backup"
    for source in sources:
        target = home / source.relative_to(storage / "files")
        if not (kept / target.relative_to(home)).exists() and not target.parent.is_file():
            target.unlink(missing_ok=True)
    for copy in sorted(path for path in kept.rglob("*") if path.is_file()):
        target = home / copy.relative_to(kept)
        draft = target.with_name(target.name + ".old")
        shutil.copy2(copy, draft)
        os.replace(draft, target)


def _restored(session: Session, storage: Path) -> OPatchFailed:
    put_back(session.home, storage, patch_files(storage))
    shutil.rmtree(storage)
    session.say(
        f"ApplySession failed in system modification phase... {_NO_SPACE}",
        "",
        f'Restoring "{session.home}" to the state prior to running NApply...',
        "Checking if OPatch needs to invoke 'make' to restore some binaries...",
        "",
        "OPatch was able to restore your system. Look at log file and timestamp of each file to make sure your "
        "system is in the state prior to applying the patch.",
    )
    session.desk.pause(1)
    return OPatchFailed(
        73,
        f"UtilSession failed: ApplySession failed in system modification phase... {_NO_SPACE}",
        f"Log file location: {session.log}",
        "",
    )


def _succeed(session: Session, patch: Entry) -> int:
    if patch.parts:
        return composite.succeed(session, patch)
    inactive = [other.id for other in session.inventory.all() if patch.superset_of(other)]
    session.say("", f"Patch {patch.id} successfully applied.")
    for other in inactive:
        session.say(
            f"Sub-set patch [{other}] has become inactive due to the application of a super-set patch [{patch.id}].",
            "Please refer to Doc ID 2161861.1 for any possible further required actions.",
        )
    session.say(f"Log file location: {session.log}", "", "OPatch succeeded.")
    return 0
