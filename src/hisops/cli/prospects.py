"""The runs of a playbook that is being planned: each is planned as far as it can be, none is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hisops.cli import wiring
from hisops.cli.wiring import Desk
from hisops.errors import Refused
from hisops.journal.reader import opened_by
from hisops.model.plan import Plan
from hisops.ports import ChildLeft, ChildLook, ChildOrder

Findings = Sequence[Mapping[str, str]]


class Prospects:
    """Satisfies `ports.Children` as far as a plan needs it. `plan` makes the plan of a run, with what forbids it."""

    def __init__(self, desk: Desk, plan: Callable[[ChildOrder], tuple[Plan, Findings]]) -> None:
        self._desk = desk
        self.plan = plan

    def new_id(self, target: str) -> str:
        """Return an id for a run on `target`."""
        return wiring.new_id(target, self._desk.clock.now())

    def known(self, run: str) -> bool:
        """Return whether the run was ever opened."""
        return bool(opened_by(self._desk.logs, run)[0])

    def look(self, order: ChildOrder) -> ChildLook:
        """Plan the run and say what was found."""
        plan, refusals = self.plan(order)
        return ChildLook(
            checked=sum(step.verdict in {"ok", "warn"} for step in plan.steps),
            steps=len(plan.steps),
            warnings=[told(item) for item in plan.warnings],
            refusals=[told(item) for item in refusals],
        )

    def left(self, run: str) -> ChildLeft:
        """Say that nothing was begun."""
        return ChildLeft(state="PLANNED", exit_code=0)

    def carry_on(self, order: ChildOrder) -> ChildLeft:
        """Refuse: while a playbook is planned nothing is carried out."""
        raise Refused("HIS-6803", "A plan carries nothing out: {run}.", "Carry out the plan.", run=order.run)


def told(finding: Mapping[str, str]) -> str:
    """Return what a plan found, with the step it is about."""
    return f"{finding.get('step')}: {finding.get('reason')}"
