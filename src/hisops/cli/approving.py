"""`hisops approve` with the site at hand: a saved plan, the evidence at a gate, or a request that was written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from hisops.cli import wiring
from hisops.cli.matter import (
    MAGIC,
    Matter,
    matter_of_plan,
    matter_of_run,
    rejections_of,
    request_text,
    why_not,
)
from hisops.cli.reviewing import open_debts, review_run
from hisops.cli.seen import Seen
from hisops.cli.taking import read_request, refuse_in_vain, take_text
from hisops.cli.wiring import Desk
from hisops.console.plan import digest_lines, plan_lines
from hisops.console.progress import short_id
from hisops.console.remarks import SIGN, command, has_terminal, remark, type_target
from hisops.console.theme import Screen
from hisops.errors import IdentityRefused, UsageProblem
from hisops.journal.ledger import Ledger
from hisops.journal.ledger_past import root_at
from hisops.journal.reader import LoadedRun
from hisops.model.statement import NAMESPACE, Signed, Statement

__all__ = ["approve", "go_on", "look_back", "sign_here"]


def approve(desk: Desk, what: str, step: str | None, hours: int, reason: str | None) -> int:
    """Approve what `what` names; with `reason`, close what a run was carried out without approval."""
    path = Path(what)
    if reason is not None:
        return review_run(desk, what, reason, lambda: look_back(desk))
    if path.is_file() and path.read_bytes().startswith(MAGIC):
        return _approve_request(desk, path)
    if path.is_file():
        return _approve_matter(desk, matter_of_plan(desk, path), hours)
    run, _ = wiring.loaded_run(desk, what)
    if run.sealed and open_debts(desk, run):
        raise UsageProblem(
            "HIS-4224", "The run {run} has ended; what it did without approval can be reviewed.",
            "Look at it, then: hisops approve {short} --reason TEXT", run=run.run_id, short=short_id(run.run_id),
        )  # fmt: skip
    return _approve_matter(desk, matter_of_run(desk, what, step), hours)


def _approve_matter(desk: Desk, matter: Matter, hours: int) -> int:
    screen = Screen.of(desk.call)
    if matter.run is None:
        screen.show([*plan_lines(matter.plan, screen.page()), *digest_lines(matter.plan, screen.page())])
    elif not screen.json_wanted:
        screen.raw(matter.body.split("\n\n", 1)[0])
    for rejection in rejections_of(desk, matter):
        if desk.statements.person_of(rejection.principal) == desk.statements.person_of(desk.key().principal):
            remark(screen, "You have rejected this ({why}); the approval withdraws that.",
                   why=rejection.statement.get("reason"))  # fmt: skip
    statement = request_text(desk, matter, _own_roles(desk, matter), hours)
    if reason := why_not(desk, matter, _as_if_signed(desk, statement)):
        raise cannot_approve(reason)
    look_back(desk)
    if has_terminal(screen) and not type_target(screen, matter.plan.target, SIGN):
        return 0
    signed = sign_here(desk, matter.run, statement)
    document = {"run": matter.run.run_id, "step": matter.step} if matter.run else {"plan": matter.plan.digest}
    screen.data({**document, "approval": signed.sha256, "by": signed.principal, "of": matter.of})
    remark(screen, "Approved by {who}.", who=signed.principal)
    go_on(screen, matter.run)
    return 0


def _own_roles(desk: Desk, matter: Matter) -> Sequence[str]:
    """Return in which of the roles asked for the person can approve; all of them if in none, to be told why."""
    mine = desk.statements.roles_of(desk.key().principal)
    return [role for role in matter.roles if role in mine] or matter.roles


def _as_if_signed(desk: Desk, statement: Statement) -> Signed:
    """Return the statement as this person's own, to refuse before anything is asked what the gate would refuse."""
    key = desk.key()
    return Signed(statement=statement, sha256="", principal=key.principal, fingerprint=key.fingerprint)


def _approve_request(desk: Desk, path: Path) -> int:
    """Sign a request just as it is written, and lay it down."""
    text, statement = read_request(path)
    screen = Screen.of(desk.call)
    if not screen.json_wanted:
        from hisops.console.approvals import request_lines

        screen.show(request_lines(text, screen.page()))
    refuse_in_vain(desk, _as_if_signed(desk, statement), str(path))
    look_back(desk)
    target = (statement.get("target") or "").split(" ", 1)[0]
    if has_terminal(screen) and not type_target(screen, target, SIGN):
        return 0
    return take_text(desk, text, desk.key().sign(NAMESPACE, text), str(path))


def sign_here(desk: Desk, run: LoadedRun | None, statement: Statement) -> Signed:
    """Sign a statement and lay it down for a run, or in the site; remember the ledger that it was signed over."""
    armored = desk.key().sign(NAMESPACE, statement.text())
    try:
        signed = desk.statements.store(run.run_id if run else None, statement, armored)
    except ValueError as error:
        raise IdentityRefused(
            "HIS-4209", "Your signature does not hold here: {why}.", "See the trust folder of the site.", why=error
        ) from error
    site = desk.loaded.site
    size, _, root = (statement.get("ledger") or "0 -").partition(" ")
    Seen.of_site(desk.loaded.dir, os.environ, simulation=site.simulation).remember(site.origin, int(size), root)
    return signed


def look_back(desk: Desk) -> None:
    """Refuse to sign over a ledger that is not the one, grown longer, that this person has signed over before."""
    site, (size, root) = desk.loaded.site, Ledger(desk.logs, desk.clock).head()
    seen = Seen.of_site(desk.loaded.dir, os.environ, simulation=site.simulation)
    seen.check(site.origin, size, root, lambda at: root_at(desk.logs, at))


def cannot_approve(reason: str) -> IdentityRefused:
    """Return the refusal of a person who has no say in it."""
    return IdentityRefused(
        "HIS-4205", "You cannot approve this: {reason}.", "Another person with the role has to.", reason=reason
    )


def go_on(screen: Screen, run: LoadedRun | None) -> None:
    """Say how the run goes on."""
    if run is None:
        return
    if run.live:
        remark(screen, "The run that waits for it goes on by itself.")
    else:
        command(screen, "Then:", f"hisops resume {short_id(run.run_id)}")
