"""The fault table of docs/faults.md: scenarios beside the shipped runbooks, as `hisops runbook test` plays them.

Of each runbook the first one, and one in which all is taken back; `make rehearsals` plays every one, and
docs/coverage.md, which is held to the runbooks and scenarios by their digests, is what came of it.
HISOPS_REHEARSE=all plays all here.
"""

import os

import pytest

from hisops.cli.cast import Cast
from hisops.cli.composing import compose_of
from hisops.cli.rehearsing import Rehearsal
from hisops.documents.library import Library
from hisops.documents.site import load_site
from hisops.lab import autostart
from hisops.lab.layout import Layout
from hisops.lab.state import LAB, Store
from tests.support import forking

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

LIBRARY = Library()
TAKEN_BACK = ("host/cluster-failover-drill", "service-stuck")  # of those that end as they began the cheapest
AS_BEFORE = {1, 12}  # failed before anything was changed, or undone: nothing may stand otherwise than before
CASES = [
    (name, scenario)
    for name in LIBRARY.ids()
    if (found := LIBRARY.scenarios(name))
    for number, scenario in enumerate(found.model.scenarios)
    if number == 0 or (name, scenario.id) == TAKEN_BACK or os.environ.get("HISOPS_REHEARSE") == "all"
]


@pytest.fixture
def rehearse(running_lab):
    def carry_out(runbook, scenario):
        scenarios = LIBRARY.scenarios(runbook).model
        composed = compose_of(LIBRARY, load_site(running_lab.site).site, runbook, scenarios.target_of(scenario))
        before = []

        def call(words, env):
            before.append(standing(running_lab.site))
            return forking.call(words, env, 900)

        people = Cast(running_lab.site, call, forking.take_seat)
        rehearsal = Rehearsal(running_lab.site, composed.model, scenarios, people)
        outcome = rehearsal.carry_out(scenario)
        return rehearsal, outcome, before[0]  # as it was when the plan was called for

    return carry_out


def standing(site):
    """Return what people would notice: roles, open modes, listeners, redo apply, autostart, the cluster."""
    store, layout = Store(site / "lab/state"), Layout(site)
    states = {name: store.read(name) for name in store.databases()}
    return {
        "cluster": store.read(LAB)["cluster"],
        **{
            name: {
                **{key: state[key] for key in ("role", "status", "open_mode")},
                "pdbs": {pdb["name"]: pdb["open_mode"] for pdb in state["pdbs"]},
                "listener": state["listener"]["up"],
                "apply": state["standby"]["mrp"],
                "autostart": autostart.wanted(layout, state),
            }
            for name, state in states.items()
        },
    }


@pytest.mark.parametrize(("runbook", "scenario"), CASES, ids=[f"{name}-{each.id}" for name, each in CASES])
def test_it_comes_out_as_it_says(running_lab, rehearse, runbook, scenario):
    rehearsal, outcome, before = rehearse(runbook, scenario)
    assert outcome.wrong == []
    if outcome.run:
        assert rehearsal.coverage.carried_out
    if AS_BEFORE & set(scenario.acts[-1].exits):
        assert standing(running_lab.site) == before


def test_one_in_which_all_is_taken_back_is_played():
    assert any(AS_BEFORE & set(scenario.acts[-1].exits) for _, scenario in CASES)


def test_what_comes_out_otherwise_is_told(rehearse):
    scenario = next(
        each for each in LIBRARY.scenarios("oracle/patch-apply").model.scenarios if each.id == "conflict-and-disk-full"
    )
    act = scenario.acts[0].model_copy(update={"exit": 0, "named": ("no such word",), "starts": {"opatch": 999}})
    rehearsal, outcome, _ = rehearse("oracle/patch-apply", scenario.model_copy(update={"acts": (act,)}))
    first, second, third = outcome.wrong
    assert first.startswith("exit 3, not 0: ")
    assert second == "nothing says 'no such word'"
    assert third.startswith("opatch was started ")
    assert outcome.run is None
    assert any("conflict" in name for name in rehearsal.coverage.failed)
