"""Which commands the runbooks bring, told without parsing them: this stands before `hisops --help`.

Only the lines before `steps:` are read, and what they say is remembered in the user's cache by size and time of each
file. The cache only names and describes options; what runs is read from the runbook itself, every time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hisops.documents.places import definitions, shipped_runbooks
from hisops.model.choosing import values_of

Row = dict[str, Any]
_VERSION = 2
_WANTED = ("id", "command", "title", "purpose", "parameters", "chosen_by")


def commands(
    site: Path | None = None, environment: Mapping[str, str] | None = None, shipped: Path | None = None
) -> list[Row]:
    """Return for each runbook with a command: id, command, what chooses it, title, purpose and parameters, as written.

    The runbooks of the folder `site` count too. Files that cannot be understood are left out: lint names them.
    """
    cache = _cache_file(os.environ if environment is None else environment)
    known = _remembered(cache)
    fresh: dict[str, Any] = {}
    rows: dict[str, Row] = {}
    for folder in filter(None, (shipped or shipped_runbooks(), site and site / "runbooks")):
        for path in definitions(folder):
            stat = path.stat()
            key = f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}"
            fresh[key] = known[key] if key in known else _head(path)
            if fresh[key]:
                rows[fresh[key]["id"]] = fresh[key]
    if fresh.keys() - known.keys():
        _remember(cache, {**known, **fresh} if len(known) < 1000 else fresh)
    kept: dict[str, list[Row]] = {}
    for row in rows.values():
        same = kept.setdefault(row["command"], [])
        if all(apart(row["chosen_by"], other["chosen_by"]) for other in same):
            same.append(row)
    return sorted((row for same in kept.values() for row in same), key=_in_order)


def apart(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two runbooks of one command can be told apart: by one option, and no value of it for both."""
    return bool(one) and one.keys() == other.keys() and not {*values_of(one)} & {*values_of(other)}


def _in_order(row: Row) -> tuple[str, list[str]]:
    return str(row["command"]), values_of(row["chosen_by"])


def _head(path: Path) -> Row | None:
    """Return what stands before the steps of the runbook in `path`, or None if it brings no command."""
    from hisops.documents.yaml import parse_leniently

    head = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("steps:"):
            break
        head.append(line)
    if not any(line.startswith("command:") for line in head):
        return None
    document, problems = parse_leniently("\n".join(head) + "\n", str(path))
    if document is None or problems or not _is_sound(document.data):
        return None
    return {name: document.data.get(name, {}) for name in _WANTED}


def _is_sound(data: Mapping[str, Any]) -> bool:
    """Tell whether the head can be shown: only shapes count here, lint tells the rest."""
    parameters = data.get("parameters", {})
    return (
        all(isinstance(data.get(name), str) for name in ("id", "command"))
        and bool(str(data.get("command")).split())
        and all(_is_text(data.get(name)) for name in ("title", "purpose"))
        and isinstance(parameters, dict)
        and _is_choice(data.get("chosen_by", {}))
        and all(
            isinstance(each, dict) and isinstance(each.get("type"), str) and _is_text(each.get("title"))
            for each in parameters.values()
        )
    )


def _is_choice(value: object) -> bool:
    return (
        isinstance(value, dict) and len(value) < 2 and all(isinstance(each, list) and each for each in value.values())
    )


def _is_text(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(lang), str) for lang in ("zh", "en"))


def _cache_file(environment: Mapping[str, str]) -> Path | None:
    base = environment.get("XDG_CACHE_HOME") or (environment.get("HOME") and environment["HOME"] + "/.cache")
    return Path(base) / "hisops" / "commands.json" if base else None


def _remembered(cache: Path | None) -> dict[str, Any]:
    try:
        found = json.loads(cache.read_text(encoding="utf-8")) if cache else {}
    except (OSError, ValueError):
        return {}
    rows = found.get("rows") if isinstance(found, dict) and found.get("version") == _VERSION else None
    return rows if isinstance(rows, dict) else {}


def _remember(cache: Path | None, rows: Mapping[str, Any]) -> None:
    """Write the cache whole, or not at all: without it hisops is only slower."""
    if cache is None:
        return
    draft = cache.with_name(f"{cache.name}.{os.getpid()}")
    try:
        cache.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.write_text(json.dumps({"version": _VERSION, "rows": rows}, ensure_ascii=False), encoding="utf-8")
        draft.replace(cache)
    except OSError:
        return
