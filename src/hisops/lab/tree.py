"""The file system of a lab host: system tools, oratab, the Oracle home with its inventory, the users' homes."""

from __future__ import annotations

import shlex
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hisops
from hisops.lab.inventory import install
from hisops.lab.layout import PRIMARY_HOST, USERS, Layout, Machine
from hisops.lab.patches import OCW, OVERLAY, RU_1926, RU_1927, STRANGER

OPATCH_VERSION = "12.2.0.1.46"
OLD_OPATCH_VERSION = "12.2.0.1.42"
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
}
GRID_TOOLS = ("crsctl", "srvctl", "olsnodes")
LIBRARIES = ("lib/libclntsh.so.19.1", "lib/libserver19.a", "lib/libknlopt.a", "bin/oracle", "bin/tnslsnr")
_NEEDS_PACKAGES = ("sqlplus", "smoke")


def launcher(layout: Layout, host: str, tool: str) -> str:
    """Return a script that becomes the simulated tool. It trusts nothing of the caller's Python environment."""
    source = str(Path(hisops.__file__).parent.parent)
    code = (
        f"import sys; sys.path.insert(0, {source!r}); "
        f"from hisops.lab.tools.entry import main; main({tool!r}, {str(layout.root)!r}, {host!r})"
    )
    flags = "-I" if tool in _NEEDS_PACKAGES else "-I -S"
    return f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {flags} -c {shlex.quote(code)} "$@"\n'


def write_launchers(layout: Layout, host: str) -> None:
    """Write all launchers of a host; done at every start, because the folder or Python may have moved."""
    machine = layout.machine(host)
    places = {tool: machine.bin for tool in SYSTEM_TOOLS}
    places |= {tool: machine.oracle_home / folder for tool, folder in HOME_TOOLS.items()}
    for tool, folder in places.items():
        _executable(folder / tool, launcher(layout, host, tool))
    for tool in GRID_TOOLS:
        _executable(machine.grid_home / "bin" / tool, launcher(layout, host, tool))
    _executable(smoke_test(machine), launcher(layout, host, "smoke"))
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
    for folder in ("etc", "proc", "tmp", "bin", "u01/backup", "u01/stage"):
        (machine.root / folder).mkdir(parents=True, exist_ok=True)
    new_boot(machine)
    _write_system_files(machine)
    _build_home(machine)
    write_launchers(layout, host)


def new_boot(machine: Machine) -> None:
    """Give the host another boot identity."""
    machine.boot_id.write_text(f"{uuid.uuid4()}\n")


def _write_system_files(machine: Machine) -> None:
    primary = machine.name == PRIMARY_HOST
    sid, home = ("his" if primary else "hisdr"), machine.oracle_home
    _write(machine.root / "etc" / "oratab", f"# SID:ORACLE_HOME:autostart\n{sid}:{home}:Y\n")
    pointer = f"inventory_loc={machine.inventory}\ninst_group=oinstall\n"
    _write(machine.root / "etc" / "oraInst.loc", pointer)
    _write(home / "oraInst.loc", pointer)
    _write(machine.root / "etc" / "crontab", "0 1 * * * oracle /home/oracle/bin/rman_level1.sh\n")
    banner = "*" * 62
    _write(
        machine.root / "etc" / "noisy_profile",
        f"echo '{banner}'\necho '*  HIS 数据库服务器  未经授权禁止登录  Authorized users only  *'\necho '{banner}'\n"
        "echo 'ORACLE_SID = [his] ?'\nstty erase ^H\necho 'stty: standard input: Inappropriate ioctl for device' >&2\n",
    )
    login, others = ("hisops", "oracle,root") if primary else ("oracle", "root")
    _write(machine.root / "etc" / "sudoers", f"Defaults:{login} !requiretty\n{login} ALL=({others}) NOPASSWD: ALL\n")
    contents = machine.inventory / "ContentsXML"
    _write(
        contents / "inventory.xml",
        '<?xml version="1.0" standalone="yes" ?>\n<INVENTORY>\n<VERSION_INFO>\n'
        "   <SAVED_WITH>12.2.0.7.0</SAVED_WITH>\n</VERSION_INFO>\n<HOME_LIST>\n"
        f'<HOME NAME="OraDB19Home1" LOC="{home}" TYPE="O" IDX="1"/>\n</HOME_LIST>\n</INVENTORY>\n',
    )
    (machine.inventory / "locks").mkdir()


def _build_home(machine: Machine) -> None:
    home, base = machine.oracle_home, machine.oracle_base
    for folder in ("dbs", "rdbms/admin", "network/admin", "cfgtoollogs/opatch/lsinv", "sqlpatch", "OPatch", "bin"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    for folder in ("cfgtoollogs/sqlpatch", "fast_recovery_area", "oradata", "diag"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    for library in LIBRARIES:
        _write(home / library, f"lab base file {library}\n" * 512)
    _write(home / "OPatch" / "version.txt", f"OPATCH_VERSION:{OPATCH_VERSION}\n")
    _write(home / "inventory" / "ContentsXML" / "comps.xml", '<COMP NAME="oracle.server" VER="19.0.0.0.0"/>\n')
    for script in ("utlrp.sql", "utlu122s.sql", "catproc.sql"):
        _write(home / "rdbms" / "admin" / script, f"Rem {script}: simulated\n")
    sid = "his" if machine.name == PRIMARY_HOST else "hisdr"
    _write(home / "dbs" / f"spfile{sid}.ora", "lab spfile\n")
    _write(home / "dbs" / f"orapw{sid}", "lab password file\n")
    long_ago = datetime.now(UTC).replace(microsecond=0) - timedelta(days=120)
    patches = [OCW, RU_1926, OVERLAY] + ([] if machine.name == PRIMARY_HOST else [RU_1927])
    for number, patch in enumerate(patches):
        install(home, patch, long_ago + timedelta(days=20 * number))
    (home / "bin" / "oracle").chmod(0o6751)


def install_stranger(machine: Machine) -> None:
    """Install the one-off that conflicts with release updates."""
    install(machine.oracle_home, STRANGER, datetime.now(UTC) - timedelta(days=3))


def set_opatch_version(machine: Machine, version: str) -> None:
    """Give the home another OPatch."""
    _write(machine.oracle_home / "OPatch" / "version.txt", f"OPATCH_VERSION:{version}\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _executable(path: Path, text: str) -> None:
    _write(path, text)
    path.chmod(0o755)
