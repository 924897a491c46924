"""`hisops approve --offline`: read, judge and sign a request on a machine that knows nothing of the site."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote

from hisops.adapters.clock import SystemClock
from hisops.adapters.sshkeys import find_operator_key, own_keys
from hisops.cli.options import Invocation
from hisops.cli.seen import Seen
from hisops.cli.taking import read_request
from hisops.console.approvals import request_lines
from hisops.console.remarks import SIGN, command, has_terminal, remark, type_target
from hisops.console.theme import Screen
from hisops.errors import IdentityRefused, UsageProblem
from hisops.model.approval import STAMP
from hisops.model.statement import NAMESPACE, Statement


def approve_offline(call: Invocation, request: Path, out: Path | None) -> int:
    """Show a request, check it against what this person has signed before, and sign it."""
    text, statement = read_request(request)
    out = out or request.with_name(request.name + ".sig")
    screen = Screen.of(call)
    screen.show(request_lines(text, screen.page()))
    origin, size, root = _ledger(request, statement)
    _check_time(request, statement)
    seen = Seen.of(os.environ)
    seen.check(origin, size, root)
    target = (statement.get("target") or "").split(" ", 1)[0]
    if has_terminal(screen) and not type_target(screen, target, SIGN):
        return 0
    key = find_operator_key(own_keys(os.environ, call.key), explicit=call.key, env=os.environ)
    signature = key.sign(NAMESPACE, text)
    try:
        out.write_text(signature, encoding="ascii")
    except OSError as error:
        raise UsageProblem(
            "HIS-4229", "{file} cannot be written: {why}.", "Name another file.", file=out, why=error.strerror
        ) from error
    if not statement.get("simulation"):
        seen.remember(origin, size, root)
    screen.data({"request": str(request), "signature": str(out), "key": key.fingerprint})
    remark(screen, "Signed with the key {where} ({fingerprint}).", where=key.where, fingerprint=key.fingerprint)
    command(screen, "Send the signature back; there it is taken with:",
            f"hisops approvals take {quote(request.name)} {quote(out.name)}")  # fmt: skip
    return 0


def _ledger(request: Path, statement: Statement) -> tuple[str, int, str]:
    size, _, root = (statement.get("ledger") or "").partition(" ")
    origin = statement.get("origin")
    if not origin or not size.isdecimal() or not root.startswith("sha256:"):
        raise UsageProblem(
            "HIS-4225", "{path} is no request for an approval: {why}.",
            "Take the file as it was sent, byte for byte; `hisops approvals request` writes one.",
            path=request, why="it names no ledger",
        )  # fmt: skip
    return origin, int(size), root


def _check_time(request: Path, statement: Statement) -> None:
    try:
        end = datetime.strptime(statement.get("not-after") or "", STAMP).replace(tzinfo=UTC)
    except ValueError:
        end = datetime.min.replace(tzinfo=UTC)
    if SystemClock().now() > end:
        raise IdentityRefused(
            "HIS-4227", "What {name} says does not count: {reason}.", "Ask for a new one: hisops approvals request",
            name=request, reason="it has expired",
        )  # fmt: skip
