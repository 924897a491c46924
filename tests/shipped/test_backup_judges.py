"""Backups, restores and copies of data: an error is not undone by what a tool prints after it, in whatever language."""

from __future__ import annotations

import re
from itertools import product

import pytest

from hisops.engine.judging import judge
from hisops.model.judge import Judgement
from tests.shipped import recorded
from tests.shipped.recorded import ROOT, Case

JUDGES = recorded.shipped()
COPIES = {"rman", "expdp", "impdp", "exp", "imp"}
CASES = [case for case in recorded.cases() if case.tool in COPIES]
GOOD = [case for case in CASES if case.verdict in {"ok", "warn"}]
STACK = "RMAN-00569: =============== ERROR MESSAGE STACK FOLLOWS ===============\n"


def read(case: Case) -> bytes:
    return (ROOT / case.tool / case.action / f"{case.name}.out").read_bytes()


def judged(name: str, text: bytes | str, code: int = 0, allow: tuple[str, ...] = ()) -> Judgement:
    tool, action = name.split("/")[:2]
    rules = JUDGES[tool].actions[action]
    return judge(JUDGES[tool], rules, text if isinstance(text, bytes) else text.encode(), b"", code, allow)


def one(name: str) -> Case:
    return next(case for case in CASES if str(case) == name)


def ids(cases: list[Case]) -> list[str]:
    return [str(case) for case in cases]


# ---- RMAN: what stands before `Finished`

FINISHING = [case for case in GOOD if case.tool == "rman" and re.search(rb"^Finished \w+", read(case), re.MULTILINE)]
READERS = [case for case in FINISHING if case.action in {"restore", "recover", "duplicate", "validate"}]
ERRORS = [
    "channel ORA_DISK_1: ORA-19870: error while restoring backup piece /mnt/nas/x.bkp\n",
    "ORA-19505: 无法识别文件 /mnt/nas/x.bkp\n",
    "ORA-28365: ????????\n",
    "RMAN-03009: failure of backup command on c1 channel at 10/17/2026 21:31:40\n",
    STACK + "RMAN-03002: ?? (? 10/18/2026 02:12:15 ?) ??\n",
]


@pytest.mark.parametrize("case", FINISHING, ids=ids(FINISHING))
def test_an_error_before_finished_is_never_good(case: Case) -> None:
    for error in ERRORS:
        for at in re.finditer(rb"^Finished \w+", read(case), re.MULTILINE):
            text = read(case)[: at.start()] + error.encode() + read(case)[at.start() :]
            assert judged(str(case), text, case.exit, case.allow).verdict not in {"ok", "warn"}, error


@pytest.mark.parametrize("case", READERS, ids=ids(READERS))
def test_an_older_backup_is_not_the_one_asked_for_even_where_a_step_allows_the_codes(case: Case) -> None:
    at = read(case).index(b"Finished ")
    text = read(case)[:at] + ERRORS[0].encode() + b"failover to previous backup\n\n" + read(case)[at:]
    assert judged(str(case), text, case.exit, (*case.allow, "ORA-19870")).verdict == "failed"


@pytest.mark.parametrize("action", ["restore", "recover", "duplicate"])
def test_a_data_file_that_was_created_is_right_only_where_the_step_says_so(action: str) -> None:
    case = one(f"rman/{action}/unknown-datafile-created")
    assert case.judged().matched == ("datafile-created",)
    assert judged(str(case), read(case), allow=("datafile-created",)).verdict == "warn"
    assert judged(str(case), read(case) + ERRORS[0].encode(), allow=("datafile-created",)).verdict == "failed"
    assert case.judged().out["created"] == ["14"]


def test_a_recovery_may_end_at_the_missing_log_and_nowhere_else() -> None:
    case = one("rman/recover/warn-no-current-redo")
    text = read(case).decode()
    assert (case.out["complete"], case.out["next_sequence"], case.out["next_scn"]) == (False, 814, 1457833)
    for other in (
        text.replace("RMAN-06054: media recovery requesting unknown", "RMAN-06053: unable to perform media recovery"),
        text.replace("failure of recover command", "failure of restore command"),
        text + STACK + "RMAN-03002: failure of sql statement command at 10/18/2026 02:33:00\n",
        text.replace(
            "RMAN-06054", "ORA-01547: warning: RECOVER succeeded but OPEN RESETLOGS would get error\nRMAN-06054"
        ),
    ):
        assert judged(str(case), other, 1, case.allow).verdict == "failed"
    assert judged(str(case), text, 2, case.allow).verdict == "unknown"
    assert judged(str(case), text.replace("Recovery Manager complete.", ""), 1, case.allow).verdict == "unknown"


# ---- RMAN: Status, Marked Corrupt and Blocks Failing

TABLE = """\
Starting validate at 17-OCT-26
channel ORA_DISK_1: validation complete, elapsed time: 00:01:05
List of Datafiles
=================
File Status Marked Corrupt Empty Blocks Blocks Examined High SCN
---- ------ -------------- ------------ --------------- ----------
12   {status:<6} {marked:<14} 17444        102401          1456941
  File Name: /u02/oradata/HIS/HISPDB/his_data01.dbf
  Block Type Blocks Failing Blocks Processed
  ---------- -------------- ----------------
  Data       0              67646
  Index      0              12517
  Other      {failing:<14} 4793
{found}Finished validate at 17-OCT-26

Recovery Manager complete.
"""
FOUND = "validate found one or more corrupt blocks\n"


@pytest.mark.parametrize(
    ("status", "marked", "failing", "found"), list(product(["OK", "FAILED"], [0, 4], [0, 2], ["", FOUND]))
)
def test_a_validation_is_judged_by_all_three_values(status: str, marked: int, failing: int, found: str) -> None:
    text = TABLE.format(status=status, marked=marked, failing=failing, found=found)
    bad = status == "FAILED" or failing or found
    result = judged("rman/validate", text)
    assert result.verdict == ("failed" if bad else "warn" if marked else "ok")
    assert result.out["healthy"] == (["12"] if status == "OK" and not marked else [])
    assert result.out["failed"] == (["12"] if status == "FAILED" else [])
    assert result.out["marked"] == (["12"] if marked else [])
    assert result.out["failing"] == (["Other"] if failing else [])


# ---- Data Pump: errors told and errors shown


@pytest.mark.parametrize("tool", ["expdp", "impdp"])
@pytest.mark.parametrize(("shown", "told"), list(product(range(4), range(4))))
def test_the_number_of_errors_is_that_of_the_errors_shown(tool: str, shown: int, told: int) -> None:
    text = read(one(f"{tool}/run/ok-19c")).decode()
    head, job = text.split('Job "')
    error = (
        "ORA-39083: Object type OBJECT_GRANT failed to create with error:\nORA-01917: user or role 'R' does not exist\n"
    )
    ended = job.replace("successfully completed", f"completed with {told} error(s)")
    result = judged(f"{tool}/run", head + error * shown + 'Job "' + ended, 5, ("ORA-39083", "ORA-01917"))
    assert (result.verdict != "unknown") == (shown == told)
    assert result.out["errors"] == told


def test_tables_and_rows_are_told_as_printed() -> None:
    out = one("impdp/run/ok-logtime-all").out
    assert out["tables"] == ['"HIS"."PATIENT"', '"HIS"."ADMISSION"', '"HIS"."WARD"', '"HIS"."AUDIT_QUEUE"']
    assert out["empty"] == ['"HIS"."AUDIT_QUEUE"']
    assert one("exp/run/ok-11g-owner").out["tables"] == ["SAMPLE", "RESULT", "RESULT_LOG", "ANALYZER", "AUDIT_QUEUE"]
    assert one("exp/run/ok-11g-owner").out["empty"] == ["AUDIT_QUEUE"]


# ---- languages, and what no step can allow

FOREIGN = [case for case in CASES if re.search(rb"[\x80-\xff]", read(case))]


@pytest.mark.parametrize("case", FOREIGN, ids=ids(FOREIGN))
def test_another_language_is_never_good_and_its_codes_survive_mojibake(case: Case) -> None:
    """Question marks are what a server prints whose NLS_LANG does not know the characters."""
    if case.allow or "rejected" in case.name or case.name.startswith("warn"):
        return  # data that was quoted, not the language of the tool
    mojibake = re.sub(rb"[\x80-\xff]", b"?", read(case))
    assert case.verdict in {"unknown", "failed"}
    assert judged(str(case), mojibake, case.exit).verdict == case.verdict


SENTENCES = {
    "failover", "job-not-rerun", "not-exported", "conversion", "unsuccessful", "stopped", "not-answered",
    "blocks-failing", "file-failed",
}  # fmt: skip
SAID = [case for case in CASES if case.verdict == "failed" and SENTENCES & set(case.matched)]


@pytest.mark.parametrize("case", SAID, ids=ids(SAID))
def test_a_step_cannot_allow_a_sentence_that_tells_of_failure(case: Case) -> None:
    codes = tuple(name for name in case.matched if re.fullmatch(r"[A-Z0-9]+-\d+", name))
    assert judged(str(case), read(case), case.exit, (*codes, *SENTENCES)).verdict == "failed"


# ---- each code for itself

FATAL = {
    "rman/backup": "ORA-19809 ORA-19804 ORA-19504 ORA-19502 ORA-27040 ORA-27072 ORA-27061 ORA-19914 ORA-28365 "
    "ORA-19511 ORA-27026 ORA-19811 ORA-01578 ORA-19566 RMAN-03009 RMAN-03002 RMAN-00569 RMAN-00571",
    "rman/validate": "ORA-19870 ORA-19505 ORA-19502 ORA-27037 ORA-19511 ORA-19599 ORA-28365 RMAN-03002 RMAN-00569",
    "rman/restore": "ORA-19870 ORA-19505 ORA-19502 ORA-27037 ORA-19511 ORA-28365 ORA-19913 "
    "ORA-19914 ORA-19809 RMAN-03002",
    "rman/recover": "ORA-01547 ORA-01194 ORA-01195 ORA-01152 ORA-01113 ORA-19870 ORA-27037 RMAN-06054 RMAN-03009",
    "rman/duplicate": "ORA-01547 ORA-01194 RMAN-05501 RMAN-03015 RMAN-03002 ORA-19870 ORA-19505 ORA-27037",
    "expdp/run": "UDE-00008 UDE-01017 ORA-31693 ORA-39123 ORA-29335 ORA-39095 ORA-39083 ORA-39127",
    "impdp/run": "UDI-00008 UDI-31626 ORA-31693 ORA-39083 ORA-39123 ORA-29342 ORA-39405 ORA-39151 ORA-12899 ORA-02374",
    "exp/run": "EXP-00000 EXP-00003 EXP-00008 EXP-00009 EXP-00056 EXP-00079 EXP-00107 EXP-00111 EXP-00113",
    "imp/run": "IMP-00000 IMP-00003 IMP-00009 IMP-00010 IMP-00016 IMP-00017 IMP-00019 IMP-00037 IMP-00058",
}
NEVER_GOOD = (
    "RMAN-06023 RMAN-06025 RMAN-06026 RMAN-06053 RMAN-06056 RMAN-06059 RMAN-06094 RMAN-05001 RMAN-05609 RMAN-20208 "
    "RMAN-06172 ORA-01110 ORA-01157 ORA-00600 ORA-03113 ORA-38760 TNS-12541 SP2-0310"
)
BENIGN = {
    "rman/backup": "RMAN-08120 RMAN-08137 RMAN-08138 RMAN-06207 RMAN-06208 RMAN-06213 RMAN-06214 ORA-19815",
    "expdp/run": "UDE-28002 ORA-28002",
    "impdp/run": "UDI-28002 ORA-28002 ORA-31684 ORA-39082 ORA-39111",
    "exp/run": "EXP-00091",
    "imp/run": "IMP-00015 IMP-00041",
}


def good(name: str) -> Case:
    return next(case for case in GOOD if case.verdict == "ok" and str(case).startswith(f"{name}/"))


def told(codes: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, code) for name, words in codes.items() for code in words.split()]


def with_code(name: str, code: str) -> str:
    return judged(name, read(good(name)) + f"{code}: 文字\n".encode()).verdict


@pytest.mark.parametrize(("name", "code"), told(FATAL))
def test_each_of_these_codes_alone_is_a_failure(name: str, code: str) -> None:
    assert with_code(name, code) == "failed"


@pytest.mark.parametrize("name", FATAL)
def test_none_of_these_codes_is_ever_good(name: str) -> None:
    assert not [code for code in NEVER_GOOD.split() if with_code(name, code) in {"ok", "warn"}]


@pytest.mark.parametrize(("name", "code"), told(BENIGN))
def test_each_of_these_codes_alone_is_a_warning(name: str, code: str) -> None:
    assert with_code(name, code) == "warn"
