"""SHOW CONFIGURATION, SHOW DATABASE and SHOW FAST_START FAILOVER."""

from __future__ import annotations

import time

from hisops.lab import redo
from hisops.lab.broker import properties
from hisops.lab.broker.config import NAME
from hisops.lab.broker.health import Findings, View, examine
from hisops.lab.state import State
from hisops.lab.tools.dgmgrl.session import Refused, Session
from hisops.lab.tools.names import static_identifier

_PROPERTIES = {
    "FastStartFailoverThreshold": "30", "OperationTimeout": "30", "TraceLevel": "USER",
    "FastStartFailoverLagLimit": "30", "CommunicationTimeout": "180", "ObserverReconnect": "0",
    "FastStartFailoverAutoReinstate": "TRUE", "FastStartFailoverPmyShutdown": "TRUE",
    "BystandersFollowRoleChange": "ALL", "ObserverOverride": "FALSE", "ExternalDestination1": "",
    "ExternalDestination2": "", "PrimaryLostWriteAction": "CONTINUE", "ConfigurationWideServiceName": "HIS_CFG",
}  # fmt: skip
_CONDITIONS = (
    "Configurable Failover Conditions",
    "  Health Conditions:",
    "    Corrupted Controlfile          YES",
    "    Corrupted Dictionary           YES",
    "    Inaccessible Logfile            NO",
    "    Stuck Archiver                  NO",
    "    Datafile Write Errors          YES",
    "",
    "  Oracle Error Conditions:",
    "    (none)",
    "",
)


def configuration(session: Session, verbose: bool) -> None:
    """Print the members, what is wrong with them, and the status of the whole."""
    view = session.view()
    broker, width = view.broker, max(len(name) for name in view.broker["members"])
    star = "(*) " if broker["fast_start"] else ""
    say = session.say
    say("", f"Configuration - {NAME}", "", "  Protection Mode: MaxPerformance", "  Members:")
    statuses = []
    for name in (view.primary, view.standby):
        primary = name == view.primary
        indent = "  " if primary else "    "
        what = "Primary database" if primary else f"{star}Physical standby database "
        lines, status = _member(view, name)
        if lines and lines[0] == "(disabled)":
            what, lines = f"{what}(disabled)", lines[1:]
        say(f"{indent}{name:<{width}} - {what}", *(f"{indent}  {line}" for line in lines))
        if lines and primary:
            say("")
        statuses.append(status)
    say("")
    if verbose:
        _verbose(session, star)
    say(f"Fast-Start Failover: {_mode(broker)}", *(_fast_start(view) if verbose and broker["fast_start"] else ()), "")
    say("Configuration Status:", _status(view, statuses, verbose), "")


def _member(view: View, name: str) -> tuple[list[str], str]:
    member = view.broker["members"][name]
    if not view.broker["enabled"]:
        return [], "DISABLED"
    if not member["enabled"]:
        return ["(disabled)", *([member["trouble"]] if member["trouble"] else [])], "SUCCESS"
    found = examine(view, name)
    return [found.summary()] if found.summary() else [], found.status


def _verbose(session: Session, star: str) -> None:
    if star:
        session.say("  (*) Fast-Start Failover target", "")
    session.say("  Properties:", *(f"    {name:<31} = '{value}'" for name, value in _PROPERTIES.items()), "")


def _mode(broker: State) -> str:
    return "Enabled in Potential Data Loss Mode" if broker["fast_start"] else " Disabled"


def _status(view: View, statuses: list[str], verbose: bool) -> str:
    if not view.broker["enabled"]:
        return "DISABLED"
    worst = next((status for status in ("ERROR", "WARNING") if status in statuses), "SUCCESS")
    age = int(time.time() - view.broker["changed"]) % 60
    return worst if verbose else f"{worst}   (status updated {age} second{'s' if age != 1 else ''} ago)"


def database(session: Session, name: str, verbose: bool) -> None:
    """Print role, lags and status of one member."""
    member, view = session.member(name), session.view()
    state, enabled = view.state(member), view.broker["members"][member]["enabled"]
    primary, entry = member == view.primary, view.broker["members"][member]
    known = not view.unreachable(member) and enabled
    found = examine(view, member) if known and view.broker["enabled"] else Findings()
    session.say("", f"Database - {member}", "", f"  Role:               {'PRIMARY' if primary else 'PHYSICAL STANDBY'}")
    word = ("TRANSPORT-" if primary else "APPLY-") + ("ON" if entry["on"] else "OFF")
    session.say(f"  Intended State:     {word if view.broker['enabled'] and enabled else 'OFFLINE'}")
    if not primary:
        session.say(*_lags(state, known and not entry["adopt"]))
    session.say("  Instance(s):", f"    {state['sid']}")
    errors = [text for text in found.errors if not text.startswith("ORA-16778")]
    if errors != found.errors:
        session.say(f'      Error: ORA-16737: the redo transport service for member "{view.standby}" has an error')
    for title, texts in (("Error", errors), ("Warning", found.warnings)):
        if texts:
            session.say("", f"  Database {title}(s):", *(f"    {text}" for text in texts))
    if verbose:
        _properties(session, state, member, properties.of(entry))
    session.say("", "Database Status:", *_database_status(view, member, found), "")


def _lags(state: State, known: bool) -> list[str]:
    if not known:
        return [f"  {title:<19} (unknown)" for title in ("Transport Lag:", "Apply Lag:", "Average Apply Rate:")] + [
            "  Real Time Query:    OFF"
        ]
    transport, apply = redo.lags(state)
    query = "ON" if state["open_mode"] == "READ ONLY WITH APPLY" else "OFF"
    return [
        f"  Transport Lag:      {span(transport)} (computed 0 seconds ago)",
        f"  Apply Lag:          {span(apply)} (computed 0 seconds ago)",
        f"  Average Apply Rate: {'17.00 KByte/s' if state['standby']['mrp'] else '(unknown)'}",
        f"  Real Time Query:    {query}",
    ]


def span(seconds: int) -> str:
    """Return `1 hour 30 minutes 2 seconds`, as the broker writes a lag."""
    hours, rest = divmod(seconds, 3600)
    parts = ((hours, "hour"), (rest // 60, "minute"), (rest % 60, "second"))
    shown = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in parts if count or word == "second"]
    return " ".join(shown)


def one_property(session: Session, name: str, wanted: str) -> None:
    """Print one property of a member."""
    member = session.member(name)
    plain = wanted.strip("'\"")
    known = properties.find(plain)
    if known is None:
        raise Refused(f'Property "{plain}" was not found')
    session.say(f"  {known} = '{properties.of(session.view().broker['members'][member])[known]}'")


def _properties(session: Session, state: State, member: str, own: dict[str, str]) -> None:
    values = {"DGConnectIdentifier": member, **own, "StaticConnectIdentifier": static_identifier(state)}
    session.say("", "  Properties:", *(f"    {name:<31} = '{value}'" for name, value in values.items()))
    trace = "/".join(str(state["home"]).split("/")[:-3])
    session.say(
        "", "  Log file locations:", f"    Alert log               : {trace}/diag/rdbms/{member}/{state['sid']}/trace/"
        f"alert_{state['sid']}.log",
        f"    Data Guard Broker log   : {trace}/diag/rdbms/{member}/{state['sid']}/trace/drc{state['sid']}.log",
    )  # fmt: skip


def _database_status(view: View, member: str, found: Findings) -> list[str]:
    entry = view.broker["members"][member]
    if not view.broker["enabled"]:
        return ["DISABLED"]
    if not entry["enabled"]:
        return [f"DISABLED - {entry['trouble']}" if entry["trouble"] else "DISABLED"]
    if problem := view.unreachable(member):
        return [
            f'DGM-17016: failed to retrieve status for database "{member}"', problem,
            f'ORA-16625: cannot reach member "{member}"',
        ]  # fmt: skip
    return [found.status]


def fast_start(session: Session) -> None:
    """Print how automatic failover is set up, and who watches."""
    view = session.view()
    lines = _fast_start(view)
    session.say("", f"Fast-Start Failover: {_mode(view.broker)}", "", "  Protection Mode:    MaxPerformance")
    session.say(*lines, "", *_CONDITIONS)


def _fast_start(view: View) -> list[str]:
    target = view.standby
    return [
        "  Lag Limit:          30 seconds",
        "",
        "  Threshold:          30 seconds",
        f"  Active Target:      {target if view.broker['fast_start'] else '(none)'}",
        f'  Potential Targets:  "{target}"',
        f"    {target}  {'valid' if not view.unreachable(target) else 'invalid - target is not reachable'}",
        f"  Observer:           {view.broker['observer'] or '(none)'}",
        "  Shutdown Primary:   TRUE",
        "  Auto-reinstate:     TRUE",
        "  Observer Reconnect: (none)",
        "  Observer Override:  FALSE",
    ]
