"""Every shipped playbook: it lints, it has words in both languages, and its order is the safe one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hisops.documents.library import Library
from hisops.documents.lint import lint_paths
from hisops.model.expansion import ExpandedRunbook
from hisops.model.playing import Child, expand_playbook
from hisops.model.site import Site
from tests.shipped.procedures import columns
from tests.support.builders import SITE, WORDS

LIBRARY = Library()
FOLDER = Path(__file__).resolve().parents[2] / "playbooks"


def site(standby: bool = True) -> Site:
    his = SITE["databases"]["his"]  # type: ignore[index]
    databases = {"his": {**his, **({"standby": "his_dr"} if standby else {})}, "his_dr": his}
    databases["files"] = {**his, "engine": "files"}
    databases["his_rt"] = his
    databases["his"] = {**databases["his"], "scratch": "his_rt"}  # never inspected: it holds nothing of its own
    return Site.model_validate({**SITE, "databases": databases})


def expanded(name: str, target: str = "his") -> ExpandedRunbook:
    def child_of(runbook: str, database: str) -> Child:
        model = LIBRARY.runbook(runbook).model
        return Child(model, f"sha256:{database}")

    document = expand_playbook(LIBRARY.playbook(name).document, child_of, site(), target)
    return ExpandedRunbook.model_validate(document)


def test_they_lint() -> None:
    assert lint_paths([FOLDER], LIBRARY) == []
    assert {"patch-night", "quarterly-inspection"} <= set(LIBRARY.playbooks())


@pytest.mark.parametrize("name", LIBRARY.playbooks())
def test_titles_fit_the_screen_and_exist_in_both_languages(name: str) -> None:
    book = LIBRARY.playbook(name).model
    texts = [book.title, book.purpose, *(p.title for p in book.parameters.values()), *(r.title for r in book.runs)]
    assert all(re.search(r"[\u4e00-\u9fff]", text.zh) for text in texts)
    assert not [text.en for text in texts if re.search(r"[\u4e00-\u9fff]", text.en)]
    assert not [t for run in book.runs for t in (run.title.zh, run.title.en) if columns(t) > 40]


def test_the_standby_is_patched_first_and_the_primary_only_if_that_went_well() -> None:
    steps = expanded("patch-night").steps
    assert [(step.id, step.child and step.child.target) for step in steps] == [
        ("standby", "his_dr"),
        ("primary", "his"),
    ]
    assert [step.child and step.child.runbook for step in steps] == ["oracle/patch-standby", "oracle/patch-apply"]
    assert steps[1].needs == ("standby",)
    assert {step.failure_policy for step in steps} == {"stop"}
    assert {step.effect for step in steps} == {"destructive"}


def test_datapatch_runs_in_one_place_only() -> None:
    texts = {
        name: " ".join(step.sh or "" for step in LIBRARY.runbook(name).model.steps)
        for name in ("oracle/patch-standby", "oracle/patch-apply")
    }
    assert not re.search(r"OPatch/datapatch|\./datapatch", texts["oracle/patch-standby"])
    assert "datapatch" in texts["oracle/patch-apply"]


def test_both_homes_get_the_very_same_archive() -> None:
    first, second = expanded("patch-night").steps
    assert first.child
    assert second.child
    for name in ("patch", "patch_sha256", "patch_id"):
        assert first.child.values[name] == second.child.values[name]


def test_the_inspection_visits_each_database_of_its_engine_and_only_reads() -> None:
    steps = expanded("quarterly-inspection").steps
    assert [(step.id, step.child and step.child.target) for step in steps] == [
        ("inspection-his", "his"), ("inspection-his-dr", "his_dr")
    ]  # fmt: skip
    assert {step.effect for step in steps} == {"read"}
    assert {step.failure_policy for step in steps} == {"continue"}
    assert steps[0].title.en == f"Inspect: {WORDS['en']}"


def test_a_target_without_a_standby_is_refused_for_a_night_that_needs_one() -> None:
    with pytest.raises(Exception, match="which has none"):
        expand_playbook(
            LIBRARY.playbook("patch-night").document,
            lambda runbook, database: Child(LIBRARY.runbook(runbook).model, "x"),
            site(standby=False),
            "his",
        )


def test_the_standby_of_a_pair_is_the_other_one_whichever_of_the_two_the_site_says_it_at() -> None:
    after_a_switchover = expanded("patch-night", "his_dr").steps
    assert [step.child and step.child.target for step in after_a_switchover] == ["his", "his_dr"]
