from __future__ import annotations

from pathlib import Path

import pytest

from hisops.cli.accounts import accounts
from hisops.documents.library import Library
from hisops.model.account import Account
from hisops.model.report import Report
from tests.support.journal import People, Site


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    return People(tmp_path_factory.mktemp("people")).create()


@pytest.fixture
def site(tmp_path: Path, people: People) -> Site:
    return Site(tmp_path / "site", people)


@pytest.fixture(scope="session")
def form() -> Report:
    return Library().report("drill").model


def told(site: Site, *runs: str) -> list[Account]:
    """Return the accounts of runs, verified."""
    return accounts(site.logs, site.trust, runs, str)
