"""VALIDATE DATABASE and VALIDATE STATIC CONNECT IDENTIFIER."""

from __future__ import annotations

from collections.abc import Iterable

from hisops.lab import redo
from hisops.lab.broker.health import View
from hisops.lab.net_errors import NO_LISTENER
from hisops.lab.state import State
from hisops.lab.tools.dgmgrl.session import WRONG_PASSWORD, Session, failed
from hisops.lab.tools.dgmgrl.show import span
from hisops.lab.tools.names import static_identifier

_ONLINE_LOGS = 3
_TEMP_FILES = 3


def database(session: Session, name: str, verbose: bool) -> None:
    """Print whether a member is ready for a role change, and what the broker has looked at."""
    member, view = session.member(name), session.view()
    if not view.broker["enabled"] or not view.broker["members"][member]["enabled"]:
        raise failed("ORA-16541: member is not enabled")
    if member == view.primary:
        _primary(session, view, verbose)
    else:
        _standby(session, view, verbose)


def _primary(session: Session, view: View, verbose: bool) -> None:
    state, name = view.state(view.primary), view.primary
    _head(session, "Database Role:    Primary database")
    ready = not view.unreachable(name) and state["status"] == "OPEN"
    session.say(f"  Ready for Switchover:  {_yes(ready)}", "")
    if verbose or state["flashback_on"] != "YES":
        session.say("  Flashback Database Status:", *_aligned({name: _flashback(view, name)}), "")
    if verbose:
        session.say("  Capacity Information:", *_capacity([name]), "")
    _clusterware(session, view, [name])
    if verbose:
        session.say(
            "  Temporary Tablespace File Information:", f"    {name} TEMP Files:  {_TEMP_FILES}", "",
            "  Data file Online Move in Progress:", f"    {name}:  No", "",
            "  Transport-Related Information:", f"    Transport On:  {_yes(state['ships'])}", "",
            "  Log Files Cleared:", f"    {name} Standby Redo Log Files:  Cleared", "",
        )  # fmt: skip


def _head(session: Session, *lines: str) -> None:
    session.say("", *(f"  {line}" for line in lines), "")


def _standby(session: Session, view: View, verbose: bool) -> None:
    names = [view.primary, view.standby]
    standby, gone = view.state(view.standby), view.unreachable(view.primary)
    _head(
        session, "Database Role:     Physical standby database", f"Primary Database:  {view.primary}",
        *(["  Warning: primary database was not reachable"] if gone else []),
    )  # fmt: skip
    ready = not gone and not view.unreachable(view.standby) and _synchronous(standby)
    running = "Primary Not Running" if gone else "Primary Running"
    session.say(f"  Ready for Switchover:  {_yes(ready)}", f"  Ready for Failover:    Yes ({running})", "")
    flashback = {name: _flashback(view, name) for name in names}
    if verbose or set(flashback.values()) != {"On"}:
        session.say("  Flashback Database Status:", *_aligned(flashback), "")
    if verbose:
        session.say("  Capacity Information:", *_capacity(names), "")
    _clusterware(session, view, names)
    if verbose:
        session.say("  Temporary Tablespace File Information:", *_temp_files(view, names), "")
        session.say("  Data file Online Move in Progress:", *_aligned(dict.fromkeys(names, "No")), "")
    _redo(session, view, standby, verbose)
    _log_files(session, view, verbose)


def _synchronous(standby: State) -> bool:
    return bool(
        standby["standby"]["mrp"] and redo.flows(standby) and not standby["gap"] and max(redo.lags(standby)) < 30
    )


def _redo(session: Session, view: View, standby: State, verbose: bool) -> None:
    transport, apply = redo.lags(standby)
    running = standby["standby"]["mrp"]
    if verbose or not running or apply:
        lag = f"{span(apply)} (computed 0 seconds ago)" if running else "Unknown"
        session.say(
            "  Standby Apply-Related Information:", f"    Apply State:      {'Running' if running else 'Not Running'}",
            f"    Apply Lag:        {lag}", "    Apply Delay:      0 minutes", "",
        )  # fmt: skip
    flowing, gap = redo.flows(standby), bool(standby["gap"])
    if verbose or not flowing or gap or transport:
        session.say(
            "  Transport-Related Information:", f"    Transport On:  {_yes(view.state(view.primary)['ships'])}",
            f"    Gap Status:    {'Unresolvable Gap' if gap else 'No Gap' if flowing else 'Unknown'}",
            f"    Transport Lag:  {span(transport)} (computed 0 seconds ago)",
            f"    Transport Status:  {'Success' if flowing else 'Unknown'}", "",
        )  # fmt: skip


def _log_files(session: Session, view: View, verbose: bool) -> None:
    primary, standby = view.primary, view.standby
    if verbose:
        session.say(
            "  Log Files Cleared:", f"    {primary} Standby Redo Log Files:     Cleared",
            f"    {standby} Online Redo Log Files:   Cleared", f"    {standby} Standby Redo Log Files:  Available", "",
        )  # fmt: skip
    for title, one, two in (("Current", primary, standby), ("Future", standby, primary)):
        count = view.state(two)["srls"]
        enough = count > _ONLINE_LOGS
        if verbose or not enough:
            word = "Sufficient SRLs" if enough else "Insufficient SRLs"
            session.say(
                f"  {title} Log File Groups Configuration:",
                "    Thread #  Online Redo Log Groups  Standby Redo Log Groups Status       ",
                f"              {f'({one})':<23} {f'({two})':<24}",
                f"    {'1':<9} {_ONLINE_LOGS:<23} {count:<23} {word}", "",
            )  # fmt: skip


def _clusterware(session: Session, view: View, names: list[str]) -> None:
    session.say("  Managed by Clusterware:", *_aligned({name: f"{'NO':<15}" for name in names}))
    session.say(f"    Validating static connect identifier for the primary database {view.primary}...")
    problem = _static(session, view.primary)
    if problem:
        session.say(f"Unable to connect to database using {static_identifier(view.state(view.primary))}", problem, "",
                    "Failed.")  # fmt: skip
        session.say("    Warning: Ensure primary database's StaticConnectIdentifier property is configured properly so",
                    "    that the primary database can be restarted by DGMGRL after switchover")  # fmt: skip
    else:
        session.say(f'    The static connect identifier allows for a connection to database "{view.primary}".')
    session.say("")


def _static(session: Session, member: str) -> str:
    """Return the error of a connection by the static connect identifier; empty when it works."""
    state = session.desk.store.read(session.key(member))
    if not state["listener"]["up"]:
        return NO_LISTENER
    return "" if session.by_password else WRONG_PASSWORD


def static(session: Session, name: str) -> None:
    """Try the static connect identifier of one member, or of all."""
    members = list(session.view().broker["members"]) if name.lower() == "all" else [session.member(name)]
    for member in members:
        state, problem = session.desk.store.read(session.key(member)), _static(session, member)
        session.say(
            f'Oracle Clusterware is not configured on database "{member}".',
            f'Connecting to database "{member}" using static connect identifier "{static_identifier(state)}" ...',
        )
        if problem:
            session.say(problem, "", "Failed.", "")
        else:
            session.say(
                "Succeeded.", f'The static connect identifier allows for a connection to database "{member}".', ""
            )


def _yes(value: object) -> str:
    return "Yes" if value else "No"


def _flashback(view: View, name: str) -> str:
    if view.unreachable(name):
        return "Unknown"
    return "On" if view.state(name)["flashback_on"] == "YES" else "Off"


def _aligned(values: dict[str, str]) -> Iterable[str]:
    width = max(len(name) for name in values)
    return [f"    {name:<{width}}:  {value}" for name, value in values.items()]


def _capacity(names: list[str]) -> list[str]:
    return ["    Database  Instances        Threads", *(f"    {name:<9} {1:<16} 1" for name in names)]


def _temp_files(view: View, names: list[str]) -> list[str]:
    return [f"    {name} TEMP Files:  {'Unknown' if view.unreachable(name) else _TEMP_FILES}" for name in names]
