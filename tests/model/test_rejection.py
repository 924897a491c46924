"""When a no counts, when it is withdrawn, and who could say yes at all."""

from __future__ import annotations

import pytest

from hisops.model.approval import Wanted
from hisops.model.quorum import who_could
from hisops.model.rejection import standing, told, why_ignored
from hisops.model.roster import Roster
from hisops.model.statement import Signed, Statement

ROSTER = Roster.model_validate(
    {
        "hisops": "roster/v1",
        "people": {
            name: {"name": {"zh": name, "en": name}, "principals": principals, "roles": roles}
            for name, principals, roles in [
                ("dba1", ["dba1@h", "dba1-b@h"], ["dba", "dba_lead"]),
                ("lead1", ["lead1@h", "lead1-b@h"], ["dba_lead"]),
                ("lead2", ["lead2@h"], ["dba_lead"]),
                ("app1", ["app1@h"], ["app_owner"]),
            ]
        },
    }
)
WANTED = Wanted(of="plan", role="dba_lead", origin="h/c", plan="p", involved={"dba1@h"}, run="r", step="s")


def signed(kind: str, who: str = "lead1@h", sha256: str = "sha256:x", **fields: str) -> Signed:
    headers = {"origin": "h/c", "plan": "p", "run": "-", "step": "-", "role": "dba_lead", "reason": "too late"} | fields
    statement = Statement(kind=kind, fields=headers)  # type: ignore[arg-type]
    return Signed(statement=statement, sha256=sha256, principal=who, fingerprint="f")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"run": "r", "step": "s"}, None),
        ({"who": "dba1-b@h"}, "takes part"),
        ({"who": "app1@h"}, "does not hold the role"),
        ({"who": "mallory@h"}, "not on the roster"),
        ({"role": "app_owner"}, "given as app_owner"),
        ({"plan": "q"}, "something else"),
        ({"origin": "x/y"}, "something else"),
        ({"run": "r2", "step": "s"}, "run r2"),
        ({"run": "r", "step": "other"}, "step other"),
        ({"kind": "approval"}, "no rejection"),
    ],
)
def test_whose_rejection_counts(changes: dict[str, str], why: str | None) -> None:
    found = why_ignored(signed(**({"kind": "rejection"} | changes)), WANTED, ROSTER)
    assert (found is None) if why is None else (found is not None and why in found)


def test_only_an_approval_that_names_it_withdraws_it() -> None:
    no = signed("rejection", sha256="sha256:no")
    assert standing([no], WANTED, ROSTER) == [no]
    assert standing([no, signed("approval")], WANTED, ROSTER) == [no]
    assert standing([no, signed("approval", "lead2@h", withdraws="sha256:no")], WANTED, ROSTER) == [no]
    assert standing([no, signed("approval", "lead1-b@h", withdraws="sha256:a sha256:no")], WANTED, ROSTER) == []


def test_it_is_told_with_who_and_why() -> None:
    assert told(signed("rejection")) == "rejected by lead1@h: too late"


def test_each_person_could_approve_once_and_nobody_who_takes_part() -> None:
    everybody = ["lead1@h", "lead1-b@h", "lead2@h", "dba1@h", "dba1-b@h", "app1@h", "mallory@h"]
    assert who_could("dba_lead", everybody, ROSTER, ["dba1-b@h"]) == {"lead1": "lead1-b@h", "lead2": "lead2@h"}
    assert who_could("dba_lead", ["lead2@h"], ROSTER, []) == {"lead2": "lead2@h"}
    assert who_could("reviewer", everybody, ROSTER, []) == {}
