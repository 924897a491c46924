"""What a runbook or a site requires of other runs before one starts."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from hisops.model.text import Age, Definition, DefinitionId, Text


class Required(Definition):
    """Another run on the same target that must have ended well not long ago, by a log that verifies.

    With `any` the newest run of all these runbooks decides. Runs of which `of` does not hold are none of those that are
    meant; `where` must hold of the one that decides.
    """

    runbook: DefinitionId | None = None
    any: Annotated[tuple[DefinitionId, ...], Field(min_length=2)] | None = None
    of: str | None = None
    where: str | None = None
    max_age: Age
    title: Text | None = None

    @model_validator(mode="after")
    def _one_or_any(self) -> Self:
        if (self.runbook is None) == (self.any is None):
            raise ValueError("what is required is one runbook, or any of several")
        return self

    @property
    def runbooks(self) -> tuple[str, ...]:
        """Those of which a run may serve."""
        return self.any or (str(self.runbook),)
