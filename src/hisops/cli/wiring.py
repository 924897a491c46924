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
from hisops.adapters.calendars import SiteWindows
from hisops.adapters.clock import SystemClock
from hisops.adapters.control import control_host
from hisops.adapters.locks import FileLocks, lock_folder
from hisops.adapters.reach import SiteReach
from hisops.adapters.sshkeys import OperatorKey, find_operator_key
from hisops.adapters.vault import SiteVault
from hisops.cli.handover import handover
from hisops.cli.opening import open_site, open_trust
from hisops.cli.options import Invocation
from hisops.documents.site import LoadedSite
from hisops.engine import assembly
from hisops.engine.values import Bound
from hisops.errors import UsageProblem
from hisops.journal.durable import is_held
from hisops.journal.evidence import LoggedEvidence
from hisops.journal.reader import LoadedRun, load_run
from hisops.journal.run import Machine, Opening, open_run, resume_run
from hisops.journal.statements import SignedStatements
from hisops.journal.trust import Trust
from hisops.journal.writer import RunJournal
from hisops.model.judge import Judge
from hisops.model.plan import Plan
from hisops.model.statement import Signed
from hisops.ports import Children, Comparing, Journal, Observer, Operator, Ports

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

    def evidence(self) -> LoggedEvidence:
        """Return the results of other runs that runbooks require."""
        return LoggedEvidence(self.logs, self.trust, self.loaded.site, self.clock)

    def windows(self) -> SiteWindows:
        """Return the site's calendars."""
        return SiteWindows(self.loaded.site, self.loaded.dir)

    def reach(self) -> SiteReach:
        """Return the way to the site's hosts and databases."""
        return SiteReach(self.loaded.site, self.loaded.dir, self.vault())


def open_desk(call: Invocation) -> Desk:
    """Return the site that the command line means, with its trust input."""
    loaded = open_site(call)
    return Desk(loaded, open_trust(loaded), call, SystemClock())


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


def ports(
    desk: Desk, journal: Journal, operator: Operator, observer: Observer, children: Children | None = None
) -> Ports:
    """Return the ports of a run, or of the live checks of a plan; `children` for one of a playbook."""
    vault = desk.vault()
    return Ports(
        reach=SiteReach(desk.loaded.site, desk.loaded.dir, vault),
        vault=vault,
        clock=desk.clock,
        journal=journal,
        statements=desk.statements,
        operator=operator,
        observer=observer,
        locks=locks(desk),
        windows=desk.windows(),
        evidence=desk.evidence(),
        children=children,
        comparing=comparing(desk),
    )


def comparing(desk: Desk) -> Comparing:
    """Return what compares reports for the site; nothing is read before it is asked to."""
    from hisops.cli.comparing import SiteComparing

    return SiteComparing(desk)


def locks(desk: Desk) -> FileLocks:
    """Return the locks of this control host, as this copy of the logs takes them."""
    return FileLocks(lock_folder(os.environ), control_host(desk.logs), is_held)


def no_target(desk: Desk, target: str) -> UsageProblem:
    """Return the error for a target that the inventory does not have."""
    import difflib

    near = difflib.get_close_matches(target, list(desk.loaded.site.databases), n=1)
    todo = 'Did you mean "{near}"? `hisops site show` lists them.' if near else "`hisops site show` lists the targets."
    return UsageProblem(
        "HIS-2107",
        'No target "{target}" in site {site}.',
        todo,
        target=target,
        site=desk.loaded.site.name,
        near=near[0] if near else "",
    )


def bound_of(desk: Desk, plan: Plan) -> tuple[Bound, Mapping[str, Judge]]:
    """Return the plan's definitions bound to the inventory as it is now."""
    definitions = assembly.Definitions.of_plan(plan)
    if plan.target not in desk.loaded.site.databases:
        raise no_target(desk, plan.target)
    bound = assembly.bind(definitions, desk.loaded.site, plan.target, plan.parameters, plan.files)
    return bound, definitions.judges


def start_log(desk: Desk, plan: Plan, approvals: tuple[Signed, ...], run_id: str | None = None) -> RunJournal:
    """Open the log of a new run of `plan`, which uses up `approvals`."""
    opening = Opening(
        run_id=run_id or new_id(plan.target, desk.clock.now()),
        origin=desk.loaded.site.origin,
        plan=plan.document(),
        runbook=plan.runbook,
        judges=plan.judges,
        approvals=approvals,
        target={"name": plan.target, **plan.identity},
        machine=machine(),
        simulation=desk.loaded.site.simulation,
    )
    return open_run(desk.logs, opening, desk.key(), desk.clock)


def reopen_log(desk: Desk, run_id: str) -> RunJournal:
    """Open the next segment of an unfinished run; who takes it over from another says so first."""
    key = desk.key()
    taken_over = handover(load_run(desk.logs, run_id), key.principal, desk.loaded.roster)
    journal = resume_run(desk.logs, run_id, key, desk.clock, machine())
    if taken_over is not None:
        journal.commit(taken_over)
    return journal


def loaded_run(desk: Desk, name: str) -> tuple[LoadedRun, Plan]:
    """Return a run by its id or the end of it, and its plan with the definitions that it goes by now."""
    run = load_run(desk.logs, name)
    return run, plan_of(run)


def plan_of(run: LoadedRun) -> Plan:
    """Return the plan of a run with the definitions that it goes by now."""
    plan, amended = Plan.from_document(run.plan_document), run.amended
    return plan.amended(amended) if amended else plan


def everybody(plan: Plan, run: LoadedRun | None, *more: str) -> tuple[str, ...]:
    """Return all principals who count as requester: who planned, all who carried the run on, and `more`."""
    return tuple(dict.fromkeys([plan.requester, *(run.operators if run else ()), *more]))
