"""Causes of a reconciliation: the first that fits counts, so none may stand where it can never be reached."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from hisops.model.reconciliation import FAULTS
from tests.reconcile.definitions import definition

WORDS = {"zh": "测试", "en": "Test"}
PLAIN = [{"id": each.replace("_", "-"), "class": each, "owner": "it", "text": WORDS} for each in FAULTS]


def cause(name: str, **where: list[str]) -> dict[str, Any]:
    return {"id": name, "class": "only_b", "owner": "vendor", "text": WORDS, "where": where}


@pytest.mark.parametrize(
    ("causes", "hidden"),
    [
        ([*PLAIN, cause("late", dept=["内科"])], "late"),
        ([cause("wide", dept=["内科", "外科"]), cause("narrow", dept=["内科"]), *PLAIN], "narrow"),
        ([cause("one", dept=["内科"]), cause("both", dept=["内科"], state=["void"]), *PLAIN], "both"),
    ],
)
def test_a_cause_that_never_applies_is_refused(causes: list[dict[str, Any]], hidden: str) -> None:
    with pytest.raises(ValidationError, match=f"the cause {hidden} never applies"):
        definition(causes=causes)


@pytest.mark.parametrize(
    "causes",
    [
        [cause("late", dept=["内科"]), *PLAIN],
        [cause("narrow", dept=["内科"]), cause("wide", dept=["内科", "外科"]), *PLAIN],
        [cause("one", dept=["内科"]), cause("other", state=["void"]), *PLAIN],
    ],
)
def test_narrow_causes_before_wide_ones_are_taken(causes: list[dict[str, Any]]) -> None:
    assert definition(causes=causes).causes[0].id == causes[0]["id"]
