"""Make a plan, and check that it is still fresh."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hisops.cli.composing import Composed, compose
from hisops.cli.edits import check_definitions
from hisops.cli.prospects import Prospects
from hisops.cli.quorum import unmet
from hisops.cli.wiring import Desk, bound_of, new_id, ports
from hisops.documents.load import Loaded
from hisops.engine import assembly
from hisops.engine.parameters import read_files, read_parameters
from hisops.engine.planning import Finding, Survey
from hisops.engine.rehearsal import NoJournal
from hisops.engine.values import Bound
from hisops.engine.windows import check_window
from hisops.errors import Refused, UsageProblem
from hisops.journal.history import history
from hisops.journal.ledger import Ledger
from hisops.model.judge import Judge
from hisops.model.plan import Plan
from hisops.model.site import TargetType
from hisops.model.timing import Forecast, forecast
from hisops.model.window import Look
from hisops.ports import ChildOrder, Observer, Operator


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what forbids it (step and reason). `children`: plans of a playbook's runs."""

    plan: Plan
    refusals: list[dict[str, str]]
    children: tuple[Planned, ...] = ()


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The definitions of a plan as they were read from the library."""

    runbook: Composed
    judges: Mapping[str, Loaded[Judge]]
    target_type: Loaded[TargetType]
    overrides: list[str]

    @property
    def definitions(self) -> assembly.Definitions:
        """Their models."""
        judges = {name: each.model for name, each in self.judges.items()}
        return assembly.Definitions(runbook=self.runbook.model, judges=judges, target_type=self.target_type.model)


def make_plan(
    desk: Desk, runbook_id: str, target: str, given: Mapping[str, str], operator: Operator, observer: Observer,
    *, break_glass: bool = False,
) -> Planned:  # fmt: skip
    """Bind the runbook, look at the target, and return the plan."""
    chosen = _choose(desk, runbook_id, target)
    values = read_parameters(chosen.runbook.model, given)
    files = read_files(chosen.runbook.model, values)
    bound = assembly.bind(chosen.definitions, desk.loaded.site, target, values, files)
    requester = desk.key().principal
    plan_id = new_id(target, desk.clock.now())

    children: list[Planned] = []

    def child(order: ChildOrder) -> tuple[Plan, list[dict[str, str]]]:
        planned = make_plan(
            desk, order.runbook, order.target, order.values, operator, observer, break_glass=break_glass
        )
        children.append(planned)
        return planned.plan, planned.refusals

    everything = ports(desk, NoJournal(plan_id), operator, observer, Prospects(desk, child))
    try:
        found = assembly.look(everything, bound, chosen.definitions.judges, plan_id)
    finally:
        everything.reach.close()
    look = _look(desk, bound)
    if look is None and bound.runbook.window == "required":
        found.warnings.append(Finding("window", "the runbook wants a window, and the target has no calendar"))
    requires, kind = bound.runbook.requires, chosen.target_type.model
    evidence, lacks = desk.evidence().find(requires, target, kind, found.identity)
    found.refusals += [Finding("evidence", reason) for reason in lacks]
    plan = _plan(desk, plan_id, requester, bound, chosen, found, files, look)
    plan = replace(plan, evidence=[each.document() for each in evidence])
    # With broken glass it does not matter that nobody could approve.
    nobody = [] if break_glass else unmet(desk, bound.runbook, requester)
    return Planned(plan, [*_told(found.refusals), *nobody], tuple(children))


def _look(desk: Desk, bound: Bound) -> Look | None:
    """Return what the target's calendar says; a broken one matters only to a runbook that wants a window."""
    try:
        return desk.windows().look(bound.target, desk.clock.now())
    except UsageProblem:
        if bound.runbook.window == "required":
            raise
        return None


def _forecast(desk: Desk, bound: Bound, found: Survey) -> Forecast:
    site, runbook = desk.loaded.site, bound.runbook
    earlier = history(desk.logs, desk.trust, runbook.id, simulation=site.simulation)
    return forecast(runbook, earlier, {step.id for step in found.steps if step.applies == "no"})


def _choose(desk: Desk, runbook_id: str, target: str) -> _Chosen:
    library = desk.loaded.library
    runbook = compose(desk, runbook_id, target)
    if runbook.model.target.any_engine:
        raise UsageProblem(
            "HIS-2212", "The runbook {id} is a part of others and not a procedure of its own.",
            "Plan one that uses it: hisops runbook list", id=runbook_id,
        )  # fmt: skip
    engine = desk.loaded.site.databases[target].engine
    judges = library.judges_of(runbook.model)
    overrides = library.overrides_of(runbook.model, runbook.sources)
    return _Chosen(runbook, judges, library.target_type(engine), overrides)


def _plan(
    desk: Desk,
    plan_id: str,
    requester: str,
    bound: Bound,
    chosen: _Chosen,
    found: Survey,
    files: dict[str, dict[str, object]],
    look: Look | None,
) -> Plan:
    site = desk.loaded.site
    size, root = Ledger(desk.logs, desk.clock).head()
    return Plan(
        id=plan_id,
        created=f"{desk.clock.now():%Y-%m-%dT%H:%M:%SZ}",
        requester=requester,
        site={"name": site.name, "origin": site.origin, "simulation": site.simulation},
        target=bound.target,
        runbook=chosen.runbook.document,
        runbook_digest=chosen.runbook.digest,
        judges={name: each.document for name, each in chosen.judges.items()},
        target_type=chosen.target_type.document,
        overrides=chosen.overrides,
        parameters=dict(bound.parameters),
        files=files,
        identity=found.identity,
        state=found.state,
        steps=found.steps,
        warnings=_told(found.warnings),
        ledger={"size": size, "root": root},
        nonce=secrets.token_hex(16),
        timing=_forecast(desk, bound, found).document(),
        window=look.document() if look else {},
        uses=chosen.runbook.uses,
    )


def _told(findings: list[Finding]) -> list[dict[str, str]]:
    return [{"step": item.step, "reason": item.reason} for item in findings]


def check_fresh(desk: Desk, plan: Plan, operator: Operator, observer: Observer) -> None:
    """Refuse a plan of another site, or one whose target has moved."""
    if plan.site["origin"] != desk.loaded.site.origin:
        raise Refused(
            "HIS-6303",
            "The plan is for site {other}.",
            "Carry it out there.",
            other=plan.site["origin"],
        )
    check_definitions(desk, plan)
    if lacks := desk.evidence().missing(plan):
        raise Refused(
            "HIS-6330",
            "A result that the runbook requires is not there: {reasons}.",
            "Carry out what is required, then go on.",
            reasons="; ".join(lacks),
        )
    bound, judges = bound_of(desk, plan)
    timing = Forecast.from_document(plan.timing) if plan.timing else None
    check_window(bound.runbook, plan.target, _look(desk, bound), timing, desk.clock.now())
    everything = ports(desk, NoJournal(plan.id), operator, observer)
    try:
        assembly.check_fresh(everything, bound, judges, plan)
    finally:
        everything.reach.close()
