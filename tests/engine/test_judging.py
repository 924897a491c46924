"""How an output is judged, whatever the tool: order of the rules, codes, decoding, captures, hostile bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from hisops.canonical import canonical
from hisops.engine.decoding import decode, read
from hisops.engine.judging import MOST_NAMED, judge
from hisops.engine.rejudging import judge_files
from hisops.errors import UsageProblem
from hisops.model.judge import Action, Judge, Judgement

WORDS = {"zh": "文字", "en": "words"}
RULES: dict[str, Any] = {
    "title": WORDS,
    "source": "a test",
    "proof": [{"id": "began", "pattern": "^BEGIN$"}, {"id": "done", "pattern": "^DONE$"}],
    "failure": [{"id": "broke", "pattern": "^BROKE"}, {"id": "listener", "pattern": "TNS-\\d{5}"}],
    "warn": [{"id": "odd", "pattern": "^ODD"}],
    "partial": [{"id": "half", "pattern": "^HALF"}],
    "causes": [{"id": "disk-full", "pattern": "^no space"}],
    "pairs": [{"id": "parts", "starts": "^Starting (\\w++)", "ends": "^Finished (\\w++)"}],
    "blocks": [{"id": "stderr", "starts": "^STDERR:$", "ends": "^END", "lines": ["^warning: "]}],
    "doubts": [{"id": "made-anew", "pattern": "^creating file "}],
    "tallies": [{"id": "errors-told", "says": "^with (\\d++) errors?$", "lines": "^error: "}],
    "quotes": ["^title: .*$"],
    "allow": ["ORA-32004"],
}
GOOD = "BEGIN\nDONE\n"


def rules(**changes: Any) -> tuple[Judge, Action]:
    tool = {"hisops": "judge/v1", "id": "tool", "title": WORDS, "codes": ["(?:ORA|TNS)-\\d{2,6}"]}
    found = Judge.model_validate({**tool, "actions": {"run": {**RULES, **changes}}})
    return found, found.actions["run"]


def judged(
    stdout: str | bytes, stderr: bytes = b"", code: int | None = 0, allow: tuple[str, ...] = (), **changes: Any
) -> Judgement:
    text = stdout.encode() if isinstance(stdout, str) else stdout
    return judge(*rules(**changes), text, stderr, code, allow)


def captured(text: str, **capture: Any) -> dict[str, object]:
    return judged(GOOD + text, capture={"value": capture}).out


@pytest.mark.parametrize(
    ("text", "verdict", "matched"),
    [
        (GOOD, "ok", ["began", "done"]),
        (GOOD + "ODD\n", "warn", ["odd", "began", "done"]),
        (GOOD + "HALF\nBROKE\nODD\n", "partial", ["half"]),
        (GOOD + "BROKE\nODD\nORA-00001: x\n", "failed", ["broke", "ORA-00001"]),
        ("no space\nBROKE\n", "failed", ["broke", "disk-full"]),
        ("DONE\n", "unknown", ["missing:began"]),
        ("", "unknown", ["empty-output"]),
        ("\x1b[0m \r\n\t\n", "unknown", ["empty-output"]),
        (GOOD + "no space\n", "ok", ["began", "done"]),
    ],
)
def test_rules_decide_in_their_order(text: str, verdict: str, matched: list[str]) -> None:
    result = judged(text)
    assert (result.verdict, list(result.matched)) == (verdict, matched)


def test_proof_and_failure_may_stand_on_either_stream() -> None:
    assert judged("BEGIN\n", b"DONE\n").verdict == "ok"
    assert judged(GOOD, b"BROKE\n").verdict == "failed"


@pytest.mark.parametrize(("code", "name"), [(1, "exit-code:1"), (-9, "exit-code:-9"), (None, "exit-code:unknown")])
def test_an_unexpected_exit_code_is_unknown(code: int | None, name: str) -> None:
    assert judged(GOOD, code=code) == Judgement("unknown", (name,))
    assert judged(GOOD + "BROKE\n", code=code).verdict == "failed"


def test_an_action_names_the_exit_codes_that_it_expects() -> None:
    assert judged(GOOD, code=5, exits=[0, 5]).verdict == "ok"


def test_a_code_on_nobodys_list_is_unknown_even_beside_the_proof() -> None:
    assert judged(GOOD + "ORA-04031: no memory\n") == Judgement("unknown", ("ORA-04031",))


@pytest.mark.parametrize("written", ["ORA-01109", "ORA-1109"])
def test_an_allowed_code_warns_and_leading_zeros_do_not_count(written: str) -> None:
    assert judged(GOOD + "ORA-01109: not open\n", allow=(written,)).verdict == "warn"
    assert judged(GOOD + "ORA-32004: obsolete\n").matched == ("ORA-32004", "began", "done")


def test_a_step_may_waive_a_failure_that_is_but_a_code() -> None:
    text = GOOD + "TNS-12541: no listener\n"
    assert judged(text).verdict == "failed"
    assert judged(text, allow=("TNS-12541",)).verdict == "warn"
    assert judged(text + "TNS-00511\n", allow=("TNS-12541",)).verdict == "failed"
    assert judged(GOOD + "BROKE\n", allow=("BROKE",)).verdict == "failed"


@pytest.mark.parametrize("around", ["{}: x", "错误{}：文字", "({})", "\x1b[31m{}\x1b[0m", "rc={},"])
def test_a_code_is_found_whatever_stands_around_it(around: str) -> None:
    assert judged(GOOD + around.format("ORA-00600")).matched == ("ORA-00600",)


@pytest.mark.parametrize("text", ["XORA-00600", "AURORA-2024", "a-ORA-00600", "ORA-1234567"])
def test_what_only_looks_like_a_code_is_none(text: str) -> None:
    assert judged(GOOD + text).verdict == "ok"


def test_a_quoted_line_does_not_raise_its_codes() -> None:
    assert judged(GOOD + "title: fixes ORA-00600\n").verdict == "ok"
    assert judged(GOOD + "title: fixes ORA-00600\nORA-00600\n").verdict == "unknown"


def test_a_doubt_stops_until_the_step_allows_it_by_name() -> None:
    text = GOOD + "creating file 7\n"
    assert judged(text) == Judgement("unknown", ("made-anew",))
    assert judged(text, allow=("made-anew",)) == Judgement("warn", ("made-anew", "began", "done"))
    assert judged(text + "BROKE\n", allow=("made-anew",)).verdict == "failed"
    assert judged(GOOD, allow=("made-anew",)).verdict == "ok"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("error: a\nerror: b\nwith 2 errors\n", "ok"),
        ("error: a\nwith 1 error\nerror: b\nwith 1 error\n", "ok"),
        ("with 0 errors\n", "ok"),
        ("error: nobody counts\n", "ok"),
        ("error: a\nwith 2 errors\n", "unknown"),
        ("error: a\nerror: b\nwith 1 error\n", "unknown"),
        (f"with {'9' * 16} errors\n", "unknown"),
        (f"with {'9' * 9000} errors\n", "unknown"),
    ],
)
def test_what_is_counted_must_be_there_as_often(text: str, verdict: str) -> None:
    result = judged(GOOD + text)
    assert result.verdict == verdict
    assert verdict == "ok" or result.matched == ("miscounted:errors-told",)


def test_a_tally_says_a_number() -> None:
    with pytest.raises(ValidationError, match="needs a group around the number"):
        rules(tallies=[{"id": "none", "says": "^many errors$", "lines": "^error: "}])


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        ("Starting a\nFinished a\n", "ok"),
        ("Starting a\nStarting b\nFinished b\nFinished a\n", "ok"),
        ("Starting a\nFinished a\nStarting a\nFinished a\n", "ok"),
        ("Starting a\n", "unknown"),
        ("Starting a\nFinished b\n", "unknown"),
        ("Starting a\nStarting a\nFinished a\n", "unknown"),
        ("Finished a\nStarting a\n", "unknown"),
    ],
)
def test_what_starts_must_finish(lines: str, verdict: str) -> None:
    assert judged(GOOD + lines).verdict == verdict


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        ("STDERR:\nwarning: old\n\nEND\nanything\n", "ok"),
        ("STDERR:\nwarning: old\nundefined reference\nEND\n", "unknown"),
        ("STDERR:\nwarning: old\nEND\nSTDERR:\ncannot find -lnsl\n", "unknown"),
        ("STDERR:\n", "ok"),
    ],
)
def test_every_line_of_a_block_must_be_explained(lines: str, verdict: str) -> None:
    assert judged(GOOD + lines).verdict == verdict


def test_an_old_terminals_line_ends_and_colours_do_not_matter() -> None:
    assert judged("BEGIN\r\r\n10%\r100%\rDONE\r\n").verdict == "ok"
    assert judged("\x1b]0;title\x07BEGIN\n\x1b[1;32mDONE\x1b[0m\x1b(B\n").verdict == "ok"


def test_an_open_escape_sequence_hides_no_failure() -> None:
    assert judged(GOOD + "\x1b]0;BROKE\nBROKE\n").verdict == "failed"
    assert judged(GOOD + "\x1b[\nBROKE\n").verdict == "failed"
    assert judged(GOOD.encode() + b"\x1b[ORA-00600\n").verdict == "unknown"


def test_bytes_are_utf8_or_gb18030_line_by_line_or_replaced() -> None:
    mixed = "中文\n".encode() + "中文\n".encode("gb18030") + b"\xff\xfe\x80\n"
    assert decode(mixed).split("\n")[:2] == ["中文", "中文"]
    assert "\ufffd" in decode(mixed)


def test_a_character_cut_in_two_hides_no_code() -> None:
    cut = GOOD.encode() + "数据".encode("gb18030")[:-1] + b"ORA-00600: boom\n"
    assert "ORA-00600" not in read(cut, b"").text
    assert judged(cut).verdict == "unknown"


def test_the_second_reading_of_bytes_proves_nothing() -> None:
    assert judged(b"BEGIN\n\x1b[DONE\n", proof=[{"id": "done", "pattern": "DONE"}]).verdict == "unknown"


@pytest.mark.parametrize(
    ("kind", "pattern", "text", "value"),
    [
        ("string", "^id (.*+)$", "id  a b \n", "a b"),
        ("string", "^id ?(\\d++)?(x)?", "id x\n", "x"),
        ("string", "^id \\d++", "id 7\n", "id 7"),
        ("integer", "^n ([\\d,]++)", "n 1,234\n", 1234),
        ("version", "^v ([\\d.]++)$", "v 12.2.0.1.46\n", "12.2.0.1.46"),
        ("boolean", "^yes", "yes\n", True),
        ("boolean", "^yes", "no\n", False),
        ("list", "^p (\\d++)", "p 2\np 10\np 2\n", ["2", "10"]),
        ("list", "^p (\\d++)", "", []),
    ],
)
def test_captures_have_their_type(kind: str, pattern: str, text: str, value: object) -> None:
    assert captured(text, pattern=pattern, type=kind) == {"value": value}


def test_a_list_may_be_split_further() -> None:
    assert captured("c 1, 2,1,\nc 3\n", pattern="^c (.*+)$", type="list", split=",") == {"value": ["1", "2", "3"]}


@pytest.mark.parametrize(
    ("kind", "text"), [("integer", "v 9007199254740992"), ("integer", "v x"), ("version", "v 1..2"), ("string", "w 1")]
)
def test_a_value_that_is_missing_or_of_another_type_is_left_out(kind: str, text: str) -> None:
    assert captured(text + "\n", pattern="^v (.*+)$", type=kind) == {}


def test_captures_survive_in_any_verdict() -> None:
    capture = {"value": {"pattern": "^p (\\d++)", "type": "list"}}
    assert judged("BROKE\np 1\n", capture=capture).out == {"value": ["1"]}


def test_what_matched_is_named_once_and_not_without_end() -> None:
    assert judged("BROKE\n" * 3 + "ORA-00001\n" * 3).matched == ("broke", "ORA-00001")
    assert len(judged("".join(f"ORA-{n:05}\n" for n in range(500))).matched) == MOST_NAMED


def test_two_rules_of_an_action_cannot_share_a_name() -> None:
    with pytest.raises(ValueError, match="called odd"):
        rules(failure=[{"id": "odd", "pattern": "x"}])


ANY_CAPTURES = {
    "text": {"pattern": "^id (.*+)$"},
    "number": {"pattern": "(\\d{1,50})", "type": "integer"},
    "items": {"pattern": "^(.*+)$", "type": "list", "split": " "},
    "version": {"pattern": "^([\\d.]++)", "type": "version"},
}
PIECES = st.sampled_from(
    [b"BEGIN\n", b"DONE\n", b"BROKE", b"ORA-1", b"TNS-12541", b"STDERR:\n", b"\x1b[", b"\r", b"id "]
)


@settings(max_examples=100)
@given(st.lists(PIECES | st.binary(max_size=20)).map(b"".join), st.binary(max_size=40), st.integers() | st.none())
def test_any_bytes_are_judged_and_the_answer_fits_the_log(stdout: bytes, stderr: bytes, code: int | None) -> None:
    result = judged(stdout, stderr, code, capture=ANY_CAPTURES)
    canonical({"matched": list(result.matched), "out": result.out})
    if result.verdict in {"ok", "warn"}:
        assert code == 0
        assert b"BEGIN" in stdout + stderr
        assert b"BROKE\n" not in b"\n" + stdout + stderr or b"\nBROKE" not in b"\n" + stdout


def test_recorded_files_are_judged_without_a_target(tmp_path: Path) -> None:
    tool, _ = rules(capture={"value": {"pattern": "^p (\\d++)", "type": "list"}})
    out, err = tmp_path / "out", tmp_path / "err"
    out.write_text("BEGIN\np 1\n")
    err.write_text("DONE\nTNS-12541\n")
    assert judge_files(tool, "run", out, err, exit_code=0, allow=["TNS-12541"]) == {
        "schema_version": 1,
        "verdict": "warn",
        "matched": ["TNS-12541", "began", "done"],
        "out": {"value": ["1"]},
    }
    assert judge_files(tool, "run", out)["verdict"] == "unknown"


def test_an_unknown_action_and_a_missing_file_are_the_users_errors(tmp_path: Path) -> None:
    tool, _ = rules()
    with pytest.raises(UsageProblem) as unknown:
        judge_files(tool, "walk", tmp_path / "out")
    assert (unknown.value.code, unknown.value.advice) == ("HIS-6401", "It knows: run.")
    with pytest.raises(UsageProblem) as missing:
        judge_files(tool, "run", tmp_path / "out")
    assert missing.value.code == "HIS-6402"
