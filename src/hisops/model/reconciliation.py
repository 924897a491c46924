"""`reconcile/v1`: two reports that must agree, how their rows are brought together, and whose a difference is."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hisops.model.text import ID_PATTERN, Definition, Name, Text

FOLDER = "reconcile"

Kind = Literal["text", "money", "count", "date", "time", "state"]
SideName = Literal["a", "b"]
Fault = Literal["only_a", "only_b", "amount", "state", "in_transit", "duplicate", "cents", "unclassified"]
FAULTS: tuple[Fault, ...] = (
    "only_a", "only_b", "amount", "state", "in_transit", "duplicate", "cents", "unclassified",
)  # fmt: skip
"""What does not agree can be: 单边A, 单边B, 金额不符, 状态不符, 跨日在途, 重复, 分币误差, 未归类."""
TOLERATED: frozenset[Fault] = frozenset({"in_transit", "cents"})
Owner = Literal["cashier", "pharmacy", "insurance", "laboratory", "records", "finance", "it", "vendor"]
Amount = Annotated[str, Field(pattern=r"^\d+(\.\d{1,2})?$")]
Where = dict[Name, tuple[str, ...]]


class Column(Definition):
    """A logical column. `money` is exact to 0.01, `count` whole. `mask` hides a person before anything is kept."""

    type: Kind
    title: Text
    mask: Literal["name", "id"] | None = None


class Side(Definition):
    """One of the two reports.

    `columns` gives for a logical column the name in the source; `states` for a value of the source the logical state;
    `signs` what the amounts of a state count (-1, 0); rows of the states in `leave_out` are not compared at all.
    `aggregate`: the lines of one key are added up first, this being the finer side.
    """

    title: Text
    sql: str | None = None
    columns: dict[Name, str]
    states: dict[str, Name] = Field(default_factory=dict)
    signs: dict[Name, Literal[-1, 0, 1]] = Field(default_factory=dict)
    leave_out: tuple[Name, ...] = ()
    aggregate: bool = False


class Tolerance(Definition):
    """How far amounts may lie apart, by column: in one `row`, and in `total` over all such rows."""

    row: dict[Name, Amount] = Field(default_factory=dict)
    total: dict[Name, Amount] = Field(default_factory=dict)


class Rounding(Definition):
    """A column of one side that tells by how much that side was rounded: a difference of just that is no error."""

    side: SideName
    column: Name
    of: Name


class CarryRule(Definition):
    """Rows of one side that may find their counterpart on a later account day.

    `where` values of columns, `after` a time of day of the column `at`; due after `days`, or at the end of the month.
    """

    side: SideName
    where: Where = Field(default_factory=dict)
    after: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = None
    days: int = Field(default=1, ge=1, le=62)
    until: Literal["month_end"] | None = None


class Cause(Definition):
    """What a difference of a class means and who acts. The first whose `where` fits counts."""

    id: Annotated[str, Field(pattern=ID_PATTERN)]
    fault: Fault = Field(alias="class")
    where: Where = Field(default_factory=dict)
    owner: Owner
    text: Text

    def covers(self, other: Cause) -> bool:
        """Whether every difference that `other` fits, fits this one, too."""
        return self.fault == other.fault and all(
            set(other.where.get(name, ())) and set(other.where[name]) <= set(values)
            for name, values in self.where.items()
        )


class Reconciliation(Definition):
    """A whole definition. `at` and `state` and `day` are the columns of those meanings; `group` parts the chart."""

    hisops: Literal["reconcile/v1"]
    id: Annotated[str, Field(pattern=ID_PATTERN)]
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    title: Text
    purpose: Text
    serves: tuple[int, ...] = ()
    columns: dict[Name, Column]
    key: Annotated[tuple[Name, ...], Field(min_length=1)]
    compare: Annotated[tuple[Name, ...], Field(min_length=1)]
    state: Name | None = None
    day: Name | None = None
    at: Name | None = None
    group: Name | None = None
    split: bool = False
    tolerance: Tolerance = Tolerance()
    rounding: Rounding | None = None
    carry: tuple[CarryRule, ...] = ()
    causes: Annotated[tuple[Cause, ...], Field(min_length=1)]
    a: Side
    b: Side

    @property
    def sides(self) -> dict[SideName, Side]:
        """Both sides by name."""
        return {"a": self.a, "b": self.b}

    @property
    def compares_states(self) -> bool:
        """Whether both sides tell a state, row by row."""
        return self.state is not None and all(
            self.state in side.columns and not side.aggregate for side in (self.a, self.b)
        )

    @property
    def details(self) -> tuple[Name, ...]:
        """The columns that are shown beside key, amounts and state."""
        used = {*self.key, *self.compare, self.state}
        return tuple(name for name in self.columns if name not in used)

    @model_validator(mode="after")
    def _columns_are_known(self) -> Self:
        for name, use in self._uses():
            if name not in self.columns:
                raise ValueError(f"{use}: there is no column `{name}`; add it under `columns`")
        for name, kinds in self._typed():
            if self.columns[name].type not in kinds:
                raise ValueError(f"the column `{name}` must be of type {' or '.join(kinds)}")
        return self

    @model_validator(mode="after")
    def _sides_are_whole(self) -> Self:
        for name, side in self.sides.items():
            missing = [column for column in (*self.key, *self.compare) if column not in side.columns]
            if missing:
                raise ValueError(f"side {name} does not map `{missing[0]}`")
            if self.state in side.columns and not side.states:
                raise ValueError(f"side {name} maps `{self.state}` but has no `states`")
            unknown = {*side.signs, *side.leave_out} - set(side.states.values())
            if unknown:
                raise ValueError(f"side {name}: `{min(unknown)}` is none of its states")
            places = list(side.columns.values())
            if len(set(places)) != len(places):
                raise ValueError(f"side {name} maps two columns to one column of the source")
        return self

    @model_validator(mode="after")
    def _every_class_has_a_cause(self) -> Self:
        plain = {cause.fault for cause in self.causes if not cause.where}
        if missing := [fault for fault in FAULTS if fault not in plain]:
            raise ValueError(f"no cause without `where` is given for the class {missing[0]}")
        ids = [cause.id for cause in self.causes]
        if len(set(ids)) != len(ids):
            raise ValueError("two causes have the same id")
        for place, later in enumerate(self.causes):
            if hidden := next((each for each in self.causes[:place] if each.covers(later)), None):
                raise ValueError(
                    f"the cause {later.id} never applies: {hidden.id} stands before it and takes all of it"
                )
        if any(rule.after for rule in self.carry) and self.at is None:
            raise ValueError("`after` in a carry rule needs the column `at`")
        return self

    def _uses(self) -> list[tuple[Name, str]]:
        found = [(name, "key") for name in self.key] + [(name, "compare") for name in self.compare]
        for use in ("state", "day", "at", "group"):
            if (name := getattr(self, use)) is not None:
                found.append((name, use))
        found += [(name, f"side {key}") for key, side in self.sides.items() for name in side.columns]
        found += [(name, "tolerance") for name in (*self.tolerance.row, *self.tolerance.total)]
        found += [(name, "carry") for rule in self.carry for name in rule.where]
        found += [(name, f"cause {cause.id}") for cause in self.causes for name in cause.where]
        if self.rounding is not None:
            found += [(self.rounding.column, "rounding"), (self.rounding.of, "rounding")]
        return found

    def _typed(self) -> list[tuple[Name, tuple[Kind, ...]]]:
        found: list[tuple[Name, tuple[Kind, ...]]] = [(name, ("money", "count")) for name in self.compare]
        found += [(name, ("text", "date", "count")) for name in self.key]
        kinds: dict[str, tuple[Kind, ...]] = {"state": ("state",), "day": ("date",), "at": ("time",)}
        kinds["group"] = ("text",)
        found += [(name, of) for use, of in kinds.items() if (name := getattr(self, use)) is not None]
        if self.rounding is not None:
            found += [(self.rounding.column, ("money",)), (self.rounding.of, ("money",))]
        return found
