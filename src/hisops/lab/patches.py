"""The patches that exist in the lab, and what OPatch knows of each."""

from __future__ import annotations

from dataclasses import dataclass

from hisops.lab.release import R19

RU_FILES = (
    "bin/oracle",
    "bin/rman.bin",
    "bin/sqlplus.bin",
    "lib/libserver19.a",
    "lib/libclntsh.so.19.1",
    "lib/libknlopt.a",
    "lib/libgeneric19.a",
    "rdbms/admin/catproc.sql",
    "rdbms/admin/dbmsutil.sql",
    "rdbms/admin/prvtutil.plb",
    "rdbms/lib/ins_rdbms.mk",
    "network/lib/ins_net_client.mk",
    "javavm/admin/classes.bin",
    "md/admin/sdotopo.plb",
    "ctx/admin/dr0pkh.sql",
    "assistants/dbca/jlib/dbca.jar",
)
COMPONENTS = (
    "oracle.rdbms",
    "oracle.rdbms.util",
    "oracle.rdbms.rsf",
    "oracle.assistants.acf",
    "oracle.assistants.deconfig",
    "oracle.assistants.server",
    "oracle.blaslapack",
    "oracle.buildtools.rsf",
    "oracle.ctx",
    "oracle.dbdev",
    "oracle.dbjava.ic",
    "oracle.dbjava.jdbc",
    "oracle.dbjava.ucp",
    "oracle.javavm.client",
    "oracle.ldap.owm",
    "oracle.ldap.rsf",
    "oracle.network.rsf",
    "oracle.nlsrtl.rsf",
    "oracle.oracore.rsf",
    "oracle.rdbms.dbscripts",
    "oracle.rdbms.plsql",
    "oracle.sdo",
    "oracle.sdo.locator",
    "oracle.xdk",
)


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch: what OPatch reads in its inventory.xml and actions.xml."""

    id: str
    uid: str
    description: str
    created: str
    files: tuple[str, ...]
    bugs: tuple[str, ...]
    minimum_opatch: str = "12.2.0.1.37"
    version: str = ""
    build: str = ""
    components: tuple[str, ...] = ("oracle.rdbms",)
    needed_mb: float = 120.0
    standby_first: bool = True
    release: str = R19.number
    level: str = ""
    """The last part of the version of a patch set update."""
    parts: tuple[tuple[str, str], ...] = ()
    """Number and description of what a composite patch consists of, oldest first; the last one is the patch itself."""

    @property
    def folder(self) -> str:
        """The folder of the archive that holds metadata and files; a composite patch has one for each of its parts."""
        return f"{self.id}/{self.id}" if self.parts else self.id

    @property
    def release_update(self) -> bool:
        """Whether this patch moves the whole home to another release update."""
        return bool(self.version)


def _release_update(*, number: str, uid: str, release: str, build: str, created: str, opatch: str, bugs: int) -> Patch:
    minor = release.split(".")[1]
    return Patch(
        id=number,
        uid=uid,
        description=f"Database Release Update : {release} ({number})",
        created=created,
        files=RU_FILES,
        bugs=tuple(str(28_600_000 + 7_919 * count) for count in range(bugs)),
        minimum_opatch=opatch,
        version=f"19.{minor}.0.0.0",
        build=build,
        components=COMPONENTS,
        needed_mb=5240.441,
    )


RU_1926 = _release_update(
    number="37260974",
    uid="26040769",
    release="19.26.0.0.250121",
    build="250118124854",
    created="2025-01-18 12:48:54",
    opatch="12.2.0.1.42",
    bugs=60,
)
RU_1927 = _release_update(
    number="37642901",
    uid="27123174",
    release="19.27.0.0.250415",
    build="250406131139",
    created="2025-04-06 13:11:39",
    opatch="12.2.0.1.44",
    bugs=80,
)
RU_1928 = _release_update(
    number="37960098",
    uid="27635722",
    release="19.28.0.0.250715",
    build="250705030417",
    created="2025-07-05 03:04:17",
    opatch="12.2.0.1.47",
    bugs=95,
)
OCW = Patch(
    id="29585399",
    uid="22840393",
    description="OCW RELEASE UPDATE 19.3.0.0.0 (29585399)",
    created="2019-04-09 19:12:47",
    files=("lib/libocrb19.a",),
    bugs=("27222128", "27572040", "27604329", "27760043"),
    components=("oracle.has.common",),
)
OVERLAY = Patch(
    id="34672698",
    uid="25011240",
    description="ORA-00800  SOFT EXTERNAL ERROR, ARGUMENTS  [SET PRIORITY FAILED], [VKTM] ,",
    created="2022-11-21 10:02:11",
    files=("lib/libserver19.a:ksb.o",),
    bugs=("34672698",),
)
STRANGER = Patch(
    id="35926646",
    uid="25405995",
    description="WRONG RESULTS FROM HASH JOIN WITH ADAPTIVE PLAN",
    created="2023-11-30 08:41:02",
    files=("lib/libserver19.a:qerhj.o", "bin/oracle"),
    bugs=("35926646",),
)
ONE_OFF = Patch(
    id="36912597",
    uid="25830512",
    description="SERVICE BACKGROUND PROCESS DIES AFTER PRIORITY CHANGE",
    created="2024-09-17 05:20:33",
    files=("lib/libserver19.a:ksb.o", "lib/libserver19.a:ksu.o"),
    bugs=("36912597",),
)
ALL = {patch.id: patch for patch in (RU_1926, RU_1927, RU_1928, OCW, OVERLAY, STRANGER, ONE_OFF)}
ARCHIVES = (RU_1927, ONE_OFF, RU_1928)
"""In this order: the good one, one that conflicts with an installed overlay, one that needs a newer OPatch."""
