"""A site without Oracle: one host behind the system's own sshd, a target type of its own, and three steps."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support import forking, sshd
from tests.support.sshd import Sshd

TARGET_TYPE = """
hisops: target/v1
id: files
title: {zh: 文件, en: Files}
settings:
  folder: {title: {zh: 目录, en: Folder}, type: path, env: FOLDER, required: true}
identity:
  - id: database
    title: {zh: 身份, en: Identity}
    sh: 'echo "name=$(cat "$FOLDER/name")"'
    judge: files/name
    values: [name]
state:
  - {id: mode, title: {zh: 状态, en: State}, sh: 'echo "mode=$(cat "$FOLDER/mode")"', judge: files/mode, values: [mode]}
locks: {database: identity.database.name}
"""

JUDGE = """
hisops: judge/v1
id: files
title: {zh: 文件, en: Files}
actions:
  name:
    title: {zh: 名, en: Name}
    source: this test
    proof: [{id: name, pattern: '^name=\\S+$'}]
    failure: [{id: none, pattern: '^name=$'}]
    capture: {name: {pattern: '^name=(\\S+)$'}}
  mode:
    title: {zh: 状态, en: Mode}
    source: this test
    proof: [{id: mode, pattern: '^mode=\\S+$'}]
    failure: [{id: none, pattern: '^mode=$'}]
    capture: {mode: {pattern: '^mode=(\\S+)$'}}
  work:
    title: {zh: 工作, en: Work}
    source: this test
    proof: [{id: done, pattern: '^work done$'}]
    failure: [{id: failed, pattern: '^work failed'}]
"""

RUNBOOK = """
hisops: runbook/v1
id: files/three-steps
version: 1.0.0
command: files change
title: {zh: 三步, en: Three steps}
purpose: {zh: 试, en: A walking skeleton}
target: {engine: files}
steps:
  - id: look
    title: {zh: 查看, en: Look}
    on: db_host
    effect: read
    sh: 'echo "mode=$(cat "$FOLDER/mode")"'
    judge: files/mode
  - id: change
    title: {zh: 更改, en: Change}
    needs: [look]
    on: db_host
    effect: destructive
    idempotent: false
    timeout: 10m
    sh: |
      echo started >> "$FOLDER/record"
      echo "working in $FOLDER"
      while [ -e "$FOLDER/wait" ]; do sleep 0.1; done
      echo changed > "$FOLDER/mode"
      echo "work done"
    judge: files/work
    gate: {type_target: true, approve: {role: dba_lead, of: plan}, show: [look]}
    probe: {sh: 'echo "mode=$(cat "$FOLDER/mode")"', judge: files/mode, done: 'out.mode == "changed"'}
    verify: [{sh: 'echo "mode=$(cat "$FOLDER/mode")"', judge: files/mode, require: 'out.mode == "changed"'}]
    undo: {sh: 'echo plain > "$FOLDER/mode"; echo "work done"', judge: files/work, timeout: 1m}
    on_failure: undo
  - id: confirm
    title: {zh: 确认, en: Confirm}
    needs: [change]
    effect: read
    sh: 'echo "mode=$(cat "$FOLDER/mode")"'
    judge: files/mode
    verify: [{require: 'out.mode == "changed"'}]
"""

PEOPLE = {"dba1": "dba", "dba2": "dba", "lead1": "dba_lead"}


@dataclass
class SmallSite:
    """The site folder, the folder that stands for a database, and how to call hisops there."""

    site: Path
    folder: Path
    home: Path

    def environment(self, who: str = "dba1") -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "PYTHONPATH", "TMPDIR"}}
        return kept | {
            "HOME": str(self.home),
            "HISOPS_SITE": str(self.site),
            "HISOPS_KEY": str(self.site / "people" / who / "id_ed25519"),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": os.pathsep.join(["src", os.environ.get("PYTHONPATH", "")]),
        }

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "hisops", *words]

    def hisops(self, *words: str, who: str = "dba1") -> subprocess.CompletedProcess[str]:
        """Call hisops without a terminal."""
        return forking.call(words, self.environment(who), 120)

    def started(self) -> int:
        record = self.folder / "record"
        return len(record.read_text().splitlines()) if record.exists() else 0


def start_host(root: Path) -> Sshd:
    """Start the system's sshd as the site's one host, with a home of its own: nothing stays in that of the tester."""
    home = root / "far-home"
    home.mkdir(mode=0o700, parents=True)
    return sshd.start(root / "sshd", options=[f"SetEnv HOME={home}"])


def make(root: Path, server: Sshd) -> SmallSite:
    """Write the site for `server` below `root`."""
    site, folder, home = root / "site", root / "database", root / "home"
    for path in (site / "trust", site / "runbooks/targets", site / "runbooks/judges", site / "runbooks/files"):
        path.mkdir(parents=True)
    folder.mkdir()
    home.mkdir(mode=0o700)
    (folder / "mode").write_text("plain\n")
    (folder / "name").write_text(secrets.token_hex(6) + "\n")
    (site / "runbooks/targets/files.yaml").write_text(TARGET_TYPE)
    (site / "runbooks/judges/files.yaml").write_text(JUDGE)
    (site / "runbooks/files/three-steps.yaml").write_text(RUNBOOK)
    (site / "known_hosts").write_bytes(server.known_hosts.read_bytes())
    (site / "secrets").mkdir(mode=0o700)
    (site / "secrets/none").write_text("not-used-by-this-engine\n")
    (site / "secrets/none").chmod(0o600)
    write_people(site)
    (site / "site.yaml").write_text(
        f"""
hisops: site/v1
name: small
title: {{zh: 小, en: Small}}
origin: hospital/small
hosts:
  one: {{address: 127.0.0.1, port: {server.port}, user: {server.user}, identity_file: {server.client_key}}}
databases:
  box:
    engine: files
    title: {{zh: 箱, en: Box}}
    host: one
    connect: {{dsn: none, user: none, password: none}}
    settings: {{folder: {folder}}}
secrets:
  none: {{file: secrets/none}}
"""
    )
    return SmallSite(site, folder, home)


def write_people(site: Path) -> None:
    signers, people = [], []
    for name, role in PEOPLE.items():
        key = site / "people" / name / "id_ed25519"
        key.parent.mkdir(parents=True)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(key)], check=True)
        public = " ".join(key.with_suffix(".pub").read_text().split()[:2])
        since = 'valid-after="20200101000000Z"'
        signers += [
            f'{name}@hospital cert-authority,namespaces="run.v1@hisops,ledger.v1@hisops",{since} {public}',
            f'{name}@hospital namespaces="ledger.v1@hisops,approve.v1@hisops",{since} {public}',
        ]
        people.append(f"  {name}: {{name: {{zh: {name}, en: {name}}}, principals: [{name}@hospital], roles: [{role}]}}")
    (site / "trust/allowed_signers").write_text("\n".join(signers) + "\n")
    (site / "trust/roster.yaml").write_text("hisops: roster/v1\npeople:\n" + "\n".join(people) + "\n")
