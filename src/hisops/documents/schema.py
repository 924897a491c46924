"""JSON Schema (2020-12) of each kind of file, for editors: what the models say, and the either-or rules of lint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hisops.documents.load import KINDS
from hisops.errors import UsageProblem
from hisops.model.report import SOURCES
from hisops.model.text import DURATION_PATTERN

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ACTIONS = ("sh", "sql", "upload", "manual", "wait", "reconcile", "uses")

Schema = dict[str, Any]


def schema_of(kind: str) -> Schema:
    """Return the schema of files that begin with `hisops: {kind}`. Raises UsageProblem for an unknown kind."""
    if kind not in KINDS:
        fact, todo = "There is no kind of file called {kind}.", "Known are: {known}."
        raise UsageProblem("HIS-1013", fact, todo, kind=kind, known=", ".join(KINDS))
    schema = KINDS[kind].model_json_schema(by_alias=True)
    for name, part in _objects(schema):
        part.update(_RULES.get(name, {}))
    for part in _walk(schema):
        _write_durations(part)
        _forbid_nulls(part)
        _forbid_other_keys(part)
    return {"$schema": DIALECT, "$id": f"https://hisops.invalid/schema/{kind}.json", **schema}


def _one_of(*names: str) -> Schema:
    """Return the rule that exactly one of the keys `names` stands there."""
    return {"oneOf": [{"required": [name]} for name in names]}


def _at_most_one(*names: str) -> Schema:
    return {"not": {"required": list(names)}}


_RULES: dict[str, Schema] = {
    "Step": {**_one_of(*_ACTIONS), "dependentRequired": {"with": ["uses"], "parallel": ["for_each"]}},
    "Probe": _one_of("sh", "sql"),
    "Wait": _one_of("sh", "sql"),
    "Fact": _one_of("sh", "sql"),
    "Undo": _one_of("sh", "sql", "none"),
    "Requirement": _at_most_one("sh", "sql"),
    "Required": _one_of("runbook", "any"),
    "Source": _one_of(*SOURCES),
    "Happening": _one_of("step", "checks"),
    "Section": _one_of("boxes", "table", "signatures"),
    "Gate": {"anyOf": [{"required": [name]} for name in ("confirm", "type_target", "read_back", "approve")]},
}


def _objects(schema: Schema) -> Iterator[tuple[str, Schema]]:
    yield str(schema.get("title")), schema
    yield from schema.get("$defs", {}).items()


def _walk(part: Any) -> Iterator[Schema]:
    if isinstance(part, dict):
        yield part
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from _walk(inner)


def _write_durations(part: Schema) -> None:
    """Show a default as it is written: the model holds seconds."""
    if part.get("pattern") == DURATION_PATTERN and isinstance(part.get("default"), int):
        part["default"] = f"{part['default']}s"


def _forbid_nulls(part: Schema) -> None:
    """Take out what optional fields bring along: a key that is written has a value."""
    choices = part.get("anyOf", [])
    rest = [choice for choice in choices if choice != {"type": "null"}]
    if len(rest) < len(choices):
        if part.get("default", 0) is None:
            del part["default"]
        del part["anyOf"]
        part |= rest[0] if len(rest) == 1 else {"anyOf": rest}


def _forbid_other_keys(part: Schema) -> None:
    """Close mappings whose keys must match a pattern."""
    if "patternProperties" in part:
        part.setdefault("additionalProperties", False)
