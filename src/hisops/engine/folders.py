"""hisops's own folders on the hosts of a run: staging by plan, working files by run.

Those of the target are made at the start; those of its companions, and of a host only a `for_each` goes to, when a
call first goes there: one host out of reach does not stop the others, and a failover is for a peer that is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from threading import Lock

from hisops.engine.binding import BoundCall
from hisops.engine.bound import Bound
from hisops.engine.calling import Caller
from hisops.ports import Reach

HostFolders = dict[str, str]


class OwnFolders(Mapping[str, HostFolders]):
    """The names and values of the folders by host. Looking a host up makes them there."""

    def __init__(self, reach: Reach, caller: Caller, bound: Bound, plan_id: str, run_id: str) -> None:
        self._reach = reach
        self._caller = caller
        self._plan_id = plan_id
        self._run_id = run_id
        self._made: dict[str, HostFolders] = {}
        self._later = {
            step.spot.host: ("db_host", bound.at(step.spot)) for step in bound.runbook.steps if step.spot.host
        }
        for word in bound.companions:
            self._later.setdefault(bound.host_name(f"{word}_host"), (f"{word}_host", bound))
        self._attempts = count(1)  # each call of its own, since several may be made at once
        self._locks = {name: Lock() for name in self._later}
        places = ["control", "db_host"]
        if all(step.child for step in bound.runbook.steps):
            places = []  # a playbook does nothing on a host; its runs have folders of their own
        for place in places:
            name = bound.host_name(place)
            self._made[name] = self._make(place, bound)

    def __getitem__(self, host: str) -> HostFolders:
        if host in self._made:
            return self._made[host]
        with self._locks[host]:
            if host not in self._made:
                self._made[host] = self._make(*self._later[host])
        return self._made[host]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def _make(self, place: str, bound: Bound) -> HostFolders:
        name, host = bound.host_name(place), bound.host(place)
        run_as = bound.run_as(place, "owner")
        root = f"{self._reach.host(name).facts(run_as).home}/.hisops"
        stage = (host.stage_dir if host and host.stage_dir else f"{root}/stage") + f"/{self._plan_id}"
        made = {"stage_dir": stage, "run_dir": f"{root}/runs/{self._run_id}", "run": self._run_id}
        self._caller.perform(
            BoundCall(
                step="run",
                kind="prepare",
                place=place,
                where=name,
                run_as=run_as,
                sql=False,
                effect="stage",
                text='umask 022; mkdir -p "$HISOPS_STAGE_DIR" "$HISOPS_RUN_DIR"',
                env={"HISOPS_STAGE_DIR": stage, "HISOPS_RUN_DIR": made["run_dir"]},
            ),
            next(self._attempts),
        )
        return made
