"""Compose: site, trust, keys, adapters, journal and engine. The one place that knows them all."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hisops import __version__
from hisops.adapters.clock import SystemClock
from hisops.adapters.locks import FileLocks, lock_folder
from hisops.adapters.reach import SiteReach
from hisops.adapters.sshkeys import OperatorKey, find_operator_key
from hisops.adapters.vault import SiteVault
from hisops.cli.options import Invocation
from hisops.documents.site import LoadedSite, find_site, load_site
from hisops.engine import assembly
from hisops.engine.rehearsal import NoJournal
from hisops.engine.values import Bound
from hisops.errors import Refused
from hisops.journal.ledger import Ledger
from hisops.journal.reader import LoadedRun, load_run
from hisops.journal.run import Machine, Opening, open_run, resume_run
from hisops.journal.statements import SignedStatements
from hisops.journal.trust import Trust, load_trust
from hisops.journal.writer import RunJournal
from hisops.model.approval import Wanted, why_refused
from hisops.model.judge import Judge
from hisops.model.plan import Plan
from hisops.model.statement import Signed
from hisops.ports import Journal, Observer, Operator, Ports, Rejected

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Desk:
    """A site as the command line works with it."""

    loaded: LoadedSite
    trust: Trust
    call: Invocation
    clock: SystemClock

    @property
    def logs(self) -> Path:
        """The folder of the site's logs."""
        return self.loaded.dir / "logs"

    @property
    def statements(self) -> SignedStatements:
        """What people have signed."""
        return SignedStatements(self.logs, self.trust, self.clock)

    def key(self) -> OperatorKey:
        """Return the key of the person at the keyboard; IdentityRefused if it is not one that the trust knows."""
        return find_operator_key(self.trust.known_keys(), explicit=self.call.key, env=os.environ)

    def vault(self) -> SiteVault:
        """Return the site's secrets."""
        return SiteVault(self.loaded.site, self.loaded.dir)

    def reach(self) -> SiteReach:
        """Return the way to the site's hosts and databases."""
        return SiteReach(self.loaded.site, self.loaded.dir, self.vault())


def open_desk(call: Invocation) -> Desk:
    """Return the site that the command line means, with its trust input."""
    folder = find_site(call.site, os.environ, Path.cwd())
    named = os.environ.get("HISOPS_TRUST")
    loaded = load_site(folder, Path(named) if named else None)
    trust = load_trust(loaded.trust, loaded.roster, "reviewer" if named else "site")
    return Desk(loaded, trust, call, SystemClock())


def new_id(target: str, now: datetime) -> str:
    """Return an id for a plan or a run: local time, target, three characters to tell it by."""
    end = "".join(secrets.choice(ALPHABET) for _ in range(3))
    return f"{now.astimezone():%Y-%m-%d-%H%M}-{target.replace('_', '-')}-{end}"


def machine() -> Machine:
    """Return who the control host is."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    return Machine(
        host=socket.gethostname(),
        boot=boot.read_text().strip() if boot.exists() else "unknown",
        tool=f"hisops {__version__}",
    )


def ports(desk: Desk, journal: Journal, operator: Operator, observer: Observer) -> Ports:
    """Return the ports of a run, or of the live checks of a plan."""
    vault = desk.vault()
    return Ports(
        reach=SiteReach(desk.loaded.site, desk.loaded.dir, vault),
        vault=vault,
        clock=desk.clock,
        journal=journal,
        statements=desk.statements,
        operator=operator,
        observer=observer,
        locks=FileLocks(lock_folder(os.environ)),
    )


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what forbids it (step and reason)."""

    plan: Plan
    refusals: list[dict[str, str]]


def make_plan(
    desk: Desk, runbook_id: str, target: str, given: Mapping[str, str], operator: Operator, observer: Observer
) -> Planned:
    """Bind the runbook, look at the target, and return the plan."""
    from hisops.engine.parameters import read_files, read_parameters

    runbook = desk.loaded.library.runbook(runbook_id)
    if target not in desk.loaded.site.databases:
        raise _no_target(desk, target)
    engine = desk.loaded.site.databases[target].engine
    judges = desk.loaded.library.judges_of(runbook.model)
    target_type = desk.loaded.library.target_type(engine)
    values = read_parameters(runbook.model, given)
    files = read_files(runbook.model, values)
    definitions = assembly.Definitions(
        runbook=runbook.model, judges={name: each.model for name, each in judges.items()}, target_type=target_type.model
    )
    bound = assembly.bind(definitions, desk.loaded.site, target, values, files)
    now = desk.clock.now()
    plan_id = new_id(target, now)
    requester = desk.key().principal
    everything = ports(desk, NoJournal(plan_id), operator, observer)
    try:
        found = assembly.look(everything, bound, definitions.judges, plan_id)
    finally:
        everything.reach.close()
    size, root = Ledger(desk.logs, desk.clock).head()
    plan = Plan(
        id=plan_id,
        created=f"{now:%Y-%m-%dT%H:%M:%SZ}",
        requester=requester,
        site={
            "name": desk.loaded.site.name,
            "origin": desk.loaded.site.origin,
            "simulation": desk.loaded.site.simulation,
        },
        target=target,
        runbook=runbook.document,
        runbook_digest=runbook.digest,
        judges={name: each.document for name, each in judges.items()},
        target_type=target_type.document,
        overrides=desk.loaded.library.overrides_of(runbook.model),
        parameters=values,
        files=files,
        identity=found.identity,
        state=found.state,
        steps=found.steps,
        warnings=[{"step": item.step, "reason": item.reason} for item in found.warnings],
        ledger={"size": size, "root": root},
        nonce=secrets.token_hex(16),
    )
    return Planned(plan, [{"step": item.step, "reason": item.reason} for item in found.refusals])


def _no_target(desk: Desk, target: str) -> Refused:
    import difflib

    near = difflib.get_close_matches(target, list(desk.loaded.site.databases), n=1)
    todo = "Did you mean {near}?" if near else "`hisops site show` lists the targets."
    return Refused(
        "HIS-2107",
        "No target {target} in site {site}.",
        todo,
        target=target,
        site=desk.loaded.site.name,
        near=near[0] if near else "",
    )


def bound_of(desk: Desk, plan: Plan) -> tuple[Bound, Mapping[str, Judge]]:
    """Return the plan's definitions bound to the inventory as it is now."""
    definitions = assembly.Definitions.of_plan(plan)
    if plan.target not in desk.loaded.site.databases:
        raise _no_target(desk, plan.target)
    bound = assembly.bind(definitions, desk.loaded.site, plan.target, plan.parameters, plan.files)
    return bound, definitions.judges


def check_fresh(desk: Desk, plan: Plan, operator: Operator, observer: Observer) -> None:
    """Refuse a plan of another site, or one whose target has moved."""
    if plan.site["origin"] != desk.loaded.site.origin:
        raise Refused(
            "HIS-6303",
            "The plan is for site {other}.",
            "Carry it out there.",
            other=plan.site["origin"],
        )
    bound, judges = bound_of(desk, plan)
    everything = ports(desk, NoJournal(plan.id), operator, observer)
    try:
        assembly.check_fresh(everything, bound, judges, plan)
    finally:
        everything.reach.close()


def cited_approvals(desk: Desk, plan: Plan) -> tuple[Signed, ...]:
    """Return the approvals of the plan that count for one of its gates."""
    bound, _ = bound_of(desk, plan)
    statements = desk.statements
    used = statements.used_nonces()
    counted = []
    for item in statements.for_plan(plan.digest):
        if isinstance(item, Rejected):
            continue
        for step in bound.runbook.steps:
            gate = step.gate.approve if step.gate else None
            if gate is None or gate.of != "plan":
                continue
            wanted = Wanted(
                of="plan",
                role=gate.role,
                origin=plan.site["origin"],
                plan=plan.digest,
                involved=(plan.requester, desk.key().principal),
            )
            if why_refused(item, wanted, statements, now=desk.clock.now(), used_nonces=used) is None:
                counted.append(item)
                break
    return tuple(counted)


def start_log(desk: Desk, plan: Plan) -> RunJournal:
    """Open the log of a new run of `plan`."""
    opening = Opening(
        run_id=new_id(plan.target, desk.clock.now()),
        origin=desk.loaded.site.origin,
        plan=plan.document(),
        runbook=plan.runbook,
        judges=plan.judges,
        approvals=cited_approvals(desk, plan),
        target={"name": plan.target, **plan.identity},
        machine=machine(),
        simulation=desk.loaded.site.simulation,
    )
    return open_run(desk.logs, opening, desk.key(), desk.clock)


def reopen_log(desk: Desk, run_id: str) -> RunJournal:
    """Open the next segment of an unfinished run."""
    return resume_run(desk.logs, run_id, desk.key(), desk.clock, machine())


def loaded_run(desk: Desk, name: str) -> tuple[LoadedRun, Plan]:
    """Return a run by its id or the end of it, and its plan."""
    run = load_run(desk.logs, name)
    return run, Plan.from_document(run.plan_document)


def everybody(plan: Plan, run: LoadedRun | None, *more: str) -> tuple[str, ...]:
    """Return all principals who count as requester: who planned, all who carried the run on, and `more`."""
    return tuple(dict.fromkeys([plan.requester, *(run.operators if run else ()), *more]))
