"""`playbook/v1`: which runbooks, on which databases, in which order, for one service event. No command and no SQL."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hisops.model.runbook import From, Gate, Parameter, TargetRequirement
from hisops.model.text import Definition, DefinitionId, Name, StepId, Text

FOLDER = "playbooks"
On = Literal["target", "standby", "each"]


class Played(Definition):
    """One runbook of a playbook. On `each` it is carried out on every database of the site that fits, one by one."""

    id: StepId
    title: Text
    when: str | None = None
    needs: tuple[StepId, ...] = ()
    runbook: DefinitionId
    on: On = "target"
    with_: dict[Name, str | int | bool | From] = Field(default_factory=dict, alias="with")
    on_failure: Literal["stop", "hold", "continue"] = "stop"
    gate: Gate | None = None


class Playbook(Definition):
    """A whole playbook, as written."""

    hisops: Literal["playbook/v1"]
    id: StepId
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    title: Text
    purpose: Text
    serves: tuple[int, ...] = ()
    target: TargetRequirement
    parameters: dict[Name, Parameter] = Field(default_factory=dict)
    runs: tuple[Played, ...] = Field(min_length=1)
