"""Row 33: kill -9 at random points. What was acknowledged is there; what is there is never false."""

from __future__ import annotations

import os
import random
import select
import signal
import time
from pathlib import Path

import pytest

from hisops.journal.reader import load_run
from hisops.model import records as r
from tests.support.journal import People, Site

ROUNDS = 12


def write_and_acknowledge(site: Site, run: str, out: int) -> None:
    """Runs in the child: commits as fast as it can and names each commit that has returned."""
    journal = site.open(run, site.plan(run, runbook={"steps": []}))
    for number in range(10_000):
        blob = journal.blob(b"x" * 300)
        journal.write(r.StepChanged(step="s", state="RUNNING", attempt=number))
        journal.commit(
            r.CallIntent(
                step="s", kind="action", attempt=number, effect="read", idempotent=True, on="db1", command=blob
            )
        )
        os.write(out, f"{number}\n".encode())


@pytest.mark.kill
def test_row_33_what_was_acknowledged_survives_a_kill(tmp_path: Path, people: People) -> None:
    chance = random.Random(33)
    site = Site(tmp_path / "site", people)
    for number in range(ROUNDS):
        run = f"r{number}"
        acknowledged = killed_run(site, run, chance.uniform(0.0, 0.04))
        done = site.verify()
        assert done.verdict == "incomplete", [str(found) for found in done.findings]
        loaded = load_run(site.logs, run)
        attempts = [record.attempt for record in loaded.records if isinstance(record, r.CallIntent)]
        assert attempts[: acknowledged + 1] == list(range(acknowledged + 1))
        assert not loaded.live
        for record in loaded.records:
            if isinstance(record, r.CallIntent):
                loaded.read_blob(record.command)
        resumed = site.resume(run)
        resumed.commit(r.StepChanged(step="s", state="SUCCEEDED"), r.RunChanged(state="SUCCEEDED"))
        resumed.seal("SUCCEEDED", 0)
        assert site.verify(run).verdict == "verified"


def killed_run(site: Site, run: str, after: float) -> int:
    """Fork a writer, kill it `after` its first acknowledgement; return the last number that it acknowledged."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            write_and_acknowledge(site, run, writing)
        finally:
            os._exit(1)
    os.close(writing)
    assert select.select([reading], [], [], 30)[0]
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as file:
        lines = [line for line in file.read().split(b"\n") if line]
    return int(lines[-1])
