"""The state of the scratch host's instance: idle, with no database until one is restored."""

from __future__ import annotations

from hisops.lab import roles, seed
from hisops.lab.layout import Machine
from hisops.lab.patches import RU_1926
from hisops.lab.state import State

NAME = "his_rt"


def database_state(machine: Machine) -> State:
    """Return the state of an instance that nobody has started; what a database has on disk is missing."""
    state = seed.database_state(machine, NAME, RU_1926)
    state |= {
        **seed.pair_state(state["startup_time"], members=(NAME,)),
        "peer": "",
        "role": "PRIMARY",
        "pdbs": [],
        "services": [],
        "datafiles": [],
        "backup_jobs": [],
        "tablespaces": [],
        "invalid_objects": [],
        "sqlpatch": [],
        "registry": [],
        "parameters": {},
        "work": [],
        "kept": {},
        "tracking": False,
        "fra": state["fra"] | {"used_mb": 0},
    }
    state["listener"]["up"] = False
    roles.down(state)
    return state
