"""SWITCHOVER, FAILOVER and REINSTATE: what the broker does, step by step, and what it says of each."""

from __future__ import annotations

from hisops.lab import alert, lifecycle, redo, role_commands
from hisops.lab.broker.config import REINSTATE, amend, own_name, works
from hisops.lab.commands import CommandRefused
from hisops.lab.net_errors import NO_LISTENER
from hisops.lab.opening import open_database
from hisops.lab.standby_commands import flash_back
from hisops.lab.state import State
from hisops.lab.tools.dgmgrl.session import LOST, WRONG_PASSWORD, Refused, Session, failed
from hisops.lab.tools.names import static_identifier

_APPLY_DIES = "apply-dies-half-way"
_HALF_WAY = ("broker-dies-half-way", _APPLY_DIES)
_RECREATE = "ORA-16795: the standby database needs to be re-created"


def switchover(session: Session, name: str) -> None:
    """Let the primary and a standby change roles."""
    view = session.view()
    target, old = session.member(name), view.primary
    still = f'Unable to switchover, primary database is still "{old}"'
    session.say("Performing switchover NOW, please wait...")
    if target == old:
        raise failed("ORA-16558: database specified for switchover is not a standby database", still)
    if not view.broker["enabled"] or not view.broker["members"][target]["enabled"]:
        raise failed("ORA-16541: member is not enabled", still)
    if session.connected != session.key(target):
        session.say(f'Operation requires a connection to database "{target}"', "Connecting ...")
        session.reach(target)
    try:
        _change_roles(session, old, target)
    except CommandRefused as refused:
        raise failed(f"ORA-{refused.number:05d}: {refused.text}", still) from refused
    session.say(f'New primary database "{target}" is opening...')
    session.desk.crossroads("switchover")
    _open(session, target)
    _restart(session, old)
    session.say(f'Switchover succeeded, new primary is "{target}"')


def _change_roles(session: Session, old: str, target: str) -> None:
    desk = session.desk
    desk.pause(4)
    dies = next((fault for fault in _HALF_WAY if desk.armed(fault)), None)
    with session.changing(old) as (state, other):
        if not redo.reachable(state) or state["status"] != "OPEN":
            raise CommandRefused(16625, f'cannot reach member "{old}"')
        if not works(other):
            raise CommandRefused(16664, "unable to receive the result from a member")
        if not state["ships"]:
            raise CommandRefused(16467, "switchover target is not synchronized")
        role_commands.check_switchover(state, other, str(other["db_unique_name"]))
        alert.write(state, f"ALTER DATABASE SWITCHOVER TO '{target}'")
        if dies:
            other["standby"]["mrp"] = dies != _APPLY_DIES
            role_commands.retire_alone(state, other)
        else:
            role_commands.switch_roles(state, other)
            _hand_over(other, state, target, old)
    if dies:
        desk.store.disarm(dies)
        desk.pause(30)
        raise CommandRefused(16665, "timeout waiting for the result from a member")


def _hand_over(primary: State, former: State, target: str, old: str) -> None:
    """Write the new roles into the configuration; who was primary is taken on as soon as it is mounted."""
    primary["broker"]["members"][old].update(adopt=True, on=True)
    primary["broker"]["members"][target].update(adopt=False, on=True)
    amend(primary, former, primary=target, settle="enable")


def _open(session: Session, member: str) -> None:
    session.desk.pause(3)
    with session.changing(member) as (state, _):
        if state["status"] == "MOUNTED":
            open_database(state)


def _restart(session: Session, member: str) -> None:
    """Start what was the primary and let it be taken on as a standby."""
    desk, key = session.desk, session.key(member)
    state = desk.store.read(key)
    sid = state["sid"]
    finish = ("Please complete the following steps to finish switchover:",
              f'\tstart up and mount instance "{sid}" of database "{member}"', "")  # fmt: skip
    session.say(
        f'Operation requires start up of instance "{sid}" on database "{member}"', f'Starting instance "{sid}"...'
    )
    if not state["listener"]["up"]:
        raise Refused(
            f"Unable to connect to database using {static_identifier(state)}", NO_LISTENER, "", "Failed.", "", *finish
        )
    if not session.by_password or desk.armed("password-by-slash"):
        session.database = None
        raise Refused(WRONG_PASSWORD, "", LOST, "", *finish)
    _start(session, key, state)
    with session.changing(member) as (state, _):  # opened first: one that applies redo cannot be opened
        if state["status"] == "MOUNTED":
            state["standby"]["mrp"] = False
            open_database(state)
            state["standby"]["mrp"] = True
    session.say("Database opened.", f'Connected to "{state["db_unique_name"]}"')


def _start(session: Session, key: str, state: State) -> None:
    unique = state["db_unique_name"]
    session.say("Connected to an idle instance.")
    lifecycle.start(session.desk, key, "nomount", lambda *_: None)
    session.say("ORACLE instance started.", f'Connected to "{unique}"')
    lifecycle.mount(session.desk, key, lambda *_: None)
    session.say("Database mounted.")


def failover(session: Session, name: str, *, immediate: bool) -> None:
    """Make a standby the primary without the primary."""
    target, view = session.member(name), session.view()
    session.say("Performing failover NOW, please wait...")
    if session.connected != session.key(target):
        raise failed("ORA-16600: not connected to target standby database for failover", "Unable to failover")
    if target == view.primary or view.own["role"] != redo.STANDBY:
        raise failed("ORA-16516: current state is invalid for the attempted operation", "Unable to failover")
    if not view.broker["enabled"] or not view.broker["members"][target]["enabled"]:
        raise failed("ORA-16541: member is not enabled", "Unable to failover")
    if view.broker["fast_start"] and (view.broker["unobserved"] or not view.broker["observer"]):
        raise failed("ORA-16658: unobserved fast-start failover configuration", "Unable to failover")
    session.desk.pause(6)
    with session.changing(target) as (state, other):
        if state["gap"] and not immediate:
            gap = f"{state['gap']['low']}-{state['gap']['high']}"
            raise failed(
                f"ORA-16171: RECOVER...FINISH not allowed due to gap for thr 1, seq {gap}", "Unable to failover"
            )
        alert.write(state, "Data Guard Broker: Beginning failover")
        (role_commands.activate if immediate else role_commands.complete_failover)(state, other)
        state["broker"]["members"][own_name(other)].update(enabled=False, trouble=REINSTATE)
        amend(state, other, primary=target, settle="")
    session.desk.crossroads("failover")
    _open(session, target)
    session.say(f'Failover succeeded, new primary is "{target}"')


def reinstate(session: Session, name: str) -> None:
    """Flash a former primary back to where the roads part, and make it a standby."""
    member = session.member(name)
    view, key = session.view(), session.key(member)
    session.say(f'Reinstating database "{member}", please wait...')
    no = f'Reinstatement of database "{member}" failed'
    if view.broker["members"][member]["enabled"]:
        raise failed("ORA-16653: failed to reinstate database", no)
    session.desk.pause(2)
    state = session.desk.store.read(key)
    if not redo.reachable(state):
        raise failed("ORA-16653: failed to reinstate database", no)
    _refuse_without_flashback(session, view.primary, member, no)
    if state["status"] == "OPEN":
        _bounce(session, key, member, state)
    session.desk.crossroads("reinstate")
    session.desk.pause(6)
    with session.changing(member) as (state, other):
        flash_back(state, other["became_primary_scn"])
        role_commands.convert(state, other)
        state.update(status="MOUNTED", open_mode="MOUNTED")
        other["broker"]["members"][member].update(enabled=True, trouble="", adopt=True, on=True)
        amend(other, state, settle="warn")
    session.say(f'Reinstatement of database "{member}" succeeded')


def _refuse_without_flashback(session: Session, primary: str, member: str, no: str) -> None:
    with session.changing(primary) as (own, state):
        reaches = state["flashback_on"] == "YES" and state["flashback_from"] <= own["became_primary_scn"]
        if not reaches:
            own["broker"]["members"][member]["trouble"] = _RECREATE
            amend(own, state)
    if not reaches:
        raise failed("ORA-16653: failed to reinstate database", no)


def _bounce(session: Session, key: str, member: str, state: State) -> None:
    sid, unique = state["sid"], state["db_unique_name"]
    session.say(f'Operation requires shut down of instance "{sid}" on database "{member}"',
                f'Shutting down instance "{sid}"...')  # fmt: skip
    if not session.by_password or session.desk.armed("password-by-slash"):
        session.database = None
        raise Refused(
            WRONG_PASSWORD, "", LOST, "", "Please complete the following steps and reissue the REINSTATE command:",
            f'\tshut down instance "{sid}" of database "{member}"',
            f'\tstart up and mount instance "{sid}" of database "{member}"', "",
        )  # fmt: skip
    lifecycle.stop(session.desk, key, "abort", lambda *_: None)
    session.say(f'Connected to "{unique}"', "ORACLE instance shut down.")
    session.say(
        f'Operation requires start up of instance "{sid}" on database "{member}"', f'Starting instance "{sid}"...'
    )
    _start(session, key, state)
    session.say(f'Connected to "{unique}"', f'Continuing to reinstate database "{member}" ...')
