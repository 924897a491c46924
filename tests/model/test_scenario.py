"""An act of a rehearsal: what contradicts itself is refused when it is read."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hisops.model.scenario import Act, Scenario

NAME = {"id": "held", "title": {"zh": "中止", "en": "Held"}}


def test_what_a_person_decides_comes_before_a_run_goes_on() -> None:
    acts = [{"exit": 11}, {"resolve": {"flashback": "not-done"}, "exit": 0}]
    assert Scenario.model_validate({**NAME, "acts": acts}).acts[1].resolve == {"flashback": "not-done"}
    with pytest.raises(ValidationError, match="no run of which a step could be resolved"):
        Scenario.model_validate({**NAME, "acts": acts[1:]})


@pytest.mark.parametrize(
    "act",
    [
        {"resolve": {"flashback": "perhaps"}, "exit": 0},
        {"until": "flashback", "undo": "mount", "exit": 14},
        {"kill": "flashback", "exit": 0},
        {"kill": "flashback", "terminal": False, "exit": 137},
    ],
)
def test_an_act_that_contradicts_itself_is_refused(act: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Act.model_validate(act)
