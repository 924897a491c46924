"""An instance that gets its database from files: bare when it starts, then what its control file knows.

Such an instance is started from a parameter file (`parameters` in its state). What it knows when it is mounted is read
from the control file on disk, and written back there when it is dismounted.
"""

from __future__ import annotations

from pathlib import Path

from hisops.lab import alert, seed
from hisops.lab.commands import CommandRefused
from hisops.lab.media import carrier, checkpoint, control
from hisops.lab.parameters import control_files
from hisops.lab.state import State, Store

_OWN = ("name", "db_unique_name", "fra", "version")
"""What an instance has from its parameters and its home, not from a control file."""


def from_files(state: State) -> bool:
    """Whether the database of an instance is what its files hold."""
    return "parameters" in state


def root(state: State) -> Path:
    """Return the root of the file system of an instance's host."""
    return Path(state["home"]).parents[5]


def on_host(state: State, path: Path) -> bool:
    """Whether a path is one of the instance's own host; paths of other hosts are not there."""
    return path.is_relative_to(root(state)) and ".." not in path.parts


def there(state: State, path: Path) -> bool:
    """Whether the instance sees a file."""
    return on_host(state, path) and path.is_file()


def bare(state: State) -> None:
    """Leave an instance without a database."""
    state.update(seed.pair_state(state["startup_time"], members=(str(state["db_unique_name"]).lower(),)))
    state.update(
        role="PRIMARY", dbid=0, pdbs=[], datafiles=[], tablespaces=[], backups=[], backup_jobs=[], sqlpatch=[],
        registry=[], invalid_objects=[], restore_points=[], violations=[], failed_jobs=[], work=[], kept={}, logs=[],
        tracking=False, needs_resetlogs=False, sequence=1,
        services=[state["db_unique_name"], f"{state['db_unique_name']}XDB"],
    )  # fmt: skip
    for part in ("logfiles", "tempfiles", "orphans", "copies"):
        state.pop(part, None)


def read_in(state: State) -> None:
    """Mount: let an instance know what its control files hold. Raises CommandRefused."""
    paths = control_files(state)
    for path in paths:
        if not there(state, path):
            alert.write(
                state, "ORA-00210: cannot open the specified control file", f"ORA-00202: control file: '{path}'"
            )
            raise CommandRefused(205, "error in identifying control file, check alert log for more info")
    try:
        held = control.read(paths[0])
    except carrier.Unreadable as problem:
        alert.write(state, f"ORA-00202: control file: '{paths[0]}'")
        raise CommandRefused(
            227, f"corrupt block detected in control file: (block {problem.block}, # blocks 1)"
        ) from problem
    if held["name"] != state["name"]:
        raise CommandRefused(1103, f"database name '{held['name']}' in control file is not '{state['name']}'")
    state.update({part: value for part, value in held.items() if part not in _OWN})


def end(store: Store, name: str, state: State) -> None:
    """Write a database down whose instance ends: rows that it has committed, and what its control file knows."""
    if state["status"] == "OPEN" and state["open_mode"] == "READ WRITE":
        checkpoint.write(store, name, state, fuzzy=True)
    if state["status"] in ("OPEN", "MOUNTED"):
        keep(state)


def keep(state: State) -> None:
    """Write the control files."""
    for path in control_files(state):
        if on_host(state, path) and path.parent.is_dir():
            control.write(path, state)
