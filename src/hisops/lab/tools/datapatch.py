"""datapatch: compares the home's patches with the SQL registry of every open container, and applies the difference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hisops.lab.inventory import Entry, Inventory
from hisops.lab.state import State
from hisops.lab.tools.database import NOT_AVAILABLE, name_of
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.nls import banner_date, moment, stamp

_SECONDS = 5.0
_BASE = ("19.1.0.0.0", "190115182837")


@dataclass(frozen=True, slots=True)
class Job:
    """What one container needs: a release update applied or rolled back."""

    container: str
    action: str
    patch: dict[str, Any]
    before: tuple[str, str]
    after: tuple[str, str]

    @property
    def heading(self) -> tuple[str, ...]:
        """How the installation queue shows it; equal for containers that need the same."""
        word = "Apply from" if self.action == "APPLY" else "Roll back from"
        return (
            f"    Patch {self.patch['id']} ({self.patch['description']}):",
            f"      {word} {release(self.before)} to {release(self.after)}",
        )


def release(level: tuple[str, str]) -> str:
    """Return `19.27.0.0.0 Release_Update 250406131139`."""
    return f"{level[0]} Release_Update {level[1]}"


def level_of(state: State, container: str) -> State | None:
    """Return the newest successful row of a container, the one that says at which release update it is."""
    rows = [row for row in state["sqlpatch"] if row["con"] == container and row["status"] == "SUCCESS"]
    return max(rows, key=lambda row: str(row["action_time"]), default=None)


def run(desk: Desk) -> int:
    """Carry out one invocation."""
    known = {"-verbose", "-sanity_checks", "-version", "-prereq"}
    unknown = [word for word in desk.argv if word not in known]
    if unknown:
        desk.out(f"Unknown option: {unknown[0].lstrip('-')}", "Usage: datapatch [-verbose] [-prereq] [-sanity_checks]")
        return 1
    version = _binary(desk)[0]
    when = datetime.now(UTC)
    if "-sanity_checks" in desk.argv:
        return _sanity(desk, version, when)
    desk.out(
        f"SQL Patching tool version {version} Production on {banner_date(when)}",
        f"Copyright (c) 2012, {when.year}, Oracle.  All rights reserved.",
        "",
    )
    if "-version" in desk.argv:
        return _complete(desk)
    return _patch(desk, when)


def _complete(desk: Desk) -> int:
    desk.out(f"SQL Patching tool complete on {banner_date(datetime.now(UTC))}")
    return 0


def _binary(desk: Desk) -> tuple[str, str]:
    update = Inventory(desk.home).release_update()
    return (update.version, update.build) if update else _BASE


def _patch(desk: Desk, when: datetime) -> int:
    folder = desk.machine.oracle_base / "cfgtoollogs" / "sqlpatch" / f"sqlpatch_{desk.pid}_{when:%Y_%m_%d_%H_%M_%S}"
    folder.mkdir(parents=True)
    log = folder / "sqlpatch_invocation.log"
    log.write_text(f"datapatch {' '.join(desk.argv)}\n")
    desk.out(f"Log file for this invocation: {log}", "")
    name = name_of(desk)
    state = desk.store.read(name) if name else None
    if name is None or state is None or state["status"] != "OPEN" or state["open_mode"] != "READ WRITE":
        return _refuse(desk, state, log)
    desk.out("Connecting to database...OK", "Gathering database info...done", "")
    _note(desk, state)
    desk.pause(_SECONDS / 5)
    desk.out("Bootstrapping registry and package to current versions...done", "Determining current state...done", "")
    jobs = _queue(desk, state)
    _show_state(desk, state)
    _show_queue(desk, state, jobs)
    if not jobs or "-prereq" in desk.argv:
        return _complete(desk)
    return _install(desk, name, jobs, log)


def _refuse(desk: Desk, state: State | None, log: Path) -> int:
    if state is None or state["status"] == "DOWN":
        reason = [f"  Database connect failed with: {NOT_AVAILABLE[0]}", *NOT_AVAILABLE[1:]]
    else:
        reason = ["  Database is not open in READ WRITE or UPGRADE mode"]
    desk.out(
        "Connecting to database...",
        "Error: prereq checks failed!",
        *reason,
        "Prereq check failed, exiting without installing any patches.",
        "",
        "Please refer to MOS Note 1609718.1 and/or the invocation log",
        str(log),
        "for information on how to resolve the above errors.",
        "",
    )
    _complete(desk)
    return 1


def _note(desk: Desk, state: State) -> None:
    desk.out(
        "Note:  Datapatch will only apply or rollback SQL fixes for PDBs",
        "       that are in an open state, no patches will be applied to closed PDBs.",
        "       Please refer to Note: Datapatch: Database 12c Post Patch SQL Automation",
        "       (Doc ID 1585822.1)",
        "",
    )
    for pdb in state["pdbs"]:
        if pdb["name"] != "PDB$SEED" and pdb["open_mode"] != "READ WRITE":
            desk.out(f"Warning: PDB {pdb['name']} is in mode {pdb['open_mode']} and will be skipped.")


def open_containers(state: State) -> list[str]:
    """Return the containers that datapatch works on, the seed included."""
    pdbs = [pdb["name"] for pdb in state["pdbs"] if pdb["name"] == "PDB$SEED" or pdb["open_mode"] == "READ WRITE"]
    return ["CDB$ROOT", *pdbs]


def _queue(desk: Desk, state: State) -> list[Job]:
    binary = _binary(desk)
    installed = Inventory(desk.home).release_update()
    jobs = []
    for container in open_containers(state):
        row = level_of(state, container)
        before = (row["target_version"], row["target_build"]) if row else _BASE
        if before == binary:
            continue
        forward = _numbers(binary[0]) > _numbers(before[0])
        patch = _patch_of(installed) if forward and installed else _patch_of_row(row)
        jobs.append(Job(container, "APPLY" if forward else "ROLLBACK", patch, before, binary))
    return jobs


def _patch_of(entry: Entry) -> dict[str, Any]:
    return {"id": entry.id, "uid": entry.uid, "description": entry.description}


def _patch_of_row(row: State | None) -> dict[str, Any]:
    row = row or {}
    return {"id": str(row["patch_id"]), "uid": str(row["patch_uid"]), "description": row["description"]}


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def _show_state(desk: Desk, state: State) -> None:
    desk.out("Current state of interim SQL patches:", "  No interim patches found", "")
    desk.out(
        "Current state of release update SQL patches:", "  Binary registry:", f"    {release(_binary(desk))}: Installed"
    )
    for container in open_containers(state):
        row = level_of(state, container)
        desk.out(f"  PDB {container}:")
        if row is None:
            desk.out("    No release update patches installed")
            continue
        word = "Applied" if row["action"] == "APPLY" else "Rolled back to"
        level = release((row["target_version"], row["target_build"]))
        desk.out(f"    {word} {level} successfully on {stamp(moment(row['action_time']))}")
    desk.out("")


def _show_queue(desk: Desk, state: State, jobs: list[Job]) -> None:
    desk.out("Adding patches to installation queue and performing prereq checks...done", "Installation queue:")
    idle = [container for container in open_containers(state) if container not in {job.container for job in jobs}]
    groups = {job.heading: [other.container for other in jobs if other.heading == job.heading] for job in jobs}
    for heading, containers in groups.items():
        desk.out(
            f"  For the following PDBs: {' '.join(containers)}",
            "    No interim patches need to be rolled back",
            *heading,
            "    No interim patches need to be applied",
        )
    if idle:
        desk.out(
            f"  For the following PDBs: {' '.join(idle)}",
            "    No interim patches need to be rolled back",
            "    No release update patches need to be installed",
            "    No interim patches need to be applied",
        )
    desk.out("")


def _install(desk: Desk, name: str, jobs: list[Job], log: Path) -> int:
    desk.out("Installing patches...")
    failed = []
    for number, job in enumerate(jobs):
        if number == len(jobs) // 2:
            desk.crossroads("datapatch")
        desk.pause(_SECONDS / len(jobs))
        status = "WITH ERRORS" if desk.armed("datapatch-errors") and job.container == "LISPDB" else "SUCCESS"
        failed += [job.container] if status != "SUCCESS" else []
        _register(desk, name, job, status)
    desk.out(f"Patch installation complete.  Total patches installed: {len(jobs)}", "", "Validating logfiles...done")
    for job in jobs:
        _report(desk, name, job, job.container in failed)
    desk.out("")
    if failed:
        desk.out(
            "Please refer to MOS Note 1609718.1 and/or the invocation log",
            str(log),
            "for information on how to resolve the above errors.",
            "",
        )
    else:
        desk.out("Automatic recompilation incomplete; run utlrp.sql to revalidate.", "  PDBs: HISPDB", "")
    _complete(desk)
    return 1 if failed else 0


def _register(desk: Desk, name: str, job: Job, status: str) -> None:
    with desk.store.change(name) as state:
        state["sqlpatch"].append(
            {
                "con": job.container,
                "patch_id": int(job.patch["id"]),
                "patch_uid": int(job.patch["uid"]),
                "patch_type": "RU",
                "action": job.action,
                "status": status,
                "description": job.patch["description"],
                "source_version": job.before[0],
                "target_version": job.after[0],
                "target_build": job.after[1],
                "action_time": datetime.now(UTC).isoformat(),
            }
        )
        broken = {"con": "HISPDB", "owner": "HIS", "name": "PKG_SETTLEMENT", "type": "PACKAGE BODY"}
        if job.container == "HISPDB" and broken not in state["invalid_objects"]:
            state["invalid_objects"].append(broken)


def _report(desk: Desk, name: str, job: Job, failed: bool) -> None:
    patch, word = job.patch, job.action.lower()
    unique = desk.store.read(name)["db_unique_name"]
    folder = desk.machine.oracle_base / "cfgtoollogs" / "sqlpatch" / patch["id"] / patch["uid"]
    folder.mkdir(parents=True, exist_ok=True)
    short = job.container.replace("$", "")
    log = folder / f"{patch['id']}_{word}_{unique}_{short}_{datetime.now(UTC):%Y%b%d_%H_%M_%S}.log"
    log.write_text("SQL> -- LAB: simulated\n")
    desk.out(
        f"Patch {patch['id']} {word} (pdb {job.container}): {'WITH ERRORS' if failed else 'SUCCESS'}",
        f"  logfile: {log} ({'errors' if failed else 'no errors'})",
    )
    if failed:
        desk.out("  Error at line 48712: ORA-01950: no privileges on tablespace 'SYSAUX'")


def _sanity(desk: Desk, version: str, when: datetime) -> int:
    name = name_of(desk)
    state = desk.store.read(name) if name else None
    desk.out(
        f"SQL Patching sanity checks version {version} on {when:%a %d %b %Y %I:%M:%S %p} UTC",
        f"Copyright (c) 2021, {when.year}, Oracle.  All rights reserved.",
        "",
    )
    if state is None or state["status"] != "OPEN":
        desk.out("Connecting to database...", *NOT_AVAILABLE[:2])
        return 1
    closed = [pdb["name"] for pdb in state["pdbs"] if pdb["open_mode"] == "MOUNTED"]
    desk.out("Running checks", "JVM check - OK", "Check for conflicts - OK", "Database component status - OK")
    desk.out(f"PDB open mode check - {'WARNING' if closed else 'OK'}")
    desk.out(*(f"  PDB {pdb} is not open" for pdb in closed), end="\n" if closed else "")
    desk.out("Queryable Inventory package - OK", "", "Finished processing.", "")
    desk.out(f"SQL Patching sanity checks completed on {when:%a %d %b %Y %I:%M:%S %p} UTC")
    return 0
