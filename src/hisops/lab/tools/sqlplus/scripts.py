"""The scripts of the home that the lab plays: utlrp.sql."""

from __future__ import annotations

from hisops.lab.tools.nls import now

UTLRP_DOC = (
    "DOC>   The following PL/SQL block invokes UTL_RECOMP to recompile invalid",
    "DOC>   objects in the database. Recompilation time is proportional to the",
    "DOC>   number of invalid objects in the database, so this command may take",
    "DOC>   a long time to execute on a database with a large number of invalid",
    "DOC>   objects.",
    "DOC>",
    "DOC>   Use the following queries to track recompilation progress:",
    "DOC>",
    "DOC>   1. Query returning the number of invalid objects remaining. This",
    "DOC>      number should decrease with time.",
    "DOC>         SELECT COUNT(*) FROM obj$ WHERE status IN (4, 5, 6);",
    "DOC>",
    "DOC>   2. Query returning the number of objects compiled so far. This number",
    "DOC>      should increase with time.",
    "DOC>         SELECT COUNT(*) FROM UTL_RECOMP_COMPILED;",
    "DOC>#",
)
_ERRORS_DOC = (
    "DOC> The following query reports the number of exceptions caught during",
    "DOC> recompilation. If this number is non-zero, please query the error",
    "DOC> messages in the table UTL_RECOMP_ERRORS to see if any of these errors",
    "DOC> are due to misconfiguration or resource constraints that must be",
    "DOC> fixed before objects can compile successfully.",
    "DOC> Note: Typical compilation errors (due to coding errors) are not",
    "DOC>       logged into this table: they go into DBA_ERRORS instead.",
    "DOC>#",
)
_OBJECTS_DOC = (
    "DOC> The following query reports the number of objects that have compiled",
    "DOC> with errors (objects that compile with errors have status set to 3 in",
    "DOC> obj$). If the number is higher than expected, please examine the error",
    "DOC> messages reported with each object (using SHOW ERRORS) to see if they",
    "DOC> point to system misconfiguration or resource constraints that must be",
    "DOC> fixed before attempting to recompile these objects.",
    "DOC>#",
)
_DONE = "PL/SQL procedure successfully completed."


def utlrp_head(*, container: bool = True) -> list[str]:
    """Return what utlrp.sql prints before it compiles; before 12.1 it alters no session."""
    if not container:
        return [*_timestamp("BGN", wide=False), "", *UTLRP_DOC]
    return ["", "Session altered.", "", *_timestamp("BGN"), "", *UTLRP_DOC]


def utlrp_tail(left: int, *, container: bool = True) -> list[str]:
    """Return what it prints afterwards; `left` objects could not be compiled."""
    if not container:
        return _tail_of_11(left)
    return [
        "",
        _DONE,
        "",
        *_timestamp("END"),
        "",
        *_ERRORS_DOC,
        "",
        "OBJECTS WITH ERRORS",
        "-------------------",
        f"{left:>19}",
        "",
        "ERRORS DURING RECOMPILATION",
        "---------------------------",
        f"{0:>27}",
        "",
        "",
        "Function created.",
        "",
        "",
        _DONE,
        "",
        "",
        "Function dropped.",
        "",
        "",
        _DONE,
        "",
    ]


def _tail_of_11(left: int) -> list[str]:
    errors = [f"{0:>27}", "", "", "Function created.", "", "", _DONE, "", "", "Function dropped.", "", "", _DONE, ""]
    return [
        *("", _DONE, ""),
        *_timestamp("END", wide=False),
        *("", *_OBJECTS_DOC),
        *("", "OBJECTS WITH ERRORS", "-------------------", f"{left:>19}"),
        *("", *_ERRORS_DOC[:5], _ERRORS_DOC[-1]),
        *("", "ERRORS DURING RECOMPILATION", "---------------------------", *errors),
    ]


def _timestamp(word: str, *, wide: bool = True) -> list[str]:
    line = f"COMP_TIMESTAMP UTLRP_{word}{' ' * (14 if wide else 2)}{now():%Y-%m-%d %H:%M:%S}"
    return ["", "TIMESTAMP", "-" * 80, line]
