"""What the control file knows of backups."""

from __future__ import annotations

from typing import Any

from hisops.lab.sql.backend import Table
from hisops.lab.state import State
from hisops.lab.views.common import moment

_MB = 1048576
_PIECE = (
    "recid NUMBER, stamp NUMBER, set_stamp NUMBER, set_count NUMBER, piece# NUMBER, handle VARCHAR2(513), "
    "tag VARCHAR2(32), status VARCHAR2(1), start_time DATE, completion_time DATE, bytes NUMBER, "
    "device_type VARCHAR2(17), "
    "deleted VARCHAR2(3), compressed VARCHAR2(3)"
)


def views(state: State, container: str) -> dict[str, Table]:
    """Return the views of this part."""
    backups = state["backups"]
    return {
        "v$rman_backup_job_details": _jobs(state),
        "v$backup_piece": Table(_PIECE, [_piece(backup) for backup in backups]),
        "v$backup_piece_details": Table(
            f"session_key NUMBER, {_PIECE}", [(backup["session_key"], *_piece(backup)) for backup in backups]
        ),
        "v$backup_set": Table(
            "recid NUMBER, set_stamp NUMBER, set_count NUMBER, backup_type VARCHAR2(1), incremental_level NUMBER, "
            "controlfile_included VARCHAR2(3), start_time DATE, completion_time DATE, pieces NUMBER",
            [
                (b["set_count"], b["set_stamp"], b["set_count"], "L" if b["kind"] == "L" else "D", b["level"],
                 "YES" if b["kind"] in "CS" else "NO", moment(b["start_time"]), moment(b["completion_time"]), 1)
                for b in backups
            ],
        ),
        "v$backup_datafile": _datafiles(backups),
    }  # fmt: skip


def _jobs(state: State) -> Table:
    rows = []
    for job in state["backup_jobs"]:
        begun, ended = moment(job["start_time"]), moment(job["end_time"])
        seconds = int((ended - begun).total_seconds())
        rows.append(
            (job["session_key"], begun, ended, job["output_mb"] * 4 * _MB, job["output_mb"] * _MB, job["status"],
             job["input_type"], "DISK", seconds, f"{job['output_mb'] / 1024:.2f}G")
        )  # fmt: skip
    return Table(
        "session_key NUMBER, start_time DATE, end_time DATE, input_bytes NUMBER, output_bytes NUMBER, "
        "status VARCHAR2(23), input_type VARCHAR2(13), output_device_type VARCHAR2(17), elapsed_seconds NUMBER, "
        "output_bytes_display VARCHAR2(4000)",
        rows,
    )


def _piece(backup: dict[str, Any]) -> tuple[Any, ...]:
    done = moment(backup["completion_time"])
    return (
        backup["set_count"], backup["set_stamp"], backup["set_stamp"], backup["set_count"], 1, backup["handle"],
        backup["tag"], backup["status"], moment(backup["start_time"]), done, backup["mb"] * _MB, "DISK", "NO",
        "YES" if backup["kind"] in "DL" else "NO",
    )  # fmt: skip


def _datafiles(backups: list[dict[str, Any]]) -> Table:
    rows = []
    for backup in backups:
        numbers = backup["files"] if backup["kind"] == "D" else [0] if backup["kind"] in "CS" else []
        for number in numbers:
            rows.append(
                (backup["set_stamp"], backup["set_count"], number, backup["level"], moment(backup["completion_time"]),
                 115_200, 28_800, 8192, 0, 0)
            )  # fmt: skip
    return Table(
        "set_stamp NUMBER, set_count NUMBER, file# NUMBER, incremental_level NUMBER, completion_time DATE, "
        "datafile_blocks NUMBER, blocks NUMBER, block_size NUMBER, marked_corrupt NUMBER, media_corrupt NUMBER",
        rows,
    )
