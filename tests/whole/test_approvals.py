"""Two people, two shells, two home folders: one asks, the other reads and signs with nothing but stock ssh-keygen."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from hisops.adapters.clock import SystemClock
from hisops.adapters.sshkeys import OperatorKey, fingerprint_of
from hisops.journal.ledger import Ledger, person_sign
from tests.support import forking, sshd

pytestmark = [
    pytest.mark.sshd,
    pytest.mark.skipif(sshd.missing() is not None, reason=str(sshd.missing())),
]


@dataclass
class Person:
    """Somebody with a home of their own; only who has the `site` knows of it."""

    home: Path
    site: Path | None = None

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "TMPDIR"}}
        python = os.pathsep.join([str(Path("src").resolve()), os.environ.get("PYTHONPATH", "")])
        known = {"HISOPS_SITE": str(self.site)} if self.site else {}
        return kept | known | {"HOME": str(self.home), "LC_ALL": "C.UTF-8", "PYTHONPATH": python, "COLUMNS": "400"}

    def shell(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.home, env=self.environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip

    def hisops(self, *words: str) -> subprocess.CompletedProcess[str]:
        return forking.call(words, self.environment(), 300, self.home)

    def sign(self, request: Path) -> Path:
        """Sign as any machine with OpenSSH can; return where the signature is."""
        key = str(self.home / ".ssh/id_ed25519")
        done = self.shell("ssh-keygen", "-q", "-Y", "sign", "-n", "approve.v1@hisops", "-f", key, str(request))
        assert done.returncode == 0, done.stderr
        return request.with_name(request.name + ".sig")


def person(small, who, *, with_site=False):
    home = small.home.parent / f"home-of-{who}"
    (home / ".ssh").mkdir(parents=True, mode=0o700)
    for name in ("id_ed25519", "id_ed25519.pub"):
        shutil.copy2(small.site / "people" / who / name, home / ".ssh" / name)
    return Person(home, small.site if with_site else None)


def sent(what, to):
    """Bring a file to somebody, by whatever means."""
    return Path(shutil.copy2(what, to.home / what.name))


def ok(done, code=0):
    assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def run_of(asker):
    run: str = json.loads(asker.hisops("status", "--json").stdout)["run"]
    return run


def test_a_plan_is_approved_by_day_by_stock_means_alone_and_carried_out_at_night(small):
    dba1, lead1 = person(small, "dba1", with_site=True), person(small, "lead1")
    plan, request = dba1.home / "p.plan", dba1.home / "req.txt"
    ok(dba1.hisops("plan", "files/three-steps", "-t", "box", "-o", str(plan)))
    told = ok(dba1.hisops("approvals", "request", str(plan), "-o", str(request))).stderr
    assert f"ssh-keygen -Y sign -n approve.v1@hisops -f KEY {request}" in told
    assert "lead1@hospital" in told
    listed = json.loads(ok(dba1.hisops("approvals", "--json")).stdout)
    assert [(item["what"], item["role"], item["able"]) for item in listed["waiting"]] == [
        ("plan", "dba_lead", ["lead1@hospital"])
    ]

    ok(dba1.hisops("approvals", "request", str(plan), "-o", str(dba1.home / "once-more.txt")))

    read = sent(request, lead1)
    assert "three-steps" in read.read_text()
    signature = sent(lead1.sign(read), dba1)

    taken = ok(dba1.hisops("approvals", "take", str(request), str(signature)))
    assert "lead1@hospital approves files/three-steps 1.0.0 on box" in taken.stderr
    again = ok(dba1.hisops("approvals", "take", str(request), str(signature)))
    assert "It was here already" in again.stderr
    assert json.loads(ok(dba1.hisops("approvals", "--json")).stdout)["waiting"] == []

    ok(dba1.hisops("run", str(plan)), 10)
    run = run_of(dba1)
    ok(dba1.hisops("answer", run, "change", "box"))
    ok(dba1.hisops("resume", run))
    assert small.started() == 1
    verified = json.loads(ok(dba1.hisops("log", "verify", run, "--json")).stdout)
    assert "approved by lead1@hospital" in verified["answers"]["authorisation"]["text"]
    assert "held by lead1@hospital" not in verified["reach"] or verified["verdict"] == "verified"


def test_the_evidence_is_approved_from_elsewhere_and_a_pair_of_files_dropped_by_hand_counts(small):
    dba1, lead1 = person(small, "dba1", with_site=True), person(small, "lead1")
    plan, request = dba1.home / "p.plan", dba1.home / "my request.txt"
    ok(dba1.hisops("plan", "files/three-steps", "-t", "box", "-o", str(plan)))
    ok(dba1.hisops("run", str(plan)), 10)
    run = run_of(dba1)
    ok(dba1.hisops("answer", run, "change", "box"))
    told = ok(dba1.hisops("approvals", "request", run, "change", "-o", str(request))).stderr
    assert f"-f KEY '{request}'" in told
    read = sent(request, lead1)
    assert "look: SUCCEEDED" in read.read_text()

    by_hand = small.site / "logs/runs" / run / "approvals"
    altered = Path(shutil.copy2(request, lead1.home / "other.txt"))
    lead1.sign(altered)
    altered.write_text(altered.read_text().replace("three-steps", "four-steps"))
    for path in (altered, altered.with_name("other.txt.sig")):
        shutil.copy2(path, by_hand)
    ok(dba1.hisops("resume", run), 10)
    assert "does not fit" in dba1.hisops("status", run).stdout
    assert small.started() == 0

    for path in (request, lead1.sign(read)):
        shutil.copy2(path, by_hand)
    ok(dba1.hisops("resume", run))
    assert small.started() == 1
    assert json.loads(ok(dba1.hisops("log", "verify", run, "--json")).stdout)["verdict"] == "verified"


def test_offline_an_approver_without_the_site_is_shown_the_text_and_remembers_the_ledger(small):
    dba1, lead1 = person(small, "dba1", with_site=True), person(small, "lead1")
    plan, first, second = (dba1.home / name for name in ("p.plan", "one.txt", "two.txt"))
    ok(dba1.hisops("plan", "files/three-steps", "-t", "box", "-o", str(plan)))
    ok(dba1.hisops("run", str(plan)), 10)
    ok(dba1.hisops("approvals", "request", run_of(dba1), "-o", str(first)))
    read = sent(first, lead1)
    shown = ok(lead1.hisops("approve", "--offline", str(read), "-o", "back.sig"))
    assert "hisops-approval/1" in shown.stdout
    ok(dba1.hisops("approvals", "take", str(first), str(lead1.home / "back.sig")))

    (seen,) = json.loads((lead1.home / ".local/state/hisops/seen.json").read_text()).values()
    size, root = next(line for line in first.read_text().splitlines() if line.startswith("ledger: ")).split()[1:]
    assert seen == [int(size), root]
    for old, new, word in (
        (f"ledger: {size} ", f"ledger: {int(size) - 1} ", "shrunk"),
        (f"{root}", "sha256:" + "0" * 64, "forked"),
    ):
        second.write_text(first.read_text().replace(old, new))
        refused = ok(lead1.hisops("approve", "--offline", str(second)), 4)
        assert word in refused.stderr
        assert root in refused.stderr
        assert not second.with_name("two.txt.sig").exists()


def test_a_rejected_plan_is_not_carried_out_until_that_person_approves_it(small):
    dba1, lead1 = person(small, "dba1", with_site=True), person(small, "lead1", with_site=True)
    plan = dba1.home / "p.plan"
    ok(dba1.hisops("plan", "files/three-steps", "-t", "box", "-o", str(plan)))
    ok(dba1.hisops("reject", str(plan), "--reason", "mine"), 4)
    ok(lead1.hisops("approve", str(plan)))
    ok(lead1.hisops("reject", str(plan), "--reason", "standby is behind"))
    refused = ok(dba1.hisops("run", str(plan)), 4)
    assert "rejected by lead1@hospital: standby is behind" in refused.stderr
    assert not (small.site / "logs/runs").exists()
    (rejection,) = [path for path in (small.site / "approvals").glob("*.txt") if "hisops-rejection" in path.read_text()]
    rejection.unlink()
    assert "rejected by lead1@hospital: standby is behind" in ok(dba1.hisops("run", str(plan)), 4).stderr
    ok(lead1.hisops("approve", str(plan)))
    ok(dba1.hisops("run", str(plan)), 10)

    run = run_of(dba1)
    ok(lead1.hisops("reject", run, "--reason", "not before midnight"))
    ok(dba1.hisops("answer", run, "change", "box"))
    held = ok(dba1.hisops("resume", run), 11)
    assert "rejected by lead1@hospital: not before midnight" in held.stdout
    assert small.started() == 0
    assert "the approval withdraws that" in ok(lead1.hisops("approve", run)).stderr
    ok(dba1.hisops("resume", run))
    assert small.started() == 1
    verified = json.loads(ok(dba1.hisops("log", "verify", run, "--json")).stdout)
    assert "not before midnight" in json.dumps(verified)


def test_broken_glass_is_a_debt_until_a_second_person_has_looked(small):
    dba1, lead1 = person(small, "dba1", with_site=True), person(small, "lead1", with_site=True)
    plan = dba1.home / "p.plan"
    ok(dba1.hisops("plan", "files/three-steps", "-t", "box", "-o", str(plan)))
    ok(dba1.hisops("run", str(plan), "--break-glass", " "), 2)
    ok(dba1.hisops("run", str(plan), "--break-glass", "lead unreachable"), 10)
    run = run_of(dba1)
    ok(dba1.hisops("answer", run, "change", "box"))
    ended = ok(dba1.hisops("resume", run, "--break-glass", "lead unreachable"), 13)
    assert "BREAK-GLASS, not reviewed" in ended.stdout
    assert "BREAK-GLASS, not reviewed" in dba1.hisops("status", run).stdout
    assert "break-glass, not reviewed" in ok(dba1.hisops("log", "list")).stdout
    debts = json.loads(ok(dba1.hisops("approvals", "--json")).stdout)["debts"]
    assert [(debt["by"], debt["reason"], debt["able"]) for debt in debts] == [
        ("dba1@hospital", "lead unreachable", ["lead1@hospital"])
    ]
    unreviewed = ok(dba1.hisops("log", "verify", run), 21)
    assert "break-glass, not reviewed" in unreviewed.stdout

    assert "takes part" in ok(dba1.hisops("approve", run, "--reason", "fine"), 4).stderr
    assert "does not hold the role" in ok(small.hisops("approve", run, "--reason", "fine", who="dba2"), 4).stderr
    ok(lead1.hisops("approve", run, "--reason", "the log shows what was told"))
    assert "reviewed by lead1@hospital" in ok(dba1.hisops("log", "verify", run)).stdout
    assert json.loads(ok(dba1.hisops("approvals", "--json")).stdout)["debts"] == []
    assert "HIS-4232" in ok(lead1.hisops("approve", run, "--reason", "again"), 2).stderr


def test_another_person_of_the_same_role_takes_a_run_over(small):
    dba1, dba2 = person(small, "dba1", with_site=True), person(small, "dba2", with_site=True)
    lead1 = person(small, "lead1", with_site=True)
    plan = dba1.home / "p.plan"
    ok(dba1.hisops("plan", "files/three-steps", "-t", "box", "-o", str(plan)))
    ok(lead1.hisops("approve", str(plan)))
    ok(dba1.hisops("run", str(plan)), 10)
    run = run_of(dba1)
    assert "no role in common" in ok(lead1.hisops("resume", run), 4).stderr
    assert "does not carry out this run" in ok(dba2.hisops("answer", run, "change", "box"), 4).stderr
    ok(dba2.hisops("resume", run), 10)
    ok(dba2.hisops("answer", run, "change", "box"))
    ok(dba2.hisops("resume", run))
    assert "dba1@hospital → dba2@hospital (dba)" in dba1.hisops("status", run).stdout
    assert "dba2@hospital takes the run over" in ok(dba1.hisops("log", "show", run)).stdout
    assert "dba2@hospital took the run over" in ok(dba1.hisops("log", "verify", run)).stdout


def test_a_plan_that_nobody_could_approve_is_refused_when_it_is_made(small):
    dba1 = person(small, "dba1", with_site=True)
    runbook = small.site / "runbooks/files/three-steps.yaml"
    runbook.write_text(runbook.read_text().replace("of: plan}", "of: plan, quorum: 2}"))
    planned = dba1.hisops("plan", "files/three-steps", "-t", "box", "--json")
    assert planned.returncode == 3
    (refusal,) = json.loads(planned.stdout)["refusals"]
    assert refusal["step"] == "change"
    assert "it needs 2 approval(s) by dba_lead" in refusal["reason"]
    assert "only 1 person(s)" in refusal["reason"]
    assert "lead1@hospital" in refusal["reason"]
    checks = json.loads(dba1.hisops("doctor", "--json").stdout)["checks"]
    (role,) = [check for check in checks if check["subject"] == "role dba_lead"]
    assert role["state"] == "bad"
    saved = ok(dba1.hisops("files", "change", "-t", "box", "--break-glass", "both leads unreachable"), 10)
    assert "hisops run" in saved.stderr


def test_two_different_people_make_a_quorum_of_two(small):
    dba1, lead1 = person(small, "dba1", with_site=True), person(small, "lead1")
    runbook = small.site / "runbooks/files/three-steps.yaml"
    runbook.write_text(runbook.read_text().replace("role: dba_lead, of: plan}", "role: dba, of: plan, quorum: 2}"))
    roster = small.site / "trust/roster.yaml"
    roster.write_text(roster.read_text().replace("roles: [dba_lead]", "roles: [dba_lead, dba]"))
    plan = dba1.home / "p.plan"
    ok(dba1.hisops("plan", "files/three-steps", "-t", "box", "-o", str(plan)))
    requests = [dba1.home / f"req{number}.txt" for number in (1, 2)]
    for request in requests:
        ok(dba1.hisops("approvals", "request", str(plan), "-o", str(request)))
    ok(dba1.hisops("approvals", "take", str(requests[0]), str(lead1.sign(requests[0]))))
    (item,) = json.loads(ok(dba1.hisops("approvals", "--json")).stdout)["waiting"]
    assert (item["missing"], item["given"], item["able"]) == (1, ["lead1@hospital"], ["dba2@hospital"])
    dba2 = person(small, "dba2")
    refused = ok(dba1.hisops("approvals", "take", str(requests[0]), str(dba2.sign(sent(requests[0], dba2)))), 4)
    assert "same text as that of lead1@hospital" in refused.stderr
    ok(dba1.hisops("run", str(plan)), 10)
    run = run_of(dba1)
    ok(dba1.hisops("answer", run, "change", "box"))
    ok(dba1.hisops("resume", run), 10)
    (item,) = json.loads(ok(dba1.hisops("approvals", "--json")).stdout)["waiting"]
    assert (item["missing"], item["given"], item["able"]) == (1, ["lead1@hospital"], ["dba2@hospital"])
    ok(small.hisops("approve", run, who="dba2"))
    ok(dba1.hisops("resume", run))
    assert small.started() == 1
    ok(dba1.hisops("log", "verify", run))


def test_with_the_site_at_hand_a_ledger_that_was_rolled_back_or_replaced_is_not_signed_over(small):
    dba1, lead1 = person(small, "dba1", with_site=True), person(small, "lead1", with_site=True)
    plan, logs = dba1.home / "p.plan", small.site / "logs"
    ok(dba1.hisops("plan", "files/three-steps", "-t", "box", "-o", str(plan)))
    ok(dba1.hisops("run", str(plan)), 10)
    ok(lead1.hisops("approve", run_of(dba1)))
    logs.rename(small.site / "logs-of-yesterday")
    shrunk = ok(lead1.hisops("approve", str(plan)), 4)
    assert "has shrunk: it has 0 entries" in shrunk.stderr
    other_ledger(small, "dba2", entries=3)
    forked = ok(lead1.hisops("approve", str(plan)), 4)
    assert "has forked: up to entry 2" in forked.stderr
    assert "has forked" in ok(lead1.hisops("reject", str(plan), "--reason", "x"), 4).stderr
    assert not (small.site / "approvals").exists()


def other_ledger(small, who, entries):
    """Begin the ledger anew, as somebody would who has removed it."""
    path = small.site / "people" / who / "id_ed25519"
    public = path.with_suffix(".pub").read_text().strip()
    key = OperatorKey(principal=f"{who}@hospital", fingerprint=fingerprint_of(public), public=public, path=path)
    ledger = Ledger(small.site / "logs", SystemClock())
    (small.site / "logs").mkdir()
    ledger.begin("hospital/small", key, "control")
    for _ in range(entries - 1):
        ledger.append("hospital/small", key.principal, "heartbeat", {}, person_sign(key))
