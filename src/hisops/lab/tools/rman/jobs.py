"""The record that the control file keeps of each job: what it backed up, and how it ended."""

from __future__ import annotations

from hisops.lab.state import State
from hisops.lab.tools.nls import now
from hisops.lab.tools.rman.options import Wish
from hisops.lab.tools.rman.run import Run


def job_begin(state: State, session_key: int) -> None:
    """Enter the job into the control file."""
    began = now().isoformat()
    job = {"session_key": session_key, "input_type": "", "status": "RUNNING", "start_time": began, "end_time": began}
    state["backup_jobs"].append(job | {"output_mb": 0, "bytes": 0})


def job_end(state: State, session_key: int, failed: bool) -> None:
    """Close the job with the verdict that the views will show."""
    for job in state["backup_jobs"]:
        if job["session_key"] == session_key:
            told = job["status"].partition("RUNNING")[2]
            job["status"] = "FAILED" if failed else f"COMPLETED{told}"
            job["end_time"] = now().isoformat()
            mine = [backup for backup in state["backups"] if backup["session_key"] == session_key]
            job["bytes"] = sum(backup["bytes"] for backup in mine)


def note_kind(run: Run, wish: Wish) -> None:
    """Say in the record of the job what it backs up, by the largest part of it."""
    incremental = wish.level is not None
    if wish.database:
        kind = "DB INCR" if incremental else "DB FULL"
    elif wish.files or wish.spaces:
        kind = "DATAFILE INCR" if incremental else "DATAFILE FULL"
    else:
        kind = "ARCHIVELOG" if wish.logs else "CONTROLFILE" if wish.control else "SPFILE"
    with run.desk.store.change(run.database) as state:
        for job in state["backup_jobs"]:
            if job["session_key"] == run.session_key and not job["input_type"].startswith("DB "):
                job["input_type"] = kind


def mark_errors(run: Run) -> None:
    """Let the record of the job say that something failed on the way."""
    _mark(run, "RUNNING WITH ERRORS")


def mark_warnings(run: Run) -> None:
    """Let the record of the job say that there was a warning."""
    _mark(run, "RUNNING WITH WARNINGS")


def _mark(run: Run, status: str) -> None:
    with run.desk.store.change(run.database) as state:
        for job in state["backup_jobs"]:
            if job["session_key"] == run.session_key and job["status"] != "RUNNING WITH ERRORS":
                job["status"] = status
