"""All parts of the state of a new lab."""

from __future__ import annotations

from hisops.lab import seed, seed_lis, seed_scratch
from hisops.lab.layout import LIS_HOST, PRIMARY_HOST, SCRATCH_HOST, STANDBY_HOST, Machine
from hisops.lab.patches import RU_1926, RU_1927
from hisops.lab.state import State


def start_states(machines: dict[str, Machine], pace: float) -> dict[str, State]:
    """Return all parts of the state of a new lab, by name."""
    return {
        "lab": seed.lab_state(pace),
        "his": seed.database_state(machines[PRIMARY_HOST], "his", RU_1926),
        "his_dr": seed.database_state(machines[STANDBY_HOST], "his_dr", RU_1927),
        seed_lis.NAME: seed_lis.database_state(machines[LIS_HOST]),
        seed_scratch.NAME: seed_scratch.database_state(machines[SCRATCH_HOST]),
    }
