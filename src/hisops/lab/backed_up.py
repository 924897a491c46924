"""A primary that was backed up last night: its pieces, their copies on the storage, and a manifest beside them."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path

from hisops.lab.hand import Hand
from hisops.lab.layout import PRIMARY_HOST, SIDS
from hisops.lab.media import segments, tables
from hisops.lab.scn import current
from hisops.lab.state import State
from hisops.lab.tools.rman import main as rman

_NEWEST = {"HISOPS.HISOPS_HEARTBEAT": 1, "HIS.CHARGE": 4, "HIS.PATIENT": None, "LIS.RESULT": 4}
"""The tables that the site counts, and which column says when."""


def back_up(hand: Hand) -> None:
    """Back `his` up in full, count its rows, write the manifest and copy all of it."""
    tag = f"HISOPS_FULL_{datetime.now():%Y%m%d%H%M%S}"
    folder = hand.layout.machine(PRIMARY_HOST).root / "u01" / "backup"
    folder.mkdir(parents=True, exist_ok=True)
    into = f"tag '{tag}' format '{folder}/%d_%T_%U'"
    _rman(hand, f"backup as compressed backupset incremental level 0 database {into} plus archivelog {into};")
    state = hand.store.read("his")
    scn = current(state)
    _rman(hand, f"backup archivelog all not backed up 1 times {into};")
    _rman(hand, f"backup spfile {into};\nbackup current controlfile {into.replace('%d_', '%d_ctl_')};")
    pieces = [Path(one["handle"]) for one in hand.store.read("his")["backups"] if one["tag"] == tag]
    manifest = folder / f"manifest-{tag}.txt"
    manifest.write_text("\n".join([*_head(state, tag, scn), *_counts(state, scn), *map(_piece, sorted(pieces))]) + "\n")
    copies = hand.layout.nas / tag
    copies.mkdir(parents=True)
    for path in (*pieces, manifest):
        shutil.copy(path, copies / path.name)


def _rman(hand: Hand, text: str) -> None:
    machine = hand.layout.machine(PRIMARY_HOST)
    file = machine.tmp / "last-night.rcv"
    file.write_text(text + "\n")
    env = {
        "ORACLE_HOME": str(machine.oracle_home),
        "ORACLE_SID": SIDS[PRIMARY_HOST],
        "HOME": str(machine.home("oracle")),
    }
    worker = Hand(hand.layout)
    worker.tool, worker.argv, worker.host, worker.env = "rman", ["target", "/", f"cmdfile={file}"], PRIMARY_HOST, env
    if rman.run(worker):
        raise RuntimeError(text)
    file.unlink()


def _head(state: State, tag: str, scn: int) -> list[str]:
    done = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    said = {"tag": tag, "dbid": state["dbid"], "db_name": state["name"], "version": state["version"], "mode": "full"}
    return [f"{name}={value}" for name, value in {**said, "scn": scn, "completed": done}.items()]


def _counts(state: State, scn: int) -> list[str]:
    places = {part.table: file["con"] for file in state["datafiles"] for part in segments.of(file)}
    found = []
    for table, column in sorted(_NEWEST.items(), key=lambda item: (places[item[0]], item[0])):
        rows = tables.rows(state, table, scn)
        times = [datetime.fromisoformat(row[column]) for row in rows if column is not None]
        found.append(f"count={places[table]}/{table} {len(rows)} {f'{max(times):%Y-%m-%dT%H:%M:%S}' if times else '-'}")
    return found


def _piece(path: Path) -> str:
    raw = path.read_bytes()
    return f"piece={hashlib.sha256(raw).hexdigest()} {len(raw)} {path.name}"
