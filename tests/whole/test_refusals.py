"""Each approval that does not count, by hand: refused when it comes back, and again by the gate if it is slipped in."""

import json
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pexpect
import pytest

from hisops.cli.options import Invocation
from hisops.cli.taking import take_signed
from hisops.cli.wiring import open_desk
from hisops.errors import IdentityRefused
from hisops.model.statement import NAMESPACE, Statement, parse
from tests.support import small_site, sshd
from tests.support.security_key import ED25519, SoftKey

pytestmark = [
    pytest.mark.sshd,
    pytest.mark.skipif(sshd.missing() is not None, reason=str(sshd.missing())),
]
ROSTER = """
hisops: roster/v1
people:
  dba1: {name: {zh: 一, en: one}, principals: [dba1@hospital, dba1-b@hospital], roles: [dba, dba_lead]}
  dba2: {name: {zh: 二, en: two}, principals: [dba2@hospital], roles: [dba]}
  lead1: {name: {zh: 三, en: three}, principals: [lead1@hospital], roles: [dba_lead]}
  lead2: {name: {zh: 四, en: four}, principals: [lead2@hospital], roles: [dba_lead]}
"""
TOKEN = SoftKey(ED25519)


@dataclass
class Case:
    """A site, a plan in it, and a run of that plan that waits for the approval of its evidence."""

    small: small_site.SmallSite
    plan: Path
    run: str
    request: Statement

    @property
    def approvals(self) -> Path:
        return self.small.site / "logs/runs" / self.run / "approvals"

    def desk(self):
        key = self.small.site / "people/dba1/id_ed25519"
        return open_desk(Invocation(site=self.small.site, key=key))

    def signed(self, folder: Path, who: str, changes: dict[str, str]) -> tuple[Path, Path]:
        """Return the request with `changes`, signed by `who`."""
        text = replace(self.request, fields=dict(self.request.fields) | changes).text()
        path = folder / "req.txt"
        path.write_bytes(text)
        signature = path.with_name("req.txt.sig")
        if who == "token":
            signature.write_text(TOKEN.sign(NAMESPACE, text, 0x00))
        else:
            signature.unlink(missing_ok=True)
            key = self.small.site / "people" / who / "id_ed25519"
            command = ["ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", str(key), str(path)]
            subprocess.run(command, check=True)
        return path, signature


@pytest.fixture(scope="module")
def case(tmp_path_factory, server):
    small = small_site.make(tmp_path_factory.mktemp("refusals"), server)
    _more_people(small)
    plan, request = small.folder.parent / "p.plan", small.folder.parent / "req.txt"
    for words, code in (
        (("plan", "files/three-steps", "-t", "box", "-o", str(plan)), 0),
        (("run", str(plan)), 10),
    ):
        done = small.hisops(*words)
        assert done.returncode == code, done.stderr
    run = json.loads(small.hisops("status", "--json").stdout)["run"]
    assert small.hisops("answer", run, "change", "box").returncode == 0
    assert small.hisops("approvals", "request", run, "-o", str(request)).returncode == 0
    return Case(small, plan, run, parse(request.read_bytes()))


def _more_people(small):
    (small.site / "trust/roster.yaml").write_text(ROSTER)
    lines = []
    for name in ("dba1-b", "mallory"):
        key = small.site / "people" / name / "id_ed25519"
        key.parent.mkdir()
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        lines.append((f"{name}@hospital", " ".join(key.with_suffix(".pub").read_text().split()[:2])))
    lines = [*lines[:1], ("lead2@hospital", TOKEN.line)]
    with (small.site / "trust/allowed_signers").open("a") as file:
        for who, key in lines:
            file.write(f'{who} namespaces="ledger.v1@hisops,{NAMESPACE}",valid-after="20200101000000Z" {key}\n')


ZERO = "sha256:" + "0" * 64
REFUSED = [
    ("requester", "dba1", {}, "dba1@hospital takes part in this run"),
    ("same-person-other-key", "dba1-b", {}, "dba1-b@hospital takes part in this run"),
    ("wrong-role", "dba2", {}, "dba2@hospital does not hold the role dba_lead"),
    ("unknown-key", "mallory", {}, "is unknown"),
    ("untouched-security-key", "token", {}, "the security key was not touched"),
    ("expired", "lead1", {"not-after": "2020-01-01T00:00:00Z"}, "it has expired"),
    ("other-plan", "lead1", {"plan": ZERO}, "it approves another plan"),
    ("other-site", "lead1", {"origin": "hospital/elsewhere"}, "it is for another site (hospital/elsewhere)"),
    ("other-step", "lead1", {"step": "look"}, "The run waits at change, not at look"),
    ("other-evidence", "lead1", {"evidence": ZERO}, "it was given over other evidence than is shown now"),
    ("other-role", "lead1", {"role": "app_owner"}, "it was given as app_owner, not as dba_lead"),
    ("simulation", "lead1", {"simulation": "yes"}, "it was given for a simulation"),
    ("forked-ledger", "lead1", {"ledger": f"1 {ZERO}"}, "a ledger of 1 entries that is not this one"),
    ("shrunk-ledger", "lead1", {"ledger": f"999 {ZERO}"}, "a ledger of 999 entries that is not this one"),
]


@pytest.mark.parametrize(("who", "changes", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_it_is_refused_when_it_comes_back(case, tmp_path, who, changes, reason):
    before = sorted(case.approvals.iterdir())
    with pytest.raises(IdentityRefused) as refused:
        take_signed(case.desk(), *case.signed(tmp_path, who, changes))
    assert reason in str(refused.value)
    assert refused.value.code == "HIS-4227"
    assert sorted(case.approvals.iterdir()) == before


def test_an_altered_text_is_refused_when_it_comes_back(case, tmp_path):
    request, signature = case.signed(tmp_path, "lead1", {})
    request.write_bytes(request.read_bytes().replace(b"three-steps", b"four-steps"))
    with pytest.raises(IdentityRefused, match="the signature does not fit"):
        take_signed(case.desk(), request, signature)


def test_slipped_in_by_hand_the_gate_refuses_each_with_its_reason(case, tmp_path):
    for name, who, changes, _ in REFUSED:
        for path, ending in zip(case.signed(tmp_path, who, changes), ("", ".sig"), strict=True):
            shutil.copy2(path, case.approvals / f"{name}.txt{ending}")
    done = case.small.hisops("resume", case.run)
    assert done.returncode == 10, done.stderr
    assert case.small.started() == 0
    records = json.loads(case.small.hisops("log", "show", case.run, "--json").stdout)["records"]
    told = " | ".join(record["reason"] for record in records if record["type"] == "approval.refused")
    for name, _, _, reason in REFUSED:
        # What is for another step may still count there: this gate has nothing to say about it.
        assert (reason in told) == (name != "other-step"), name


@pytest.mark.parametrize(
    ("who", "reason"),
    [("dba1", "takes part"), ("dba1-b", "takes part"), ("dba2", "does not hold the role"), ("mallory", "not known")],
)
def test_approve_refuses_at_once(case, who, reason):
    done = case.small.hisops("approve", case.run, who=who)
    assert done.returncode == 4
    assert reason in done.stderr


def test_at_a_terminal_it_is_refused_before_anything_is_asked(case, tmp_path):
    request = case.signed(tmp_path, "lead1", {})[0]
    for words in (("approve", case.run), ("approve", str(request))):
        command = case.small.command(*words)
        environment = case.small.environment("dba2")
        screen = pexpect.spawn(
            command[0], command[1:], env=environment, timeout=60, encoding="utf-8", dimensions=(40, 200)
        )
        screen.expect("does not hold the role")
        assert "Sign this approval" not in screen.before
        screen.expect(pexpect.EOF)
        screen.close()
        assert screen.exitstatus == 4


def newly_planned(case, folder):
    """Cancel the run that waits now, plan anew; return the plan, and the request for it that lead1 has signed."""
    plan, request, small = folder / "p.plan", folder / "req.txt", case.small
    run = json.loads(small.hisops("status", "--json").stdout)["run"]
    assert small.hisops("cancel", run, "--reason", "make room").returncode == 1
    assert small.hisops("plan", "files/three-steps", "-t", "box", "-o", str(plan)).returncode == 0
    assert small.hisops("approvals", "request", str(plan), "-o", str(request)).returncode == 0
    return plan, *replace(case, request=parse(request.read_bytes())).signed(folder, "lead1", {})


def test_an_approval_of_a_plan_comes_too_late_once_a_run_has_begun_it(case, tmp_path):
    small = case.small
    plan, request, signature = newly_planned(case, tmp_path)
    assert small.hisops("run", str(plan)).returncode == 10
    run = json.loads(small.hisops("status", "--json").stdout)["run"]
    waiting = json.loads(small.hisops("approvals", "--json").stdout)["waiting"]
    assert [item["name"] for item in waiting] == [run], "the request for the plan is past"
    with pytest.raises(IdentityRefused, match=f"its run {run.rpartition('-')[2]} has begun without it"):
        take_signed(case.desk(), request, signature)
    refused = small.hisops("approve", str(plan), who="lead1")
    assert refused.returncode == 4
    assert "has begun without it" in refused.stderr
    assert small.hisops("cancel", run, "--reason", "from the start").returncode == 1
    take_signed(case.desk(), request, signature)
    assert small.hisops("run", str(plan)).returncode == 10
    assert json.loads(small.hisops("status", "--json").stdout)["run"] != run


def test_an_approval_of_the_plan_is_used_once(case, tmp_path):
    small = case.small
    plan, request, signature = newly_planned(case, tmp_path)
    take_signed(case.desk(), request, signature)
    assert small.hisops("run", str(plan)).returncode == 10
    run = json.loads(small.hisops("status", "--json").stdout)["run"]
    with pytest.raises(IdentityRefused, match="its nonce was used before"):
        take_signed(case.desk(), request, signature)
    assert small.hisops("cancel", run, "--reason", "once more").returncode == 1
    assert small.hisops("run", str(plan)).returncode == 10
    assert "lead1@hospital: its nonce was used before" in small.hisops("status").stdout
    assert small.started() == 0
