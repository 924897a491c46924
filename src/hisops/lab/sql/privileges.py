"""What the accounts of the lab may do: system privileges, whose tables they read, which views they see."""

from __future__ import annotations

from collections.abc import Mapping

from hisops.lab.sql.backend import Table
from hisops.lab.sql.errors import OracleError

READER = "HISOPS_READ"
"""The account that reports are read by: SELECT on the tables of the hospital and on V_$DATABASE (for the SCN)."""
READERS = ("SYS", "HISOPS", READER)
"""Who may read the tables of others."""
_OWNER = ("CREATE SESSION", "CREATE TABLE", "CREATE PROCEDURE", "CREATE VIEW", "UNLIMITED TABLESPACE")
_DBA = (*_OWNER, "ALTER DATABASE", "ALTER SYSTEM", "DROP ANY TABLE", "SELECT ANY DICTIONARY", "SELECT ANY TABLE")
_SYSTEM = {READER: ("CREATE SESSION",), "HIS": _OWNER}
_OF_READER = ("dual", "v$database")


def visible(views: Mapping[str, Table], user: str) -> Mapping[str, Table]:
    """Return the views that a user sees, with the one that tells everybody their own privileges."""
    own = Table("privilege VARCHAR2(40)", [(each,) for each in sorted(_SYSTEM.get(user, _DBA))])
    seen = {name: views[name] for name in _OF_READER if name in views} if user == READER else views
    return {**seen, "session_privs": own}


def check_writer(user: str) -> None:
    """Raise ORA-01031 for an account that may only read."""
    if user == READER:
        raise OracleError(1031, "insufficient privileges")
