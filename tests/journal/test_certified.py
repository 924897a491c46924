"""The certificate of a run's key: row 16 of the catalogue, and the fields that make it useless for anything else."""

from __future__ import annotations

import base64
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hisops.journal.certified import CertifiedKey, certified_key
from hisops.journal.commands import stock_commands
from hisops.journal.heads import Head, SegmentHead, parse_head
from hisops.journal.runkey import LEDGER, RUN, RunKey, key_id
from hisops.journal.sshcert import parse_certificate
from hisops.journal.sshkey import BadSignature, blob_of
from hisops.journal.sshsig import dearmor
from hisops.journal.trust import Trust, load_trust
from tests.support.journal import NOON, FakeClock, People, Site, roster

PLAN = "sha256:" + "a" * 64


@pytest.fixture
def trust(tmp_path: Path, people: People) -> Trust:
    (tmp_path / "allowed_signers").write_text(people.allowed_signers())
    return load_trust(tmp_path, roster(), "reviewer")


def certificate(people: People, **changes: Any) -> dict[str, Any]:
    """Return the values of a ledger entry with a certificate by dba1, right but for `changes`."""
    values = {
        "serial": 3,
        "key_id": key_id("r1", PLAN),
        "principals": ("dba1@hospital", "run-r1"),
        "valid_from": NOON - timedelta(minutes=5),
        "valid_to": NOON + timedelta(hours=72),
        **changes,
    }
    line = people.key("dba1").certify(people.public("app1"), **values)
    return {"actor": "dba1@hospital", "cert": line.split()[1]}


def check(values: dict[str, Any], trust: Trust) -> CertifiedKey:
    return certified_key(values, "r1", PLAN, trust, NOON)


def test_the_right_certificate_is_accepted(people: People, trust: Trust) -> None:
    assert check(certificate(people), trust).certificate.serial == 3


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"principals": ("dba1@hospital", "run-r2")}, "run-r2"),
        ({"principals": ("dba1@hospital", "run-r1", "root")}, "root"),
        ({"principals": ("dba2@hospital", "run-r1")}, "dba2"),
        ({"key_id": key_id("r1", "sha256:" + "b" * 64)}, "certificate is for run:r1"),
        ({"key_id": key_id("r2", PLAN)}, "certificate is for run:r2"),
        ({"valid_to": NOON - timedelta(minutes=1)}, "not valid at"),
        ({"valid_from": NOON + timedelta(minutes=1)}, "not valid at"),
    ],
)
def test_row_16_a_certificate_for_something_else_is_refused(
    people: People, trust: Trust, changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        check(certificate(people, **changes), trust)


@pytest.mark.parametrize("options", [[], ["-O", "clear"], ["-O", "force-command=/bin/sh"]])
def test_a_certificate_that_could_open_a_login_is_refused(
    people: People, trust: Trust, tmp_path: Path, options: list[str]
) -> None:
    subject = tmp_path / "run.pub"
    subject.write_text(people.public("app1") + "\n")
    names = ["-I", key_id("r1", PLAN), "-n", "dba1@hospital,run-r1"]
    command = ["ssh-keygen", "-q", "-s", str(people.folder / "dba1" / "id"), *names, *options, str(subject)]
    subprocess.run(command, check=True)
    cert = (tmp_path / "run-cert.pub").read_text().split()[1]
    with pytest.raises(ValueError, match="allows more than to sign"):
        check({"actor": "dba1@hospital", "cert": cert}, trust)


def test_every_flipped_bit_of_a_certificate_is_found(people: People, trust: Trust) -> None:
    blob = base64.b64decode(certificate(people)["cert"])
    for bit in range(0, len(blob) * 8, 37):
        changed = bytearray(blob)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueError, match=r"."):
            parse_certificate(bytes(changed))


def test_row_16_a_revoked_serial_fails_here_and_with_stock_tools(tmp_path: Path, people: People) -> None:
    site = Site(tmp_path / "site", people)
    site.approved_run("r1")
    site.approved_run("r2")
    serial = parse_certificate(base64.b64decode(site.verify().ledger.runs["r2"].opening["cert"])).serial
    spec = tmp_path / "spec"
    spec.write_text(f"serial: {serial}\n")
    ca = str(people.folder / "dba1" / "id.pub")
    krl = str(site.folder / "trust" / "revoked.krl")
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", krl, "-s", ca, str(spec)], check=True)
    done = site.verify()
    assert done.verdict == "failed"
    assert "is revoked" in " ".join(str(found) for found in done.findings)
    (head,) = [line for line in stock_commands(site.logs, _before(site, krl)) if "r2/HEAD.sig" in line]
    stock = head.replace(" -I ", f" -r {krl} -I ")
    assert subprocess.run(["sh", "-c", stock], capture_output=True, check=False).returncode != 0


def _before(site: Site, krl: str) -> Any:
    """Return the verification as it was without the revocations."""
    kept = Path(krl).read_bytes()
    Path(krl).unlink()
    done = site.verify()
    Path(krl).write_bytes(kept)
    return done


def test_a_run_key_signs_what_its_certified_reader_accepts(people: People, trust: Trust) -> None:
    key = RunKey(people.key("dba1"), FakeClock(), run_id="r1", plan_digest=PLAN, serial=1)
    reader = CertifiedKey(key.certificate)
    for namespace in (RUN, LEDGER):
        reader.check(key.sign(namespace, b"text"), namespace, b"text")
        with pytest.raises(BadSignature):
            reader.check(key.sign(namespace, b"text"), namespace, b"other")
    with pytest.raises(BadSignature, match="made for"):
        reader.check(key.sign(RUN, b"text"), LEDGER, b"text")
    with pytest.raises(BadSignature, match="another key"):
        reader.check(dearmor(people.key("dba1").sign(RUN, b"text")), RUN, b"text")


def test_a_certificate_of_another_kind_of_key_is_not_read(people: People) -> None:
    with pytest.raises(ValueError, match="no certificate"):
        parse_certificate(blob_of(people.public("dba1")))


HEAD = Head(
    origin="hospital/control", run="r1", segments=(SegmentHead(1, 5, 900, "0" * 64),), state="SUCCEEDED", exit=0
)


def test_head_is_read_as_it_was_written() -> None:
    assert parse_head(HEAD.text()) == HEAD


@pytest.mark.parametrize(
    "text",
    [
        b"",
        HEAD.text()[:-1],
        HEAD.text() + b"\n",
        HEAD.text().replace(b"exit 0", b"exit 00"),
        HEAD.text().replace(b"exit 0", b"exit zero"),
        HEAD.text().replace(b"segment 1 5", b"segment 1 05"),
        HEAD.text().replace(b"segment 1", b"segment  1"),
        HEAD.text().replace(b"\n", b"\r\n"),
        HEAD.text().replace(b"hisops-head/1", b"hisops-head/2"),
        HEAD.text().replace(b"origin ", b"0rigin "),
        b"\xff" + HEAD.text(),
    ],
)
def test_any_other_spelling_of_head_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_head(text)
