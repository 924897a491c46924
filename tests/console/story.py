"""A runbook, its plan, and a run told in records: what the screens are drawn from in these tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hisops.console.i18n import Language
from hisops.console.progress import Progress
from hisops.console.theme import FANCY, Page, Signs
from hisops.model import records as r
from hisops.model.plan import Plan, PlannedStep
from hisops.model.runbook import Runbook

BEGIN = datetime(2026, 11, 24, 2, 1, 7, tzinfo=UTC)
RUN_ID = "2026-11-24-0201-his-7k3"

STEPS: list[dict[str, Any]] = [
    {"id": "opatch-version", "title": {"zh": "检查 OPatch 版本", "en": "Check the OPatch version"},
     "effect": "read", "sh": "opatch version"},
    {"id": "conflict-check", "title": {"zh": "补丁冲突检查", "en": "Check for patch conflicts"},
     "why": {"zh": "冲突的补丁会使安装中途失败", "en": "A conflicting patch fails half way through"},
     "effect": "read", "sh": "opatch prereq"},
    {"id": "home-space", "title": {"zh": "主目录所在文件系统空间", "en": "Free space beside the home"},
     "effect": "read", "sh": "df"},
    {"id": "pdbs-open", "title": {"zh": "所有 PDB 均已打开", "en": "Every PDB is open"},
     "effect": "read", "on": "db", "sql": "select 1 from dual", "on_failure": "continue"},
    {"id": "backup", "title": {"zh": "升级前全备并校验", "en": "Back up and validate the backup"},
     "effect": "write", "sh": "rman", "expect": "40m", "idempotent": True},
    {"id": "stop", "title": {"zh": "停止数据库", "en": "Stop the database"}, "effect": "write", "sh": "sqlplus",
     "gate": {"type_target": True}, "expect": "3m", "undo": {"sh": "startup"}},
    {"id": "nobody", "title": {"zh": "确认无进程占用主目录", "en": "Nobody holds the home"}, "needs": ["stop"],
     "effect": "read", "sh": "fuser"},
    {"id": "apply", "title": {"zh": "安装补丁", "en": "Apply the patch"}, "effect": "destructive", "sh": "opatch apply",
     "why": {"zh": "修复的程序写入主目录", "en": "The corrected programs go into the home"}, "expect": "20m",
     "gate": {"type_target": True, "approve": {"role": "dba_lead", "of": "plan"}, "show": ["conflict-check", "backup"]},
     "undo": {"sh": "opatch rollback"}},
    {"id": "verify", "title": {"zh": "核对已安装补丁", "en": "See that the patch is in"}, "effect": "read", "sh": "x"},
    {"id": "start", "title": {"zh": "启动数据库", "en": "Start the database"}, "effect": "write", "sh": "x",
     "expect": "4m", "idempotent": True},
    {"id": "sql-part", "title": {"zh": "执行数据字典部分", "en": "Run the SQL part of the patch in every container"},
     "effect": "write", "sh": "datapatch", "expect": "15m", "idempotent": True, "point_of_no_return": True},
    {"id": "sign-off", "title": {"zh": "应用负责人签收", "en": "The application's owner signs off"}, "effect": "read",
     "manual": {"instruct": {"zh": "请在窗口试挂一个号", "en": "Register a test patient at a counter"}}},
    {"id": "drop-point", "title": {"zh": "删除还原点", "en": "Drop the restore point"}, "effect": "write", "on": "db",
     "sql": "drop restore point x", "gate": {"confirm": True}, "expect": "1m",
     "undo": {"none": {"zh": "双方同意后删除", "en": "agreed away"}}},
]  # fmt: skip

RUNBOOK: dict[str, Any] = {
    "hisops": "runbook/v1", "id": "oracle/patch-apply", "version": "1.0.0", "command": "patch apply",
    "title": {"zh": "安装数据库补丁", "en": "Install a database patch"},
    "purpose": {"zh": "在原主目录中安装一个补丁。", "en": "Install one patch in the existing home."},
    "target": {"engine": "oracle", "role": "PRIMARY"},
    "parameters": {"patch_id": {"type": "string", "title": {"zh": "补丁号", "en": "Patch number"}, "required": True}},
    "steps": STEPS,
}  # fmt: skip


def runbook() -> Runbook:
    """Return the runbook."""
    return Runbook.model_validate(RUNBOOK)


def plan() -> Plan:
    """Return a plan whose live checks are mixed."""
    steps = [
        PlannedStep(id="opatch-version", host="his-db1", user="oracle", verdict="ok", out={"version": "12.2.0.1.46"}),
        PlannedStep(id="conflict-check", host="his-db1", user="oracle", verdict="ok", out={"conflicts": []}),
        PlannedStep(id="home-space", host="his-db1", user="oracle", verdict="failed", note="free_kb 1200"),
        PlannedStep(id="pdbs-open", host="his", user=None, verdict="failed", note="PDB LISPDB is MOUNTED"),
        *(PlannedStep(id=step["id"], host="his-db1", user="oracle") for step in STEPS[4:6]),
        PlannedStep(id="nobody", host="his-db1", user="oracle", unknown_until="stop"),
        *(PlannedStep(id=step["id"], host="his-db1", user="oracle") for step in STEPS[7:8]),
        PlannedStep(id="verify", host="his-db1", user="oracle", unknown_until="stop"),
        *(PlannedStep(id=step["id"], host="his-db1", user="oracle") for step in STEPS[9:12]),
        PlannedStep(id="drop-point", host="his", user=None, applies="no", note='steps.edition.out.enterprise == 0'),
    ]  # fmt: skip
    return Plan(
        id="p-1", created="2026-11-23T14:00:00Z", requester="dba1@hospital", site={"name": "lab", "simulation": True},
        target="his", runbook=RUNBOOK, runbook_digest="sha256:00", judges={}, target_type={}, overrides=[],
        parameters={"patch_id": "37642901"}, files={},
        identity={"database": {"dbid": 1203345671, "db_unique_name": "HIS", "role": "PRIMARY"}},
        state={"pdbs": {"open": ["HISPDB", "LISPDB"]}, "instance": {"open_mode": "READ WRITE"}},
        steps=steps, warnings=[{"step": "pdbs-open", "reason": "PDB LISPDB is MOUNTED: datapatch will skip it"}],
        ledger={}, nonce="n",
    )  # fmt: skip


def page(lang: str = "en", width: int = 100, signs: Signs = FANCY) -> Page:
    """Return a page."""
    return Page(say=Language(lang), width=width, signs=signs)


class Teller:
    """Tells a run: each record one more second, or as many as are given."""

    def __init__(self) -> None:
        self.progress = Progress(run_id=RUN_ID, target="his", runbook=runbook())
        self.now = BEGIN

    def tell(self, *records: r.Record, after: float = 1) -> Teller:
        """Let `records` happen, each `after` seconds later."""
        for record in records:
            self.now += timedelta(seconds=after)
            self.progress.apply(record, self.now)
        return self

    def done(self, *steps: str, after: float = 60) -> Teller:
        """Let `steps` succeed."""
        for step in steps:
            self.tell(r.StepChanged(step=step, state="RUNNING", attempt=1))
            self.tell(r.StepChanged(step=step, state="SUCCEEDED", attempt=1), after=after)
        return self

    def running(self, step: str, pid: int = 4417) -> Teller:
        """Let `step` run detached on its host."""
        self.tell(
            r.StepChanged(step=step, state="RUNNING", attempt=1),
            r.CallIntent(
                step=step, kind="action", attempt=1, effect="destructive", idempotent=False, on="his-db1",
                user="oracle", command="sha256:00", op="op-1",
            ),
            r.CallStarted(step=step, kind="action", attempt=1, pid=pid),
        )  # fmt: skip
        return self

    def run_is(self, state: str, reason: str | None = None) -> Teller:
        """Let the run enter a state."""
        return self.tell(r.RunChanged(state=state, reason=reason))


def until_apply() -> Teller:
    """Return a run that is about to apply the patch."""
    ids = [step["id"] for step in STEPS]
    return Teller().run_is("RUNNING").done(*ids[: ids.index("apply")])
