"""`judge/v1`: per tool and action, what its output proves; and the verdict that judging gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from hisops.model.runbook import OutputType
from hisops.model.text import Definition, Text

Verdict = Literal["ok", "warn", "partial", "failed", "unknown"]


class Pattern(Definition):
    """A named regular expression (multi-line, per line anchors, CR stripped)."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    pattern: str
    means: Text | None = None


class Capture(Definition):
    """A value read from the output: group 1 of the first match, or of every match for `list`."""

    pattern: str
    type: OutputType = "string"


class Action(Definition):
    """How the output of one action of a tool is read; failure beats proof, an unknown code is unknown."""

    title: Text
    source: str
    proof: tuple[Pattern, ...] = Field(min_length=1)
    failure: tuple[Pattern, ...] = Field(min_length=1)
    warn: tuple[Pattern, ...] = ()
    partial: tuple[Pattern, ...] = ()
    allow: tuple[str, ...] = ()
    exits: tuple[int, ...] = (0,)
    capture: dict[str, Capture] = Field(default_factory=dict)


class Judge(Definition):
    """All actions of one tool; `codes` tells what an error code of this tool looks like."""

    hisops: Literal["judge/v1"]
    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    title: Text
    codes: tuple[str, ...] = ()
    actions: dict[str, Action] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge says of one output: the verdict, the ids of the rules that matched, the captures."""

    verdict: Verdict
    matched: tuple[str, ...] = ()
    out: dict[str, object] = field(default_factory=dict)
