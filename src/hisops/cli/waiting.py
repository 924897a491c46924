"""Look through the site for what waits for other people: gates of runs, plans that were asked for, broken glass."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote

from hisops.cli import wiring
from hisops.cli.composing import compose
from hisops.cli.matter import matter_of_run, plan_gates, rejections_of, too_late
from hisops.cli.quorum import able
from hisops.cli.reviewing import debts_of
from hisops.cli.taking import read_request
from hisops.cli.wiring import Desk
from hisops.console.approvals import DebtItem, Waiting, WaitingItem
from hisops.console.progress import short_digest, short_id
from hisops.errors import HisopsError
from hisops.journal.reader import LoadedRun, list_runs, load_run
from hisops.model.approval import STAMP
from hisops.model.plan import Plan
from hisops.model.rejection import told
from hisops.model.run import fold
from hisops.model.statement import Signed, Statement

ASKED = "asked"


def asked_folder(desk: Desk) -> Path:
    """Return where the requests for plans are kept, so that they can be listed."""
    return desk.loaded.dir / "approvals" / ASKED


def what_waits(desk: Desk) -> Waiting:
    """Return everything that waits; what cannot be read is for `hisops log verify`, not for this list."""
    waiting = Waiting()
    for name in list_runs(desk.logs):
        try:
            run = load_run(desk.logs, name)
            waiting.items += _gates(desk, run)
            waiting.debts += _debts(desk, run)
        except HisopsError:
            continue
    waiting.items += _plans(desk)
    return waiting


def _gates(desk: Desk, run: LoadedRun) -> Iterator[WaitingItem]:
    view = fold(run.records)
    if run.sealed:
        return
    try:
        matter = matter_of_run(desk, run.run_id, None)
    except HisopsError:  # it waits for nothing, or for an answer of its operator
        return
    (rule,), step = matter.gates, matter.step
    decided = [item.by for part, item in view.step(step).decided.items() if part.startswith("approve-")]
    no = [told(item) for item in rejections_of(desk, matter)]
    missing = rule.quorum - len(decided)
    if missing <= 0 and not no:
        return
    short = short_id(run.run_id)
    asked = short if step == "-" else f"{short} {step}"
    yield WaitingItem(
        what="run", name=run.run_id, about=_about(matter.plan), step=step, role=rule.role, missing=max(missing, 0),
        able=tuple(able(desk, rule.role, *wiring.everybody(matter.plan, run), *decided)), given=tuple(decided),
        rejected=tuple(no), commands=(f"hisops approve {short}", f"hisops approvals request {asked} -o FILE"),
    )  # fmt: skip


def _about(plan: Plan) -> str:
    return f"{plan.runbook['id']} {plan.target} {plan.requester}"


def _debts(desk: Desk, run: LoadedRun) -> Iterator[DebtItem]:
    plan = wiring.plan_of(run)
    for debt, review in debts_of(desk, run, plan):
        if review is None:
            yield DebtItem(
                run=run.run_id, debt=debt, able=tuple(able(desk, debt.role, *wiring.everybody(plan, run))),
                command=f"hisops approve {short_id(run.run_id)} --reason TEXT",
            )  # fmt: skip


def _plans(desk: Desk) -> Iterator[WaitingItem]:
    """Give every request for a plan that is neither signed, nor expired, nor used up, nor one more than is needed."""
    used = desk.statements.used_nonces()
    for path in sorted(asked_folder(desk).glob("*.txt")) if asked_folder(desk).is_dir() else ():
        try:
            _, statement = read_request(path)
        except HisopsError:
            continue
        arrived = [item for item in desk.statements.for_plan(str(statement.get("plan"))) if isinstance(item, Signed)]
        signed = any(item.sha256 == f"sha256:{path.stem}" for item in arrived)
        begun = statement.get("nonce") in used or too_late(desk, str(statement.get("plan")))
        if not (signed or begun or _is_over(desk, statement)):
            item = _plan_item(desk, path, statement, arrived)
            if item.missing > 0 or item.rejected:
                yield item


def _plan_item(desk: Desk, path: Path, statement: Statement, arrived: list[Signed]) -> WaitingItem:
    get = statement.get
    given = [item.principal for item in arrived if item.statement.kind == "approval"]
    no = [item for item in arrived if item.statement.kind == "rejection"]
    stands = [item for item in no if item.sha256 not in " ".join(i.statement.get("withdraws") or "" for i in arrived)]
    roles = (get("role") or "-").split()
    about = f"{' '.join((get('runbook') or '-').split()[:2])} {get('target')} {get('requester')}"
    missing = max(_quorum(desk, statement, roles) - len(set(given)), 0)
    people = [who for role in roles for who in able(desk, role, str(get("requester")), *given)]
    return WaitingItem(
        what="plan", name=short_digest(str(get("plan"))), about=about, step=None,
        role=", ".join(roles), missing=missing, able=tuple(dict.fromkeys(people)), given=tuple(given),
        rejected=tuple(map(told, stands)), commands=(f"hisops approve {quote(str(path))}",),
    )  # fmt: skip


def _quorum(desk: Desk, statement: Statement, roles: list[str]) -> int:
    """Return how many persons the plan of a request wants; 1 if its runbook is not there any more."""
    runbook, target = ((statement.get(name) or "-").split()[0] for name in ("runbook", "target"))
    try:
        gates = plan_gates(compose(desk, runbook, target).model)
    except HisopsError:
        return 1
    return max((gate.quorum for gate in gates if gate.role in roles), default=1)


def _is_over(desk: Desk, statement: Statement) -> bool:
    try:
        end = datetime.strptime(statement.get("not-after") or "", STAMP).replace(tzinfo=UTC)
    except ValueError:
        return True
    return desk.clock.now() > end
