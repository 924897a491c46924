"""`hisops approvals request`: write the exact text that somebody else reads and signs, wherever they are."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from hisops.canonical import digest
from hisops.cli.matter import Matter, matter_of_plan, matter_of_run, request_text
from hisops.cli.quorum import able
from hisops.cli.waiting import asked_folder
from hisops.cli.wiring import Desk, everybody
from hisops.console.remarks import command, remark
from hisops.console.theme import Screen
from hisops.errors import UsageProblem
from hisops.journal.durable import replace
from hisops.model.statement import NAMESPACE


def write_request(desk: Desk, what: str, step: str | None, role: str | None, hours: int, out: Path) -> int:
    """Write a request, and say by which commands it is signed and taken."""
    path = Path(what)
    matter = matter_of_plan(desk, path) if path.is_file() else matter_of_run(desk, what, step)
    roles = _roles(matter, role)
    text = request_text(desk, matter, roles, hours).text()
    _write(out, text)
    if matter.run is None:
        _remember(desk, text)
    screen = Screen.of(desk.call)
    who = [name for each in roles for name in able(desk, each, *everybody(matter.plan, matter.run))]
    screen.data({"request": str(out), "sha256": digest(text), "role": roles, "able": list(dict.fromkeys(who))})
    remark(screen, "{file} is to be read and signed by {role}: {who}. Each person signs a request of their own.",
           file=out, role=", ".join(roles), who=", ".join(dict.fromkeys(who)) or "-")  # fmt: skip
    name, signature = quote(str(out)), quote(f"{out}.sig")
    command(screen, "They sign it with stock OpenSSH:", f"ssh-keygen -Y sign -n {NAMESPACE} -f KEY {name}")
    command(screen, "or with hisops, without this site:", f"hisops approve --offline {name} -o {signature}")
    command(screen, "When the signature has come back:", f"hisops approvals take {name} {signature}")
    return 0


def _roles(matter: Matter, role: str | None) -> list[str]:
    if role is None:
        return matter.roles
    if role not in matter.roles:
        raise UsageProblem(
            "HIS-4228", "No approval by {role} is asked for here.", "Asked for: {roles}.",
            role=role, roles=", ".join(matter.roles),
        )  # fmt: skip
    return [role]


def _write(out: Path, text: bytes) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(text)
    except OSError as error:
        raise UsageProblem(
            "HIS-4229", "{file} cannot be written: {why}.", "Name another file.", file=out, why=error.strerror
        ) from error


def _remember(desk: Desk, text: bytes) -> None:
    """Keep a copy of what was asked for a plan: no run shows that it waits."""
    folder = asked_folder(desk)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace(folder / f"{digest(text).removeprefix('sha256:')}.txt", text)
