"""lsnrctl start, stop, status and services for the one listener of a host."""

from __future__ import annotations

import json

from hisops.lab import background, pair
from hisops.lab.machine import ports_file
from hisops.lab.network import STATIC
from hisops.lab.registration import ready_services, registered, registers_at
from hisops.lab.state import State
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.nls import listener_date, moment, now

_DOWN = (
    "TNS-12541: TNS:no listener",
    " TNS-12560: TNS:protocol adapter error",
    "  TNS-00511: No listener",
    "   Linux Error: 111: Connection refused",
)


def run(desk: Desk) -> int:
    """Carry out one command."""
    command = desk.argv[0] if desk.argv else ""
    name = desk.argv[1] if len(desk.argv) > 1 else "LISTENER"
    database = next(known for known in desk.store.databases() if desk.store.read(known)["host"] == desk.host)
    _banner(desk)
    if command not in _COMMANDS:
        desk.out("NL-00853: undefined command " + f'"{command}".  Try "help"')
        return 1
    if name.upper() != desk.store.read(database)["listener"]["name"]:
        desk.out(f"TNS-01101: Could not find listener name or service name {name}")
        return 1
    return _COMMANDS[command](desk, database)


def _banner(desk: Desk) -> None:
    release = desk.machine.release
    if desk.chinese(nls=True):
        head = f"LSNRCTL for Linux: Version {release.number} - Production on {listener_date(now())}"
        desk.raw(f"\n{head}\n\n版权所有 (c) 1991, {release.until}, Oracle。保留所有权利。\n\n".encode("gb18030"))
        return
    desk.out("", f"LSNRCTL for Linux: Version {release.number} - Production on {listener_date(now())}", "")
    desk.out(f"Copyright (c) 1991, {release.until}, Oracle.  All rights reserved.", "")


def _completed(desk: Desk) -> int:
    if desk.chinese(nls=True):
        desk.raw("命令执行成功\n".encode("gb18030"))
    else:
        desk.out("The command completed successfully")
    return 0


def address(desk: Desk, host: str = "") -> str:
    """Return the address that the listener of a host listens on, of this one if none is named."""
    host = host or desk.host
    ports = json.loads(ports_file(desk.layout, host).read_text())
    return f"(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST={host})(PORT={ports.get('tns', 1521)})))"


def _connect(desk: Desk, state: State) -> bool:
    desk.out(f"Connecting to {address(desk)}")
    if not state["listener"]["up"]:
        desk.out(*_DOWN)
    return bool(state["listener"]["up"])


def _status(desk: Desk, database: str) -> int:
    state = desk.store.read(database)
    if not _connect(desk, state):
        return 1
    _describe(desk, state)
    return _completed(desk)


def _describe(desk: Desk, state: State) -> None:
    since = moment(state["listener"]["since"])
    up = now() - since
    hours, rest = divmod(up.seconds, 3600)
    home = state["home"]
    desk.out(
        "STATUS of the LISTENER",
        "------------------------",
        f"Alias                     {state['listener']['name']}",
        f"Version                   TNSLSNR for Linux: Version {desk.machine.release.number} - Production",
        f"Start Date                {listener_date(since)}",
        f"Uptime                    {up.days} days {hours} hr. {rest // 60} min. {rest % 60} sec",
        "Trace Level               off",
        "Security                  ON: Local OS Authentication",
        "SNMP                      OFF",
        f"Listener Parameter File   {home}/network/admin/listener.ora",
        f"Listener Log File         {desk.machine.oracle_base}/diag/tnslsnr/{desk.host}/listener/alert/log.xml",
        "Listening Endpoints Summary...",
        f"  {address(desk)}",
        "  (DESCRIPTION=(ADDRESS=(PROTOCOL=ipc)(KEY=EXTPROC1521)))",
    )
    _services_summary(desk, state)


def _services_summary(desk: Desk, state: State) -> None:
    if not registered(state):
        desk.out("The listener supports no services")
        return
    word = "BLOCKED" if state["status"] == "STARTED" else "READY"
    names = ready_services(state) if word == "READY" else state["services"][:1]
    desk.out("Services Summary...")
    shown = dict.fromkeys(names, word)
    if state["peer"]:  # for the broker alone
        shown[f"{state['db_unique_name']}{STATIC}"] = "UNKNOWN"
    for service in sorted(shown):
        desk.out(
            f'Service "{service}" has 1 instance(s).',
            f'  Instance "{state["sid"]}", status {shown[service]}, has 1 handler(s) for this service...',
        )


def _services(desk: Desk, database: str) -> int:
    state = desk.store.read(database)
    if not _connect(desk, state):
        return 1
    _services_summary(desk, state)
    return _completed(desk)


def _stop(desk: Desk, database: str) -> int:
    state = desk.store.read(database)
    if not _connect(desk, state):
        return 1
    desk.pause(0.5)
    with pair.changing_one(desk.store, database) as state:
        state["listener"]["up"] = False
    background.stopped(desk.layout, database, "listener")
    return _completed(desk)


def _start(desk: Desk, database: str) -> int:
    state = desk.store.read(database)
    binary = f"{state['home']}/bin/tnslsnr"
    if state["listener"]["up"]:
        name = state["listener"]["name"]
        desk.out(f"TNS-01106: Listener using listener name {name} has already been started")
        return 1
    desk.out(f"Starting {binary}: please wait...", "")
    desk.pause(0.5)
    with pair.changing_one(desk.store, database) as state:
        state["listener"].update(up=True, since=now().isoformat(), registers_at=registers_at(desk.store))
    background.start(desk.layout, database, "listener")
    desk.out(
        f"TNSLSNR for Linux: Version {desk.machine.release.number} - Production",
        f"System parameter file is {state['home']}/network/admin/listener.ora",
        f"Log messages written to {desk.machine.oracle_base}/diag/tnslsnr/{desk.host}/listener/alert/log.xml",
        f"Listening on: {address(desk)}",
        "",
        f"Connecting to {address(desk)}",
    )
    _describe(desk, desk.store.read(database))
    return _completed(desk)


_COMMANDS = {"status": _status, "services": _services, "stop": _stop, "start": _start}
