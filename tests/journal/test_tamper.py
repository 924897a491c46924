"""The catalogue of tampering. `row` numbers are those of the format's own list, so that gaps can be seen.

What is false must be failed; what a crash can leave must not be; nothing that was touched may be verified.
"""

from __future__ import annotations

import json
import random
import shutil
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from hisops.errors import TrustUnusable
from hisops.journal.chain import Chain
from hisops.journal.heads import barrier_text
from hisops.journal.ledger import Ledger, person_sign
from hisops.journal.line import encode
from hisops.journal.reader import load_run
from hisops.journal.runkey import LEDGER, RUN, RunKey
from hisops.journal.sshwire import string
from hisops.journal.trust import load_trust
from hisops.journal.verify import Verification, verify_log
from hisops.model import records as r
from tests.support.journal import ORIGIN, FakeClock, People, Site, begin, finish, intend, pass_gate, roster

SEED = 20261124


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory, people: People) -> Path:
    """A site with two verified runs; tests work on copies."""
    site = Site(tmp_path_factory.mktemp("sealed") / "site", people)
    site.approved_run("r1")
    site.approved_run("r2")
    assert site.verify().verdict == "verified"
    return site.folder


@pytest.fixture(scope="module")
def open_site(tmp_path_factory: pytest.TempPathFactory, people: People) -> Path:
    """A site whose run was killed in the middle of its destructive step."""
    site = Site(tmp_path_factory.mktemp("open") / "site", people)
    plan = site.plan()
    approval = site.approve(plan)
    journal = site.open("r1", plan, (approval,))
    begin(journal)
    pass_gate(journal, approval)
    intend(journal)
    journal.close()
    assert site.verify().verdict == "incomplete"
    return site.folder


class Copy:
    """A copy of a site to be tampered with."""

    def __init__(self, source: Path, target: Path) -> None:
        shutil.copytree(source, target)
        self.folder = target
        self.logs = target / "logs"
        self.run = self.logs / "runs" / "r1"
        self.segment = self.run / "seg-0001.jsonl"
        self.ledger = self.logs / "ledger.jsonl"
        self._trust = load_trust(target / "trust", roster(), "reviewer")

    def verify(self) -> Verification:
        return verify_log(self.logs, self._trust)

    def lines(self, path: Path | None = None) -> list[bytes]:
        return (path or self.segment).read_bytes().splitlines(keepends=True)


@pytest.fixture
def copy(sealed: Path, tmp_path: Path) -> Copy:
    return Copy(sealed, tmp_path / "copy")


@pytest.fixture
def open_copy(open_site: Path, tmp_path: Path) -> Copy:
    return Copy(open_site, tmp_path / "copy")


def failures(done: Verification) -> str:
    return " | ".join(str(found) for found in done.findings if found.level == "failed")


def rechain(lines: list[bytes], prev: str, sign: Callable[[bytes], bytes] | None = None) -> list[bytes]:
    """Number and chain `lines` anew from `prev`; with `sign`, make every signature anew too."""
    chain, out = Chain(prev), []
    for raw in lines:
        values = json.loads(raw)
        if values["t"] == "sig" and sign:
            values["sig"] = b64encode(sign(barrier_text(ORIGIN, "r1", 1, chain))).decode()
        out.append(chain.append(values.pop("t"), values))
    return out


def first_of(copy: Copy) -> str:
    return str(json.loads(copy.lines()[0])["p"])


# --- rows 1 to 4: bits, cuts, lines -------------------------------------------------------------------------------


def test_row_1_untouched_is_verified(copy: Copy) -> None:
    assert copy.verify().exit_code == 0


FILES = ["seg-0001.jsonl", "HEAD", "HEAD.sig", "ledger.jsonl", "checkpoint", "checkpoint.sig", "approvals", "blobs"]


@pytest.mark.parametrize("name", FILES)
def test_row_2_no_flipped_bit_is_verified(copy: Copy, name: str) -> None:
    random_ = random.Random(f"{SEED} {name}")
    paths = [path for path in [copy.run / name, copy.logs / name] if path.exists()]
    files = sorted(file for path in paths for file in ([path] if path.is_file() else path.iterdir()))
    many = len(files) > 2
    for file in files:
        data = file.read_bytes()
        last_line = data.rstrip(b"\n").rfind(b"\n")
        for bit in random_.sample(range(len(data) * 8), min(12 if many else 40, len(data) * 8)):
            position = bit // 8
            changed = bytearray(data)
            changed[position] ^= 1 << bit % 8
            file.write_bytes(changed)
            done = copy.verify()
            in_last_signature = name == "ledger.jsonl" and position > last_line
            allowed = {"failed", "incomplete"} if in_last_signature else {"failed"}
            assert done.verdict in allowed, f"{file.name} bit {bit}"
        file.write_bytes(data)
    assert copy.verify().verdict == "verified"


def test_row_2_every_bit_of_the_last_lines_of_a_segment(copy: Copy) -> None:
    data = copy.segment.read_bytes()
    for position in range(len(data) - 14, len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[position] ^= 1 << bit
            copy.segment.write_bytes(changed)
            assert copy.verify().verdict == "failed", f"byte {position} bit {bit}"


def test_row_3_a_cut_of_a_closed_run_fails_at_every_byte(copy: Copy) -> None:
    data = copy.segment.read_bytes()
    for size in [*range(0, len(data), 197), *range(len(data) - 40, len(data))]:
        copy.segment.write_bytes(data[:size])
        assert copy.verify().verdict == "failed", f"cut at {size}"


def test_row_3_a_cut_of_an_open_run_is_incomplete_at_every_byte(open_copy: Copy) -> None:
    """A cut cannot be told from a crash; it is never more than incomplete, and never breaks the verifier."""
    data = open_copy.segment.read_bytes()
    for size in [*range(0, len(data), 131), *range(len(data) - 40, len(data))]:
        open_copy.segment.write_bytes(data[:size])
        done = open_copy.verify()
        assert done.verdict == "incomplete", f"cut at {size}: {failures(done)}"


def test_row_3_a_cut_of_the_ledger_is_never_verified(copy: Copy) -> None:
    data = copy.ledger.read_bytes()
    for size in [*range(0, len(data), 211), *range(len(data) - 20, len(data))]:
        copy.ledger.write_bytes(data[:size])
        assert copy.verify().verdict in {"failed", "incomplete"}, f"cut at {size}"


def delete(lines: list[bytes], at: int) -> list[bytes]:
    return lines[:at] + lines[at + 1 :]


def duplicate(lines: list[bytes], at: int) -> list[bytes]:
    return [*lines[: at + 1], *lines[at:]]


def swap(lines: list[bytes], at: int) -> list[bytes]:
    return [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]


@pytest.mark.parametrize("change", [delete, duplicate, swap])
@pytest.mark.parametrize("which", ["segment", "ledger"])
def test_row_4_moved_lines_fail_and_the_first_bad_line_is_named(
    copy: Copy, change: Callable[[list[bytes], int], list[bytes]], which: str
) -> None:
    path: Path = getattr(copy, which)
    lines = copy.lines(path)
    for at in range(len(lines) - 1):
        path.write_bytes(b"".join(change(lines, at)))
        done = copy.verify()
        assert done.verdict == "failed"
        named = at + 1 if change is not duplicate else at + 2
        assert f"Line {named} of" in failures(done) or "signature" in failures(done), failures(done)


@pytest.mark.parametrize("extra", [b"\n", b" ", b"\r\n", b"\x00", b"\xef\xbb\xbf", b"{}\n", b"x\n"])
def test_row_4_bytes_between_lines_fail(copy: Copy, extra: bytes) -> None:
    lines = copy.lines()
    for at in range(0, len(lines), 5):
        copy.segment.write_bytes(b"".join(lines[:at]) + extra + b"".join(lines[at:]))
        assert copy.verify().verdict == "failed"


# --- rows 5 to 9: forged lines and keys ---------------------------------------------------------------------------


def test_row_5_a_rechained_line_with_the_old_signatures_fails(copy: Copy) -> None:
    lines = copy.lines()
    lines[2:2] = [encode({**json.loads(lines[1 + 1]), "n": 2}) + b"\n"]
    copy.segment.write_bytes(b"".join(rechain(lines, first_of(copy))))
    assert "signature does not hold" in failures(copy.verify())


def run_key(people: People, who: str, run: str = "r1", plan: str = "sha256:0", at: FakeClock | None = None) -> RunKey:
    return RunKey(people.key(who), at or FakeClock(), run_id=run, plan_digest=plan, serial=1)


def forge(copy: Copy, key: RunKey) -> None:
    """Rewrite the run with other words, and sign everything with `key`."""
    lines = [line.replace(b'"verdict":"ok"', b'"verdict":"warn"') for line in copy.lines()]
    copy.segment.write_bytes(b"".join(rechain(lines, first_of(copy), lambda text: key.sign(RUN, text))))


def test_row_6_a_run_signed_anew_with_another_key_fails(copy: Copy, people: People, tmp_path: Path) -> None:
    forge(copy, run_key(people, "dba1"))
    assert "another key than that of this segment" in failures(copy.verify())


def test_row_6_a_certificate_of_a_stranger_fails_in_the_ledger(tmp_path: Path, people: People) -> None:
    stranger = People(tmp_path / "strangers", list(people.names)).create()
    site = Site(tmp_path / "site", people)
    Site(tmp_path / "theirs", stranger).approved_run("r1")
    shutil.move(tmp_path / "theirs" / "logs", site.logs)
    assert "is unknown" in failures(site.verify())


@pytest.mark.parametrize(
    ("window", "complaint"),
    [
        ('valid-after="20270101000000Z"', "was not valid at"),
        ('valid-after="20250101000000Z",valid-before="20260601000000Z"', "was not valid at"),
    ],
)
def test_row_7_a_key_before_or_after_its_time_fails(copy: Copy, window: str, complaint: str) -> None:
    allowed = copy.folder / "trust" / "allowed_signers"
    allowed.write_text(allowed.read_text().replace('valid-after="20260101000000Z"', window))
    done = verify_log(copy.logs, load_trust(allowed.parent, roster(), "reviewer"))
    assert complaint in failures(done)


def test_row_8_nothing_may_follow_the_seal(copy: Copy) -> None:
    lines = copy.lines()
    more = rechain([*lines, lines[3]], first_of(copy))
    copy.segment.write_bytes(b"".join([*lines, more[-1]]))
    assert "follows the seal" in failures(copy.verify())


def test_row_9_a_closed_run_without_its_seal_fails(copy: Copy) -> None:
    copy.segment.write_bytes(b"".join(copy.lines()[:-2]))
    assert "its seal is gone" in failures(copy.verify())


# --- rows 10, 11, 14: folders -------------------------------------------------------------------------------------


def test_row_10_a_removed_run_is_missing(copy: Copy) -> None:
    shutil.rmtree(copy.run)
    assert "r1 is missing" in failures(copy.verify())


def test_row_11_a_run_removed_from_the_ledger_too_breaks_its_chain(copy: Copy) -> None:
    shutil.rmtree(copy.run)
    copy.ledger.write_bytes(b"".join(line for line in copy.lines(copy.ledger) if b'"run":"r1"' not in line))
    assert "of ledger.jsonl does not hold" in failures(copy.verify())


def test_row_12_a_rolled_back_ledger_contradicts_who_saw_the_newer_one(sealed: Path, tmp_path: Path) -> None:
    """The approver of r2 has signed the ledger with all of r1: a rebuilt one with fewer entries is a fork."""
    copy = Copy(sealed, tmp_path / "copy")
    plan_lines = copy.lines(copy.ledger)
    copy.ledger.write_bytes(b"".join(plan_lines[:-4]))
    for name in ("checkpoint", "checkpoint.sig"):
        (copy.logs / name).unlink()
    assert "r2 is not in the ledger" in failures(copy.verify())


def test_row_14_a_segment_of_another_run_fails(copy: Copy) -> None:
    shutil.copy(copy.logs / "runs" / "r2" / "seg-0001.jsonl", copy.segment)
    assert "does not continue the line before it" in failures(copy.verify())


def test_row_14_a_folder_that_the_ledger_does_not_list_fails(copy: Copy) -> None:
    shutil.copytree(copy.run, copy.logs / "runs" / "r3")
    assert "r3 is not in the ledger" in failures(copy.verify())


def test_a_folder_without_any_line_is_only_a_note(copy: Copy) -> None:
    (copy.logs / "runs" / "r3").mkdir()
    (copy.logs / "runs" / "r3" / "seg-0001.jsonl").touch()
    assert copy.verify().verdict == "verified"


def test_a_segment_that_the_ledger_does_not_list_fails(copy: Copy) -> None:
    shutil.copy(copy.segment, copy.run / "seg-0002.jsonl")
    assert "seg-0002.jsonl is not in the ledger" in failures(copy.verify())


@pytest.mark.parametrize("name", ["seg-0001.jsonl", "HEAD", "HEAD.sig"])
def test_a_symbolic_link_in_place_of_a_file_fails(copy: Copy, name: str, tmp_path: Path) -> None:
    (copy.run / name).rename(tmp_path / name)
    (copy.run / name).symlink_to(tmp_path / name)
    assert copy.verify().verdict == "failed"


# --- rows 15, 16, 29: signatures ----------------------------------------------------------------------------------


def replace_signature(copy: Copy, change: Callable[[bytes], str]) -> str:
    """Change the last signature of the open run, which no later line depends on."""
    *lines, last = copy.lines()
    values = json.loads(last)
    values["sig"] = change(b64decode(values["sig"]))
    copy.segment.write_bytes(b"".join([*lines, encode(values) + b"\n"]))
    return failures(copy.verify())


def test_row_15_a_signature_for_the_ledger_does_not_sign_a_run(open_copy: Copy) -> None:
    def change(blob: bytes) -> str:
        return b64encode(blob.replace(string(RUN), string(LEDGER))).decode()

    assert "made for ledger.v1@hisops" in replace_signature(open_copy, change)


def test_row_15_an_approver_cannot_sign_a_head(copy: Copy, people: People) -> None:
    text = (copy.run / "HEAD").read_bytes()
    (copy.run / "HEAD.sig").write_text(people.key("lead1").sign(RUN, text))
    assert "another key" in failures(copy.verify())


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda blob: b64encode(blob + b"\0").decode(), "too many"),
        (lambda blob: b64encode(blob).decode() + "\n", "base64"),
        (lambda blob: " " + b64encode(blob).decode(), "base64"),
        (lambda blob: b64encode(blob[:-1]).decode(), "too early"),
        (lambda blob: b64encode(blob.replace(string(b"") + string("sha512"), string(b"x") + string("sha512"))).decode(),
         "where nothing belongs"),
        (lambda blob: b64encode(blob.replace(string("sha512"), string("sha256"))).decode(), "SHA-512"),
        (lambda blob: b64encode(blob.replace(b"SSHSIG\0\0\0\1", b"SSHSIG\0\0\0\2")).decode(), "version 1"),
        (lambda blob: "", "too early"),
    ],
)  # fmt: skip
def test_row_29_a_signature_has_one_form(open_copy: Copy, change: Callable[[bytes], str], complaint: str) -> None:
    assert complaint in replace_signature(open_copy, change)


def test_row_29_base64_with_loose_last_bits_fails(open_copy: Copy) -> None:
    *lines, last = open_copy.lines()
    values = json.loads(last)
    text = values["sig"]
    if not text.endswith("="):
        pytest.skip("no padding in this one")
    body, pad = text.rstrip("="), text[len(text.rstrip("=")) :]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    values["sig"] = body[:-1] + alphabet[alphabet.index(body[-1]) ^ 1] + pad
    open_copy.segment.write_bytes(b"".join([*lines, encode(values) + b"\n"]))
    assert open_copy.verify().verdict == "failed"


def test_row_29_a_signature_line_has_no_other_field(open_copy: Copy) -> None:
    *lines, last = open_copy.lines()
    open_copy.segment.write_bytes(b"".join([*lines, encode({**json.loads(last), "sig2": "x"}) + b"\n"]))
    assert "holds n, p, t and sig" in failures(open_copy.verify())


# --- rows 22, 23: the reader's own trust --------------------------------------------------------------------------


def test_row_22_a_trust_folder_inside_the_log_is_ignored(copy: Copy, tmp_path: Path) -> None:
    stranger = People(tmp_path / "strangers", ["dba1", "dba2", "lead1", "app1"]).create()
    (copy.logs / "trust").mkdir()
    (copy.logs / "trust" / "allowed_signers").write_text(stranger.allowed_signers())
    assert copy.verify().verdict == "verified"
    (copy.folder / "trust" / "allowed_signers").write_text(stranger.allowed_signers())
    done = verify_log(copy.logs, load_trust(copy.folder / "trust", roster(), "reviewer"))
    assert "is unknown" in failures(done)


@pytest.mark.parametrize("text", [None, '*@hospital namespaces="run.v1@hisops" KEY\n'])
def test_rows_22_and_23_without_a_sound_trust_there_is_no_verdict(copy: Copy, people: People, text: str | None) -> None:
    allowed = copy.folder / "trust" / "allowed_signers"
    allowed.unlink()
    if text:
        allowed.write_text(text.replace("KEY", people.public("dba1")))
    with pytest.raises(TrustUnusable) as caught:
        load_trust(copy.folder / "trust", roster(), "site")
    assert caught.value.exit_code == 22


# --- row 24: clocks -----------------------------------------------------------------------------------------------


def test_row_24_a_clock_that_jumps_without_a_word_fails(tmp_path: Path, people: People) -> None:
    site = Site(tmp_path / "site", people)
    journal = site.open("r1", site.plan(runbook={"steps": []}))
    journal.commit(r.RunChanged(state="RUNNING"))
    journal._segment.last = None  # the writer forgets what it would have to explain
    site.clock.time -= timedelta(minutes=2)
    journal.commit(r.RunChanged(state="SUCCEEDED"))
    assert "The clock jumps before line" in failures(site.verify())


# --- row 30: blobs ------------------------------------------------------------------------------------------------


def biggest_blob(copy: Copy) -> Path:
    return max((copy.run / "blobs").iterdir(), key=lambda path: path.stat().st_size)


def test_row_30_a_removed_blob_is_missed(copy: Copy) -> None:
    biggest_blob(copy).unlink()
    assert "cannot be read" in failures(copy.verify())


def test_row_30_swapped_blobs_fail(copy: Copy) -> None:
    first, second, *_ = sorted((copy.run / "blobs").iterdir())
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)
    assert "not those that the log names" in failures(copy.verify())


def test_row_30_a_linked_blob_fails(copy: Copy, tmp_path: Path) -> None:
    blob = biggest_blob(copy)
    blob.rename(tmp_path / "elsewhere")
    blob.symlink_to(tmp_path / "elsewhere")
    assert copy.verify().verdict == "failed"


def test_row_30_a_redaction_signed_by_a_person_is_incomplete(tmp_path: Path, people: People) -> None:
    site = Site(tmp_path / "site", people)
    site.approved_run("r1")
    (digest,) = [item.stdout for item in load_run(site.logs, "r1").records if isinstance(item, r.CallOutput)]
    (site.run_folder("r1") / "blobs" / str(digest).removeprefix("sha256:")).unlink()
    assert site.verify().verdict == "failed"
    values = {"digest": digest, "reason": "a patient's name"}
    Ledger(site.logs, site.clock).append(
        ORIGIN, "lead1@hospital", "blob.redact", values, person_sign(people.key("lead1"))
    )
    done = site.verify()
    assert done.verdict == "incomplete"
    assert any("a patient's name" in str(found) for found in done.findings)


# --- row 36: what a crash left ------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ["torn", "unsigned", "cut", "plain"])
def test_row_36_the_next_segment_commits_to_every_byte_before_it(tmp_path: Path, people: People, change: str) -> None:
    site = Site(tmp_path / "site", people)
    plan = site.plan()
    approval = site.approve(plan)
    journal = site.open("r1", plan, (approval,))
    begin(journal)
    pass_gate(journal, approval)
    intend(journal)
    journal.close()
    first = site.run_folder("r1") / "seg-0001.jsonl"
    with first.open("ab") as file:
        file.write(b'{"actor":"dba1')
    finish(site.resume("r1"), recovered=True)
    assert site.verify().verdict == "verified"
    data = first.read_bytes()
    changed = {
        "torn": data[:-1] + b"2",
        "unsigned": data + b"x",
        "cut": data[: data.rfind(b"\n") + 1],
        "plain": data[: data.rfind(b"\n", 0, data.rfind(b"\n")) + 1],
    }
    first.write_bytes(changed[change])
    assert "does not follow from the segments before it" in failures(site.verify())


# --- row 37: what this version does not know ----------------------------------------------------------------------


class Weather(r.Record):
    """A record of a later version."""

    TYPE = "weather"


@pytest.mark.parametrize(("crit", "verdict"), [(False, "verified"), (True, "incomplete")])
def test_row_37_an_unknown_record(tmp_path: Path, people: People, crit: bool, verdict: str) -> None:
    from hisops.journal.stamp import read_clock

    site = Site(tmp_path / "site", people)
    journal = site.open("r1", site.plan(runbook={"steps": []}))
    journal._segment.add("weather", read_clock(site.clock), {"rain": True} | ({"crit": True} if crit else {}))
    journal.commit(r.RunChanged(state="SUCCEEDED"))
    journal.seal("SUCCEEDED", 0)
    done = site.verify()
    assert done.verdict == verdict, failures(done)
    assert any("weather" in str(found) for found in done.findings)


def test_row_37_a_later_format_is_not_ours_to_judge(
    tmp_path: Path, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hisops.journal import run

    monkeypatch.setattr(run, "FORMAT", "hisops-log/2")
    site = Site(tmp_path / "site", people)
    site.approved_run("r1")
    done = site.verify()
    assert (done.verdict, done.exit_code) == ("untrusted", 22)
