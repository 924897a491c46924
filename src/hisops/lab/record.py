"""The lab's own record of every tool that was started and ended, so that a test can say "opatch ran once"."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def append(path: Path, **entry: Any) -> None:
    """Append one line; O_APPEND keeps lines of parallel tools whole."""
    line = json.dumps({"time": datetime.now(UTC).isoformat(timespec="microseconds"), **entry}, ensure_ascii=False)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line.encode() + b"\n")
    finally:
        os.close(handle)


def entries(path: Path) -> list[dict[str, Any]]:
    """Return all lines so far."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
