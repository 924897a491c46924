"""One command of several runbooks: an option whose value chooses among them, and beside it the options of all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hisops.errors import UsageProblem
from hisops.model.choosing import option_of, told, values_of

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """The runbooks of one command, each with the values that choose it; one runbook without any is chosen always."""

    rows: Sequence[Row]

    @property
    def name(self) -> str | None:
        """The name of the option that chooses, or None if there is nothing to choose."""
        return next((name for row in self.rows for name in row["chosen_by"]), None)

    @property
    def values(self) -> list[str]:
        """All values of that option."""
        return [value for row in self.rows for value in values_of(row["chosen_by"])]

    def take(self, given: dict[str, str]) -> Row:
        """Return the runbook that `given` chooses; what it does not take as a parameter is taken out.

        Raises UsageProblem for a value that chooses none, and for an option that is for others only.
        """
        name = self.name
        if name is None:
            return self.rows[0]
        value = given[name]
        chosen = next((row for row in self.rows if value in values_of(row["chosen_by"])), None)
        if chosen is None:
            raise UsageProblem(
                "HIS-2906", "There is no {option} {value}.", "There are: {known}.",
                option=option_of(name), value=value, known=", ".join(self.values),
            )  # fmt: skip
        if name not in chosen["parameters"]:
            del given[name]
        for other in given:
            if other not in chosen["parameters"]:
                raise UsageProblem(
                    "HIS-2907", "{other} is not for {option} {value}, but for {whose}.",
                    "Leave it out, or choose {whose}.",
                    other=option_of(other), option=option_of(name), value=value, whose=self.whose(self.owners(other)),
                )  # fmt: skip
        return chosen

    def owners(self, parameter: str) -> list[Row]:
        """Return the runbooks that take `parameter`."""
        return [row for row in self.rows if parameter in row["parameters"]]

    def whose(self, rows: Collection[Row]) -> str:
        """Return in words what chooses these runbooks: `--level 1|2`."""
        return told({str(self.name): [value for row in rows for value in values_of(row["chosen_by"])]})

    def parameters(self) -> dict[str, dict[str, Any]]:
        """Return the parameters of all, each once; required is what every runbook requires. `of` has its runbooks."""
        found: dict[str, dict[str, Any]] = {}
        for name in dict.fromkeys(name for row in self.rows for name in row["parameters"] if name != self.name):
            owners = self.owners(name)
            each = [row["parameters"][name] for row in owners]
            choices = dict.fromkeys(choice for one in each for choice in one.get("choices", ()))
            needed = [row for row in owners if row["parameters"][name].get("required")]
            common = len(owners) == len(self.rows)
            found[name] = {
                **each[0],
                "choices": list(choices) if all(one.get("choices") for one in each) else [],
                "required": len(needed) == len(self.rows),
                "of": None if common else self.whose(owners),
                "needed_by": self.whose(needed) if 0 < len(needed) < len(self.rows) else None,
            }
        return found
