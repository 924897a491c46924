"""Calls the command line as a program, as its users do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"


def hisops(
    *arguments: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `hisops` in a process of its own, in English unless `env` says otherwise; no site unless given."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HISOPS_", "LC_", "LANG"))}
    return subprocess.run(
        [sys.executable, "-m", "hisops", *map(str, arguments)],
        env={**clean, "PYTHONPATH": str(SOURCE), "LC_ALL": "C.UTF-8", **(env or {})},
        cwd=cwd or "/",
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
