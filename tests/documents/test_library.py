"""Definitions are found by id: in the package, in the checkout, in a site that says what it replaces."""

from __future__ import annotations

import pytest

from hisops.documents.library import Library
from hisops.documents.places import shipped_runbooks
from hisops.documents.problems import DocumentProblems
from hisops.errors import Refused, UsageProblem
from tests.documents import shelf


@pytest.fixture
def shipped(tmp_path):
    folder = tmp_path / "shipped"
    shelf.library(folder)
    shelf.write(folder, "thing/do", shelf.HEAD)
    return folder


def test_shipped_definitions_lie_in_the_package_or_else_in_the_checkout_around_it(tmp_path):
    package = tmp_path / "src" / "hisops"
    package.mkdir(parents=True)
    (tmp_path / "runbooks").mkdir()
    with pytest.raises(UsageProblem, match="shipped runbooks are missing"):
        shipped_runbooks(package)
    (tmp_path / "pyproject.toml").touch()
    assert shipped_runbooks(package) == tmp_path / "runbooks"
    (package / "data" / "runbooks").mkdir(parents=True)
    assert shipped_runbooks(package) == package / "data" / "runbooks"


def test_this_checkout_ships_the_oracle_target_and_every_judge_that_it_names():
    library = Library()
    assert "oracle" in library.engines()
    for fact in (*library.target_type("oracle").model.identity, *library.target_type("oracle").model.state):
        if fact.judge:
            assert set(fact.values) <= set(library.judge(fact.judge)[1].capture)


def test_a_runbook_comes_with_its_judges_and_its_document(shipped):
    library = Library(shipped=shipped)
    loaded = library.runbook("thing/do")
    assert library.ids() == ("thing/do",)
    assert [each.model.id for each in library.runbooks()] == ["thing/do"]
    assert list(library.judges_of(loaded.model)) == ["tool"]
    assert loaded.document["steps"][0]["id"] == "look"
    assert library.overrides_of(loaded.model) == []
    assert library.judge("tool/list")[1].title.en == "List"


def test_a_site_adds_its_own(shipped, tmp_path):
    text = shelf.HEAD.replace("thing/do", "own/other")
    shelf.write(tmp_path / "site" / "runbooks", "own/other", text)
    library = Library(tmp_path / "site", {}, shipped)
    assert library.ids() == ("own/other", "thing/do")
    assert library.runbook("own/other").model.id == "own/other"


def test_a_replacement_is_refused_until_it_is_declared_with_its_digest_and_then_named(shipped, tmp_path):
    own = shelf.write(tmp_path / "site" / "runbooks", "judges/tool", shelf.JUDGE.replace("en: List", "en: Ours"))
    with pytest.raises(Refused) as caught:
        Library(tmp_path / "site", {}, shipped).tool("tool")
    digest = str(caught.value.values["digest"])
    assert digest in caught.value.advice
    for declared in (digest, digest.removeprefix("sha256:")):
        library = Library(tmp_path / "site", {"judges/tool": declared}, shipped)
        assert library.judge("tool/list")[1].title.en == "Ours"
        assert library.overrides_of(library.runbook("thing/do").model) == ["judges/tool"]
    own.write_text(own.read_text().replace("Ours", "Changed"))
    with pytest.raises(Refused, match="declares another digest"):
        Library(tmp_path / "site", {"judges/tool": digest}, shipped).tool("tool")


def test_an_unknown_name_is_told_with_the_nearest_known(shipped):
    library = Library(shipped=shipped)
    with pytest.raises(UsageProblem) as caught:
        library.runbook("thing/doo")
    assert caught.value.advice == "Did you mean thing/do?"
    with pytest.raises(UsageProblem) as caught:
        library.judge("tool/lst")
    assert caught.value.advice == "Did you mean tool/list?"
    with pytest.raises(UsageProblem):
        library.target_type("other")


@pytest.mark.parametrize("name", ["../shipped/thing/do", "/etc/passwd", "judges/../thing/do"])
def test_an_id_does_not_lead_out_of_the_library(shipped, name):
    with pytest.raises(UsageProblem):
        Library(shipped=shipped).runbook(name)


def test_a_broken_definition_is_told_with_its_problems(shipped):
    shelf.write(shipped, "judges/tool", "hisops: judge/v1\n")
    with pytest.raises(DocumentProblems):
        Library(shipped=shipped).tool("tool")
