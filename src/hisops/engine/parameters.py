"""Check and convert the values that the operator gives, each by its declared type, all faults at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hisops.engine.value import as_text
from hisops.errors import UsageProblem
from hisops.model.closed import CLOSED
from hisops.model.runbook import Parameter, Runbook

_PATTERNS = CLOSED | {"sha256": re.compile(r"(?:sha256:)?[0-9a-fA-F]{64}"), "string": re.compile(r"[^\x00-\x1f\x7f]*")}


def read_parameters(runbook: Runbook, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the typed values of `given`, defaults filled in; UsageProblem naming everything that is wrong."""
    faults = [_stranger(runbook, name) for name in given if name not in runbook.parameters]
    values: dict[str, Any] = {}
    for name, parameter in runbook.parameters.items():
        text = given.get(name)
        if text is None:
            if parameter.required and parameter.default is None:
                faults.append(f"{name} is missing ({parameter.title.en})")
            elif parameter.default is not None:
                values[name] = parameter.default
            continue
        fault, value = _read(parameter, text)
        if fault:
            faults.append(f"{name} {fault}")
        else:
            values[name] = value
    if faults:
        raise UsageProblem(
            "HIS-2201",
            "The parameters do not fit {runbook}: {faults}.",
            "`hisops runbook show {runbook}` lists them.",
            runbook=runbook.id,
            faults="; ".join(faults),
        )
    return values


def _stranger(runbook: Runbook, name: str) -> str:
    near = difflib.get_close_matches(name, list(runbook.parameters), n=1)
    return f"{name} is none of them" + (f", did you mean {near[0]}" if near else "")


def _read(parameter: Parameter, text: str) -> tuple[str | None, Any]:
    if parameter.type == "boolean":
        known = {"true": True, "yes": True, "false": False, "no": False}
        return (None, known[text]) if text in known else ("must be true or false", None)
    if parameter.type == "file":
        return (None, text) if Path(text).is_file() else (f"names no file: {text}", None)
    if not _PATTERNS[parameter.type].fullmatch(text):
        return f"is not a valid {parameter.type}", None
    if parameter.pattern and not re.fullmatch(parameter.pattern, text):
        return f"does not have the form {parameter.pattern}", None
    if parameter.choices and text not in parameter.choices:
        return f"must be one of {', '.join(parameter.choices)}", None
    if parameter.type == "integer":
        return None, int(text)
    return None, text.removeprefix("sha256:").lower() if parameter.type == "sha256" else text


def fault_in(parameter: Parameter, value: Any) -> str | None:
    """Return why a value that is handed down does not fit the parameter, or None."""
    if parameter.type == "file":
        return None
    return _read(parameter, as_text(value))[0]


def read_files(runbook: Runbook, values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return path, digest and size of every file among `values`."""
    found = {}
    for name, parameter in runbook.parameters.items():
        if parameter.type == "file" and name in values:
            path = Path(values[name]).resolve()
            found[name] = {"path": str(path), "sha256": _digest(path), "bytes": path.stat().st_size}
    return found


def _digest(path: Path) -> str:
    import hashlib

    with path.open("rb") as stream:
        return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()


def files_moved(files: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return which files are no longer what was planned."""
    moved = []
    for name, known in files.items():
        path = Path(known["path"])
        if not path.is_file():
            moved.append(f"the file of {name}, {path}, is gone")
        elif _digest(path) != known["sha256"]:
            moved.append(f"the file of {name}, {path}, has changed")
    return moved
