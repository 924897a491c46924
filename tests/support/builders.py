"""Build a small run around a runbook written as a dict: what differs from the usual is all that a test says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from hisops.engine.assembly import Definitions, assemble, bind, look
from hisops.engine.ending import Ended
from hisops.engine.executor import Run
from hisops.engine.values import Bound
from hisops.model.expanding import Source, expand
from hisops.model.expansion import ExpandedRunbook
from hisops.model.judge import Judge
from hisops.model.plan import Plan, PlannedStep
from hisops.model.run import RunView, fold
from hisops.model.site import Site, TargetType
from hisops.ports import Children, Ports, Rows
from tests.support.fakes import (
    FakeEvidence,
    FakeHost,
    FakeLocks,
    FakeReach,
    FakeSql,
    FakeStatements,
    FakeVault,
    FakeWindows,
    MemoryJournal,
    ScriptedOperator,
    StoppedClock,
    Watcher,
)

WORDS = {"zh": "文字", "en": "words"}

SITE = {
    "hisops": "site/v1",
    "name": "east",
    "title": WORDS,
    "origin": "hospital/control",
    "hosts": {
        "his-db1": {
            "address": "127.0.0.1",
            "roles": {"owner": {"user": "oracle", "via": "sudo"}, "root": {"user": "root", "via": "sudo"}},
        },
    },
    "databases": {
        "his": {
            "engine": "oracle",
            "title": WORDS,
            "host": "his-db1",
            "connect": {"dsn": "127.0.0.1:1521/his", "user": "hisops", "password": "his_password"},
            "settings": {"oracle_home": "/u01/home", "oracle_sid": "his"},
            "identity": {"dbid": 1203345671},
        }
    },
    "secrets": {"his_password": {"env": "X"}, "sys_password": {"env": "Y"}},
}

TARGET = {
    "hisops": "target/v1",
    "id": "oracle",
    "title": WORDS,
    "settings": {
        "oracle_home": {"title": WORDS, "type": "path", "env": "ORACLE_HOME", "required": True},
        "oracle_sid": {"title": WORDS, "type": "string", "env": "ORACLE_SID", "required": True},
    },
    "identity": [
        {
            "id": "database",
            "title": WORDS,
            "sql": "select dbid, database_role, version from v$database",
            "values": ["dbid", "database_role", "version"],
        }
    ],
    "state": [{"id": "mode", "title": WORDS, "sql": "select open_mode from v$instance", "values": ["open_mode"]}],
    "locks": {"database": "identity.database.dbid"},
}

JUDGE = {
    "hisops": "judge/v1",
    "id": "tool",
    "title": WORDS,
    "codes": ["ORA-\\d{5}"],
    "actions": {
        "run": {
            "title": WORDS,
            "source": "a test",
            "proof": [{"id": "done", "pattern": "^DONE$"}],
            "failure": [{"id": "failed", "pattern": "^FAILED"}],
            "partial": [{"id": "half", "pattern": "^HALF$"}],
            "capture": {"patches": {"pattern": "^patch (\\d+)$", "type": "list"}},
        }
    },
}


def step(step_id: str, **keys: Any) -> dict[str, Any]:
    """Return a step: a read that succeeds, unless `keys` say otherwise."""
    usual: dict[str, Any] = {"id": step_id, "title": WORDS, "effect": "read"}
    if not {"sh", "sql", "upload", "manual", "wait"} & keys.keys():
        usual["sh"] = f"run-{step_id}"
    return usual | keys


def write(step_id: str, **keys: Any) -> dict[str, Any]:
    """Return a step that writes and can be probed and undone."""
    usual: dict[str, Any] = {
        "effect": "write",
        "judge": "tool/run",
        "probe": {"sh": f"probe-{step_id}", "judge": "tool/run", "done": "'1' in out.patches"},
        "undo": {"sh": f"undo-{step_id}"},
        "timeout": "10m",
    }
    return step(step_id, **(usual | keys))


@dataclass
class World:
    """The fakes of one control host, one database host and one database, and what a run leaves in them."""

    steps: list[dict[str, Any]]
    runbook: dict[str, Any] = field(default_factory=dict)
    library: dict[str, dict[str, Any]] = field(default_factory=dict)
    site: dict[str, Any] = field(default_factory=lambda: SITE)
    parameters: dict[str, Any] = field(default_factory=dict)
    open_mode: str = "READ WRITE"
    dbid: int = 1203345671
    role: str = "PRIMARY"
    host: FakeHost = field(default_factory=lambda: FakeHost("his-db1"))
    control: FakeHost = field(default_factory=lambda: FakeHost("control"))
    more_hosts: dict[str, FakeHost] = field(default_factory=dict)
    more_sessions: dict[str, FakeSql] = field(default_factory=dict)
    clock: StoppedClock = field(default_factory=StoppedClock)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    statements: FakeStatements = field(default_factory=FakeStatements)
    operator: ScriptedOperator = field(default_factory=ScriptedOperator)
    watcher: Watcher = field(default_factory=Watcher)
    locks: FakeLocks = field(default_factory=FakeLocks)
    evidence: FakeEvidence = field(default_factory=FakeEvidence)
    windows: FakeWindows = field(default_factory=lambda: FakeWindows(calendar=False))
    planned: list[PlannedStep] = field(default_factory=list)
    involved: tuple[str, ...] = ("dba1@hospital",)
    break_glass: str | None = None
    children: Children | None = None

    def __post_init__(self) -> None:
        self.sql = FakeSql(
            {
                "v.database": lambda: Rows(
                    columns=("dbid", "database_role", "version"), rows=((self.dbid, self.role, "19.26.0.0.0"),)
                ),
                "v.instance": lambda: Rows(columns=("open_mode",), rows=((self.open_mode,),)),
            }
        )
        self.latched = {"mode": {"open_mode": self.open_mode}}

    def definitions(self) -> Definitions:
        document = {
            "hisops": "runbook/v1",
            "id": "oracle/test-run",
            "version": "1.0.0",
            "title": WORDS,
            "purpose": WORDS,
            "target": {"engine": "oracle"},
            "steps": self.steps,
        } | self.runbook
        return Definitions(
            runbook=ExpandedRunbook.model_validate(self.expanded(document)),
            judges={"tool": Judge.model_validate(JUDGE)},
            target_type=TargetType.model_validate(TARGET),
        )

    def expanded(self, document: dict[str, Any]) -> dict[str, Any]:
        def find(name: str) -> Source:
            return Source(self.library[name], f"sha256:{name}")

        return expand(Source(document, "sha256:main"), find, Site.model_validate(self.site), "his")

    def bound(self) -> Bound:
        return bind(self.definitions(), Site.model_validate(self.site), "his", self.parameters, {})

    def ports(self) -> Ports:
        reach = FakeReach(
            {"his-db1": self.host, "control": self.control, **self.more_hosts}, {"his": self.sql, **self.more_sessions}
        )
        return Ports(
            reach=reach,
            vault=FakeVault(),
            clock=self.clock,
            journal=self.journal,
            statements=self.statements,
            operator=self.operator,
            observer=self.watcher,
            locks=self.locks,
            windows=self.windows,
            evidence=self.evidence,
            children=self.children,
        )

    def plan(self) -> Plan:
        return Plan(
            id="2026-11-24-0155-his-xyz",
            created="2026-11-24T01:55:00Z",
            requester="dba1@hospital",
            site={"name": "east", "origin": "hospital/control", "simulation": False},
            target="his",
            runbook={"id": "oracle/test-run", "version": "1.0.0"},
            runbook_digest="sha256:" + "0" * 64,
            judges={},
            target_type={},
            overrides=[],
            parameters=self.parameters,
            files={},
            identity={"database": {"dbid": 1203345671, "database_role": "PRIMARY", "version": "19.26.0.0.0"}},
            state=self.latched,
            steps=self.planned,
            warnings=[],
            ledger={"size": 1, "root": "x"},
            nonce="n1",
        )

    def survey(self):
        return look(self.ports(), self.bound(), self.definitions().judges, "2026-11-24-0155-his-xyz")

    def run(self) -> Run:
        return assemble(
            self.ports(), self.bound(), self.definitions().judges, self.plan(), "dba1@hospital", self.involved,
            self.break_glass,
        )  # fmt: skip

    def go(self) -> Ended:
        return self.run().carry_out()

    def resume(self) -> Ended:
        """Go on as a new process would after a kill: only what was durable is there."""
        self.journal = self.journal.survivor()
        self.locks.taken.clear()
        return self.go()

    @property
    def view(self) -> RunView:
        return fold(self.journal.records())

    def states(self) -> dict[str, str]:
        return {name: view.state for name, view in self.view.steps.items() if name != "run"}


__all__ = ["World", "replace", "step", "write"]
