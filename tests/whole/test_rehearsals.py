"""The fault table of docs/faults.md: scenarios beside the shipped runbooks, as `hisops runbook test` plays them.

Of each runbook the first one; `make rehearsals` plays every one, and docs/coverage.md,
which is held to the runbooks and scenarios by their digests, is what came of it. HISOPS_REHEARSE=all plays all here.
"""

import os

import pytest

from hisops.cli.cast import Cast
from hisops.cli.composing import compose_of
from hisops.cli.rehearsing import Rehearsal
from hisops.documents.library import Library
from hisops.documents.site import load_site
from hisops.lab.state import Store
from tests.support import forking

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

LIBRARY = Library()
CASES = [
    (name, scenario)
    for name in LIBRARY.ids()
    if (found := LIBRARY.scenarios(name))
    for number, scenario in enumerate(found.model.scenarios)
    if number == 0 or os.environ.get("HISOPS_REHEARSE") == "all"
]


@pytest.fixture
def rehearse(running_lab):
    def carry_out(runbook, scenario):
        scenarios = LIBRARY.scenarios(runbook).model
        composed = compose_of(LIBRARY, load_site(running_lab.site).site, runbook, scenarios.target_of(scenario))
        people = Cast(running_lab.site, lambda words, env: forking.call(words, env, 900), forking.take_seat)
        rehearsal = Rehearsal(running_lab.site, composed.model, scenarios, people)
        return rehearsal, rehearsal.carry_out(scenario)

    return carry_out


@pytest.mark.parametrize(("runbook", "scenario"), CASES, ids=[f"{name}-{each.id}" for name, each in CASES])
def test_it_comes_out_as_it_says(running_lab, rehearse, runbook, scenario):
    rehearsal, outcome = rehearse(runbook, scenario)
    assert outcome.wrong == []
    if outcome.run:
        assert rehearsal.coverage.carried_out
    if {1, 12} & set(scenario.acts[-1].exits):
        store = Store(running_lab.site / "lab/state")
        modes = {store.read(name).get("open_mode") for name in store.databases()}
        assert "READ WRITE" in modes, "the database serves again"


def test_what_comes_out_otherwise_is_told(rehearse):
    scenario = next(
        each for each in LIBRARY.scenarios("oracle/patch-apply").model.scenarios if each.id == "conflict-and-disk-full"
    )
    act = scenario.acts[0].model_copy(update={"exit": 0, "named": ("no such word",), "starts": {"opatch": 999}})
    rehearsal, outcome = rehearse("oracle/patch-apply", scenario.model_copy(update={"acts": (act,)}))
    first, second, third = outcome.wrong
    assert first.startswith("exit 3, not 0: ")
    assert second == "nothing says 'no such word'"
    assert third.startswith("opatch was started ")
    assert outcome.run is None
    assert any("conflict" in name for name in rehearsal.coverage.failed)
