"""Expansion: every step known, each id once, and nothing left to expand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hisops.errors import UsageProblem
from hisops.model.expanding import Source, expand, used
from hisops.model.expansion import ExpandedRunbook
from hisops.model.site import Site
from tests.support.builders import SITE, WORDS, step, write

HOST = {"address": "127.0.0.1"}
HOSTS = {"his-db1": HOST, "his-db2": HOST, "app1": HOST}
HIS = {**SITE["databases"]["his"], "standby": "his_dr", "nodes": [
    {"host": "his-db1", "settings": {"oracle_sid": "his1"}}, {"host": "app1", "settings": {"oracle_sid": "his2"}},
]}  # fmt: skip
STANDBY = {**SITE["databases"]["his"], "host": "his-db2"}


def site(hosts=HOSTS):
    return Site.model_validate({**SITE, "hosts": hosts, "databases": {"his": HIS, "his_dr": STANDBY}})


def runbook(*steps: dict[str, Any], name: str = "oracle/main", **head: Any) -> dict[str, Any]:
    usual = {"hisops": "runbook/v1", "id": name, "version": "1.0.0", "title": WORDS, "purpose": WORDS}
    return {**usual, "target": {"engine": "oracle"}, "steps": list(steps), **head}


def expanded(document: dict[str, Any], *library: dict[str, Any], where: Site | None = None) -> dict[str, Any]:
    found = {each["id"]: Source(each, f"sha256:{each['id']}") for each in library}
    return expand(Source(document, "sha256:main"), found.__getitem__, where or site(), "his")


def ids(document: dict[str, Any]) -> list[str]:
    return [each["id"] for each in document["steps"]]


def uses(step_id: str, name: str, **keys: Any) -> dict[str, Any]:
    return {"id": step_id, "title": WORDS, "effect": "read", "uses": name, **keys}


PART = runbook(step("see"), step("act", needs=["see"]), name="oracle/part")


def test_a_runbook_without_either_is_its_own_expansion():
    plain = runbook(step("a"), write("b", needs=["a"]))
    assert expanded(plain) == plain


def test_what_the_site_requires_stands_as_if_the_runbook_said_it():
    terms = {"any": ["oracle/a", "oracle/b"], "of": "params.x == 1", "max_age": "1d12h", "title": WORDS}
    policy = {"oracle/main": [terms], "oracle/part": [{"runbook": "oracle/c", "max_age": "30d"}], "oracle/z": [terms]}
    where = site().model_copy(update={"requires": Site.model_validate({**SITE, "requires": policy}).requires})
    plain = expanded(runbook(step("a"), requires=[{"runbook": "oracle/c", "max_age": "2h"}]), where=where)
    assert plain["requires"] == [{"runbook": "oracle/c", "max_age": "2h"}, terms]
    used_too = expanded(runbook(uses("b", "oracle/part")), PART, where=where)
    assert used_too["requires"] == [terms, {"runbook": "oracle/c", "max_age": "30d"}]
    assert ExpandedRunbook.model_validate(used_too).requires[0].max_age == 36 * 3600
    again = expand(Source(used_too, "sha256:main"), {}.__getitem__, where, "his")
    assert again["requires"] == used_too["requires"]
    assert "requires" not in expanded(runbook(step("a"), name="oracle/other"), where=where)


def test_a_sub_runbook_comes_in_the_place_of_the_step():
    document = expanded(runbook(step("a"), uses("b", "oracle/part", needs=["a"]), step("c", needs=["b"])), PART)
    assert ids(document) == ["a", "b-see", "b-act", "c"]
    needs = {each["id"]: each.get("needs", []) for each in document["steps"]}
    assert needs == {"a": [], "b-see": ["a"], "b-act": ["b-see", "a"], "c": ["b-see", "b-act"]}
    assert document["scopes"]["b"]["runbook"] == "oracle/part"
    assert document["scopes"]["b"]["digest"] == "sha256:oracle/part"


@pytest.mark.parametrize(
    ("over", "names"),
    [
        ("nodes", ["a-his-db1", "a-app1"]),
        ("databases", ["a-his", "a-his-dr"]),
        ("hosts", ["a-his-db1", "a-his-db2", "a-app1"]),
        (["app1", "his-db2"], ["a-app1", "a-his-db2"]),
    ],
)
def test_a_repeated_step_stands_once_for_each_item(over, names):
    document = expanded(runbook(step("a", for_each=over, parallel=2)))
    assert ids(document) == names
    spots = [each.spot for each in ExpandedRunbook.model_validate(document).steps]
    assert {(spot.fan, spot.parallel) for spot in spots} == {("a", 2)}


def test_a_database_without_nodes_is_its_own_node():
    plain = {name: value for name, value in HIS.items() if name != "nodes"}
    where = Site.model_validate({**SITE, "hosts": HOSTS, "databases": {"his": plain, "his_dr": STANDBY}})
    assert ids(expanded(runbook(step("a", for_each="nodes")), where=where)) == ["a-his-db1"]


def test_on_an_item_a_step_needs_what_was_done_on_that_item():
    document = expanded(
        runbook(step("a", for_each="hosts"), step("b", for_each="hosts", needs=["a"]), step("c", needs=["b"]))
    )
    needs = {each["id"]: each.get("needs") for each in document["steps"]}
    assert needs["b-his-db2"] == ["a-his-db2"]
    assert needs["c"] == ["b-his-db1", "b-his-db2", "b-app1"]


def test_items_of_another_kind_are_needed_all():
    document = expanded(runbook(step("a", for_each="nodes"), step("b", for_each="hosts", needs=["a"])))
    assert document["steps"][-1]["needs"] == ["a-his-db1", "a-app1"]


def test_a_value_that_is_handed_down_is_waited_for():
    sub = {**PART, "parameters": {"word": {"type": "string", "title": WORDS}}}
    document = expanded(
        runbook(step("look"), uses("b", "oracle/part", **{"with": {"word": {"from": "steps.look.out.x"}}})), sub
    )
    assert document["steps"][1]["needs"] == ["look"]


def test_the_gate_of_a_use_goes_before_its_first_write():
    sub = runbook(step("see"), write("act"), write("more"), name="oracle/part")
    gate = {"confirm": True, "show": ["a"], "read_back": "params.word"}
    document = expanded(runbook(step("a"), uses("b", "oracle/part", effect="write", gate=gate)), sub)
    gates = {each["id"]: each.get("gate") for each in document["steps"]}
    assert gates == {"a": None, "b-see": None, "b-act": gate, "b-more": None}
    assert ExpandedRunbook.model_validate(document).step("b-act").spot.gated_by is not None


def test_conditions_of_a_use_stand_before_each_of_its_steps():
    inner = runbook(uses("deep", "oracle/part", when="target.has_peer"), name="oracle/middle")
    document = expanded(runbook(uses("b", "oracle/middle", when="params.x")), inner, PART)
    for each in ExpandedRunbook.model_validate(document).steps:
        assert [(one.at.scope, one.when) for one in each.spot.conditions] == [
            ("", "params.x"),
            ("b", "target.has_peer"),
        ]


def test_locks_and_requirements_of_parts_are_those_of_the_whole():
    sub = {**PART, "locks": ["oracle_home"], "requires": [{"runbook": "oracle/check", "max_age": "1d"}]}
    document = expanded(runbook(uses("b", "oracle/part")), sub)
    assert document["locks"] == ["database", "oracle_home"]
    assert document["requires"] == [{"runbook": "oracle/check", "max_age": "1d"}]


def test_names_of_steps_are_those_of_the_scope_that_asks():
    document = expanded(runbook(uses("b", "oracle/part", for_each="hosts")), PART)
    model = ExpandedRunbook.model_validate(document)
    assert list(model.known_in("")) == ["b-see", "b-act"]
    assert [each.id for each in model.known_in("")["b-see"].steps] == ["b-his-db1-see", "b-his-db2-see", "b-app1-see"]
    assert list(model.known_in("b-app1")) == ["see", "act"]
    assert not model.known_in("b-app1")["see"].fanned


def test_every_source_is_named_once_with_its_digest():
    inner = runbook(uses("x", "oracle/part"), uses("y", "oracle/part"), name="oracle/middle")
    library = {each["id"]: Source(each, f"sha256:{each['id']}") for each in (inner, PART)}
    found = used(Source(runbook(uses("b", "oracle/middle")), "m"), library.__getitem__)
    assert found == {"oracle/middle": "sha256:oracle/middle", "oracle/part": "sha256:oracle/part"}


def test_hosts_that_would_share_an_id_are_refused():
    with pytest.raises(UsageProblem, match="a-x-y"):
        expanded(runbook(step("a", for_each=["x-y", "x--y"])), where=site({**HOSTS, "x-y": HOST, "x--y": HOST}))


def test_a_host_that_the_inventory_lacks_is_refused():
    with pytest.raises(UsageProblem, match="elsewhere"):
        expanded(runbook(step("a", for_each=["elsewhere"])))


def test_a_circle_ends_in_a_sentence():
    with pytest.raises(UsageProblem, match="uses itself"):
        expanded(runbook(uses("a", "oracle/part")), runbook(uses("b", "oracle/part"), name="oracle/part"))


OVER = st.sampled_from([None, "nodes", "databases", "hosts", ["app1"]])
NAMES = st.lists(st.sampled_from("abcdefg"), unique=True, min_size=1, max_size=4)


@st.composite
def nested(draw: st.DrawFn, depth: int = 2, fanned: bool = False) -> list[dict[str, Any]]:
    """Return steps, some of which use runbooks whose steps were drawn, too; those stand under `sub`."""
    steps = []
    for name in draw(NAMES):
        over = None if fanned else draw(OVER)
        keys = {} if over is None else {"for_each": over}
        earlier = [each["id"] for each in steps]
        if earlier:
            keys["needs"] = draw(st.lists(st.sampled_from(earlier), unique=True))
        if depth and draw(st.booleans()):
            steps.append(uses(name, "-", sub=draw(nested(depth - 1, fanned or over is not None)), **keys))
        else:
            steps.append(step(name, **keys))
    return steps


def shelved(steps: list[dict[str, Any]], library: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    made = []
    for each in steps:
        plain = {key: value for key, value in each.items() if key != "sub"}
        if "sub" in each:
            plain["uses"] = f"oracle/r{len(library)}"
            library[plain["uses"]] = {}
            library[plain["uses"]] = runbook(*shelved(each["sub"], library), name=plain["uses"])
        made.append(plain)
    return made


@given(nested())
@settings(max_examples=60, deadline=None)
def test_whatever_is_nested_ids_are_unique_needs_point_back_and_nothing_is_left(steps):
    library: dict[str, dict[str, Any]] = {}
    document = expanded(runbook(*shelved(steps, library)), *library.values())
    names = ids(document)
    assert len(names) == len(set(names))
    for number, each in enumerate(document["steps"]):
        assert set(each.get("needs", ())) <= set(names[:number])
    assert expanded(document) == document
    model = ExpandedRunbook.model_validate(document)
    assert sum(len(run) for run in model.runs()) == len(names)
