"""Two reports of 1e6 and 1e7 rows a side: hisops beside SQL written by hand, polars and datacompy; and from the lab.

Whole processes that take turns: wall, CPU, peak memory. What each has counted is held against the truth first.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from bench.reconciliation.generate import FAULTS, Truth, generate
from bench.reconciliation.listener import ROWS, TRUTH
from bench.timing import Sample, compare, process, show

ROOT = Path(__file__).parents[2]
WAYS = Path(__file__).with_name("ways")
PEERS = ROOT / ".peers" / "bin" / "python"
ENVIRONMENT = {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
GOAL = "1.3 x SQL by hand, 1.5 x its memory, every count exact"
SMALL, LARGE = 1_000_000, 10_000_000


def main(folder: Path) -> None:
    """Print a table for each size and kind of file, and one for rows of a database."""
    _listener(folder)
    for keys, rounds in ((SMALL, 5), (LARGE, 3)):
        for ending in ("csv", "parquet"):
            here = folder / f"{keys}-{ending}"
            truth = generate(
                here, keys, dict.fromkeys(FAULTS, keys // 8000), kind="csv" if ending == "csv" else "parquet"
            )
            _files(here, ending, truth, rounds, keys)


def _files(folder: Path, ending: str, truth: Truth, rounds: int, keys: int) -> None:
    ours, peers = sys.executable, str(PEERS) if PEERS.exists() else sys.executable
    ways = {"SQL by hand, DuckDB": ("by_hand", ours), "hisops": ("with_hisops", ours)}
    if _has(peers, "polars"):
        ways["polars"] = ("with_polars", peers)
    if keys == SMALL and _has(peers, "datacompy"):
        ways["datacompy"] = ("with_datacompy", peers)
    counts = {name: _counted(python, script, folder, ending) for name, (script, python) in ways.items()}
    wanted = _alike(truth)
    contenders = {
        f"{name}: {'exact' if counts[name] == wanted else 'WRONG'}": _taking(python, script, folder, ending)
        for name, (script, python) in ways.items()
    }
    rows = compare(contenders, rounds, warm=False)
    show(f"Reconciling {keys:,} keys a side, {ending}", rows, next(iter(contenders)), GOAL)
    for name, count in counts.items():
        if count != wanted:
            print(f"  {name} counted {count}, but {wanted} is there")


def _listener(folder: Path) -> None:
    command = [sys.executable, "-m", "bench.reconciliation.listener"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | ENVIRONMENT
    ) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        counted = _counted(sys.executable, "through_driver", folder, port)
        contenders = {
            "python-oracledb alone": _taking(sys.executable, "driver_alone", folder, port),
            f"hisops: {'exact' if {name: counted[name] for name in TRUTH} == TRUTH else 'WRONG'}": _taking(
                sys.executable, "through_driver", folder, port
            ),
        }
        rows = compare(contenders, 3, warm=False)
        show(
            f"{ROWS:,} keys a side through the driver, from the lab's listener",
            rows,
            "python-oracledb alone",
            "measured",
        )
        server.communicate("")


def _taking(python: str, script: str, folder: Path, what: str):  # type: ignore[no-untyped-def]
    def take() -> Sample:
        return process([python, str(WAYS / f"{script}.py"), str(folder), what], ENVIRONMENT)

    return take


def _counted(python: str, script: str, folder: Path, what: str) -> dict[str, int]:
    command = [python, str(WAYS / f"{script}.py"), str(folder), what]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | ENVIRONMENT)
    found: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return found


def _alike(truth: Truth) -> dict[str, int]:
    """Return what every way can tell: rows without a partner (a surplus copy is one), and pairs that differ."""
    known = truth.classes
    return {
        "only_a": known["only_a"] + known["in_transit"] + known["unclassified"],
        "only_b": known["only_b"] + known["duplicate"],
        "state": known["state"], "amount": known["amount"], "cents": known["cents"],
    }  # fmt: skip


def _has(python: str, package: str) -> bool:
    if python == sys.executable:
        return find_spec(package) is not None
    return subprocess.run([python, "-c", f"import {package}"], capture_output=True, check=False).returncode == 0
