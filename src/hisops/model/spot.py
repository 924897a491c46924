"""Where an expanded step stands: on which item of the inventory, under which names, behind whose conditions."""

from __future__ import annotations

from hisops.model.text import Definition


class Seen(Definition):
    """The name under which one scope knows a step.

    `step` is the step as that scope wrote it, `name` what expressions and scripts say there. `fanned`: one of several
    of that name, told apart by the item.
    """

    scope: str
    step: str
    name: str
    fanned: bool = False


class Viewpoint(Definition):
    """From where names are looked up: a scope and, in the middle of a `for_each`, the item."""

    scope: str = ""
    item: str | None = None
    over: str | None = None


class Condition(Definition):
    """The `when` of a step that stands for others, asked where it was written."""

    at: Viewpoint
    when: str


class Spot(Definition):
    """What expansion says of a step beyond what its author wrote.

    `fan` names the `for_each` step that it is an item of, `over` what that one goes over; steps of one `fan` stand
    together, item by item. `parallel` of its items may be carried out at once. An item is a host (where nothing of the
    target is known, if it is `foreign`) or a database. `gated_by` is the scope in whose names the gate was written.
    """

    scope: str = ""
    seen: tuple[Seen, ...] = ()
    group: str | None = None
    fan: str | None = None
    over: str | None = None
    item: str | None = None
    host: str | None = None
    foreign: bool = False
    database: str | None = None
    parallel: int = 1
    conditions: tuple[Condition, ...] = ()
    gated_by: Viewpoint | None = None

    @property
    def viewpoint(self) -> Viewpoint:
        """From where the step's own texts look up names."""
        if self.seen and self.seen[-1].fanned:
            return Viewpoint(scope=self.scope, item=self.item, over=self.over)
        return Viewpoint(scope=self.scope)


HERE = Spot()
