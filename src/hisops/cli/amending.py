"""A run whose runbook was changed since it began: refused with the difference, or gone on with over two signatures."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from hisops.canonical import digest_of
from hisops.cli import wiring
from hisops.cli.definitions import definitions_now, is_unchanged
from hisops.cli.wiring import Desk, open_desk
from hisops.console.amending import SIGN_AMENDMENT, difference_lines
from hisops.console.remarks import command, has_terminal, remark, type_target
from hisops.console.theme import Screen
from hisops.engine.amending import Amendment, Search
from hisops.errors import IdentityRefused, Refused, UsageProblem
from hisops.journal.reader import LoadedRun
from hisops.model.amendment import (
    Definitions,
    approving_role,
    changed_names,
    definitions_of,
    why_not_amendable,
)
from hisops.model.approval import STAMP
from hisops.model.difference import difference
from hisops.model.plan import Plan
from hisops.model.run import fold
from hisops.model.statement import NAMESPACE, Signed, Statement

__all__ = ["amend_run", "amendment_due", "open_desk", "open_request", "shown_difference"]


class DefinitionsChanged(Refused):
    """The library does not hold what the run goes by; `details` has the difference for `--json`."""

    def __init__(self, fact: str, todo: str, lines: Sequence[str], **values: object) -> None:
        super().__init__("HIS-6701", fact, todo, **values)
        self.details = {"difference": list(lines)}


def amendment_due(desk: Desk, screen: Screen, run: LoadedRun, plan: Plan) -> Amendment | None:
    """Return the signed amendment with which the run goes on, None if nothing changed; else refuse, with what changed.

    A run that is being undone goes on by its own definitions: nothing of what changed would be started.
    """
    view = fold(run.records)
    if view.state == "UNDOING" or is_unchanged(desk, plan):
        return None
    now = definitions_now(desk, plan)
    names = changed_names(definitions_of(plan), now)
    if not names:
        return None
    search, arrived = _search(desk, run, plan, desk.key().principal), _arrived(desk, run)
    why = why_not_amendable(definitions_of(plan), now, view)
    if why is None and (found := search.approved(arrived, now)):
        return found
    lines = difference(definitions_of(plan), now)
    screen.show(difference_lines(lines, screen.page()))
    values = {"names": ", ".join(names), "run": run.run_id.rpartition("-")[2], "why": why or ""}
    if why is not None:
        fact = "{names} changed since the run began, and it cannot go on with that: {why}."
        todo = "Put the old file back, then resume."
        raise DefinitionsChanged(fact, todo, lines, **values)
    if search.requests(arrived, now):
        reasons = "; ".join(dict.fromkeys(search.reasons(arrived, now)))
        fact = "{names} changed since the run began; the amendment lacks its second signature{why}."
        todo = "Another person with the role {role} signs: hisops approve {run}"
        values |= {"role": approving_role(definitions_of(plan)), "why": f" ({reasons})" if reasons else ""}
        raise DefinitionsChanged(fact, todo, lines, **values)
    fact = "{names} changed since the run began."
    todo = "Put the old file back, or have the change approved: hisops amend {run} --reason TEXT"
    raise DefinitionsChanged(fact, todo, lines, **values)


def amend_run(desk: Desk, name: str, reason: str | None) -> int:
    """Sign that the run shall go on with the definitions that the library holds now; a second person has to agree."""
    run, plan = wiring.loaded_run(desk, name)
    screen, before, now = Screen.of(desk.call), definitions_of(plan), definitions_now(desk, plan)
    _check_amendable(desk, run, plan, now)
    lines = difference(before, now)
    screen.show(difference_lines(lines, screen.page()))
    if has_terminal(screen) and not type_target(screen, plan.target, SIGN_AMENDMENT):
        return 0
    fields = {
        "origin": plan.site["origin"], "run": run.run_id, "plan": plan.digest, "runbook": _versions(before, now),
        "before": digest_of(before), "after": digest_of(now), "reason": " ".join((reason or "-").split()),
        "at": desk.clock.now().strftime(STAMP), "nonce": secrets.token_hex(16),
    }  # fmt: skip
    signed = _sign(desk, run, Statement(kind="amendment", fields=fields, body="\n".join(lines)))
    role = approving_role(before)
    screen.data({"run": run.run_id, "amendment": signed.sha256, "role": role, "difference": lines})
    remark(screen, "Signed. A second person with the role {role} has to agree.", role=role)
    command(screen, "To approve it, as that person:", f"hisops approve {run.run_id.rpartition('-')[2]}")
    return 0


def open_request(desk: Desk, run: LoadedRun, plan: Plan) -> Signed | None:
    """Return the amendment that waits for its second signature, or None."""
    if run.sealed:
        return None
    now = definitions_now(desk, plan)
    search, arrived = _search(desk, run, plan), _arrived(desk, run)
    found = search.requests(arrived, now) if now != definitions_of(plan) else []
    return None if not found or search.approved(arrived, now) else found[-1]


def shown_difference(desk: Desk, plan: Plan, request: Signed) -> str:
    """Return what the second person reads; Refused if the request shows something else than there is."""
    lines = difference(definitions_of(plan), definitions_now(desk, plan))
    if request.statement.body.rstrip("\n") != "\n".join(lines).rstrip("\n"):
        raise Refused(
            "HIS-6704", "The amendment shows another difference than there is.", "Have it written again: hisops amend"
        )
    head = f"{request.statement.get('runbook')}, {request.principal}: {request.statement.get('reason')}"
    return "\n".join([head, *lines])


def _check_amendable(desk: Desk, run: LoadedRun, plan: Plan, now: Definitions) -> None:
    values = {"run": run.run_id, "runbook": plan.runbook["id"]}
    if run.sealed or now == definitions_of(plan):
        fact = "The run {run} has ended." if run.sealed else "Nothing changed: the library holds what {run} goes by."
        raise UsageProblem("HIS-6702", fact, "`hisops status` tells how it stands.", **values)
    if why := why_not_amendable(definitions_of(plan), now, fold(run.records)):
        fact, todo = "The run {run} cannot go on with what {runbook} is now: {why}.", "Put the old file back."
        raise Refused("HIS-6703", fact, todo, **values, why=why)
    who = desk.key().principal
    if who not in wiring.everybody(plan, run):
        raise IdentityRefused(
            "HIS-4212",
            "{who} does not carry out this run and cannot answer for it.",
            "Who carries it out answers; `hisops resume` makes you one of them.",
            who=who,
        )


def _search(desk: Desk, run: LoadedRun, plan: Plan, *more: str) -> Search:
    involved = wiring.everybody(plan, run, *more)
    return Search(plan=plan, run=run.run_id, involved=involved, people=desk.statements, now=desk.clock.now())


def _arrived(desk: Desk, run: LoadedRun) -> list[Signed]:
    return [item for item in desk.statements.for_run(run.run_id) if isinstance(item, Signed)]


def _versions(before: Definitions, now: Definitions) -> str:
    runbook = now["runbook"]
    return f"{runbook['id']} {before['runbook'].get('version')} -> {runbook.get('version')}"


def _sign(desk: Desk, run: LoadedRun, statement: Statement) -> Signed:
    try:
        return desk.statements.store(run.run_id, statement, desk.key().sign(NAMESPACE, statement.text()))
    except ValueError as error:
        raise IdentityRefused(
            "HIS-4209", "Your signature does not hold here: {why}.", "See the trust folder of the site.", why=error
        ) from error
