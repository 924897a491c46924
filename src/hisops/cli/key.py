"""`hisops key`: the SSH keys that people sign with. They are made and used by the system's own ssh-keygen."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hisops.cli.helptext import Command, group
from hisops.cli.opening import open_site, open_trust, screen_of
from hisops.cli.options import asked
from hisops.errors import IdentityRefused, UsageProblem

app = group("The keys that people sign with.")

Principal = Annotated[str, typer.Argument(help="The name to sign by, such as dba1@hospital.example.")]
KeyFile = Annotated[Path, typer.Option("--file", help="Where the new private key goes.", metavar="FILE")]


@app.command("new", cls=Command)
def new(ctx: typer.Context, principal: Principal, file: KeyFile = Path("~/.ssh/hisops_ed25519")) -> None:
    """Make a key, and print the lines that let the site know it."""
    from hisops.console.keys import new_key_document, new_key_lines

    screen, path = screen_of(asked(ctx)), file.expanduser()
    _make(principal, path)
    lines = signers_lines(principal, Path(f"{path}.pub").read_text(encoding="utf-8"), datetime.now(UTC))
    screen.data(new_key_document(path, principal, lines))
    screen.show(new_key_lines(path, lines, screen.page()))


@app.command("list", cls=Command)
def list_(ctx: typer.Context) -> None:
    """List the keys that the site knows, and which one is yours."""
    from hisops.adapters.sshkeys import find_operator_key
    from hisops.console.keys import KeyRow, keys_document, keys_lines

    screen, site = screen_of(asked(ctx)), open_site(asked(ctx))
    known = open_trust(site).known_keys()
    try:
        mine = find_operator_key(known, explicit=asked(ctx).key, env=os.environ).fingerprint
    except IdentityRefused:
        mine = ""
    rows = [KeyRow(who, mark, site.roster.roles_of(who), mark == mine) for mark, who in known.items()]
    screen.data(keys_document(rows))
    screen.show(keys_lines(rows, screen.page()))


def signers_lines(principal: str, public: str, since: datetime) -> list[str]:
    """Return the two lines of allowed_signers: to certify the keys of runs, and to sign statements and the ledger."""
    key = " ".join(public.split()[:2])
    after = f'valid-after="{since:%Y%m%d%H%M%S}Z"'
    return [
        f'{principal} cert-authority,namespaces="run.v1@hisops,ledger.v1@hisops",{after} {key}',
        f'{principal} namespaces="ledger.v1@hisops,approve.v1@hisops",{after} {key}',
    ]


def _make(principal: str, path: Path) -> None:
    if path.exists():
        fact, todo = "There is a file {path} already.", "Name another one with --file."
        raise UsageProblem("HIS-2907", fact, todo, path=path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # ssh-keygen asks for the passphrase on the terminal by itself; nothing of it passes through here.
    done = subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-C", principal, "-f", str(path)], check=False)
    if done.returncode:
        raise IdentityRefused("HIS-2908", "ssh-keygen made no key.", "Try it by hand: ssh-keygen -t ed25519")
