"""A drill that never happened: a runbook with the steps that a drill record reads, and its signed log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from hisops.journal.run import Machine, Opening, open_run, resume_run
from hisops.journal.writer import RunJournal
from hisops.model import records as r
from hisops.model.run import NOT_REACHED
from tests.support.journal import ORIGIN, Site

CHECKS = ("registration", "charging", "dispensing", "orders", "lis", "emr", "insurance", "self-service", "emergency")
PARAMETERS: dict[str, Any] = {
    "drill_no": "YJ-2026-04",
    "place": "信息科机房",
    "department": "信息科",
    "commander": "王主任",
    "participants": "王主任（总指挥）；李工（操作）；张护士长（临床代表）",
    "systems": "1–33, 78",
    "scenario": "HIS 主库存储故障，切换至容灾库",
    "emergency_plan": "HIS 应急预案 V3.2",
    "planned_begin": "2026-11-24 10:00",
    "planned_end": "2026-11-24 12:00",
    "rto_target_minutes": 120,
    "rpo_target_minutes": 20,
}
DEFAULTS = {"rto_target_minutes": 120, "rpo_target_minutes": 30}


def _manual(name: str, zh: str, en: str) -> dict[str, Any]:
    return {
        "id": name, "title": {"zh": zh, "en": en}, "effect": "read",
        "manual": {"instruct": {"zh": "请记录", "en": "Write it down"}},
    }  # fmt: skip


def runbook(name: str = "oracle/dg-failover-drill") -> dict[str, Any]:
    """Return a runbook with the steps of a drill."""
    read = {"effect": "read", "sh": "true"}
    steps: list[dict[str, Any]] = [
        {"id": "backup-proof", "title": {"zh": "备份证明", "en": "Proof of the backup"}, **read},
        _manual("opening-declare", "宣布故障", "Declare the fault"),
        _manual("opening-decide", "决定切换", "Decide to switch"),
        {"id": "failover", "title": {"zh": "故障切换", "en": "Fail over"}, "effect": "write", "sh": "dgmgrl",
         "idempotent": True, "expect": "5m"},
        {"id": "switched", "title": {"zh": "确认新角色", "en": "Prove the new roles"}, **read},
        {"id": "rpo", "title": {"zh": "测量数据丢失", "en": "Measure what was lost"}, **read},
        {"id": "data-check", "title": {"zh": "数据核对", "en": "Compare the data"}, **read},
        *(_manual(f"business-{check}", f"业务 {check}", f"Business {check}") for check in CHECKS),
        _manual("conclusion-problems", "存在问题", "Problems"),
        _manual("conclusion-measures", "改进措施", "Measures"),
        _manual("conclusion-assessment", "评价", "Assessment"),
    ]  # fmt: skip
    parameters = {key: {"type": "integer", "default": value} for key, value in DEFAULTS.items()}
    return {
        "hisops": "runbook/v1", "id": name, "version": "1.2.0", "steps": steps, "parameters": parameters,
        "title": {"zh": "HIS 库容灾故障切换演练", "en": "Failover drill of the HIS database"},
    }  # fmt: skip


ANSWERS: dict[str, str] = {
    "opening-declare": "李工 10:01 发现 HIS 主库无响应，电话报告王主任",
    "opening-decide": "王主任决定切换至容灾库",
    **{f"business-{check}": f"ok 张护士长 {check}" for check in CHECKS},
    "business-insurance": "n/a 医保专线未参加本次演练",
    "conclusion-problems": "LIS 连接串未及时切换",
    "conclusion-measures": "修订 LIS 连接串切换步骤，李工，2026-12-10 前",
    "conclusion-assessment": "基本合格",
}
OUTPUTS: dict[str, dict[str, Any]] = {
    "backup-proof": {"completed": "2026-11-23 23:40:12", "input_type": "DB FULL"},
    "switched": {"here": "PRIMARY"},
    "rpo": {
        "fault_at": "2026-11-24 02:03:00", "last_change_at": "2026-11-24 02:02:55", "lost_seconds": 5,
        "heartbeats_lost": 1,
    },
    "data-check": {"rows_compared": 4211, "differences": 0},
}  # fmt: skip


@dataclass
class Drill:
    """Writes the log of one drill, step by step. Every step takes `pause`."""

    site: Site
    run_id: str = "2026-11-24-0201-his-7k3"
    book: dict[str, Any] = field(default_factory=runbook)
    parameters: Mapping[str, Any] = field(default_factory=lambda: PARAMETERS)
    answers: Mapping[str, str] = field(default_factory=lambda: ANSWERS)
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: OUTPUTS)
    simulation: bool = True
    boot: str = "boot-1"
    pause: timedelta = timedelta(seconds=90)
    target: str = "his_dr"

    def open(self) -> RunJournal:
        """Open the run."""
        plan = {
            "format": "hisops-plan/1", "id": self.run_id, "requester": "dba1@hospital", "target": self.target,
            "runbook": self.book, "parameters": dict(self.parameters),
            "site": {"name": "east", "origin": ORIGIN, "simulation": self.simulation},
            "timing": {"steps": {"failover": {"median": 320, "p95": 400, "runs": 3}}},
        }  # fmt: skip
        opening = Opening(
            run_id=self.run_id, origin=ORIGIN, plan=plan, runbook=self.book, machine=self.machine(),
            simulation=self.simulation, target={"name": self.target},
        )  # fmt: skip
        journal = open_run(self.site.logs, opening, self.site.people.key("dba1"), self.site.clock)
        journal.commit(r.RunChanged(state="RUNNING"))
        return journal

    def resume(self, who: str = "dba1", boot: str = "boot-1") -> RunJournal:
        """Go on with the run in a new segment."""
        self.boot = boot
        key = self.site.people.key(who)
        return resume_run(self.site.logs, self.run_id, key, self.site.clock, self.machine())

    def machine(self) -> Machine:
        return Machine(host="control", boot=self.boot, tool="hisops 0.1.0")

    def carry(self, journal: RunJournal, *names: str) -> None:
        """Carry out steps, all of the runbook if none is named."""
        for step in self.book["steps"]:
            if names and step["id"] not in names:
                continue
            self.site.clock.sleep(self.pause.total_seconds())
            (self._ask if "manual" in step else self._call)(journal, step)

    def end(self, journal: RunJournal, state: str = "SUCCEEDED", code: int = 0) -> None:
        """Seal the run."""
        journal.commit(r.RunChanged(state=state))
        journal.seal(state, code)
        journal.close()

    def whole(self) -> Drill:
        """Carry everything out."""
        journal = self.open()
        self.carry(journal)
        self.end(journal)
        return self

    def _ask(self, journal: RunJournal, step: Mapping[str, Any]) -> None:
        name = step["id"]
        said = self.answers.get(name)
        if said is None:
            journal.commit(r.StepChanged(step=name, state="SKIPPED", reason=NOT_REACHED))
            return
        journal.commit(
            r.GateOpened(step=name, parts=["manual"], evidence="sha256:" + "e" * 64),
            r.StepChanged(step=name, state="WAITING"),
        )
        journal.commit(r.GateDecided(step=name, part="manual", by="dba1@hospital", value=said))
        journal.commit(r.StepChanged(step=name, state="SUCCEEDED", attempt=1, out={"evidence": said}))

    def _call(self, journal: RunJournal, step: Mapping[str, Any]) -> None:
        name, effect = step["id"], step["effect"]
        command = journal.blob(str(step["sh"]).encode())
        more = {"op": f"{self.run_id}.{name}.1", "boot": "b1", "marker": "m1"} if effect == "write" else {}
        journal.commit(
            r.CallIntent(step=name, kind="action", attempt=1, effect=effect, idempotent=True, on="his-db2",
                         command=command, **more),
        )  # fmt: skip
        if more:
            journal.commit(r.CallStarted(step=name, kind="action", attempt=1, pid=4417))
        out = dict(self.outputs.get(name, {}))
        journal.commit(r.CallEnded(step=name, kind="action", attempt=1, code=0, verdict="ok", out=out))
        journal.commit(r.StepChanged(step=name, state="SUCCEEDED", attempt=1, out=out))


def site_file(site: Site) -> Path:
    """Write what the command line needs of a site around the logs of `site`; return its folder."""
    hosts = "hosts:\n  his-db1: {address: 127.0.0.1}\n"
    people = "".join(
        f"  {name}: {{name: {{zh: {name}, en: {name}}}, principals: [{name}@hospital], roles: [{role}]}}\n"
        for name, role in (("dba1", "dba"), ("dba2", "dba"), ("lead1", "dba_lead"))
    )
    head = f"hisops: site/v1\nname: east\ntitle: {{zh: 东, en: East}}\norigin: {ORIGIN}\nsimulation: true\n"
    (site.folder / "site.yaml").write_text(f"{head}{hosts}databases: {{}}\n")
    (site.folder / "trust" / "roster.yaml").write_text(f"hisops: roster/v1\npeople:\n{people}")
    return site.folder
