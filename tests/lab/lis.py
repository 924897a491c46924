"""The laboratory's host as its owner sees it."""

from __future__ import annotations

from pathlib import Path

from tests.lab.rehearsal import Answer, Rehearsal

HOST = "lis-db1"
SYSDBA = "connect / as sysdba\n"
OLD, GOOD, NEWER = "28204707", "29497421", "29913194"


def sqlplus(lab: Rehearsal, text: str) -> Answer:
    """Feed SQL*Plus, which says nothing of its own."""
    return lab.oracle(f'"$ORACLE_HOME/bin/sqlplus" -L -S /nolog <<"END"\n{text}\nEND\n', host=HOST)


def opatch(lab: Rehearsal, arguments: str, cwd: Path | str = ".") -> Answer:
    """Run OPatch as the owner."""
    return lab.opatch(arguments, cwd=cwd, host=HOST)


def patches(lab: Rehearsal) -> list[str]:
    """Return what lspatches names."""
    return [line.partition(";")[0] for line in opatch(lab, "lspatches").out.splitlines() if ";" in line]


def stop(lab: Rehearsal) -> None:
    """Take database and listener down."""
    lab.oracle('"$ORACLE_HOME/bin/lsnrctl" stop', host=HOST)
    sqlplus(lab, f"{SYSDBA}shutdown immediate")


def start(lab: Rehearsal) -> None:
    """Bring them up again."""
    lab.oracle('"$ORACLE_HOME/bin/lsnrctl" start', host=HOST)
    sqlplus(lab, f"{SYSDBA}startup")


def admin(lab: Rehearsal) -> Path:
    """Return the folder of the scripts."""
    return lab.layout.machine(HOST).oracle_home / "rdbms" / "admin"


def history(lab: Rehearsal) -> list[tuple[str, int]]:
    """Return action and number of each row of the registry."""
    return [(row["action"], row["id"]) for row in lab.store.read("lis")["history"]]
