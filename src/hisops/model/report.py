"""`report/v1`: a form that is filled from verified logs. Its texts, its order, and where each field comes from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hisops.model.text import Definition, DefinitionId, Name, StepId, Text

FOLDER = "reports"

RunFact = Literal[
    "id", "runbook", "title", "target", "site", "simulation", "begun", "ended", "state", "operators", "approvers",
    "checks", "plan", "head", "verdict",
]  # fmt: skip
Table = Literal["steps", "moments", "checks", "deviations", "interruptions", "runs", "captured", "printed"]
Unit = Literal["seconds", "minutes", "count"]

COLUMNS: dict[Table, tuple[str, ...]] = {
    "steps": ("number", "step", "planned", "begin", "end", "who", "result"),
    "moments": ("moment", "time", "who", "said"),
    "checks": ("check", "result", "said", "time", "who"),
    "deviations": ("time", "kind", "step", "reason", "who"),
    "interruptions": ("time", "what", "reason", "who"),
    "runs": ("run", "runbook", "target", "begun", "ended", "state", "verdict", "head", "plan"),
    "printed": ("step", "host", "bytes", "digest"),
}
"""The columns that a table can have; those of `captured` are words of its lines, named by the form."""

_PATH = r"^[a-z][a-z0-9-]*\.[a-z][a-z0-9_]*$"

SOURCES = ("parameter", "result", "output", "captured", "outcome", "host", "identity", "run", "span", "within")
"""The keys of a source that say where its value comes from."""


class Span(Definition):
    """The time between two moments of the form."""

    since: StepId
    until: StepId


class Comparison(Definition):
    """Two boxes with a unit: is what was measured within the limit? With `checks`, those that are bad are said."""

    measured: StepId
    limit: StepId
    checks: bool = False


class Source(Definition):
    """Where a value comes from; exactly one. A reference into the log follows from it.

    `parameter` of the plan; `result` of a step: what a person answered there, else its outputs; one `output` of a step
    (`rpo.lost_seconds`); what the judge of a step `captured`, also where the step has failed; the `outcome` of a step
    in a word; the `host` on which it acts; a fact of the `identity` that was latched; a fact of the `run`; the `span`
    between two moments; `within`, the comparison of two boxes.
    `below_is_unknown`: a number smaller than this means that it was not measured. `provisional`: say so if the value
    is the runbook's default. `words` replace what the log says; `of: all` asks the runs that followed, too.
    """

    parameter: Name | None = None
    result: StepId | None = None
    output: Annotated[str, Field(pattern=_PATH)] | None = None
    captured: Annotated[str, Field(pattern=_PATH)] | None = None
    outcome: StepId | None = None
    host: StepId | None = None
    identity: Annotated[str, Field(pattern=_PATH)] | None = None
    run: RunFact | None = None
    span: Span | None = None
    within: Comparison | None = None
    label: Text | None = None
    unit: Unit | None = None
    below_is_unknown: int | None = None
    provisional: bool = False
    otherwise: bool = False
    of: Literal["first", "all"] = "first"
    words: dict[str, Text] = Field(default_factory=dict)


class Box(Definition):
    """One box of the form; `wide` takes a whole line.

    Of several sources all are shown, one that says `otherwise` only if those before it have nothing.
    """

    id: StepId
    title: Text
    from_: tuple[Source, ...] = Field(alias="from", min_length=1)
    wide: bool = False


class Happening(Definition):
    """A moment in a run: a step was answered, started or ended; or `checks`: the last of the form's checks was.

    `acted` is when its own work began: after its gate, and after it was looked at whether it is done already.
    `of: followed` looks into the runs that followed, the newest first, or those of them that are of `runbooks`.
    """

    step: StepId | None = None
    checks: Literal["answered"] | None = None
    at: Literal["answered", "started", "acted", "ended"] = "ended"
    of: Literal["first", "followed"] = "first"
    runbooks: tuple[DefinitionId, ...] = ()


class Moment(Definition):
    """A moment that the form names; the first of `from` that the log has."""

    id: StepId
    title: Text
    from_: tuple[Happening, ...] = Field(alias="from", min_length=1)


class Check(Definition):
    """One line of the check list: a step at which a person answered."""

    title: Text
    step: StepId


class Result(Definition):
    """What an answer of the check list begins with, and what that means."""

    begins: str
    title: Text
    means: Literal["good", "bad", "left-out"]


class Column(Definition):
    """One column of a table; `share` is its part of the width.

    In a table of what was captured it shows a `word` of each line, counted from 1; `judged`: as one of `results`.
    """

    id: Name
    title: Text
    word: Annotated[int, Field(ge=1, le=40)] | None = None
    judged: bool = False
    share: int = Field(default=1, ge=1, le=40)


class Section(Definition):
    """One part of the form: exactly one of boxes, a table with its columns, signatures.

    `captured` says which list a table of that name shows, `printed` of which steps. `empty` stands for no row.
    """

    id: StepId
    title: Text
    remark: Text | None = None
    boxes: tuple[Box, ...] = ()
    table: Table | None = None
    columns: tuple[Column, ...] = ()
    captured: Annotated[str, Field(pattern=_PATH)] | None = None
    printed: tuple[StepId, ...] = ()
    empty: Text | None = None
    signatures: tuple[Text, ...] = ()


class Words(Definition):
    """What the form says of itself. A text with `{slots}` may use those that are named beside it.

    `not_part`: for what the runbook never does, or what its conditions left out; without it that is not recorded.
    """

    not_recorded: Text
    not_measurable: Text
    not_measured: Text
    not_reached: Text
    provisional: Text
    within: Text
    beyond: Text
    simulation: Text
    incomplete: Text
    not_good: Text
    reach_site: Text
    reach_reviewer: Text
    reach_held: Text
    reach_alone: Text
    zone: Text
    references: Text
    made_by: Text
    cut: Text
    by: Text
    approved_by: Text
    noted: Text
    interrupted: Text
    seconds: Text
    minutes: Text
    hours: Text
    date: Text
    name: Text
    not_part: Text | None = None


SLOTS: dict[str, tuple[str, ...]] = {
    "incomplete": ("verdict", "run"),
    "not_good": ("checks",),
    "reach_held": ("last", "size", "who"),
    "reach_alone": ("first", "size"),
    "zone": ("zone",),
    "made_by": ("form", "version", "digest"),
    "cut": ("count",),
    "by": ("who",),
    "approved_by": ("who",),
    "noted": ("what",),
    "seconds": ("s",),
    "minutes": ("m", "s"),
    "hours": ("h", "m"),
    "interrupted": ("time",),
}


class Report(Definition):
    """A whole form. A run is what it is about if its runbook has one of `about`; `terms` are words of the log.

    `subject` says in a sentence which runs these are, to whoever names another.
    """

    hisops: Literal["report/v1"]
    id: StepId
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    title: Text
    about: tuple[StepId, ...] = Field(min_length=1)
    subject: Text
    words: Words
    terms: dict[str, Text] = Field(default_factory=dict)
    moments: tuple[Moment, ...] = ()
    checks: tuple[Check, ...] = ()
    results: tuple[Result, ...] = ()
    sections: tuple[Section, ...] = Field(min_length=1)

    @property
    def boxes(self) -> tuple[Box, ...]:
        """All boxes, in order."""
        return tuple(box for section in self.sections for box in section.boxes)
