"""Verifying the log of a run with a signature every 12 records, beside one digest over its bytes."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from tests.support.journal import People, Site, roster

from bench.timing import Sample, compare, process, show, timed
from hisops.journal.trust import load_trust
from hisops.journal.verify import Verification, verify_log
from hisops.model import records as r

RECORDS = 24_000
EVERY = 12
NEVER = ("orjson", "nacl")  # the extra `fast`


def main(folder: Path) -> None:
    """Compare verifiers that each run in a process of their own; the time is that of verifying alone."""
    size = write_log(folder)
    log = next((folder / "site").glob("logs/runs/much/seg-0001.jsonl"))
    contenders = {
        "sha256 of the bytes": lambda: timed(lambda: hashlib.sha256(log.read_bytes())),
        "hisops, standard library": lambda: verify(folder, *NEVER),
        "hisops with the extra `fast`": lambda: verify(folder),
    }
    rows = compare(contenders, 7)
    show(f"Verifying {size} records", rows, "sha256 of the bytes", "30,000 records/s, 100,000 with `fast`")
    for row in rows:
        print(f"  {row.name:42} {size / row.median:12,.0f} records/s")


def write_log(folder: Path) -> int:
    """Write the logs of a run that reads much and of one that reads little; return how many records the former has."""
    site = Site(folder / "site", People(folder / "people").create())
    write_run(site, "little", EVERY)
    return write_run(site, "much", RECORDS)


def write_run(site: Site, run: str, records: int) -> int:
    """Write some `records`, each batch of calls behind one signature; return how many."""
    journal = site.open(run, site.plan(run))
    command, stdout = journal.blob(b"select 1 from dual"), journal.blob(b"ORA-00000: normal, successful completion\n")
    journal.commit(r.RunChanged(state="RUNNING"))
    at_once = EVERY // 3
    for first in range(1, records // 3, at_once):
        attempts = range(first, first + at_once)
        intended = [
            r.CallIntent(
                step="check", kind="action", attempt=n, effect="read", idempotent=True, on="his-db1", command=command
            )
            for n in attempts
        ]
        journal.commit(*intended)
        for n in attempts:
            journal.write(r.CallOutput(step="check", kind="action", attempt=n, stdout=stdout, stderr=None, bytes=41))
            journal.write(r.CallEnded(step="check", kind="action", attempt=n, code=0, verdict="ok", out={"rows": n}))
    journal.commit(r.StepChanged(step="check", state="FAILED"), r.RunChanged(state="FAILED"))
    journal.seal("FAILED", 1)
    return len(journal.records())


def verify(folder: Path, *without: str) -> Sample:
    """Verify in a process that cannot import `without`; it tells its seconds itself."""
    root, told = Path(__file__).parents[1], folder / "told"
    script = (
        f"import sys; sys.modules.update(dict.fromkeys({without}))\n"
        f"from bench.verifying import measure; from pathlib import Path; print(measure(Path({str(folder)!r})))"
    )
    process([sys.executable, "-c", script], {"PYTHONPATH": f"{root}:{root / 'src'}"}, told)
    return Sample(float(told.read_text()))


def measure(folder: Path) -> float:
    """Return the seconds that verifying takes once all is imported; RuntimeError if the log does not hold."""
    done: list[Verification] = []
    logs = folder / "site" / "logs"
    trust = load_trust(folder / "site" / "trust", roster(), "site")
    done.append(verify_log(logs, trust, run="little"))
    sample = timed(lambda: done.append(verify_log(logs, trust, run="much")))
    if [each.verdict for each in done] != ["verified", "verified"]:
        raise RuntimeError([str(found) for each in done for found in each.findings])
    return sample.seconds
