"""`judge/v1`: per tool and action, what its output proves; and the verdict that judging gives."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from hisops.model.pattern import Regex, compiled
from hisops.model.text import Definition, Text

Verdict = Literal["ok", "warn", "partial", "failed", "unknown"]
CaptureType = Literal["string", "integer", "boolean", "version", "list"]
RuleId = Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
ERROR_CODE = r"^[A-Z][A-Z0-9]*-\d+$"
ErrorCode = Annotated[str, Field(pattern=ERROR_CODE)]


class Pattern(Definition):
    """A named regular expression (multi-line, per line anchors, CR stripped)."""

    id: RuleId
    pattern: Regex
    means: Text | None = None


class Pair(Definition):
    """What is announced must also end: group 1 of `starts` names it, `ends` must name it as often, and after."""

    id: RuleId
    starts: Regex
    ends: Regex


class Block(Definition):
    """A part of the output whose every line must be explained by one of `lines`; any other line is a doubt."""

    id: RuleId
    starts: Regex
    ends: Regex
    lines: tuple[Regex, ...]


class Tally(Definition):
    """What the output counts must be there as often: group 1 of `says` is the number, `lines` match what it counts.

    Where it is said more than once the numbers add up; where it is not said at all nothing is compared.
    """

    id: RuleId
    says: Regex
    lines: Regex

    @field_validator("says")
    @classmethod
    def _says_a_number(cls, pattern: str) -> str:
        if not compiled(pattern).groups:
            raise ValueError(f"{pattern!r} needs a group around the number that it says")
        return pattern


class Capture(Definition):
    """A value read from the output: the first group that took part in the first match; of every match for `list`.

    `split` parts each item of a list further. A boolean tells whether the pattern matches at all. What `blames`, such
    as the name of a damaged file, is shown with a step that failed.
    """

    pattern: Regex
    type: CaptureType = "string"
    split: str | None = None
    blames: bool = False


class Action(Definition):
    """How the output of one action of a tool is read; failure beats proof, an unknown code is unknown.

    `causes` decide nothing; they name why, for a person. `quotes` are lines that may quote error codes without meaning
    them, such as the titles of patches. `doubts` are sentences that are right at times: unknown, unless the step allows
    them by their id.
    """

    title: Text
    source: str
    proof: tuple[Pattern, ...] = Field(min_length=1)
    failure: tuple[Pattern, ...] = Field(min_length=1)
    warn: tuple[Pattern, ...] = ()
    partial: tuple[Pattern, ...] = ()
    causes: tuple[Pattern, ...] = ()
    pairs: tuple[Pair, ...] = ()
    blocks: tuple[Block, ...] = ()
    doubts: tuple[Pattern, ...] = ()
    tallies: tuple[Tally, ...] = ()
    quotes: tuple[Regex, ...] = ()
    allow: tuple[ErrorCode, ...] = ()
    exits: tuple[int, ...] = (0,)
    capture: dict[str, Capture] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        patterns = (*self.proof, *self.failure, *self.warn, *self.partial, *self.causes, *self.doubts)
        ids = [rule.id for rule in patterns] + [pair.id for pair in self.pairs] + [block.id for block in self.blocks]
        ids += [tally.id for tally in self.tallies]
        twice = [name for name, count in Counter(ids).items() if count > 1]
        if twice:
            raise ValueError(f"two rules of one action are called {', '.join(twice)}")
        return self


class Judge(Definition):
    """All actions of one tool; `codes` tells what an error code of this tool looks like."""

    hisops: Literal["judge/v1"]
    id: RuleId
    title: Text
    codes: tuple[Regex, ...] = ()
    actions: dict[str, Action] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge says of one output: the verdict, the ids of the rules that matched, the captures."""

    verdict: Verdict
    matched: tuple[str, ...] = ()
    out: dict[str, object] = field(default_factory=dict)
