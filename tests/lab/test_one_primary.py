"""Whatever is asked of the broker, in whatever order, under whatever fault: never two primaries that take writes."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hisops.lab import dr_scenario, faults, pair, scenario
from hisops.lab.record import entries
from tests.lab.pairing import APPLY, Pair, dgmgrl

NAMES = st.sampled_from(["his", "his_dr"])
HOSTS = st.sampled_from(["his-db1", "his-db2"])
LOGONS = st.sampled_from([None, None, None, "/"])
FAULTS = st.sampled_from(
    [
        "gap",
        "standby-lag",
        "flashback-off",
        "insufficient-srls",
        "broker-dies-half-way",
        "apply-dies-half-way",
        "password-by-slash",
        "old-primary-returns",
        "observer-lost",
    ]
)


class BrokerAlone(RuleBasedStateMachine):
    """Role changes by the broker; starts and stops by hand; faults at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.both = Pair(self.folder)

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @rule(name=NAMES, host=HOSTS, logon=LOGONS)
    def switchover(self, name: str, host: str, logon: str | None) -> None:
        dgmgrl(self.both, f"switchover to {name}", host=host, logon=logon)

    @rule(name=NAMES, host=HOSTS, logon=LOGONS, how=st.sampled_from(["", " immediate"]))
    def failover(self, name: str, host: str, logon: str | None, how: str) -> None:
        dgmgrl(self.both, f"failover to {name}{how}", host=host, logon=logon)

    @rule(name=NAMES, host=HOSTS)
    def reinstate(self, name: str, host: str) -> None:
        dgmgrl(self.both, f"reinstate database {name}", host=host)

    @rule(
        text=st.sampled_from(
            [
                "enable configuration",
                "disable configuration",
                "disable database his_dr",
                "enable database his_dr",
                "edit database his set state='TRANSPORT-ON'",
                "edit database his_dr set state='APPLY-ON'",
            ]
        ),
        host=HOSTS,
    )
    def manage(self, text: str, host: str) -> None:
        dgmgrl(self.both, text, host=host, logon="/")

    @rule(name=NAMES)
    def abort(self, name: str) -> None:
        self.both.shutdown(name)

    @rule(name=NAMES, opened=st.booleans())
    def start(self, name: str, opened: bool) -> None:
        if self.both.state(name)["status"] == "DOWN":
            self.both.mount(name)
        if opened and self.both.state(name)["status"] == "MOUNTED":
            self.both.open(name)

    @rule(name=NAMES)
    def apply(self, name: str) -> None:
        self.both.sql(name, APPLY)

    @rule(name=NAMES, up=st.booleans())
    def listener(self, name: str, up: bool) -> None:
        with pair.changing(self.both.store, name) as (state, _):
            state["listener"]["up"] = up

    @rule(name=FAULTS, on=st.booleans())
    def fault(self, name: str, on: bool) -> None:
        faults.arm(self.both.store, name, on)
        scenario.apply(self.both.layout, name, on)

    @rule()
    def autostart(self) -> None:
        dr_scenario.come_back(self.both.layout)

    @invariant()
    def one_takes_writes(self) -> None:
        states = [self.both.state(name) for name in ("his", "his_dr")]
        writable = [state for state in states if state["role"] == "PRIMARY" and state["open_mode"] == "READ WRITE"]
        apart = not any(state["listener"]["up"] for state in states)
        assert len(writable) < 2 or apart
        told = any(each["event"] == pair.TWO_PRIMARIES for each in entries(self.both.layout.record))
        assert len(writable) < 2 or told


BrokerAlone.TestCase.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestBrokerAlone = BrokerAlone.TestCase
