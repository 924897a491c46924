"""A primary that was backed up last night: its pieces, their copies on the storage, and a manifest beside them.

Or backed up, and somebody made a mistake since: what was there before is in the archived logs copied after it.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from hisops.lab import history, pair
from hisops.lab.hand import Hand
from hisops.lab.layout import SIDS
from hisops.lab.media import segments, tables
from hisops.lab.scn import current
from hisops.lab.seed_lis import NAME as LIS
from hisops.lab.state import State
from hisops.lab.tools.rman import main as rman

_NEWEST = {"HISOPS.HISOPS_HEARTBEAT": 1, "HIS.CHARGE": 4, "HIS.PATIENT": None, "LIS.RESULT": 4}
"""The tables that the site counts, and which column says when."""
_LEVEL_0 = "backup as compressed backupset incremental level 0 database {into} plus archivelog {into};"
_APART = 1.5
"""Seconds between two moments that UNTIL TIME can tell apart."""


def back_up(hand: Hand) -> None:
    """Back `his` up in full, count its rows, write the manifest and copy all of it."""
    _back_up(hand, "full", _LEVEL_0)


def back_up_lis(hand: Hand) -> None:
    """Back `lis` up in full, the same way."""
    _back_up(hand, "full", _LEVEL_0, LIS)


def mistake(hand: Hand) -> None:
    """Back `his` up; somebody adds a row, somebody deletes all of them; then its logs are backed up and copied, too.

    The moments lie beside the lab's state: one between the two, one before the backup, one after all of it.
    """
    _moment(hand, "before-backup")
    time.sleep(_APART)
    back_up(hand)
    row = (1, f"{datetime.now():%Y-%m-%dT%H:%M:%S}")
    with pair.changing(hand.store, "his") as (state, _):
        history.commit(state, [row], [])
    time.sleep(_APART)
    _moment(hand, "before-mistake")
    (hand.layout.state.parent / "before-mistake.scn").write_text(f"{current(hand.store.read('his'))}\n")
    time.sleep(_APART)
    with pair.changing(hand.store, "his") as (state, _):
        history.commit(state, [], [row])
    _back_up(hand, "archivelog")
    _moment(hand, "after-copy", later=3600)


def _moment(hand: Hand, name: str, later: int = 0) -> None:
    when = datetime.fromtimestamp(time.time() + later)
    (hand.layout.state.parent / f"{name}.time").write_text(f"{when:%Y-%m-%d %H:%M:%S}\n")


def _back_up(hand: Hand, mode: str, first: str = "", name: str = "his") -> None:
    tag = f"HISOPS_{mode.upper()}_{datetime.now():%Y%m%d%H%M%S}"
    host = hand.store.read(name)["host"]
    folder = hand.layout.machine(host).root / "u01" / "backup"
    folder.mkdir(parents=True, exist_ok=True)
    into = f"tag '{tag}' format '{folder}/%d_%T_%U'"
    if first:
        _rman(hand, host, first.format(into=into))
    state = hand.store.read(name)
    scn = current(state)
    point = f"{scn} {datetime.now():%Y-%m-%d %H:%M:%S}"
    _rman(hand, host, f"backup archivelog all not backed up 1 times {into};")
    _rman(hand, host, f"backup spfile {into};\nbackup current controlfile {into.replace('%d_', '%d_ctl_')};")
    after = hand.store.read(name)
    pieces = [Path(one["handle"]) for one in after["backups"] if one["tag"] == tag]
    manifest = folder / f"manifest-{tag}.txt"
    head = [*_head(state, tag, mode, scn), f"point={point}", f"redo={_redo(after)}"]
    manifest.write_text("\n".join([*head, *_counts(state, scn), *map(_piece, sorted(pieces))]) + "\n")
    copies = hand.layout.nas / tag
    copies.mkdir(parents=True)
    for path in (*pieces, manifest):
        shutil.copy(path, copies / path.name)


def _redo(state: State) -> str:
    """Return how far the redo is backed up."""
    last = max((log for log in state["logs"] if log["backed_up"]), key=lambda log: int(log["next"]))
    return f"{last['next']} {datetime.fromtimestamp(int(last['next_time'])):%Y-%m-%d %H:%M:%S}"


def _rman(hand: Hand, host: str, text: str) -> None:
    machine = hand.layout.machine(host)
    file = machine.tmp / "last-night.rcv"
    file.write_text(text + "\n")
    env = {
        "ORACLE_HOME": str(machine.oracle_home),
        "ORACLE_SID": SIDS[host],
        "HOME": str(machine.home("oracle")),
    }
    worker = Hand(hand.layout)
    worker.tool, worker.argv, worker.host, worker.env = "rman", ["target", "/", f"cmdfile={file}"], host, env
    if rman.run(worker):
        raise RuntimeError(text)
    file.unlink()


def _head(state: State, tag: str, mode: str, scn: int) -> list[str]:
    done = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    said = {"tag": tag, "dbid": state["dbid"], "db_name": state["name"], "version": state["version"], "mode": mode}
    return [f"{name}={value}" for name, value in {**said, "scn": scn, "completed": done}.items()]


def _counts(state: State, scn: int) -> list[str]:
    places = {part.table: file["con"] for file in state["datafiles"] for part in segments.of(file)}
    found = []
    counted = [(places[table], table, column) for table, column in _NEWEST.items() if table in places]
    for place, table, column in sorted(counted, key=lambda item: item[:2]):
        rows = tables.rows(state, table, scn)
        times = [datetime.fromisoformat(row[column]) for row in rows if column is not None]
        container = f"{place}/" if state["pdbs"] else ""
        newest = f"{max(times):%Y-%m-%dT%H:%M:%S}" if times else "-"
        found.append(f"count={container}{table} {len(rows)} {newest}")
    return found


def _piece(path: Path) -> str:
    raw = path.read_bytes()
    return f"piece={hashlib.sha256(raw).hexdigest()} {len(raw)} {path.name}"
