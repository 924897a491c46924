"""site.yaml and known_hosts of the lab's site, with the ports of now."""

from __future__ import annotations

import json
from pathlib import Path

from hisops.lab import cluster, seed_lis, seed_scratch
from hisops.lab.layout import (
    CLASSES,
    HOSTS,
    LIS_HOST,
    LOGIN,
    NODES,
    PRIMARY_HOST,
    SCRATCH_HOST,
    SIDS,
    STANDBY_HOST,
    Layout,
    Machine,
)
from hisops.lab.people import private_key, public_key
from hisops.lab.seed import dbid_of
from hisops.lab.tree import emr_smoke_test, smoke_test

Ports = dict[str, dict[str, int]]
ACCOUNT = "hisops"
NEW_LIS = "lis_new"
_COUNTED = "HISOPS.HISOPS_HEARTBEAT:BEAT_AT HIS.CHARGE:CHARGED_AT HIS.PATIENT LIS.RESULT:REPORTED_AT"
_COUNTED_LIS = "HISOPS.HISOPS_HEARTBEAT:BEAT_AT LIS.RESULT:REPORTED_AT"
CALENDAR = "always.ics"
ALWAYS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//hisops//lab//EN
BEGIN:VEVENT
UID:always@lab
DTSTAMP:20260101T000000Z
SUMMARY:A lab may be worked on at any time
DTSTART:20200101T000000Z
DTEND:20990101T000000Z
END:VEVENT
END:VCALENDAR
"""


def write_site(layout: Layout, ports: Ports) -> None:
    """Write site.yaml and known_hosts; readers see the old or the new one, never a part."""
    _replace(layout.root / "site.yaml", site_yaml(layout, ports))
    _replace(layout.root / "known_hosts", known_hosts(layout, ports))
    windows = layout.root / "windows"
    windows.mkdir(exist_ok=True)
    if not (windows / CALENDAR).exists():  # whoever rehearses closed windows writes their own
        _replace(windows / CALENDAR, ALWAYS.replace("\n", "\r\n"))


def known_hosts(layout: Layout, ports: Ports) -> str:
    """Return one line for each host."""
    return "".join(f"[127.0.0.1]:{ports[host]['ssh']} {public_key(layout.keys / host)}\n" for host in HOSTS)


def site_yaml(layout: Layout, ports: Ports) -> str:
    """Return the inventory."""
    return f"""hisops: site/v1
# Written by `hisops lab up`, again at every start: the ports change. A simulation; no run here is evidence.
name: lab
title: {{zh: 演练医院, en: Rehearsal hospital}}
origin: lab.hospital/hisops
simulation: true
hosts:
{"".join(_host(layout, host, ports) for host in HOSTS)}databases:
{_databases(layout, ports)}secrets:
  his_password: {{file: {_text(layout.root / "secrets" / "his_password")}}}
  his_read_password: {{file: {_text(layout.root / "secrets" / "his_read_password")}}}
windows:
  always: {{file: windows/{CALENDAR}, timezone: Asia/Shanghai}}
"""


def _host(layout: Layout, name: str, ports: Ports) -> str:
    machine = layout.machine(name)
    via = "sudo" if LOGIN[name] != "oracle" else "none"
    return f"""  {name}:
    address: 127.0.0.1
    port: {ports[name]["ssh"]}
    user: {LOGIN[name]}
    os: linux
    class: {CLASSES[name]}
    roles:
      owner: {{user: oracle, via: {via}}}
      grid: {{user: oracle, via: {via}}}
      root: {{user: root, via: sudo}}
    identity_file: {_text(private_key(layout.root, "dba1"))}
    boot_id_file: {_text(machine.boot_id)}
    stage_dir: {_text(machine.root / "u01" / "stage")}
    path: [{_text(machine.bin)}]
"""


def _databases(layout: Layout, ports: Ports) -> str:
    pair = [_database(layout, "his", PRIMARY_HOST, ports), _database(layout, "his_dr", STANDBY_HOST, ports)]
    return "".join([*pair, _cluster(layout), _lis(layout, ports), _scratch(layout), _new_lis(layout, ports)])


def _database(layout: Layout, name: str, host: str, ports: Ports) -> str:
    primary = host == PRIMARY_HOST
    unique = name.upper()
    settings = _settings(layout.machine(host), primary)
    title = "{zh: 门诊住院 HIS 主库, en: HIS primary}" if primary else "{zh: HIS 灾备库, en: HIS standby}"
    standby = f"    standby: his_dr\n    scratch: {seed_scratch.NAME}\n" if primary else ""
    port = ports[host].get("tns", 1521)
    lines = "".join(f"      {key}: {value}\n" for key, value in settings.items())
    return f"""  {name}:
    engine: oracle
    title: {title}
    host: {host}
    connect:
      dsn: 127.0.0.1:{port}/{unique}
      user: {ACCOUNT}
      password: his_password
    reader:
      dsn: 127.0.0.1:{port}/{unique}
      user: hisops_read
      password: his_read_password
    settings:
{lines}    identity: {{dbid: {dbid_of(layout.machine(host))}, db_unique_name: {unique}}}
    secrets: {{sys: his_password}}
    window: always
{standby}"""


def _cluster(layout: Layout) -> str:
    nodes = "".join(f"      - {{host: {host}, settings: {_node_settings(layout.machine(host))}}}\n" for host in NODES)
    return f"""  {cluster.DATABASE}:
    engine: clusterware
    title: {{zh: 电子病历双机, en: Cluster of the medical records}}
    host: {PRIMARY_HOST}
    nodes:
{nodes}    settings:
      grid_home: {_text(layout.machine(PRIMARY_HOST).grid_home)}
      grid_base: {_text(layout.machine(PRIMARY_HOST).grid_base)}
      oracle_home: {_text(layout.machine(PRIMARY_HOST).oracle_home)}
      cluster_db: {cluster.DATABASE}
      smoke_test: {_text(emr_smoke_test(layout.machine(PRIMARY_HOST)))}
    identity: {{cluster_name: {cluster.name_of(layout.root)}, db_unique_name: {cluster.DATABASE}}}
    window: always
"""


def _lis(layout: Layout, ports: Ports) -> str:
    machine = layout.machine(LIS_HOST)
    lines = "".join(f"      {key}: {value}\n" for key, value in _lis_settings(machine).items())
    return f"""  {seed_lis.NAME}:
    engine: oracle
    title: {{zh: 检验 LIS, en: Laboratory}}
    host: {LIS_HOST}
    connect:
      dsn: 127.0.0.1:{ports[LIS_HOST].get("tns", 1521)}/{seed_lis.UNIQUE}
      user: {ACCOUNT}
      password: his_password
      driver: sqlplus
    settings:
{lines}    identity: {{dbid: {seed_lis.dbid(machine)}, db_unique_name: {seed_lis.UNIQUE}}}
    secrets: {{sys: his_password, system: his_password}}
    destination: {NEW_LIS}
    window: always
"""


def _new_lis(layout: Layout, ports: Ports) -> str:
    """Return where the laboratory moves to: a pluggable database of HIS."""
    machine = layout.machine(PRIMARY_HOST)
    settings = _settings(machine, primary=True) | {"connect_identifier": "hispdb"}
    kept = {key: value for key, value in settings.items() if key not in ("heartbeat_table", "count_tables")}
    lines = "".join(f"      {key}: {value}\n" for key, value in kept.items())
    return f"""  {NEW_LIS}:
    engine: oracle
    title: {{zh: 检验 LIS 的 19c 新库, en: The laboratory on 19c}}
    host: {PRIMARY_HOST}
    connect:
      dsn: 127.0.0.1:{ports[PRIMARY_HOST].get("tns", 1521)}/hispdb
      user: {ACCOUNT}
      password: his_password
    settings:
{lines}    identity: {{dbid: {dbid_of(machine)}, db_unique_name: HIS}}
    secrets: {{sys: his_password, system: his_password}}
    window: always
"""


def _lis_settings(machine: Machine) -> dict[str, str]:
    return _paths(machine) | {
        "oracle_sid": SIDS[LIS_HOST],
        "listener": "LISTENER",
        "connect_identifier": seed_lis.NAME,
        "heartbeat_table": "HISOPS_HEARTBEAT",
        "count_tables": _text(_COUNTED_LIS),
        "is_rac": "false",
        "cdb": "false",
    }


def _scratch(layout: Layout) -> str:
    machine = layout.machine(SCRATCH_HOST)
    settings = _paths(machine) | {"oracle_sid": SIDS[SCRATCH_HOST], "is_rac": "false", "cdb": "true"}
    lines = "".join(f"      {key}: {value}\n" for key, value in settings.items() if key != "smoke_test")
    return f"""  {seed_scratch.NAME}:
    engine: oracle
    title: {{zh: 恢复演练实例, en: Instance for restore tests}}
    host: {SCRATCH_HOST}
    settings:
{lines}    identity: {{db_unique_name: {seed_scratch.NAME.upper()}}}
    window: always
"""


def _paths(machine: Machine) -> dict[str, str]:
    return {
        "oracle_home": _text(machine.oracle_home),
        "oracle_base": _text(machine.oracle_base),
        "oratab": _text(machine.root / "etc" / "oratab"),
        "orainst_loc": _text(machine.root / "etc" / "oraInst.loc"),
        "tns_admin": _text(machine.oracle_home / "network" / "admin"),
        "backup_dir": _text(machine.root / "u01" / "backup"),
        "copy_dir": _text(machine.nas),
        "smoke_test": _text(smoke_test(machine)),
    }


def _node_settings(machine: Machine) -> str:
    """Return what differs on a node: all hosts of the lab have file systems of their own below one folder."""
    homes = {"grid_home": machine.grid_home, "grid_base": machine.grid_base, "oracle_home": machine.oracle_home}
    homes["smoke_test"] = emr_smoke_test(machine)
    return "{" + ", ".join(f"{name}: {_text(path)}" for name, path in homes.items()) + "}"


def _settings(machine: Machine, primary: bool) -> dict[str, str]:
    return {
        **_paths(machine),
        "oracle_sid": SIDS[machine.name],
        "listener": "LISTENER",
        "connect_identifier": "his" if primary else "his_dr",
        "heartbeat_table": "HISOPS_HEARTBEAT",
        "count_tables": _text(_COUNTED),
        "is_rac": "false",
        "cdb": "true",
        "busy_hours": _text("none"),  # a rehearsal is at any time
    }


def _text(value: Path | str) -> str:
    return json.dumps(str(value), ensure_ascii=False)


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text)
    draft.replace(path)
