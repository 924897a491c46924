"""The people of the lab, their keys, and the trust folder that names them."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

VALID_AFTER = "20260101000000Z"


@dataclass(frozen=True, slots=True)
class LabPerson:
    """A person of the lab."""

    id: str
    zh: str
    en: str
    role: str

    @property
    def principal(self) -> str:
        """The principal by which the person signs."""
        return f"{self.id}@hospital"


PEOPLE = (
    LabPerson("dba1", "值班数据库管理员", "DBA on duty", "dba"),
    LabPerson("dba2", "第二数据库管理员", "Second DBA", "dba"),
    LabPerson("lead1", "数据库组长", "DBA lead", "dba_lead"),
    LabPerson("app1", "应用负责人", "Application owner", "app_owner"),
    LabPerson("audit1", "审计员", "Reviewer", "reviewer"),
)
OPERATORS = ("dba1", "dba2")


def make_key(path: Path, comment: str) -> None:
    """Make an Ed25519 key pair at `path` with the system's ssh-keygen, unless it is there."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)


def public_key(path: Path) -> str:
    """Return type and body of the public half of the key at `path`."""
    return " ".join(path.with_name(path.name + ".pub").read_text().split()[:2])


def private_key(site: Path, person: str) -> Path:
    """Return the path of the key of `person`."""
    return site / "people" / person / "id_ed25519"


def write_people(site: Path) -> None:
    """Make the keys of all people and the trust folder, where they are missing."""
    for person in PEOPLE:
        make_key(private_key(site, person.id), person.principal)
    trust = site / "trust"
    trust.mkdir(exist_ok=True)
    texts = {"allowed_signers": allowed_signers(site), "roster.yaml": ROSTER, "policy.yaml": POLICY}
    for name, text in texts.items():
        if not (trust / name).exists():
            (trust / name).write_text(text)


def allowed_signers(site: Path) -> str:
    """Return two lines a person: one to certify run keys, one to sign statements and the ledger."""
    lines = []
    for person in PEOPLE:
        key = public_key(private_key(site, person.id))
        since = f'valid-after="{VALID_AFTER}"'
        certify = f'cert-authority,namespaces="run.v1@hisops,ledger.v1@hisops",{since}'
        state = f'namespaces="ledger.v1@hisops,approve.v1@hisops",{since}'
        lines += [f"{person.principal} {certify} {key}", f"{person.principal} {state} {key}"]
    return "\n".join(lines) + "\n"


ROSTER = "hisops: roster/v1\npeople:\n" + "".join(
    f"  {person.id}:\n"
    f"    name: {{zh: {person.zh}, en: {person.en}}}\n"
    f"    principals: [{person.principal}]\n"
    f"    roles: [{person.role}]\n"
    for person in PEOPLE
)
POLICY = "# What this site asks of its logs beyond the built-in rules. The lab asks nothing more.\n"
