"""Rules that a definition must keep to beyond its model; each is one function in the table of its kind."""

from __future__ import annotations

from hisops.documents.load import Loaded
from hisops.documents.problems import Problem
from hisops.model.runbook import Runbook


def errors_in(loaded: Loaded[Runbook], library: object) -> list[Problem]:
    """Return why the runbook is not fit to be carried out."""
    return []
