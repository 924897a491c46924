"""The schemas agree with the models: what ships is valid under both, what breaks one rule is valid under neither."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from hisops.documents.library import Library
from hisops.documents.load import KINDS
from hisops.documents.places import definitions, shipped_runbooks
from hisops.documents.schema import schema_of
from hisops.documents.template import roster_template, site_template
from hisops.documents.yaml import parse, read_raw
from hisops.errors import UsageProblem
from tests.documents import shelf

SOUND = {
    "runbook/v1": shelf.runbook(shelf.WRITE), "judge/v1": shelf.JUDGE, "target/v1": shelf.TARGET,
    "site/v1": site_template(), "roster/v1": roster_template(),
    "playbook/v1": shelf.PLAYBOOK, "scenarios/v1": shelf.SCENARIOS, "report/v1": shelf.REPORT,
    "reconcile/v1": (shipped_runbooks() / "reconcile" / "outpatient-daily.yaml").read_text(encoding="utf-8"),
    "policy/v1": "hisops: policy/v1\nverify_required: true\nrequire_anchor: false\n",
}  # fmt: skip
BROKEN = [
    ("runbook/v1", "effect: read", "efect: read"),
    ("runbook/v1", "timeout: 5m\n", "timeout: 5\n"),
    ("runbook/v1", "timeout: 5m\n", "timeout: 5 minutes\n"),
    ("runbook/v1", "sh: tool change\n", "sh: tool change\n    sql: x\n"),
    ("runbook/v1", "sh: tool change\n    judge", "judge"),
    ("runbook/v1", "undo: {", "undo: {none: {zh: x, en: x}, "),
    ("runbook/v1", "probe: {sh: tool list, ", "probe: {"),
    ("runbook/v1", "confirm: true, ", ""),
    ("runbook/v1", "id: change", "id: Change"),
    ("runbook/v1", "  days:", "  Days:"),
    ("runbook/v1", "{zh: 改, en: Change}", "{zh: 改}"),
    ("judge/v1", "[{id: bad, pattern: '^bad$'}]", "[]"),
    ("target/v1", "sql: select 1 from dual, ", ""),
    ("site/v1", "{prompt: true}", "{prompt: true, env: X}"),
    ("site/v1", "via: sudo", "via: telnet"),
    ("roster/v1", "roles: [dba]", "roles: []"),
    ("scenarios/v1", "exit: [0, 13]", "exit: []"),
    ("scenarios/v1", "begin: [slow]", "begin: [Slow]"),
    ("playbook/v1", "on: standby", "on: nowhere"),
    ("playbook/v1", "on_failure: hold", "on_failure: undo"),
    ("playbook/v1", "runbook: thing/do", "runbook: thing/do\n    sh: ls"),
    ("report/v1", "{parameter: name}", "{parameter: name, run: id}"),
    ("report/v1", "{step: declare}", "{at: ended}"),
    ("report/v1", "means: good", "means: fine"),
    ("policy/v1", "verify_required: true", "verify_required: often"),
    ("policy/v1", "require_anchor", "require_ancor"),
]


def errors(kind, text):
    return list(Draft202012Validator(schema_of(kind)).iter_errors(parse(text, kind).data))


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_one_and_takes_what_is_sound(kind):
    Draft202012Validator.check_schema(schema_of(kind))
    assert errors(kind, SOUND[kind]) == []


@pytest.mark.parametrize(("kind", "old", "new"), BROKEN)
def test_a_schema_refuses_what_the_models_and_the_rules_refuse(kind, old, new):
    assert old in SOUND[kind]
    assert errors(kind, SOUND[kind].replace(old, new, 1))


def test_what_is_shipped_fits_its_schema():
    folder = shipped_runbooks()
    apart = [path for name in ("judges", "targets", "reports") for path in (folder / name).glob("*.yaml")]
    for path in (*definitions(folder), *apart):
        data = parse(read_raw(path), str(path)).data
        assert list(Draft202012Validator(schema_of(data["hisops"])).iter_errors(data)) == [], path
    assert Library().tools()


def test_an_unknown_kind_is_told():
    with pytest.raises(UsageProblem) as caught:
        schema_of("runbook/v9")
    assert "runbook/v1" in caught.value.advice
