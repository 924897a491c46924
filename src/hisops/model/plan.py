"""A plan: a runbook bound to a target and to values, nothing left open. What is printed, approved, carried out."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from hisops.canonical import digest_of
from hisops.model.expansion import ExpandedRunbook

_WHERE_NEEDED = frozenset({"uses", "evidence"})  # left out where there is nothing to say
FORMAT = "hisops-plan/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """What the plan knows of one step.

    `applies`: does `when` hold (unknown until a write has happened). `verdict` and `out` come from the live check of
    a read; `unknown_until` names the write that a read must wait for.
    """

    id: str
    applies: Literal["yes", "no", "unknown"] = "yes"
    host: str
    user: str | None
    verdict: str | None = None
    out: dict[str, Any] = field(default_factory=dict)
    unknown_until: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One plan. `runbook`, `judges` and `target_type` hold the parsed YAML, so a plan needs no library beside it.

    `amended_from` is never written: a plan whose definitions were amended keeps the digest that it was approved under.
    `runbook` is expanded, it has every step; `uses` has id and digest of each runbook that it was then made of.
    `evidence` names the runs whose results the runbook requires, as they were found (`model.evidence`).
    """

    id: str
    created: str
    requester: str
    site: dict[str, Any]
    target: str
    runbook: dict[str, Any]
    runbook_digest: str
    judges: dict[str, dict[str, Any]]
    target_type: dict[str, Any]
    overrides: list[str]
    parameters: dict[str, Any]
    files: dict[str, dict[str, Any]]
    identity: dict[str, dict[str, Any]]
    state: dict[str, dict[str, Any]]
    steps: list[PlannedStep]
    warnings: list[dict[str, str]]
    ledger: dict[str, Any]
    nonce: str
    timing: dict[str, Any] = field(default_factory=dict)
    window: dict[str, Any] = field(default_factory=dict)
    uses: dict[str, str] = field(default_factory=dict)
    evidence: list[dict[str, Any]] = field(default_factory=list)
    amended_from: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the plan as a document for canonical JSON."""
        document = {"format": FORMAT, **_shallow(self), "steps": [_shallow(step) for step in self.steps]}
        del document["amended_from"]
        return {key: value for key, value in document.items() if value or key not in _WHERE_NEEDED}

    @property
    def procedure(self) -> ExpandedRunbook:
        """The runbook with every step in it, as a model."""
        return ExpandedRunbook.model_validate(self.runbook)

    @property
    def digest(self) -> str:
        """The digest that approvals are over."""
        return self.amended_from or digest_of(self.document())

    def amended(self, definitions: dict[str, Any]) -> Plan:
        """Return the plan with other definitions (`model.amendment`) under the digest that it was approved under."""
        return replace(
            self,
            runbook=definitions["runbook"],
            runbook_digest=digest_of(definitions["runbook"]),
            judges=definitions["judges"],
            target_type=definitions["target_type"],
            amended_from=self.digest,
        )

    @staticmethod
    def from_document(document: dict[str, Any]) -> Plan:
        """Return the plan of a document; ValueError if it is not one of this format."""
        if document.get("format") != FORMAT or "amended_from" in document:
            raise ValueError(f"this is no plan of format {FORMAT}")
        values = {key: value for key, value in document.items() if key != "format"}
        values["steps"] = [PlannedStep(**step) for step in values["steps"]]
        try:
            return Plan(**values)
        except TypeError as error:
            raise ValueError(str(error)) from error


def _shallow(item: Plan | PlannedStep) -> dict[str, Any]:
    """Return the fields of `item`; what they hold is plain already, and copying it would take long for many steps."""
    return {each.name: getattr(item, each.name) for each in fields(item)}
