"""The redactor: no form of a secret passes, however the stream is cut, and what is no secret passes whole."""

from __future__ import annotations

import base64
import json
import shlex
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hisops.secret import Redactor, Secret

PASSWORD = "T1ger's&p中w+/d"
CANARY = Secret("his_sys", PASSWORD)


def stream(data: bytes, *cuts: int, secrets: tuple[Secret, ...] = (CANARY,)) -> tuple[bytes, Redactor]:
    """Return what a redactor lets through of `data`, cut at `cuts`."""
    redactor = Redactor(secrets)
    edges = [0, *sorted(cuts), len(data)]
    out = b"".join(redactor.feed(data[a:b]) for a, b in pairwise(edges))
    return out + redactor.flush(), redactor


def test_secret_never_prints() -> None:
    assert PASSWORD not in repr(CANARY) + str(CANARY) + f"{CANARY}" + repr({"a": CANARY})
    assert not isinstance(CANARY, str)


FORMS = {
    "raw": PASSWORD.encode(),
    "hex": PASSWORD.encode().hex().encode(),
    "HEX": PASSWORD.encode().hex().upper().encode(),
    "url": quote(PASSWORD, safe="").encode(),
    "shell": shlex.quote(PASSWORD)[1:-1].encode(),
    "posix shell": PASSWORD.replace("'", "'\\''").encode(),
    "sql": PASSWORD.replace("'", "''").encode(),
    "json": json.dumps(PASSWORD)[1:-1].encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_caught_at_every_cut(form: str) -> None:
    secret = FORMS[form]
    data = b"connected: " + secret + b" end\n"
    for cut in range(len(data) + 1):
        out, redactor = stream(data, cut)
        assert out == b"connected: [redacted his_sys] end\n", cut
        assert redactor.counts == {"his_sys": 1}


@pytest.mark.parametrize("before", [b"", b"x", b"xy"])
@pytest.mark.parametrize("after", [b"", b"z", b"zz", b"zzz"])
def test_base64_is_caught_at_all_alignments(before: bytes, after: bytes) -> None:
    encoded = base64.b64encode(before + PASSWORD.encode() + after)
    for cut in range(len(encoded)):
        out, redactor = stream(b"> " + encoded + b"\n", cut)
        assert b"[redacted his_sys]" in out
        assert redactor.counts["his_sys"] == 1
        assert encoded[4:-8] not in out


@given(
    st.lists(st.sampled_from([b"abc", b"abcdef", b"ab", b"a", b" ", b"\n", b"def", b"/", b"@", b"\xff"]), max_size=12),
    st.lists(st.integers(0, 40), max_size=6),
)
@settings(max_examples=100, deadline=None)
def test_cuts_never_change_the_outcome(pieces: list[bytes], cuts: list[int]) -> None:
    data = b"".join(pieces)
    secrets = (Secret("short", "abc"), Secret("long", "abcdef"))
    whole, _ = stream(data, secrets=secrets)
    parts, _ = stream(data, *(min(cut, len(data)) for cut in cuts), secrets=secrets)
    assert parts == whole
    assert b"abc" not in whole


RULES = [
    (b"CREATE USER a IDENTIFIED BY tiger;\n", b"CREATE USER a IDENTIFIED BY [redacted identified-by];\n"),
    (b'alter user a identified  by "ti ger" account', b"alter user a identified  by [redacted identified-by] account"),
    (b"IDENTIFIED BY VALUES 'S:1234;T:AB'\n", b"IDENTIFIED BY VALUES [redacted identified-by]\n"),
    (b"rman target sys/tiger@HIS\n", b"rman target sys/[redacted connect-string]@HIS\n"),
    (b'sqlplus sys/"t@ger"@//db:1521/HIS\n', b"sqlplus sys/[redacted connect-string]@//db:1521/HIS\n"),
    (b"GET http://me:tiger@host/x\n", b"GET http://me:[redacted url-password]@host/x\n"),
    (b"patient 11010519491231002X here\n", b"patient [redacted id-card] here\n"),
    (
        b"token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_123 end",
        b"token [redacted jwt] end",
    ),
    (
        b"a\n-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\nBBBB\n-----END OPENSSH PRIVATE KEY-----\nb\n",
        b"a\n[redacted private-key]\nb\n",
    ),
    (b"a\n-----BEGIN RSA PRIVATE KEY-----\nAAAA\n", b"a\n[redacted private-key]"),
]


@pytest.mark.parametrize(("data", "expected"), RULES)
def test_rules_hold_at_every_cut(data: bytes, expected: bytes) -> None:
    for cut in range(len(data) + 1):
        out, redactor = stream(data, cut)
        assert out == expected, cut
        assert redactor.counts.total() == 1


def test_rules_hold_byte_by_byte() -> None:
    for data, expected in RULES:
        out, _ = stream(data, *range(len(data)))
        assert out == expected


@pytest.mark.parametrize(
    "innocent",
    [
        b"/u01/app/oracle/product/19.0.0/dbhome_1/bin/x@y\n",
        b"mail dba@hospital.cn, 50% done (3/4)\n",
        b"SCN 151234567890 job 1234567890123456789\n",
        b"begin backup ----- end\n",
        b"identified 3 conflicts by opatch\n",
        "补丁 36912345 已成功应用\n".encode(),
        bytes(range(256)),
    ],
)
def test_what_is_no_secret_passes_whole(innocent: bytes) -> None:
    for cut in range(len(innocent) + 1):
        out, redactor = stream(innocent, cut)
        assert out == innocent
        assert not redactor.counts


def test_prompts_and_progress_are_not_held_back() -> None:
    redactor = Redactor([CANARY])
    assert redactor.feed(b"Enter the name: ") == b"Enter the name: "
    assert redactor.feed(b"....") == b"...."
    assert redactor.feed(b"line\n") == b"line\n"


def test_a_key_that_never_ends_is_hidden_and_does_not_fill_memory() -> None:
    redactor = Redactor([])
    redactor.feed(b"-----BEGIN PRIVATE KEY-----\n")
    out = b"".join(redactor.feed(b"A" * 1023 + b"\n") for _ in range(200))
    assert out.startswith(b"[redacted private-key]")
    assert 100_000 < len(out) < 200 * 1024


def test_text_is_apart_from_the_stream() -> None:
    redactor = Redactor([CANARY])
    assert redactor.feed(b"T1ger's&") == b""
    assert redactor.text(f"see {PASSWORD}") == "see [redacted his_sys]"
    assert redactor.feed("p中w+/d\n".encode()) == b"[redacted his_sys]\n"
    assert redactor.counts == {"his_sys": 2}


def test_secrets_too_short_to_hide_leave_output_readable() -> None:
    out, _ = stream(b"a b c abab\n", secrets=(Secret("s", "ab"), Secret("empty", "")))
    assert out == b"a b c abab\n"
