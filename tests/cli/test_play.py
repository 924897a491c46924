"""`hisops play` and playbooks in `hisops runbook`, without a host."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.calling import hisops
from tests.documents import shelf


def test_without_a_name_it_lists_the_playbooks() -> None:
    done = hisops("play", "--json")
    assert done.returncode == 0, done.stderr
    assert {"patch-night", "quarterly-inspection"} <= {row["id"] for row in json.loads(done.stdout)["playbooks"]}
    assert "hisops play patch-night" in hisops("runbook", "list").stdout


def test_show_tells_runs_values_and_order_in_either_language() -> None:
    english = " ".join(hisops("runbook", "show", "patch-night").stdout.split())
    for wanted in ("oracle/patch-standby", "its standby", "after standby", "if it fails", "--patch-sha256"):
        assert wanted in english
    chinese = hisops("--lang", "zh", "runbook", "show", "playbooks/patch-night").stdout
    assert "补丁之夜" in chinese
    shown = json.loads(hisops("runbook", "show", "quarterly-inspection", "--json").stdout)
    assert shown["runbook"]["runs"][0]["on"] == "each"


def test_lint_and_schema_know_playbooks(tmp_path: Path) -> None:
    path = shelf.write(tmp_path / "playbooks", "night", shelf.PLAYBOOK)
    done = hisops("runbook", "lint", path)
    assert done.returncode == 2
    assert "thing/do" in done.stderr + done.stdout
    schema = json.loads(hisops("runbook", "schema", "playbook").stdout)
    assert "runs" in schema["properties"]


def test_a_play_needs_a_site() -> None:
    done = hisops("play", "patch-night", "-t", "his")
    assert done.returncode == 2
    assert "site" in done.stderr
