"""Put a run together from a plan and ports: the one place where the parts of the engine meet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from hisops.engine import locking
from hisops.engine.actions import Hands
from hisops.engine.binding import Binder
from hisops.engine.calling import PATIENCE, Caller, Log
from hisops.engine.comparison import Comparison
from hisops.engine.executor import Run
from hisops.engine.folders import OwnFolders
from hisops.engine.gates import Gatekeeper
from hisops.engine.isolation import Isolation
from hisops.engine.killing import Kills
from hisops.engine.latching import latch, moved
from hisops.engine.parameters import files_moved
from hisops.engine.planning import Survey, survey
from hisops.engine.playing import Playing
from hisops.engine.recorder import Recorder
from hisops.engine.steering import Steering
from hisops.engine.values import Bound, Values
from hisops.errors import Refused
from hisops.model.expansion import ExpandedRunbook
from hisops.model.judge import Judge
from hisops.model.plan import Plan
from hisops.model.site import Site, TargetType
from hisops.ports import Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """The parsed definitions that a plan is made of, by id; judges by the name of their tool."""

    runbook: ExpandedRunbook
    judges: Mapping[str, Judge]
    target_type: TargetType

    @staticmethod
    def of_plan(plan: Plan) -> Definitions:
        """Return the definitions that the plan carries."""
        return Definitions(
            runbook=plan.procedure,
            judges={name: Judge.model_validate(document) for name, document in plan.judges.items()},
            target_type=TargetType.model_validate(plan.target_type),
        )


def bind(
    definitions: Definitions, site: Site, target: str, values: Mapping[str, Any], files: Mapping[str, Any]
) -> Bound:
    """Return the runbook bound to its target."""
    return Bound(
        runbook=definitions.runbook,
        site=site,
        target=target,
        target_type=definitions.target_type,
        parameters=values,
        files={name: str(known["path"]) for name, known in files.items()},
    )


def secret_names(bound: Bound) -> list[str]:
    """Return the names of all secrets that a run of `bound` may hand out, for the redactor."""
    databases = [bound.site.databases[name] for name in (bound.target, *bound.companions.values())]
    named = [
        bound.at(step.spot).secret_name(name, place)
        for step in bound.runbook.steps
        for name in step.secrets
        for place in sorted(step.places)
    ]
    logins = [each.connect.password for each in databases if each.connect and each.connect.password]
    return list(dict.fromkeys([*logins, *named]))


def look(ports: Ports, bound: Bound, judges: Mapping[str, Judge], plan_id: str) -> Survey:
    """Do the live checks of a plan."""
    hands = _hands(ports, ports.journal, bound, judges, patience=0.0)
    hands.isolation.begin(bound)
    own = _own_folders(ports, hands, bound, plan_id, plan_id)
    return survey(bound, hands, own)


def check_fresh(ports: Ports, bound: Bound, judges: Mapping[str, Judge], plan: Plan) -> None:
    """Compare target and files with what was planned; Refused naming what moved, LockHeld naming who is at work."""
    hands = _hands(ports, ports.journal, bound, judges, patience=0.0)
    hands.isolation.begin(bound)
    values = Values(bound, own=_own_folders(ports, hands, bound, plan.id, plan.id))
    differs = files_moved(plan.files)
    values.identity = latch(hands, bound.target_type.identity, values, "identity")
    differs += moved(plan.identity, values.identity)
    differs += moved(plan.state, latch(hands, bound.target_type.state, values, "state"))
    if differs:
        raise Refused(
            "HIS-6302",
            "The plan is stale: {differs}.",
            "Make a new plan and have it approved.",
            differs="; ".join(differs),
        )
    if any(step.writes for step in bound.runbook.steps):
        locking.check_free(ports, plan, values)


def assemble(
    ports: Ports, bound: Bound, judges: Mapping[str, Judge], plan: Plan, operator: str, involved: Collection[str],
    break_glass: str | None = None,
) -> Run:  # fmt: skip
    """Return the run of `plan`, from wherever its log stands; `break_glass` says why to do without approvals."""
    run_id = ports.journal.run_id
    recorder = Recorder(ports.journal, ports.observer)
    steering = Steering(ports, recorder, involved)
    hands = _hands(ports, recorder, bound, judges, PATIENCE, Kills(recorder, steering))
    own = _own_folders(ports, hands, bound, plan.id, run_id)
    gates = Gatekeeper(ports, recorder, plan, run_id, operator, involved, break_glass, steering)
    return Run(ports, plan, bound, hands, recorder, gates, own, involved, steering)


def _hands(
    ports: Ports, log: Log, bound: Bound, judges: Mapping[str, Judge], patience: float,
    killed: Callable[[str, str], str | None] = lambda step, op: None,
) -> Hands:  # fmt: skip
    secrets = [ports.vault.get(name) for name in secret_names(bound)]
    isolation = Isolation(ports.reach, bound.site, bound.target)
    caller = Caller(ports, log, lambda: secrets, patience, killed, isolation.admit)
    playing = Playing(ports.children, log) if ports.children else None
    comparison = Comparison(ports.comparing, ports.journal, log) if ports.comparing else None
    return Hands(Binder(bound, judges, ports.vault), caller, ports.clock, isolation, playing, comparison)


def _own_folders(ports: Ports, hands: Hands, bound: Bound, plan_id: str, run_id: str) -> OwnFolders:
    return OwnFolders(ports.reach, hands.caller, bound, plan_id, run_id)
