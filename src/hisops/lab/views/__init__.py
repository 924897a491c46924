"""V$ and DBA_ views as the state of a lab database tells them. Columns are those of the Database Reference."""

from __future__ import annotations

from hisops.lab import redo
from hisops.lab.sql.backend import Table
from hisops.lab.state import State
from hisops.lab.views import backups, dataguard, dictionary, health, instance, recovery, roles, storage


def tables(state: State, container: str, peer: State | None = None) -> dict[str, Table]:
    """Return the views as seen from `container`, by lower-case name. `peer` is the other database of the pair."""
    seen = redo.as_applied(state, peer)
    found = dataguard.views(state, peer) | roles.views(state, peer) | recovery.views(state, peer, container)
    for part in (instance, storage, backups, dictionary, health):
        found |= part.views(seen, container)
    return found
