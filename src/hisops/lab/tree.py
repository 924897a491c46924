"""The file system of a lab host: system tools, oratab, the Oracle home with its inventory, the users' homes."""

from __future__ import annotations

import shlex
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hisops
from hisops.lab.inventory import install
from hisops.lab.layout import (
    LIS_HOST,
    LOGIN,
    NODES,
    PRIMARY_HOST,
    SCRATCH_HOST,
    SIDS,
    STANDBY_HOST,
    USERS,
    Layout,
    Machine,
)
from hisops.lab.patches import OCW, OVERLAY, RU_1926, RU_1927
from hisops.lab.psu import PSU_181016

SYSTEM_TOOLS = (
    "sudo",
    "hostname",
    "whoami",
    "id",
    "fuser",
    "lsof",
    "df",
    "ps",
    "uname",
    "crontab",
    "gcc",
    "make",
    "ar",
    "ld",
)
HOME_TOOLS = {
    "opatch": "OPatch",
    "datapatch": "OPatch",
    "sqlplus": "bin",
    "rman": "bin",
    "dgmgrl": "bin",
    "lsnrctl": "bin",
    "tnsping": "bin",
    "srvctl": "bin",
    "expdp": "bin",
    "impdp": "bin",
    "exp": "bin",
    "imp": "bin",
}
_SINCE_12 = ("datapatch",)
GRID_TOOLS = ("crsctl", "srvctl", "olsnodes")
_SCRIPTS = {
    True: ("utlrp.sql", "utlu122s.sql", "catproc.sql"),
    False: ("utlrp.sql", "utlu112s.sql", "catproc.sql", "catbundle.sql", "nothing.sql"),
}
_INSTALLED = {
    PRIMARY_HOST: (OCW, RU_1926, OVERLAY),
    STANDBY_HOST: (OCW, RU_1926, OVERLAY, RU_1927),
    LIS_HOST: (PSU_181016,),
    SCRATCH_HOST: (OCW, RU_1926, OVERLAY),
}


def launcher(layout: Layout, host: str, tool: str) -> str:
    """Return a script that becomes the simulated tool. It trusts nothing of the caller's Python environment."""
    source = str(Path(hisops.__file__).parent.parent)
    code = (
        f"import sys; sys.path.insert(0, {source!r}); "
        f"from hisops.lab.tools.caller import main; main({tool!r}, {str(layout.root)!r}, {host!r})"
    )
    return f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -I -S -c {shlex.quote(code)} "$@"\n'


def write_launchers(layout: Layout, host: str) -> None:
    """Write all launchers of a host; done at every start, because the folder or Python may have moved."""
    machine = layout.machine(host)
    places = {tool: machine.bin for tool in SYSTEM_TOOLS}
    absent = () if machine.release.container else _SINCE_12
    places |= {tool: machine.oracle_home / folder for tool, folder in HOME_TOOLS.items() if tool not in absent}
    for tool, folder in places.items():
        _executable(folder / tool, launcher(layout, host, tool))
    if host != SCRATCH_HOST:
        _executable(smoke_test(machine), launcher(layout, host, "smoke" if host in NODES else "lis_smoke"))
    if host not in NODES:
        return
    for tool in GRID_TOOLS:
        _executable(machine.grid_home / "bin" / tool, launcher(layout, host, tool))
    _executable(emr_smoke_test(machine), launcher(layout, host, "emr_smoke"))


def smoke_test(machine: Machine) -> Path:
    """Return the site's own smoke test; the primary may be on either host."""
    return machine.home("oracle") / "bin" / "smoke_test.sh"


def emr_smoke_test(machine: Machine) -> Path:
    """Return the site's smoke test of the clustered database."""
    return machine.home("oracle") / "bin" / "emr_smoke_test.sh"


def build(layout: Layout, host: str) -> None:
    """Make the whole tree of a host that has none yet."""
    machine = layout.machine(host)
    for user in USERS[host]:
        machine.home(user).mkdir(parents=True, mode=0o700)
    for folder in ("etc", "proc", "tmp", "bin", "u01/backup", "u01/stage", "mnt"):
        (machine.root / folder).mkdir(parents=True, exist_ok=True)
    layout.nas.mkdir(exist_ok=True)
    machine.nas.symlink_to(layout.nas)
    new_boot(machine)
    _write_system_files(machine)
    _build_home(machine)
    write_launchers(layout, host)


def new_boot(machine: Machine) -> None:
    """Give the host another boot identity."""
    machine.boot_id.write_text(f"{uuid.uuid4()}\n")


def _write_system_files(machine: Machine) -> None:
    sid, home, release = SIDS[machine.name], machine.oracle_home, machine.release
    starts = "N" if machine.name == SCRATCH_HOST else "Y"
    _write(machine.root / "etc" / "oratab", f"# SID:ORACLE_HOME:autostart\n{sid}:{home}:{starts}\n")
    pointer = f"inventory_loc={machine.inventory}\ninst_group=oinstall\n"
    _write(machine.root / "etc" / "oraInst.loc", pointer)
    _write(home / "oraInst.loc", pointer)
    _write(machine.root / "etc" / "crontab", "0 1 * * * oracle /home/oracle/bin/rman_level1.sh\n")
    banner = "*" * 62
    _write(
        machine.root / "etc" / "noisy_profile",
        f"echo '{banner}'\necho '*  HIS 数据库服务器  未经授权禁止登录  Authorized users only  *'\necho '{banner}'\n"
        f"echo 'ORACLE_SID = [{sid}] ?'\nstty erase ^H\n"
        "echo 'stty: standard input: Inappropriate ioctl for device' >&2\n",
    )
    login = LOGIN[machine.name]
    others = "root" if login == "oracle" else "oracle,root"
    _write(machine.root / "etc" / "sudoers", f"Defaults:{login} !requiretty\n{login} ALL=({others}) NOPASSWD: ALL\n")
    contents = machine.inventory / "ContentsXML"
    _write(
        contents / "inventory.xml",
        '<?xml version="1.0" standalone="yes" ?>\n<INVENTORY>\n<VERSION_INFO>\n'
        f"   <SAVED_WITH>{release.oui}</SAVED_WITH>\n</VERSION_INFO>\n<HOME_LIST>\n"
        f'<HOME NAME="{release.home_name}" LOC="{home}" TYPE="O" IDX="1"/>\n</HOME_LIST>\n</INVENTORY>\n',
    )
    (machine.inventory / "locks").mkdir()


def _build_home(machine: Machine) -> None:
    home, base, release = machine.oracle_home, machine.oracle_base, machine.release
    for folder in ("dbs", "rdbms/admin", "network/admin", "cfgtoollogs/opatch/lsinv", "sqlpatch", "OPatch", "bin"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    for folder in ("cfgtoollogs/sqlpatch", "fast_recovery_area", "oradata", "diag"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    for library in release.libraries:
        _write(home / library, f"lab base file {library}\n" * 512)
    _write(home / "OPatch" / "version.txt", f"OPATCH_VERSION:{release.opatch}\n")
    components = f'<COMP NAME="oracle.server" VER="{release.number}"/>\n'
    _write(home / "inventory" / "ContentsXML" / "comps.xml", components)
    for script in _SCRIPTS[release.container]:
        _write(home / "rdbms" / "admin" / script, f"Rem {script}: simulated\n")
    sid = SIDS[machine.name]
    if machine.name != SCRATCH_HOST:
        _write(home / "dbs" / f"spfile{sid}.ora", "lab spfile\n")
    _write(home / "dbs" / f"orapw{sid}", "lab password file\n")
    long_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(days=120)
    for number, patch in enumerate(_INSTALLED[machine.name]):
        install(home, patch, long_ago + timedelta(days=20 * number))
    (home / "bin" / "oracle").chmod(0o6751)


def set_opatch_version(machine: Machine, version: str) -> None:
    """Give the home another OPatch."""
    _write(machine.oracle_home / "OPatch" / "version.txt", f"OPATCH_VERSION:{version}\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _executable(path: Path, text: str) -> None:
    _write(path, text)
    path.chmod(0o755)
