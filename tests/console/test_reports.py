"""Verification, logs, findings of doctor, the site: what a reviewer and a new site's owner read."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from rich.cells import cell_len
from rich.text import Text

from hisops.canonical import digest
from hisops.console.doctor import Check, check_line, doctor_document, doctor_lines
from hisops.console.i18n import Language
from hisops.console.logs import list_document, list_lines, show_document, show_lines, step_lines
from hisops.console.problems import problem_lines
from hisops.console.verify import verify_lines
from hisops.errors import LogBroken
from hisops.model import records as r
from tests.console.story import BEGIN, RUN_ID, page, plan

ANSWERS = ("integrity", "completeness", "authorship", "authorisation", "time", "reach")


def verification(verdict: str, **wrong: str) -> dict[str, Any]:
    answers = {
        name: {
            "status": verdict if name in wrong else "claimed" if name == "time" else "ok",
            "text": wrong.get(name, f"{name} says a good deal that may go on over more than one line of it"),
            "findings": [{"level": verdict, "text": text} for text in [wrong[name]] if name in wrong]
            if name in wrong else [{"level": "note", "text": "The run was interrupted and resumed."}],
        }
        for name in ANSWERS
    }  # fmt: skip
    run = {
        "run": RUN_ID, "verdict": verdict, "state": "SUCCEEDED", "exit": 0, "operators": ["dba1@hospital"],
        "records": 412, "segments": 2, "signatures": 118,
    }  # fmt: skip
    return {"verdict": verdict, "reach": "by the site's own trust file", "answers": answers, "runs": [run]}


def plain(lines: list[Text]) -> str:
    return "\n".join(line.plain for line in lines)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [80, 120])
def test_a_verification_fits_and_always_prints_its_reach(lang: str, width: int) -> None:
    lines = verify_lines(verification("verified"), page(lang, width))
    assert all(cell_len(line.plain) <= width for line in lines)
    text = " ".join(plain(lines).split())
    assert "reach says a good deal" in text
    assert "412" in text
    assert "118" in text
    assert text.count("The run was interrupted and resumed.") == 1


@pytest.mark.parametrize(
    ("verdict", "word"),
    [("verified", "VERIFIED"), ("failed", "FAILED"), ("incomplete", "INCOMPLETE"), ("untrusted", "UNTRUSTED"),
     ("unanchored", "UNANCHORED")],
)  # fmt: skip
def test_the_verdict_stands_last_and_says_no_more_than_it_is(verdict: str, word: str) -> None:
    wrong = {} if verdict == "verified" else {"integrity": "Line 7 of seg-0001.jsonl does not hold."}
    lines = verify_lines(verification(verdict, **wrong), page())
    assert word in lines[-1].plain
    assert ("Line 7 of seg-0001.jsonl does not hold." in plain(lines)) == bool(wrong)


def test_findings_are_said_in_the_language_of_the_page() -> None:
    wrong = "The run is not sealed: it was interrupted, or it was cut."
    lines = verify_lines(verification("incomplete", completeness=wrong), page("zh"), (), {wrong: "执行没有封存"})
    assert "执行没有封存" in plain(lines)
    assert wrong not in plain(lines)


def test_commands_for_a_second_opinion_stay_whole() -> None:
    command = "ssh-keygen -Y verify -f /a/very/long/path -I dba1@hospital -n run.v1@hisops -s HEAD.sig < HEAD " * 2
    assert verify_lines(verification("verified"), page(width=80), [command])[0].plain == command


@dataclass
class Stamp:
    time: datetime


@dataclass
class Entry:
    segment: int
    n: int
    stamp: Stamp
    actor: str
    record: r.Record


@dataclass
class Loaded:
    """A run as `journal.reader` gives it, from records in memory."""

    entries: list[Entry]
    blobs: dict[str, bytes] = field(default_factory=dict)
    run_id: str = RUN_ID
    operators: tuple[str, ...] = ("dba1@hospital", "dba1@hospital")
    live: bool = False

    @property
    def plan_document(self) -> dict[str, Any]:
        return plan().document()

    @property
    def runbook(self) -> dict[str, Any]:
        return plan().runbook

    def read_blob(self, digest: str) -> bytes:
        return self.blobs[digest]


def loaded() -> Loaded:
    command = json.dumps({"sh": "opatch apply -silent", "stdin": ["shutdown immediate\nexit\n"]}).encode()
    output = "正在安装\n\x1b[2J done\n".encode("gb18030")
    records: list[r.Record] = [
        r.RunChanged(state="RUNNING"),
        r.LockChanged(name="database-1", where="his-db1", event="taken"),
        r.GateOpened(step="apply", parts=["type_target", "approve-1"], evidence="sha256:00"),
        r.GateDecided(step="apply", part="type_target", by="dba1@hospital", value="his"),
        r.StatementTaken(statement="sha256:01", kind="approval", by="lead1@hospital", step="apply"),
        r.CallIntent(step="apply", kind="action", attempt=1, effect="destructive", idempotent=False, on="his-db1",
                     user="oracle", command=digest(command), op="op"),
        r.CallStarted(step="apply", kind="action", attempt=1, pid=4417),
        r.CallOutput(step="apply", kind="action", attempt=1, stdout=digest(output), stderr=None, bytes=9, cut=77),
        r.CallEnded(step="apply", kind="action", attempt=1, code=0, verdict="ok"),
        r.LinkChanged(host="his-db1", event="lost"),
        r.SecretUsed(name="his_password", source="file x", step="backup"),
        r.StatementRefused(statement="sha256:02", reason="it has expired"),
        r.Deviation(kind="resolution", step="apply", reason="resolved by hand"),
        r.StepChanged(step="apply", state="SUCCEEDED", attempt=1),
        r.RunSealed(state="SUCCEEDED_WITH_EXCEPTIONS", exit=13),
    ]  # fmt: skip
    entries = [
        Entry(1, number, Stamp(BEGIN + timedelta(seconds=number)), "run", record)
        for number, record in enumerate(records)
    ]
    return Loaded(entries, {digest(command): command, digest(output): output})


def test_a_log_tells_each_record_with_its_place() -> None:
    text = plain(show_lines(loaded(), page(width=120)))
    for wanted in (
        "1:5", "action begins on oracle@his-db1, attempt 1", "runs detached, process 4417", "action: ok, exit code 0",
        "gate type_target passed by dba1@hospital", "approval by lead1@hospital accepted", "link to his-db1 lost",
        "lock database-1 on his-db1: taken", "secret his_password was used (file x)", "it has expired",
        "deviation: resolved by hand", "sealed: SUCCEEDED_WITH_EXCEPTIONS, exit 13",
    ):  # fmt: skip
        assert wanted in text, wanted


def test_one_step_shows_its_exact_command_input_and_output() -> None:
    text = plain(step_lines(loaded(), "apply", page()))
    assert "▶ opatch apply -silent" in text
    assert "< shutdown immediate" in text
    assert "│ 正在安装" in text
    assert "\\x1b[2J done" in text
    assert "77 bytes between head and tail were left out" in text
    assert "his_password" not in text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_log_fits_the_screen(lang: str) -> None:
    view = page(lang, 80)
    for lines in (show_lines(loaded(), view), step_lines(loaded(), "apply", view), list_lines([loaded()], [], view)):
        assert all(cell_len(line.plain) <= 80 for line in lines)


def test_for_machines_a_step_has_only_its_own_records() -> None:
    document = show_document(loaded(), "apply")
    assert document["run"] == RUN_ID
    assert document["exit"] == 13
    assert {record["step"] for record in document["records"]} == {"apply"}
    assert document["records"][0]["type"] == "gate.opened"


def test_a_run_that_cannot_be_read_is_listed_with_the_reason() -> None:
    error = LogBroken("HIS-5006", "Line {line} of {file} does not hold: {reason}.", line=3, file="x", reason="cut")
    assert "Line 3 of x does not hold: cut." in plain(list_lines([], [("r-1", error)], page(width=120)))
    (row,) = list_document([], [("r-1", error)], Language("en"))["unreadable"]
    assert (row["run"], row["code"]) == ("r-1", "HIS-5006")


BAD = Check(
    subject="owner on his-db1", state="bad", fact="The login user cannot become {user} on {host}: {detail}",
    todo="Put this line into a file of /etc/sudoers.d with visudo:\n{line}",
    values={"user": "oracle", "host": "his-db1", "detail": "sudo: a password\nis required \x1b[31m",
            "line": "hisops ALL=(oracle) NOPASSWD: /bin/sh"},
)  # fmt: skip


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_doctor_prints_the_line_that_sudoers_needs_whole(lang: str) -> None:
    lines = check_line(BAD, page(lang, 80))
    assert any(line.plain.strip().endswith("hisops ALL=(oracle) NOPASSWD: /bin/sh") for line in lines)
    assert all(cell_len(line.plain) <= 80 and "\x1b" not in line.plain for line in lines)


def test_doctor_counts_what_stands_in_the_way() -> None:
    good = Check(subject="site", state="ok", fact="lab")
    assert "1 thing(s) to mend" in plain(doctor_lines([good, BAD], page()))
    assert "Nothing stands in the way" in plain(doctor_lines([good], page()))
    assert [row["state"] for row in doctor_document([good, BAD], Language("en"))["checks"]] == ["ok", "bad"]


@dataclass
class Problem:
    where: str = "/site/runbooks/mine.yaml:4:1"
    rule: str = "YA010"
    severity: str = "error"
    fact: str = "The key `{key}` is unknown here."
    todo: str = "Did you mean `{guess}`?"
    values: dict[str, object] = field(default_factory=lambda: {"key": "colour", "guess": "color"})
    excerpt: str = "colour: \x1b[31mred\n^"


def test_a_problem_begins_with_its_place_and_shows_the_line() -> None:
    lines = [line.plain for line in problem_lines(Problem(), page())]
    assert lines[0] == "/site/runbooks/mine.yaml:4:1: error YA010 The key `colour` is unknown here."
    assert lines[1:3] == ["    colour: \\x1b[31mred", "    ^"]
    assert lines[3] == "    Did you mean `color`?"


def test_a_problem_speaks_chinese() -> None:
    assert "此处不认识键 `colour`" in plain(problem_lines(Problem(), page("zh")))
