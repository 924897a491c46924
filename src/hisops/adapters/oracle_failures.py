"""What Oracle's words mean for us, whoever brought them: no session, no login, too late, or a refused statement."""

from __future__ import annotations

from hisops.errors import HisopsError, StatementFailed, Unreachable

# What Oracle and the driver say when there is no session, or no longer one.
GONE = frozenset(
    {
        "ORA-00028", "ORA-00603", "ORA-01012", "ORA-01033", "ORA-01034", "ORA-01041", "ORA-01089", "ORA-01090",
        "ORA-01092", "ORA-02396", "ORA-03113", "ORA-03114", "ORA-03135", "ORA-12153", "ORA-12170", "ORA-12203",
        "ORA-12500", "ORA-12505", "ORA-12514", "ORA-12516", "ORA-12518", "ORA-12519", "ORA-12520", "ORA-12521",
        "ORA-12525", "ORA-12526", "ORA-12527", "ORA-12528", "ORA-12535", "ORA-12537", "ORA-12541", "ORA-12545",
        "ORA-12547", "ORA-12560", "ORA-12570", "ORA-12571", "ORA-12583", "ORA-27101", "ORA-28547", "DPY-1001",
        "DPY-4011",
    }
)  # fmt: skip
NOT_OPEN = "ORA-01109"
LATE = frozenset({"DPY-4024", "DPI-1067", "ORA-01013", "ORA-03156"})
_MOUNTED = "ORA-01033"
_LOGIN = frozenset({"ORA-01017", "ORA-01031", "ORA-28000", "ORA-28001", "ORA-28003", "ORA-01005", "ORA-01045"})


def failure(code: str, words: str, *, database: str, user: str, mode: str, session: bool, dead: bool) -> HisopsError:
    """Return the error of ours for `code`; `session`: there was one before, `dead`: and it is known to be lost."""
    if code in _LOGIN and not session:
        return Unreachable(
            "HIS-3032",
            "{database} did not let {user} in: {error}",
            "Check user, mode and the secret of the database in site.yaml.",
            database=database,
            user=user,
            error=words,
        )
    if code == _MOUNTED and mode == "normal":
        return Unreachable(
            "HIS-3034",
            "{database} is not open and lets {user} not in, only sysdba, sysbackup or sysdg: {error}",
            "Where a standby is only mounted, set `user` and `mode` of the database in site.yaml; else wait until "
            "it is open.",
            database=database,
            user=user,
            error=words,
        )
    if not session or dead or code in GONE:
        return Unreachable(
            "HIS-3031",
            "There is no session on {database}: {error}",
            "Check that listener and instance are up, and the dsn of the database in site.yaml.",
            database=database,
            error=words,
        )
    return StatementFailed(
        "HIS-3033",
        "{database} refused the statement: {error}",
        "Look up the ORA- number; the statement is in the log.",
        database=database,
        error=words,
    )
