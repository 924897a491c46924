"""What writes over a database belongs on the scratch host; lint warns of it anywhere else."""

from __future__ import annotations

import pytest

from hisops.documents.lint import lint_file
from hisops.documents.places import shipped_runbooks
from tests.documents import shelf

STEP = """
id: back
title: {{zh: 恢复, en: Restore}}
on: {place}
effect: {effect}
idempotent: true
timeout: 1h
sh: tool restore
stdin: |
  {text};
  exit;
undo: {{none: {{zh: 试, en: none}}}}
"""
WRITES_OVER = [
    "restore database", "RESTORE  datafile 7", "set newname for database to '/u02/%b'", "duplicate database to x",
    "duplicate target database for standby from active database", "restore controlfile from autobackup",
    "set dbid 1203345671", "restore pluggable database lispdb",
]  # fmt: skip
ONLY_READS = [
    "restore database validate",
    "restore database preview summary",
    "validate backupset 7",
    "crosscheck copy",
]


def problems(tmp_path, text, place="scratch_host", effect="destructive"):
    oracle = (shipped_runbooks() / "targets/oracle.yaml").read_text(encoding="utf-8")
    library = shelf.library(tmp_path)
    target = shelf.TARGET + oracle[oracle.index("scratch_only:") :]
    shelf.write(tmp_path, "targets/thing", target)
    path = shelf.write(tmp_path, "thing/do", shelf.runbook(STEP.format(text=text, place=place, effect=effect)))
    return [(each.rule, each.severity) for each in lint_file(path, library)]


@pytest.mark.parametrize("text", WRITES_OVER)
def test_a_restore_stands_on_the_scratch_host(tmp_path, text):
    assert problems(tmp_path, text) == []
    assert problems(tmp_path, text, place="db_host") == [("RB047", "warning")]
    assert problems(tmp_path, text, effect="write") == [("RB047", "warning")]


@pytest.mark.parametrize("text", ONLY_READS)
def test_what_only_reads_backups_may_stand_anywhere(tmp_path, text):
    assert problems(tmp_path, text, place="db_host", effect="write") == []


def test_a_pattern_that_is_none_is_refused(tmp_path):
    path = shelf.write(tmp_path, "targets/thing", f"{shelf.TARGET}scratch_only: ['(']\n")
    assert [each.rule for each in lint_file(path, shelf.library(tmp_path / "x"))][:1] == ["YA023"]
