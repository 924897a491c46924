"""What a runbook decides by after a change of roles: how far it went, what passes by itself, who is where."""

from __future__ import annotations

import pytest

from hisops import expressions
from hisops.engine.judging import judge
from hisops.model.judge import Judgement
from tests.shipped import recorded
from tests.shipped.recorded import ROOT, Case

BROKER = recorded.shipped()["dgmgrl"]
CASES = {str(case): case for case in recorded.cases() if case.tool in {"crsctl", "dgmgrl", "srvctl"}}


def of(action: str) -> list[Case]:
    return [case for name, case in CASES.items() if name.startswith(f"{action}/")]


def text_of(case: Case) -> bytes:
    return (ROOT / case.tool / case.action / f"{case.name}.out").read_bytes()


def judged(action: str, text: bytes, code: int = 0) -> Judgement:
    return judge(BROKER, BROKER.actions[action], text, b"", code)


def says(case: str, condition: str) -> bool:
    return expressions.evaluate(condition, {"out": CASES[case].judged().out})


@pytest.mark.parametrize("case", of("dgmgrl/switchover"), ids=str)
@pytest.mark.parametrize("code", [0, 1])
def test_wherever_the_output_ends_once_the_new_primary_opens_nothing_says_that_it_failed(case: Case, code: int) -> None:
    """`failed` invites to try again. From this line on the role has changed, so the verdict must not say so."""
    lines = text_of(case).splitlines(keepends=True)
    opening = next((n for n, line in enumerate(lines) if line.startswith(b"New primary database")), None)
    for end in range(opening + 1 if opening is not None else len(lines) + 1, len(lines) + 1):
        result = judged("switchover", b"".join(lines[:end]), code)
        assert result.verdict != "failed"
        assert result.out["switched"]


@pytest.mark.parametrize("case", of("dgmgrl/switchover"), ids=str)
def test_a_switchover_that_failed_has_not_changed_the_role(case: Case) -> None:
    out = case.judged().out
    if case.name == "partial-no-answer":  # nobody knows yet: the roles of both sides tell
        assert not out["switched"]
        return
    assert out["switched"] == (case.verdict in {"ok", "warn", "partial"} or case.name == "unknown-exit-code")
    assert ("new_primary" in out) == (case.verdict in {"ok", "warn"} or case.name == "unknown-exit-code")


def test_a_half_switchover_says_which_instance_to_start() -> None:
    out = CASES["dgmgrl/switchover/partial-11g-static-entry-missing"].judged().out
    assert (out["instance_to_start"], out["database_to_start"], out["opening"]) == ("emr", "emr", "emr_dr")


def test_a_password_missing_half_way_is_told_from_a_half_switchover() -> None:
    assert says("dgmgrl/switchover/failed-logon-denied-by-slash", "out.logon_denied && !out.switched")
    assert says("dgmgrl/switchover/partial-11g-insufficient-privileges", "out.logon_denied && out.switched")


def test_a_switchover_to_who_is_primary_already_names_the_primary() -> None:
    assert says("dgmgrl/switchover/failed-already-switched", 'out.still_primary == "his" && !out.switched')


@pytest.mark.parametrize("case", [*of("dgmgrl/show-configuration"), *of("dgmgrl/show-database")], ids=str)
def test_every_code_of_a_member_either_passes_by_itself_or_lasts(case: Case) -> None:
    out = case.judged().out
    transient, lasting = set(out["transient"]), set(out["lasting"])  # type: ignore[call-overload]
    assert transient | lasting == set(out["codes"])  # type: ignore[call-overload]
    assert not transient & lasting


# What stands until somebody acts, yet keeps nobody from a change of roles by itself.
STANDING = {16627, 16675, 16714, 16715, 16766, 16789, 16792, 16819, 16820, 16826, 16843}


@pytest.mark.parametrize("action", ["show-configuration", "show-database"])
def test_a_code_is_a_mere_warning_if_it_passes_by_itself_or_is_known_to_stand(action: str) -> None:
    everything = "\n".join(f"ORA-{number:05}: text" for number in (*range(1000, 4000), *range(12000, 17000)))
    transient = set(judged(action, everything.encode()).out["transient"])  # type: ignore[call-overload]
    assert set(BROKER.actions[action].allow) == transient | {f"ORA-{number}" for number in STANDING}
    assert {"ORA-16809", "ORA-16810", "ORA-16664", "ORA-16857"} <= transient
    assert not transient & {"ORA-16661", "ORA-16795", "ORA-16541", "ORA-16532", "ORA-01017"}


CLEAN = 'out.status == "SUCCESS" && size(out.disabled) == 0'
MAY_PASS = "size(out.disabled) == 0 && size(out.codes) > 0 && size(out.lasting) == 0"


@pytest.mark.parametrize(
    ("case", "clean", "may_pass"),
    [
        ("ok-19c", True, False),
        ("ok-11g", True, False),
        ("warn-after-role-change", False, True),
        ("warn-wrapped-at-80-columns", False, True),
        ("failed-no-result-12c", False, True),
        ("failed-observer-lost-11g", False, False),
        ("failed-must-be-rebuilt", False, False),
        ("failed-success-above-disabled-member", False, False),
    ],
)
def test_a_runbook_can_tell_what_to_wait_for(case: str, clean: bool, may_pass: bool) -> None:
    case = f"dgmgrl/show-configuration/{case}"
    assert says(case, CLEAN) == clean
    assert says(case, MAY_PASS) == may_pass


@pytest.mark.parametrize("case", of("dgmgrl/show-configuration"), ids=str)
def test_the_state_of_a_configuration_is_an_answer_whatever_it_is(case: Case) -> None:
    result = judged("configuration-state", text_of(case))
    strict = case.judged()
    assert result.out == strict.out
    if strict.verdict == "ok":
        assert result.verdict == "ok"
    elif {"configuration", "primary"} <= strict.out.keys() and b"Configuration Status:" in text_of(case):
        assert result.verdict == "warn"


def test_two_primaries_in_one_picture_are_seen() -> None:
    text = text_of(CASES["dgmgrl/show-configuration/ok-19c"]).replace(b"Physical standby database", b"Primary database")
    assert judged("show-configuration", text).out["primaries"] == ["his", "his_dr"]


@pytest.mark.parametrize(
    ("case", "near"),
    [
        ("show-database/ok-standby-19c", True),
        ("show-database/ok-standby-11g", True),
        ("show-database/ok-snapshot-lagging", False),
        ("show-database/failed-apply-stopped", False),
        ("show-database/failed-disabled-19c", False),
        ("show-database/ok-primary-11g", False),
        ("validate-database/ok-standby-verbose-19c", True),
        ("validate-database/ok-primary-19c", False),
    ],
)
def test_a_lag_is_never_taken_for_its_seconds_alone(case: str, near: bool) -> None:
    """8 minutes 16 seconds are not 16 seconds, and an unknown lag is not none."""
    assert says(f"dgmgrl/{case}", "out.apply_lag_under_minute && out.apply_lag_seconds <= 30") == near


def test_whether_an_old_primary_could_come_back_is_known_before_the_failover() -> None:
    assert says("dgmgrl/validate-for-failover/warn-flashback-off", "'his_dr' in out.flashback_off")
    assert says("dgmgrl/validate-for-failover/ok-primary-down-12c", "out.failover_ready && !out.primary_running")
    assert says("dgmgrl/validate-for-failover/warn-primary-running", "out.primary_running")


@pytest.mark.parametrize("name", ["not_online", "intermediate"])
def test_a_node_that_is_gone_shows_in_the_table_and_in_the_list(name: str) -> None:
    table = CASES["crsctl/resource-state/warn-node-gone-19c"].judged().out
    listed = CASES["crsctl/resource-state/warn-list-instance-down"].judged().out
    assert set(listed[name]) <= set(table[name])  # type: ignore[call-overload]
    assert listed[name]


def test_a_table_that_breaks_names_says_so_and_the_list_gives_them_whole() -> None:
    assert says("crsctl/stat/warn-names-wrapped", "out.wrapped && size(out.nodes_online) == 1")
    assert says("crsctl/stat/ok-list-long-names", "!out.wrapped && size(out.nodes_online) == 2")


@pytest.mark.parametrize("tool", ["dgmgrl"])
def test_the_page_about_judges_names_what_is_half_done(tool: str) -> None:
    page = (ROOT.parents[1] / "docs" / "judges.md").read_text("utf-8")
    for name, action in recorded.shipped()[tool].actions.items():
        if action.partial:
            rules = ", ".join(rule.id for rule in action.partial)
            assert f"| `{tool}/{name}` | {rules} |" in page
