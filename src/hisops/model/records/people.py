"""What a log says of people: gates and their answers, statements, deviations, hand-overs, amendments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hisops.model.records.base import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOpened(Record):
    """A gate is announced: which parts still lack an answer, over which evidence."""

    TYPE: ClassVar[str] = "gate.opened"
    step: str
    parts: list[str]
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDecided(Record):
    """One part of a gate is passed; `statement` is the digest of the signed file if there is one."""

    TYPE: ClassVar[str] = "gate.decided"
    step: str
    part: str
    by: str
    value: str | None = None
    statement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementTaken(Record):
    """A signed file (approval, answer, resolution, cancellation) was accepted."""

    TYPE: ClassVar[str] = "approval"
    statement: str
    kind: str
    by: str
    step: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRefused(Record):
    """A signed file was refused, with the reason; by whom it is, where its signature holds."""

    TYPE: ClassVar[str] = "approval.refused"
    statement: str
    reason: str
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation(Record):
    """Something was not as the runbook has it: a skip, a resolution by hand, an override, a kill; and by whom."""

    TYPE: ClassVar[str] = "deviation"
    kind: str
    step: str | None = None
    reason: str
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover(Record):
    """The run passes from `previous` to `by`, who both hold `role`. The first record of the new person's segment."""

    TYPE: ClassVar[str] = "handover"
    previous: str
    by: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookAmended(Record):
    """From here on the run goes by other definitions: `definitions` is their blob, `digest` that of their JSON.

    `request` is the statement of who carries the run out, `approval` that of a second person.
    """

    TYPE: ClassVar[str] = "runbook.amend"
    definitions: str
    digest: str
    request: str
    approval: str
    by: str
    approved_by: str
