"""Backup sets that are there already: which a restore would use, and what reading them shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hisops.lab.media import piece
from hisops.lab.media.carrier import Unreadable
from hisops.lab.state import State
from hisops.lab.tools.rman.pieces import key_of
from hisops.lab.tools.rman.run import Run, failed_command

Set = dict[str, Any]


def available(state: State) -> list[Set]:
    """Return the sets that are not known to be lost, older ones first."""
    return [one for one in state["backups"] if one["status"] == "A"]


def base_of(state: State, number: int, sets: list[Set], before: int | None = None) -> list[Set]:
    """Return the sets that hold all of a data file, the newest first; `before`: those of an SCN at most."""
    own = [one for one in sets if number in one["files"]]
    full = [one for one in own if not one["parts"][str(number)]["since"]]
    fit = [one for one in full if before is None or one["parts"][str(number)]["checkpoint"] <= before]
    # Of two of the same second the later one comes first: sorting keeps the order of equals.
    return sorted(reversed(fit), key=lambda one: int(one["parts"][str(number)]["checkpoint"]), reverse=True)


def read(run: Run, one: Set) -> tuple[str, ...]:
    """Read all of a set; return what is wrong with it in the words of the error."""
    handle = one["handle"]
    closed = run.state["wallet"] != "OPEN"
    head = f"ORA-19870: error while restoring backup piece {handle}"
    try:
        piece.read(Path(handle), key="" if closed else key_of(run.state))
    except piece.Locked:
        return head, "ORA-19913: unable to decrypt backup", "ORA-28365: wallet is not open"
    except Unreadable as problem:
        if problem.block is not None:
            return head, f"ORA-19599: block number {problem.block} is corrupt in backup piece {handle}"
        return (
            head,
            f'ORA-19505: failed to identify file "{handle}"',
            "ORA-27037: unable to obtain file status",
            "Linux-x86_64 Error: 2: No such file or directory",
            "Additional information: 7",
        )
    return ()


def validated(run: Run, one: Set, command: str) -> None:
    """Validate a set, or fail."""
    wrong = attempt(run, one)
    if wrong:
        raise failed_command(command, *wrong)


def attempt(run: Run, one: Set) -> tuple[str, ...]:
    """Validate a set and say so; return what is wrong with it."""
    kind = "archived log" if one["kind"] == "L" else "datafile"
    run.on_channel(f"starting validation of {kind} backup set", f"reading from backup piece {one['handle']}")
    run.desk.pause(0.7)
    wrong = read(run, one)
    if not wrong:
        run.on_channel(
            f"piece handle={one['handle']} tag={one['tag']}",
            "restored backup piece 1",
            "validation complete, elapsed time: 00:00:03",
        )
    return wrong
