"""What the control file knows of backups: jobs, sets, pieces, what they hold; what was found to be corrupt; room."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from hisops.lab.media import area, segments
from hisops.lab.media.blocks import SIZE
from hisops.lab.sql.backend import Table
from hisops.lab.state import State
from hisops.lab.views.common import moment

_PIECE = (
    "recid NUMBER, stamp NUMBER, set_stamp NUMBER, set_count NUMBER, piece# NUMBER, handle VARCHAR2(513), "
    "tag VARCHAR2(32), status VARCHAR2(1), start_time DATE, completion_time DATE, bytes NUMBER, "
    "device_type VARCHAR2(17), "
    "deleted VARCHAR2(3), compressed VARCHAR2(3), encrypted VARCHAR2(3)"
)
_SET = (
    "recid NUMBER, stamp NUMBER, set_stamp NUMBER, set_count NUMBER, backup_type VARCHAR2(1), "
    "incremental_level NUMBER, controlfile_included VARCHAR2(3), start_time DATE, completion_time DATE, "
    "elapsed_seconds NUMBER, block_size NUMBER, pieces NUMBER, input_file_scan_only VARCHAR2(3)"
)
_JOB = (
    "session_key NUMBER, start_time DATE, end_time DATE, input_bytes NUMBER, output_bytes NUMBER, "
    "status VARCHAR2(23), input_type VARCHAR2(13), output_device_type VARCHAR2(17), elapsed_seconds NUMBER, "
    "output_bytes_display VARCHAR2(4000)"
)
_FILE = (
    "set_stamp NUMBER, set_count NUMBER, file# NUMBER, incremental_level NUMBER, completion_time DATE, "
    "datafile_blocks NUMBER, blocks NUMBER, block_size NUMBER, marked_corrupt NUMBER, media_corrupt NUMBER, "
    "logically_corrupt NUMBER, checkpoint_change# NUMBER, checkpoint_time DATE, incremental_change# NUMBER, "
    "resetlogs_change# NUMBER, used_change_tracking VARCHAR2(3), blocks_read NUMBER"
)
_LOG = (
    "set_stamp NUMBER, set_count NUMBER, thread# NUMBER, sequence# NUMBER, resetlogs_change# NUMBER, "
    "first_change# NUMBER, first_time DATE, next_change# NUMBER, next_time DATE"
)
_USAGE = (
    "file_type VARCHAR2(23), percent_space_used NUMBER, percent_space_reclaimable NUMBER, number_of_files NUMBER, "
    "con_id NUMBER"
)
_KINDS = ("CONTROL FILE", "REDO LOG", "ARCHIVED LOG", "BACKUP PIECE", "IMAGE COPY", "FLASHBACK LOG",
          "FOREIGN ARCHIVED LOG", "AUXILIARY DATAFILE COPY")  # fmt: skip
_EXTENT = (
    "owner VARCHAR2(128), segment_name VARCHAR2(128), partition_name VARCHAR2(128), segment_type VARCHAR2(18), "
    "tablespace_name VARCHAR2(30), extent_id NUMBER, file_id NUMBER, block_id NUMBER, bytes NUMBER, blocks NUMBER, "
    "relative_fno NUMBER"
)
_MB = 1048576
Row = tuple[Any, ...]


def views(state: State, container: str) -> dict[str, Table]:
    """Return the views of this part."""
    backups = state["backups"]
    usage = Table(_USAGE, _usage(state))
    return {
        "v$rman_backup_job_details": Table(_JOB, [_job(job) for job in state["backup_jobs"]]),
        "v$backup_piece": Table(_PIECE, [_piece(one) for one in backups]),
        "v$backup_piece_details": Table(
            f"session_key NUMBER, {_PIECE}", [(one["session_key"], *_piece(one)) for one in backups]
        ),
        "v$backup_set": Table(_SET, [_set(one) for one in backups]),
        "v$backup_set_details": Table(
            f"session_key NUMBER, {_SET}, original_input_bytes NUMBER, output_bytes NUMBER",
            [(one["session_key"], *_set(one), _input(one), one["bytes"]) for one in backups],
        ),
        "v$backup_datafile": Table(_FILE, [row for one in backups for row in _files(one)]),
        "v$backup_redolog": Table(_LOG, [row for one in backups for row in _logs(one)]),
        "v$flash_recovery_area_usage": usage,
        "v$recovery_area_usage": usage,
        "v$database_block_corruption": _corruption(state),
        "v$block_change_tracking": _tracking(state),
        "v$encryption_wallet": Table(
            "wrl_type VARCHAR2(20), wrl_parameter VARCHAR2(4000), status VARCHAR2(30), wallet_type VARCHAR2(20), "
            "con_id NUMBER",
            [("FILE", f"{Path(state['home']).parents[2]}/admin/{state['db_unique_name']}/wallet/", state["wallet"],
              "PASSWORD", 0)],
        ),
        "dba_extents": Table(_EXTENT, _extents(state, container)),
    }  # fmt: skip


def _job(job: State) -> Row:
    begun, ended = moment(job["start_time"]), moment(job["end_time"])
    size = int(job.get("bytes", 0)) or int(job["output_mb"]) * _MB
    return (
        job["session_key"], begun, ended, size * 4, size, job["status"], job["input_type"], "DISK",
        int((ended - begun).total_seconds()), _display(size),
    )  # fmt: skip


def _display(size: int) -> str:
    for unit, name in ((_MB * 1024, "G"), (_MB, "M"), (1024, "K")):
        if size >= unit:
            return f"{size / unit:9.2f}{name}"
    return f"{size:9.2f}"


def _piece(one: dict[str, Any]) -> Row:
    return (
        one["set_count"], one["set_stamp"], one["set_stamp"], one["set_count"], 1, one["handle"],
        one["tag"], one["status"], moment(one["start_time"]), moment(one["completion_time"]), one["bytes"], "DISK",
        "NO", _yes(one["compressed"]), _yes(one["encrypted"]),
    )  # fmt: skip


def _set(one: dict[str, Any]) -> Row:
    kind = "L" if one["kind"] == "L" else "D" if one["level"] in (None, 0) else "I"
    begun, ended = moment(one["start_time"]), moment(one["completion_time"])
    return (
        one["set_count"], one["set_stamp"], one["set_stamp"], one["set_count"], kind, one["level"],
        _yes(one["controlfile"]), begun, ended, int((ended - begun).total_seconds()), SIZE, 1, "NO",
    )  # fmt: skip


def _input(one: dict[str, Any]) -> int:
    return sum(int(part["of"]) for part in one["parts"].values()) * SIZE or int(one["bytes"])


def _files(one: dict[str, Any]) -> list[Row]:
    done = moment(one["completion_time"])
    rows: list[Row] = []
    for number in one["files"]:
        part = one["parts"][str(number)]
        rows.append(
            (one["set_stamp"], one["set_count"], number, one["level"], done, part["of"], part["blocks"], SIZE,
             part["marked"], 0, 0, part["checkpoint"], _second(part["checkpoint_at"]), part["since"],
             part["resetlogs"], _yes(one["tracking"]), one["read"].get(str(number), part["of"]))
        )  # fmt: skip
    if one["controlfile"]:
        blocks = -(-int(one["bytes"]) // SIZE)
        rows.append((one["set_stamp"], one["set_count"], 0, one["level"], done, blocks, blocks, SIZE, 0, 0, 0,
                     one["scn"], _second(one["at"]), 0, None, "NO", blocks))  # fmt: skip
    return rows


def _logs(one: dict[str, Any]) -> list[Row]:
    return [
        (one["set_stamp"], one["set_count"], 1, log["sequence"], log["resetlogs"], log["first"],
         _second(log["first_time"]), log["next"], _second(log["next_time"]))
        for log in one["logs"]
    ]  # fmt: skip


def _usage(state: State) -> list[Row]:
    """Return the kinds of files in the recovery area; what has lain there for long is counted as flashback logs."""
    known = area.files(state)
    limit, rows = area.limit(state), []
    for kind in _KINDS:
        own = known.get(kind, [])
        size = sum(int(one["bytes"]) for one in own) + (state["fra"]["used_mb"] * _MB if kind == "FLASHBACK LOG" else 0)
        count = len(own) + (40 if kind == "FLASHBACK LOG" else 0)
        rows.append((kind, round(size * 100 / limit, 2), 2.0 if kind == "FLASHBACK LOG" else 0.0, count, 0))
    return rows


def _corruption(state: State) -> Table:
    return Table(
        "file# NUMBER, block# NUMBER, blocks NUMBER, corruption_change# NUMBER, corruption_type VARCHAR2(9), "
        "con_id NUMBER",
        [(one["file"], one["block"], 1, 0, one["kind"], 0) for one in state["block_corruption"]],
    )


def _tracking(state: State) -> Table:
    on = bool(state["tracking"] and state["datafiles"])
    name = f"{Path(state['datafiles'][0]['name']).parent}/change_tracking.f" if on else None
    return Table(
        "status VARCHAR2(10), filename VARCHAR2(513), bytes NUMBER, con_id NUMBER",
        [("ENABLED" if on else "DISABLED", name, 11599872 if on else None, 0)],
    )


def _extents(state: State, container: str) -> list[Row]:
    from hisops.lab.media import checkpoint

    rows: list[Row] = []
    for file in state["datafiles"]:
        size = Path(file["name"]).stat().st_size // SIZE if Path(file["name"]).exists() else 0
        for table, first, blocks in segments.extents(file, size) if file["con"] == container else ():
            owner, _, name = table.partition(".")
            kind = "TYPE2 UNDO" if name.startswith("_") else "TABLE"
            rows.append((owner, name, None, kind, checkpoint.tablespace(file), 0, file["file"], first, blocks * SIZE,
                         blocks, file["file"]))  # fmt: skip
    return rows


def _second(at: float) -> datetime:
    return datetime.fromtimestamp(at).replace(microsecond=0)


def _yes(value: object) -> str:
    return "YES" if value else "NO"
