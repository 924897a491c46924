"""Which steps a run can have, as rehearsals and forms may name them."""

import pytest

from hisops.documents.library import Library
from hisops.documents.rules.steps import StepName, is_known, step_names

DRILL = Library().runbook("oracle/dg-failover-drill").model


@pytest.mark.parametrize(
    ("asked", "known"),
    [("take-down", True), ("take-dow", False), ("take-down-here", False),
     ("opening-declare", True), ("opening-x", False)],
)  # fmt: skip
def test_a_run_has_its_own_steps_and_those_of_a_runbook_in_use_by_the_names_that_they_get(asked, known):
    assert is_known(asked, step_names(DRILL, Library())) is known


def test_a_step_that_is_repeated_may_end_with_any_item():
    fanned = StepName("look", fanned=True)
    assert fanned.fits("look")
    assert fanned.fits("look-his-db1")
    assert not fanned.fits("looks-his-db1")


def test_a_circle_ends_and_a_runbook_that_is_missing_gives_no_names():
    using = DRILL.steps[0].model_copy(update={"id": "again", "uses": DRILL.id})
    circle = DRILL.model_copy(update={"steps": (using,)})
    assert [each.name for each in step_names(circle, Library())] == ["again"]
    lost = circle.model_copy(update={"steps": (using.model_copy(update={"uses": "no/such"}),)})
    assert [each.name for each in step_names(lost, Library())] == ["again"]
