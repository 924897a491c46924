"""V$ and DBA_ views as the state of a lab database tells them. Columns are those of the Database Reference."""

from __future__ import annotations

from hisops.lab.sql.backend import Table
from hisops.lab.state import State
from hisops.lab.views import backups, dataguard, dictionary, instance, storage


def tables(state: State, container: str) -> dict[str, Table]:
    """Return the views as seen from `container`, by lower-case name."""
    found: dict[str, Table] = {}
    for part in (instance, storage, backups, dataguard, dictionary):
        found |= part.views(state, container)
    return found
