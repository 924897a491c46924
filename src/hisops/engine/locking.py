"""The lock of a run: per database and home, on the control host and as a marker folder on the target's host.

The marker belongs to the run, not to the process: a kill leaves it, and the run's own resume finds its own text there.
"""

from __future__ import annotations

import re

from hisops.engine.conditions import look_up
from hisops.engine.recorder import Recorder
from hisops.engine.values import Values
from hisops.errors import LockHeld
from hisops.model.plan import Plan
from hisops.model.records import LockChanged
from hisops.model.site import RunAs
from hisops.ports import Ports


def lock_names(values: Values) -> list[str]:
    """Return the names of the runbook's locks on this target, fit for a file name."""
    bound = values.bound
    names = []
    for lock in bound.runbook.locks:
        path = bound.target_type.locks.get(lock)
        value = look_up(f"target.{path}", values.scope()) if path else bound.target
        names.append(f"{lock}-{re.sub(r'[^A-Za-z0-9_.-]+', '_', str(value)).strip('_')}")
    return names


def lock_text(plan: Plan, run_id: str) -> str:
    """Return what stands in a lock: who holds it. The same for every process of the run."""
    return f"run {run_id} of {plan.site['origin']}, {plan.runbook['id']} on {plan.target}, by {plan.requester}"


def take(ports: Ports, recorder: Recorder, values: Values, plan: Plan, run_id: str) -> None:
    """Take every lock; LockHeld names the holder. What was taken before a refusal is given back."""
    text = lock_text(plan, run_id)
    host, run_as = _marker_place(values)
    for name in lock_names(values):
        holder = ports.locks.take(name, text)
        if holder is None:
            holder = ports.reach.host(host).take_marker(name, text, run_as)
        if holder is not None and holder.strip() != text:
            release(ports, recorder, values, plan, run_id)
            raise LockHeld(
                "HIS-6201",
                "{holder} holds {name}.",
                "Wait for it to end; `hisops status` tells what it does.",
                holder=holder.strip(),
                name=name,
            )
        event = "taken" if holder is None else "kept"
        recorder.commit(LockChanged(name=name, where=host, event=event))  # type: ignore[arg-type]


def release(ports: Ports, recorder: Recorder, values: Values, plan: Plan, run_id: str) -> None:
    """Give back what this run holds."""
    text = lock_text(plan, run_id)
    host, run_as = _marker_place(values)
    for (name, where), event in list(recorder.view.locks.items()):
        if event != "released" and where == host and ports.reach.host(host).drop_marker(name, text, run_as):
            recorder.write(LockChanged(name=name, where=where, event="released"))
    ports.locks.release()


def _marker_place(values: Values) -> tuple[str, RunAs | None]:
    return values.bound.host_name("db_host"), values.bound.run_as("db_host", "owner")
