"""Changes of databases. Where two are a pair both are locked, and afterwards each has what follows from the other's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hisops.lab import (
    branches,
    commands,
    file_statements,
    history,
    mounting,
    redo,
    role_commands,
    schema_statements,
    scn,
)
from hisops.lab.broker import adoption, config
from hisops.lab.record import append
from hisops.lab.state import LAB, State, Store

TWO_PRIMARIES = "two-primaries"


@contextmanager
def changing(store: Store, name: str, *, adopt: bool = True) -> Iterator[tuple[State, State]]:
    """Give the database `name` and the other one for changing; kept unless the block raises.

    The broker takes a standby on as soon as it may, which is not yet while one is on its way from MOUNTED to OPEN.
    """
    pace = store.read(LAB)["pace"]
    own, peer = store.both(name)
    with store.change_all([own, peer]) as states:
        state, other = states[own], states[peer]
        _advance(state, other)
        before = _both_take_writes(state, other)
        yield state, other
        agree(state, other, pace, adopt=adopt)
    if _both_take_writes(state, other) and not before:
        append(store.record, event=TWO_PRIMARIES, tool="pair", databases=sorted(states))


@contextmanager
def changing_one(store: Store, name: str, *, adopt: bool = True) -> Iterator[State]:
    """Give one database for changing, with what follows from that for the other one if it is in a pair."""
    if store.read(name)["peer"]:
        with changing(store, name, adopt=adopt) as (state, _):
            yield state
        return
    with store.change(name) as state:
        scn.note(state, scn.current(state))
        yield state


def _advance(state: State, other: State) -> None:
    """Write down how far both have come by now, and what the standby has got on the way."""
    ways = [(one, two, scn.applied(one, two), scn.follows(one, two)) for one, two in ((state, other), (other, state))]
    for one, two, number, follows in ways:
        scn.note(one, number)
        if follows and not one["finished"]:
            history.carry(one, two, number)
            branches.join(one, two)


def _both_take_writes(state: State, other: State) -> bool:
    return scn.writable(state) and scn.writable(other)


def agree(state: State, other: State, pace: float, *, adopt: bool = True) -> None:
    """Let brokers talk and redo flow as both databases now are."""
    config.hear(state, other)
    for one, two in ((state, other), (other, state)):
        if adopt:
            adoption.look_after(one, two)
        redo.settle(one, two, pace)


def carry_out(store: Store, name: str, container: str, text: str, *, sysdba: bool) -> str | None:
    """Carry out a statement that changes a database; None if it is not understood."""
    if not store.read(name)["peer"]:
        with changing_one(store, name) as state:
            return _answer(state, None, container, text, sysdba)
    with changing(store, name) as (state, other):
        return _answer(state, other, container, text, sysdba)


def _answer(state: State, other: State | None, container: str, text: str, sysdba: bool) -> str | None:
    answer = None
    if mounting.from_files(state):
        answer = file_statements.carry_out(state, text, sysdba=sysdba)
    if answer is None:
        answer = role_commands.carry_out(state, other, container, text, sysdba=sysdba)
    if answer is None:
        answer = commands.carry_out(state, container, text)
    return answer if answer is not None else schema_statements.carry_out(state, container, text)
