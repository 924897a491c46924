"""What `hisops doctor` looks at on this machine: tools, site, keys, people, secrets. Hosts are in `checks_far`."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from hisops.cli.checks_far import check_databases, check_hosts, of_error
from hisops.cli.checks_scratch import check_scratch
from hisops.cli.checks_windows import check_windows
from hisops.cli.options import Invocation
from hisops.cli.quorum import able
from hisops.cli.wiring import Desk, open_desk
from hisops.console.doctor import Check
from hisops.errors import HisopsError

_SIGNER = 'doctor@hisops namespaces="doctor@hisops",valid-after="20000101000000Z" {key}'


def check_site(call: Invocation) -> Iterator[Check]:
    """Look at everything, nearest first; without a readable site the rest cannot be looked at."""
    yield _openssh()
    try:
        desk = open_desk(call)
    except HisopsError as error:
        yield of_error("site", error)
        return
    site = desk.loaded.site
    counts = {"name": site.name, "hosts": len(site.hosts), "databases": len(site.databases)}
    yield Check(subject="site", state="ok", fact="{name}: {hosts} host(s), {databases} database(s)", values=counts)
    yield from _keys(desk)
    yield from _roster(desk)
    yield from _secrets(desk)
    yield from check_windows(desk)
    reach = desk.reach()
    try:
        yield from check_hosts(desk, reach)
        yield from check_databases(desk, reach)
        yield from check_scratch(desk, reach)
    finally:
        reach.close()


def _openssh() -> Check:
    """Try for real what a log needs: sign, and verify at a point in time."""
    with tempfile.TemporaryDirectory(prefix="hisops-") as name:
        folder = Path(name)
        try:
            _sign_and_verify(folder)
        except (OSError, subprocess.CalledProcessError) as error:
            detail = getattr(error, "stderr", None) or str(error)
            return Check(
                subject="ssh-keygen", state="bad", fact="It cannot sign and verify: {detail}",
                todo="Install OpenSSH 8.9 or later.", values={"detail": detail.strip()},
            )  # fmt: skip
    return Check(subject="ssh-keygen", state="ok", fact="signs, and verifies at a point in time")


def _sign_and_verify(folder: Path) -> None:
    key, text = folder / "key", folder / "text"
    text.write_text("doctor\n")
    _keygen("-q", "-t", "ed25519", "-N", "", "-f", str(key))
    _keygen("-q", "-Y", "sign", "-f", str(key), "-n", "doctor@hisops", str(text))
    public = " ".join(Path(f"{key}.pub").read_text().split()[:2])
    (folder / "signers").write_text(_SIGNER.format(key=public) + "\n")
    _keygen(
        "-Y", "verify", "-f", str(folder / "signers"), "-I", "doctor@hisops", "-n", "doctor@hisops",
        "-Overify-time=20300101000000Z", "-s", f"{text}.sig", stdin=text.read_text(),
    )  # fmt: skip


def _keygen(*arguments: str, stdin: str = "") -> None:
    subprocess.run(["ssh-keygen", *arguments], input=stdin, capture_output=True, text=True, check=True, timeout=30)


def _keys(desk: Desk) -> Iterator[Check]:
    try:
        key = desk.key()
    except HisopsError as error:
        yield of_error("your key", error)
        return
    roles = ", ".join(desk.loaded.roster.roles_of(key.principal))
    values = {"who": key.principal, "where": key.where, "roles": roles}
    if roles:
        yield Check(subject="your key", state="ok", fact="{who} ({roles}), in {where}", values=values)
    else:
        yield Check(
            subject="your key", state="bad", fact="{who} stands in allowed_signers, but has no role.",
            todo="Have it entered in trust/roster.yaml.", values=values,
        )  # fmt: skip


def _roster(desk: Desk) -> Iterator[Check]:
    """Are there enough people, with keys, for every approval that the runbooks ask for?"""
    me = _me(desk)
    for role, (quorum, runbook) in sorted(_wanted(desk).items()):
        found = able(desk, role, *me)
        values = {"role": role, "count": len(found), "quorum": quorum, "runbook": runbook}
        fact = "{count} other(s) can approve as {role}; {runbook} asks for {quorum}"
        enough = len(found) >= quorum
        todo = "" if enough else "Enter people with this role in trust/roster.yaml, and their keys in allowed_signers."
        yield Check(subject=f"role {role}", state="ok" if enough else "bad", fact=fact, todo=todo, values=values)


def _me(desk: Desk) -> list[str]:
    """Return the principal at the keyboard, who cannot approve what they ask for."""
    try:
        return [desk.key().principal]
    except HisopsError:
        return []


def _wanted(desk: Desk) -> dict[str, tuple[int, str]]:
    """Return for each role how many approvals are asked for at most, and by which runbook."""
    wanted: dict[str, tuple[int, str]] = {}
    for loaded in desk.loaded.library.runbooks():
        for step in loaded.model.steps:
            approve = step.gate.approve if step.gate else None
            if approve and approve.quorum > wanted.get(approve.role, (0, ""))[0]:
                wanted[approve.role] = (approve.quorum, loaded.model.id)
    return wanted


def _secrets(desk: Desk) -> Iterator[Check]:
    vault = desk.vault()
    for name, secret in desk.loaded.site.secrets.items():
        subject = f"secret {name}"
        if secret.prompt:
            yield Check(subject=subject, state="ok", fact="is asked for when it is needed")
            continue
        try:
            vault.get(name)
        except HisopsError as error:
            yield of_error(subject, error)
        else:
            yield Check(subject=subject, state="ok", fact="{where}", values={"where": vault.source(name)})
