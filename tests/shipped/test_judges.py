"""Every shipped judge against recorded outputs, and every rule of it against its own removal."""

from __future__ import annotations

import re

import pytest

from hisops.engine.judging import judge
from hisops.expressions import version_key
from hisops.model.judge import Action
from tests.shipped import recorded
from tests.shipped.recorded import ROOT, Case

JUDGES = recorded.shipped()
CASES = recorded.cases()
ACTIONS = [(tool, action) for tool, found in JUDGES.items() for action in found.actions]
ORACLE = sorted(JUDGES.keys() - {"host", "oracle-state"})
RULES = [
    (tool, action, part, rule.id)
    for tool, action in ACTIONS
    for part in ("partial", "failure", "proof", "warn", "pairs", "blocks", "doubts", "tallies")
    for rule in getattr(JUDGES[tool].actions[action], part)
]


def of(tool: str, action: str) -> list[Case]:
    return [case for case in CASES if (case.tool, case.action) == (tool, action)]


def without(rules: Action, part: str, rule_id: str) -> Action:
    return rules.model_copy(update={part: tuple(rule for rule in getattr(rules, part) if rule.id != rule_id)})


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_recorded_output_is_judged_as_its_name_says(case: Case) -> None:
    result = case.judged()
    assert result.verdict == case.verdict
    assert list(result.matched) == case.matched
    assert result.out == case.out


def test_every_recorded_file_is_listed_and_every_listed_file_is_there() -> None:
    there = {path.relative_to(ROOT).with_suffix("").as_posix() for path in ROOT.glob("*/*/*.*")}
    assert there == {str(case) for case in CASES}


@pytest.mark.parametrize(("tool", "action"), ACTIONS)
def test_every_action_has_its_ok_failed_and_unknown_outputs(tool: str, action: str) -> None:
    rules = JUDGES[tool].actions[action]
    wanted = {"ok", "failed", "unknown"} | {verdict for verdict in ("warn", "partial") if getattr(rules, verdict)}
    assert wanted <= {case.verdict for case in of(tool, action)}
    assert f"{tool}/{action}/unknown-empty" in map(str, of(tool, action))


@pytest.mark.parametrize(("tool", "action", "part", "rule"), RULES)
def test_no_rule_can_be_removed_unnoticed(tool: str, action: str, part: str, rule: str) -> None:
    mutant = without(JUDGES[tool].actions[action], part, rule)
    assert [str(case) for case in of(tool, action) if case.judged(mutant).verdict != case.verdict]


NOT_RECORDED = {
    ("dataguard", "verify", "with-warnings"),
    ("host", "tar", "no-space"),
    ("opatch", "lspatches", "home-not-registered"),
}
"""Causes whose words no public output has shown yet in that action."""


@pytest.mark.parametrize(("tool", "action"), ACTIONS)
def test_every_cause_is_named_by_some_output(tool: str, action: str) -> None:
    named = {name for case in of(tool, action) for name in case.matched}
    unheard = {(tool, action, cause.id) for cause in JUDGES[tool].actions[action].causes if cause.id not in named}
    assert unheard <= NOT_RECORDED


@pytest.mark.parametrize("case", [case for case in CASES if case.verdict in {"ok", "warn"}], ids=str)
def test_no_good_output_stays_good_when_an_error_code_joins_it(case: Case) -> None:
    tool = JUDGES[case.tool]
    if not tool.codes:
        return
    folder = ROOT / case.tool / case.action
    text = (folder / f"{case.name}.out").read_bytes() + b"\nORA-00604: error occurred at recursive SQL level 1\n"
    assert judge(tool, tool.actions[case.action], text, b"", case.exit).verdict in {"unknown", "failed"}


@pytest.mark.parametrize("case", [case for case in CASES if case.verdict in {"ok", "warn"}], ids=str)
def test_no_good_output_stays_good_when_its_end_is_cut_off(case: Case) -> None:
    """Cut at the first character of a proof: what came before proves nothing."""
    tool = JUDGES[case.tool]
    rules = tool.actions[case.action]
    text = (ROOT / case.tool / case.action / f"{case.name}.out").read_bytes()
    starts = [match.start() for rule in rules.proof if (match := re.search(rule.pattern.encode(), text, re.MULTILINE))]
    if starts:
        assert judge(tool, rules, text[: min(starts)], b"", case.exit).verdict not in {"ok", "warn"}


MALICE = (b"ORA-", b"Oracle Home ", b"Starting a b ", b" \t", b"1 ", b"\n", b"tar: : ", b"(errors", b"\xd6")
FIVE_MEGABYTES = b"\n".join(seed * (5_000_000 // len(MALICE) // len(seed)) for seed in MALICE)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("tool", "action"), ACTIONS)
def test_five_megabytes_of_malice_are_judged_without_delay(tool: str, action: str) -> None:
    """The limit is the test's own time-out: a pattern that backtracks would take hours over these."""
    rules = JUDGES[tool].actions[action]
    assert judge(JUDGES[tool], rules, FIVE_MEGABYTES, b"", 0).verdict in {"unknown", "failed"}


@pytest.mark.parametrize("tool", JUDGES)
def test_a_judge_says_what_it_rests_on_and_explains_in_both_languages(tool: str) -> None:
    found = JUDGES[tool]
    texts = [found.title, *(action.title for action in found.actions.values())]
    for action in found.actions.values():
        assert len(action.source) > 20
        parts = (action.failure, action.warn, action.partial, action.causes, action.doubts)
        texts += [rule.means for part in parts for rule in part if rule.means]
    assert all(re.search(r"[\u4e00-\u9fff]", text.zh) for text in texts)
    assert not [text.en for text in texts if re.search(r"[\u4e00-\u9fff]", text.en)]


def test_judges_of_oracle_know_the_same_families_of_codes() -> None:
    assert len({JUDGES[tool].codes for tool in ORACLE}) == 1


def test_versions_of_opatch_compare_as_numbers() -> None:
    versions = [case.out["version"] for case in of("opatch", "version") if case.verdict == "ok"]
    assert "11.2.0.3.9" in versions
    assert (
        version_key("11.2.0.3.9") < version_key("11.2.0.3.44") < version_key("12.2.0.1.5") < version_key(max(versions))
    )


def row(tool: str, action: str) -> str:
    rules = JUDGES[tool].actions[action]
    cells = (", ".join(rule.id for rule in part) for part in (rules.proof, rules.failure, rules.warn))
    return "| " + " | ".join((f"`{tool}/{action}`", *cells, ", ".join(rules.capture), rules.source.strip())) + " |"


@pytest.mark.parametrize(("tool", "action"), ACTIONS)
def test_the_page_about_judges_is_as_the_judges_are(tool: str, action: str) -> None:
    page = (ROOT.parents[1] / "docs" / "judges.md").read_text("utf-8")
    assert row(tool, action) in page.splitlines()
