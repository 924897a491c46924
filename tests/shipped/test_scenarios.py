"""The scenarios beside shipped runbooks name what there is in the lab, and pass gates in both ways."""

import pytest

from hisops.documents.library import Library
from hisops.documents.lint import lint_file
from hisops.lab.control import PICTURES
from hisops.lab.faults import check_name

LIBRARY = Library()
NAMES = [name for name in LIBRARY.ids() if LIBRARY.scenarios(name)]


@pytest.mark.parametrize("name", NAMES)
def test_everything_that_is_named_is_there(name):
    found = LIBRARY.scenarios(name).model
    path = LIBRARY.source_of(name).with_suffix(".scenarios.yaml")
    assert lint_file(path, LIBRARY) == []
    for scenario in found.scenarios:
        assert found.target_of(scenario) in {"his", "his_dr", "emr", "lis"}
        assert scenario.start is None or scenario.start in PICTURES
        for names in (scenario.begin, *(act.begin for act in scenario.acts), *(act.end for act in scenario.acts)):
            assert all(check_name(fault) for fault in names)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("oracle/patch")])
def test_gates_are_passed_without_a_terminal_once(name):
    acts = [act for scenario in LIBRARY.scenarios(name).model.scenarios for act in scenario.acts]
    assert any(not act.terminal for act in acts)
    assert any(act.terminal for act in acts)


@pytest.mark.parametrize("name", NAMES)
def test_no_two_scenarios_have_one_id(name):
    ids = [scenario.id for scenario in LIBRARY.scenarios(name).model.scenarios]
    assert len(set(ids)) == len(ids)
