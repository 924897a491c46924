"""Facts of a target apply by version or by what is latched before them; where they do not, they say what is so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from pydantic import ValidationError

from hisops.engine.assembly import Definitions
from hisops.engine.latching import moved
from hisops.model.site import Fact, TargetType
from hisops.ports import Rows
from tests.support.builders import SITE, TARGET, WORDS, World, step

CONTAINER = {
    "id": "container",
    "title": WORDS,
    "when": 'version(target.version) >= version("12.1")',
    "sql": "select cdb from container",
    "values": ["cdb"],
    "otherwise": {"cdb": "NO"},
}
PDBS = {
    "id": "pdbs",
    "title": WORDS,
    "when": 'target.identity.container.cdb == "YES"',
    "sql": "select modes from pdbs",
    "values": ["modes"],
    "otherwise": {"modes": ""},
}


@dataclass
class Aged(World):
    """A database of some version, with containers or without."""

    version: str = "19.26.0.0.0"
    cdb: str = "YES"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.sql.rules["v.database"] = lambda: Rows(
            columns=("dbid", "database_role", "version"), rows=((self.dbid, self.role, self.version),)
        )
        self.sql.rules["from container"] = lambda: Rows(columns=("cdb",), rows=((self.cdb,),))
        self.sql.rules["from pdbs"] = Rows(columns=("modes",), rows=(("HISPDB READ WRITE",),))

    def definitions(self) -> Definitions:
        target = {**TARGET, "identity": [*TARGET["identity"], CONTAINER], "state": [*TARGET["state"], PDBS]}
        return replace(super().definitions(), target_type=TargetType.model_validate(target))

    @property
    def asked(self) -> str:
        return " ".join(text for text, *_ in self.sql.seen)


@pytest.mark.parametrize(
    ("version", "cdb", "container", "modes"),
    [
        ("19.26.0.0.0", "YES", "YES", "HISPDB READ WRITE"),
        ("19.26.0.0.0", "NO", "NO", ""),
        ("12.1.0.2.0", "YES", "YES", "HISPDB READ WRITE"),
        ("11.2.0.4.0", "YES", "NO", ""),
    ],
)
def test_a_fact_is_asked_where_it_applies(version: str, cdb: str, container: str, modes: str) -> None:
    world = Aged([step("a")], version=version, cdb=cdb)
    survey = world.survey()
    assert survey.refusals == []
    assert survey.identity["container"] == {"cdb": container}
    assert survey.state["pdbs"] == {"modes": modes}
    assert ("from container" in world.asked) == (version != "11.2.0.4.0")
    assert ("from pdbs" in world.asked) == (container == "YES")


def test_what_becomes_a_container_database_has_moved() -> None:
    before = Aged([step("a")], version="11.2.0.4.0").survey().identity
    after = Aged([step("a")]).survey().identity
    assert "container.cdb was NO, is YES" in moved(before, after)


@pytest.mark.parametrize(
    "change",
    [{"otherwise": {}}, {"when": None}, {"otherwise": {"cbd": "NO"}}, {"otherwise": {"cdb": "NO", "more": 1}}],
)
def test_a_fact_says_all_of_its_values_either_way(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="otherwise"):
        Fact.model_validate(CONTAINER | change)


def test_a_target_of_another_engine_is_refused_before_it_is_asked() -> None:
    other = {**SITE["databases"]["his"], "engine": "clusterware"}
    world = World([step("a")], site={**SITE, "databases": {"his": other}})
    survey = world.survey()
    assert [item.reason for item in survey.refusals] == ["the runbook is for oracle, the target is clusterware"]
    assert world.sql.seen == []
