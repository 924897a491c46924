"""A signed request that has come back, by whatever means: checked as the gate will check it, and laid down."""

from __future__ import annotations

from pathlib import Path

from hisops.cli.matter import matter_of_run, too_late, why_not
from hisops.cli.wiring import Desk
from hisops.console.i18n import mark
from hisops.console.progress import short_digest, short_id
from hisops.console.remarks import command, remark
from hisops.console.theme import Screen
from hisops.errors import HisopsError, IdentityRefused, UsageProblem, told
from hisops.journal.statements import check_statement
from hisops.model import statement as model
from hisops.model.approval import Wanted, why_refused
from hisops.model.statement import Signed, Statement

LIMIT = 1 << 20


def read_request(path: Path) -> tuple[bytes, Statement]:
    """Return the text of a request and what it says; UsageProblem if it is none, or was altered in its form."""
    try:
        text = path.read_bytes()
        statement = model.parse(text)
        if statement.kind != "approval" or len(text) > LIMIT:
            raise ValueError("it asks for no approval")
    except (OSError, ValueError) as error:
        raise UsageProblem(
            "HIS-4225", "{path} is no request for an approval: {why}.",
            "Take the file as it was sent, byte for byte; `hisops approvals request` writes one.",
            path=path, why=told(error),
        ) from error  # fmt: skip
    return text, statement


def take_signed(desk: Desk, request: Path, signature: Path) -> int:
    """Take a request that somebody signed elsewhere."""
    text, _ = read_request(request)
    try:
        armored = signature.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise UsageProblem(
            "HIS-4226", "{path} cannot be read as a signature: {why}.",
            "ssh-keygen leaves it in a file that ends .sig.", path=signature, why=told(error),
        ) from error  # fmt: skip
    return take_text(desk, text, armored, str(request))


def take_text(desk: Desk, text: bytes, armored: str, name: str) -> int:
    """Check a text with its signature, and lay it down where the run or the plan looks for it."""
    try:
        signed = check_statement(text, armored, desk.trust, desk.clock.now())
    except ValueError as error:
        raise _does_not_count(name, str(error)) from error
    refuse_in_vain(desk, signed, name)
    run = signed.statement.get("run") if signed.statement.get("of") != "plan" else None
    there = desk.statements.for_run(run) if run else desk.statements.for_plan(str(signed.statement.get("plan")))
    known = any(isinstance(item, Signed) and item.sha256 == signed.sha256 for item in there)
    try:
        desk.statements.lay_down(run, text, armored)
    except ValueError as error:
        raise _does_not_count(name, str(error)) from error
    screen = Screen.of(desk.call)
    screen.data({"approval": signed.sha256, "by": signed.principal, "run": run, "new": not known})
    new, old = mark("{who} approves {what}."), mark("It was here already: {who} approves {what}.")
    remark(screen, old if known else new, who=signed.principal, what=_approved(signed.statement))
    if run:
        command(screen, "Then:", f"hisops resume {short_id(run)}")
    return 0


def refuse_in_vain(desk: Desk, signed: Signed, name: str) -> None:
    """Refuse what would not count at its gate, or when its plan is carried out; nobody need sign it either."""
    if reason := desk.statements.why_other_ledger(signed) or _why_not(desk, signed):
        raise _does_not_count(name, reason)


def _why_not(desk: Desk, signed: Signed) -> str | None:
    """Return why the approval would not count at its gate, or when its plan is carried out."""
    statement = signed.statement
    if statement.get("of") == "plan":
        return _why_not_of_plan(desk, signed)
    try:
        step = None if statement.get("of") == "amendment" else statement.get("step")
        matter = matter_of_run(desk, str(statement.get("run")), step)
    except HisopsError as error:
        return str(error).rstrip(".")
    return why_not(desk, matter, signed)


def _why_not_of_plan(desk: Desk, signed: Signed) -> str | None:
    """Check an approval of a plan without the plan: all but what the plan's own gates say."""
    get, site = signed.statement.get, desk.loaded.site
    roles = (get("role") or "").split() or ["-"]
    reasons = []
    for role in roles:
        wanted = Wanted(
            of="plan", role=role, origin=site.origin, plan=str(get("plan")), involved=[str(get("requester"))],
            simulation=site.simulation,
        )  # fmt: skip
        reason = why_refused(
            signed, wanted, desk.statements, now=desk.clock.now(), used_nonces=desk.statements.used_nonces()
        )
        if reason is None:
            return too_late(desk, str(get("plan")))
        reasons.append(reason)
    return "; ".join(dict.fromkeys(reasons))


def _approved(statement: Statement) -> str:
    """Return what is approved, in the words of the statement."""
    get = statement.get
    where = f"{get('step')} of {get('run')}" if get("run") not in {None, "-"} else short_digest(str(get("plan")))
    return f"{' '.join((get('runbook') or '-').split()[:2])} on {(get('target') or '-').split(' ')[0]} ({where})"


def _does_not_count(name: str, reason: str) -> IdentityRefused:
    return IdentityRefused(
        "HIS-4227", "What {name} says does not count: {reason}.", "Ask for a new one: hisops approvals request",
        name=name, reason=reason,
    )  # fmt: skip
