"""What a run's log can say, one frozen class a record type. The log is the only state: see `model.run`.

Field values are strings, integers, booleans, None, lists and dicts of these (what canonical JSON holds). Free text
(commands, output, errors) never stands in a record: it goes to a blob, and the record holds `sha256:…`.
"""

from __future__ import annotations

from dataclasses import fields

from hisops.errors import LogBroken
from hisops.model.records.base import Json, Record
from hisops.model.records.course import (
    ChildEnded,
    ChildIntended,
    ClockStepped,
    LinkChanged,
    LockChanged,
    RunChanged,
    RunKept,
    RunSealed,
    WindowSeen,
)
from hisops.model.records.people import (
    Deviation,
    GateDecided,
    GateOpened,
    Handover,
    RunbookAmended,
    StatementRefused,
    StatementTaken,
)
from hisops.model.records.steps import (
    CallEnded,
    CallIntent,
    CallKind,
    CallOutput,
    CallStarted,
    SecretUsed,
    StepChanged,
    UndoBegun,
)

__all__ = [
    "RECORDS",
    "CallEnded",
    "CallIntent",
    "CallKind",
    "CallOutput",
    "CallStarted",
    "ChildEnded",
    "ChildIntended",
    "ClockStepped",
    "Deviation",
    "GateDecided",
    "GateOpened",
    "Handover",
    "Json",
    "LinkChanged",
    "LockChanged",
    "Record",
    "RunChanged",
    "RunKept",
    "RunSealed",
    "RunbookAmended",
    "SecretUsed",
    "StatementRefused",
    "StatementTaken",
    "StepChanged",
    "UndoBegun",
    "WindowSeen",
    "from_fields",
    "to_fields",
]

RECORDS: dict[str, type[Record]] = {
    kind.TYPE: kind
    for kind in (
        GateOpened,
        GateDecided,
        CallIntent,
        CallStarted,
        CallOutput,
        CallEnded,
        StepChanged,
        RunChanged,
        LinkChanged,
        LockChanged,
        RunKept,
        SecretUsed,
        StatementTaken,
        StatementRefused,
        Deviation,
        Handover,
        RunbookAmended,
        ChildIntended,
        ChildEnded,
        UndoBegun,
        WindowSeen,
        ClockStepped,
        RunSealed,
    )
}

_FIELDS = {kind: frozenset(item.name for item in fields(cls)) for kind, cls in RECORDS.items()}


def to_fields(record: Record) -> dict[str, Json]:
    """Return the fields of `record` as they stand in a line of the log."""
    return {name: getattr(record, name) for name in _FIELDS[record.TYPE]}


def from_fields(kind: str, values: dict[str, Json]) -> Record | None:
    """Return the record of type `kind`, or None for a type that this version does not know.

    Raises LogBroken if the fields do not fit the type.
    """
    cls = RECORDS.get(kind)
    if cls is None:
        return None
    known = _FIELDS[kind]
    try:
        return cls(**{name: value for name, value in values.items() if name in known})
    except TypeError as error:
        raise LogBroken(
            "HIS-5010", "A record of type {kind} lacks a field: {error}.", kind=kind, error=error
        ) from error
