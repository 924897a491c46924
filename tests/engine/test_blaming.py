"""What is said of an output that is not good: the rules that matched, and what or whom they blame."""

from __future__ import annotations

from typing import Any

import pytest

from hisops.engine.blaming import MOST_BLAMED, is_told, why_not_good
from hisops.engine.judging import judge
from hisops.model.judge import Judge
from tests.shipped.recorded import cases, shipped

WORDS = {"zh": "文字", "en": "words"}
RULES: dict[str, Any] = {
    "title": WORDS,
    "source": "a test",
    "proof": [{"id": "done", "pattern": "^DONE$"}],
    "failure": [{"id": "broke", "pattern": "^BROKE"}],
    "capture": {
        "pieces": {"pattern": "^read (\\S++)", "type": "list"},
        "bad_pieces": {"pattern": "^BROKE (\\S++)", "type": "list", "blames": True},
        "block": {"pattern": "block (\\d{1,9})", "type": "integer", "blames": True},
    },
}
TOOL = Judge.model_validate(
    {"hisops": "judge/v1", "id": "tool", "title": WORDS, "codes": ["ORA-\\d{5}"], "actions": {"run": RULES}}
)
RUN = TOOL.actions["run"]


def reason(text: str) -> str | None:
    return why_not_good(RUN, judge(TOOL, RUN, text.encode(), b"", 0))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("read a\nDONE\n", None),
        ("read a\nBROKE b block 7\n", "broke (bad_pieces: b; block: 7)"),
        ("read a\nBROKE\n", "broke"),
        ("read a\n", "missing:done"),
        ("ORA-00600 block 9\nDONE\n", "ORA-00600 (block: 9)"),
    ],
)
def test_what_is_blamed_stands_behind_the_rules_and_nothing_else_that_was_read(text, said):
    assert reason(text) == said


def test_of_many_the_first_are_named_and_the_others_counted():
    names = [f"piece{number}" for number in range(MOST_BLAMED + 3)]
    said = reason("".join(f"BROKE {name}\n" for name in names))
    assert said == f"broke (bad_pieces: {', '.join(names[:MOST_BLAMED])} (+3))"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("rman/validate/failed-flipped-byte", "bad_pieces: /mnt/nas/HISOPS_FULL_20261017210211/his_1i3k2v7c_1_1.bkp"),
        ("rman/validate/failed-corrupt-file", "corrupt_files: /u02/oradata/HIS/HISPDB/his_data01.dbf"),
        ("rman/validate/failed-corrupt-file-blocks-told", "corrupt_blocks: file 12 block 131 blocks 2 CHECKSUM"),
        ("rman/backup/failed-corrupt-block", "bad_files: /u02/oradata/LIS/lis_data01.dbf"),
    ],
)
def test_the_damaged_file_is_named_by_the_shipped_judges(name, said):
    case = next(case for case in cases() if str(case) == name)
    tool = shipped()[case.tool]
    assert said in (why_not_good(tool.actions[case.action], case.judged()) or "")


def test_a_capture_is_told_only_where_it_is_blamed() -> None:
    assert is_told("failed", "digest-differs (failed: a.bck)")
    assert is_told("bad_blocks", "piece-corrupt (bad_pieces: a.bck; bad_blocks: 2)")
    assert not is_told("failed", "the last step failed: no answer")
