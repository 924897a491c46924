"""Patch set updates of 11.2.0.4 in the lab: composite patches, each with all that came before as its sub-patches."""

from __future__ import annotations

from hisops.lab.patches import Patch
from hisops.lab.release import R112

BUNDLE_DATA = "rdbms/admin/bundledata_PSU.xml"
"""What catbundle.sql reads to learn which scripts belong to which patch set update."""
FILES = (
    "bin/oracle",
    "lib/libgeneric11.a",
    "lib/libserver11.a",
    "lib/libclntsh.so.11.1",
    "lib/libknlopt.a",
    "rdbms/admin/prvtutil.plb",
    "rdbms/admin/prvtsch.plb",
    "rdbms/admin/catcdc.sql",
    "rdbms/lib/ins_rdbms.mk",
    BUNDLE_DATA,
)
COMPONENTS = (
    "oracle.rdbms.rsf",
    "oracle.rdbms.dbscripts",
    "oracle.rdbms",
    "oracle.rdbms.rman",
    "oracle.rdbms.plsql",
    "oracle.precomp.common",
    "oracle.network.rsf",
    "oracle.sdo.locator",
    "oracle.ldap.rsf",
    "oracle.xdk",
)
_SERIES = (
    (17478514, "1"),
    (18031668, "2"),
    (18522509, "3"),
    (19121551, "4"),
    (19769489, "5"),
    (20299013, "6"),
    (20760982, "7"),
    (21352635, "8"),
    (21948347, "160119"),
    (22502456, "160419"),
    (23054359, "160719"),
    (24006111, "161018"),
    (24732075, "170418"),
    (25869727, "170718"),
    (26609445, "170814"),
    (26392168, "171017"),
    (26925576, "180116"),
    (27338049, "180417"),
    (27734982, "180717"),
    (28204707, "181016"),
    (28729262, "190115"),
    (29141056, "190416"),
    (29497421, "190716"),
    (29913194, "191015"),
)


def _describe(number: int, level: str) -> str:
    return f"Database Patch Set Update : 11.2.0.4.{level} ({number})"


def _update(level: str, *, uid: str, created: str, opatch: str) -> Patch:
    last = next(at for at, (_, name) in enumerate(_SERIES) if name == level)
    contained = _SERIES[: last + 1]
    number = contained[-1][0]
    return Patch(
        id=str(number),
        uid=uid,
        description=_describe(number, level),
        created=created,
        files=(*FILES, f"psu/11.2.0.4.{level}/catpsu.sql", f"psu/11.2.0.4.{level}/catpsu_rollback.sql"),
        bugs=tuple(str(13_364_795 + 6_373 * count) for count in range(24 * len(contained))),
        minimum_opatch=opatch,
        components=COMPONENTS,
        needed_mb=1180.204,
        release=R112.number,
        level=level,
        parts=tuple((str(one), _describe(one, name)) for one, name in contained),
    )


PSU_181016 = _update("181016", uid="22405293", created="18 Sep 2018, 01:29:53", opatch="11.2.0.3.5")
PSU_190716 = _update("190716", uid="22981542", created="8 Jul 2019, 03:10:41", opatch="11.2.0.3.5")
PSU_191015 = _update("191015", uid="23189114", created="23 Sep 2019, 22:47:06", opatch="11.2.0.3.23")
STRANGER_112 = Patch(
    id="20998322",
    uid="18284914",
    description="WRONG RESULTS FROM HASH JOIN WITH BLOOM FILTER",
    created="14 Apr 2015, 02:11:17",
    files=("bin/oracle", "lib/libserver11.a:qerhj.o"),
    bugs=("20998322",),
    minimum_opatch="11.2.0.3.4",
    release=R112.number,
)
ARCHIVES = (PSU_190716, PSU_191015)
"""The good one, and one that needs a newer OPatch than the home has."""
