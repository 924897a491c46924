"""EDIT DATABASE ... SET STATE, ENABLE and DISABLE: what changes the configuration without changing a role."""

from __future__ import annotations

from hisops.lab import redo
from hisops.lab.broker import properties
from hisops.lab.broker.config import amend, own_name
from hisops.lab.tools.dgmgrl.session import Session, failed

_STATES = ("APPLY-ON", "APPLY-OFF", "TRANSPORT-ON", "TRANSPORT-OFF")


def state(session: Session, name: str, wanted: str) -> None:
    """Start or stop redo: its apply on a standby, its transport on the primary."""
    member, view = session.member(name), session.view()
    what, _, on = wanted.strip("'\"").upper().partition("-")
    if wanted.strip("'\"").upper() not in _STATES or (what == "TRANSPORT") != (member == view.primary):
        raise failed("ORA-16516: current state is invalid for the attempted operation")
    if not view.broker["members"][member]["enabled"] or not view.broker["enabled"]:
        raise failed("ORA-16541: member is not enabled")
    if view.unreachable(member):
        raise failed(f'ORA-16625: cannot reach member "{member}"')
    with session.changing(member) as (own, other):
        if what == "TRANSPORT":
            own["ships"] = on == "ON"
        elif own["role"] == redo.STANDBY:
            own["standby"]["mrp"] = on == "ON"
        own["broker"]["members"][member]["on"] = on == "ON"
        amend(own, other, settle="")
    session.say("Succeeded.")


def set_property(session: Session, name: str, wanted: str, value: str) -> None:
    """Give a member another value of a property."""
    member = session.member(name)
    plain, new = wanted.strip("'\""), value.strip("'\"")
    known = properties.find(plain)
    if known is None or not properties.takes(known, new):
        raise failed(f"ORA-03001: unimplemented feature (lab: not rehearsed: property {plain} = {new})")
    with session.changing(own_name(session.view().own)) as (own, other):
        entry = own["broker"]["members"][member]
        entry["properties"] = {**entry["properties"], known: new.upper()}
        amend(own, other, settle="")
    quoted = wanted.startswith(("'", '"'))
    session.say(f'Property "{plain if quoted else plain.lower()}" updated')


def configuration(session: Session, *, on: bool) -> None:
    """Let the broker manage the pair, or leave it to people. Enabled anew it takes the roles as they are."""
    session.view()
    own, other = session.states()
    primaries = [own_name(one) for one in (own, other) if one["role"] == redo.PRIMARY and redo.mounted(one)]
    with session.changing(own_name(own)) as (own, other):
        found = {"primary": primaries[0]} if on and len(primaries) == 1 else {}
        amend(own, other, enabled=on, settle="", **found)
    session.say("Enabled." if on else "Disabled.")


def database(session: Session, name: str, *, on: bool) -> None:
    """Let the broker manage one member, or not."""
    member, view = session.member(name), session.view()
    if on and (trouble := view.broker["members"][member]["trouble"]):
        raise failed(trouble)
    if not on and member == view.primary:
        raise failed("ORA-16516: current state is invalid for the attempted operation")
    with session.changing(own_name(view.own)) as (own, other):
        own["broker"]["members"][member]["enabled"] = on
        amend(own, other, settle="")
    session.say("Enabled." if on else "Disabled.")


def fast_start(session: Session, *, on: bool) -> None:
    """Switch automatic failover on or off; no observer of the lab would start one."""
    view = session.view()
    flashback = all(view.state(name)["flashback_on"] == "YES" for name in view.broker["members"])
    if on and not flashback:
        raise failed("ORA-16651: requirements not met for enabling fast-start failover")
    with session.changing(own_name(view.own)) as (own, other):
        gone = {} if on else {"unobserved": False}
        amend(own, other, fast_start=on, settle="", **gone)
    session.say("Enabled in Potential Data Loss Mode." if on else "Disabled.")
