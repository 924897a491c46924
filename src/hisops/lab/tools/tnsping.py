"""tnsping to a name of this host's listener."""

from __future__ import annotations

from hisops.lab.tools.desk import Desk
from hisops.lab.tools.lsnrctl import address
from hisops.lab.tools.names import NotReached, resolve
from hisops.lab.tools.nls import listener_date, now


def run(desk: Desk) -> int:
    """Answer whether the listener is there."""
    desk.out(
        "",
        f"TNS Ping Utility for Linux: Version {desk.machine.release.number} - Production on {listener_date(now())}",
        "",
    )
    desk.out(f"Copyright (c) 1997, {desk.machine.release.until}, Oracle.  All rights reserved.", "")
    states = [desk.store.read(name) for name in desk.store.databases()]
    here = next(state for state in states if state["host"] == desk.host)
    name = desk.argv[0].lower() if desk.argv else ""
    desk.out("Used parameter files:", f"{here['home']}/network/admin/sqlnet.ora", "")
    try:
        host, _ = resolve(desk, name)
    except NotReached:
        desk.out("TNS-03505: Failed to resolve name")
        return 1
    found = next((state for state in states if state["host"] == host), None)
    if found is None:
        desk.out("TNS-12545: Connect failed because target host or object does not exist")
        return 1
    adapter = "EZCONNECT" if "/" in name else "TNSNAMES"
    desk.out(f"Used {adapter} adapter to resolve the alias", f"Attempting to contact {address(desk, found['host'])}")
    if not found["listener"]["up"]:
        desk.out("TNS-12541: TNS:no listener")
        return 1
    desk.out("OK (0 msec)")
    return 0
