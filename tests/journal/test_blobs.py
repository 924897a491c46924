"""Blobs stored by several threads while another syncs: each is whole, readable, and none is forgotten open."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event, Thread

from hisops.engine.fanning import carry
from hisops.journal.blobs import Blobs


def test_what_many_store_while_one_syncs_is_all_there(tmp_path: Path) -> None:
    blobs, over = Blobs(tmp_path), Event()

    def sync() -> None:
        while not over.is_set():
            blobs.sync()

    syncing = Thread(target=sync)
    syncing.start()
    before = len(os.listdir("/proc/self/fd"))
    stored: dict[int, str] = {}

    def store(number: int) -> None:
        for part in range(20):
            name = blobs.store(f"{number} {part} ".encode() * 300)
            stored[number * 100 + part] = name

    faults = carry(list(range(8)), 8, store)
    over.set()
    syncing.join()
    blobs.sync()
    assert faults == []
    assert len(set(stored.values())) == 160
    for key, name in stored.items():
        number, part = divmod(key, 100)
        assert blobs.read(name) == f"{number} {part} ".encode() * 300
    assert len(os.listdir("/proc/self/fd")) <= before + 1
