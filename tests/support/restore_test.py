"""A restore test that never happened: runbooks with the steps that its record reads, and their signed logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hisops.journal.writer import RunJournal
from hisops.model import records as r
from hisops.model.run import NOT_REACHED
from tests.support.drill import Drill

RUN = "2026-11-24-0201-his-r35"
TABLES = [
    "same HISPDB/HIS.PATIENT 1085457 2026-11-24T01:59:58 1085457 2026-11-24T01:59:58",
    "differs HISPDB/HIS.CHARGE 4991509 2026-11-24T01:59:59 4991507 2026-11-24T01:58:41",
    "missing HISPDB/HIS.WARD 4 - - -",
]
ANSWERS = {
    "opening-order": "信息科王主任，年度计划",
    "conclusion-problems": "缺少一天的归档日志副本",
    "conclusion-measures": "李工，2026-12-10 前",
    "conclusion-assessment": "基本合格",
}
PARAMETERS: dict[str, Any] = {
    "record_no": "HF-2026-07", "rto_target_minutes": 480, "rpo_target_minutes": 60, "keep": False,
}  # fmt: skip
TAG = "HISOPS_FULL_20261123221409"
VERDICT = {"verdict": "ok", "restored_to_scn": 48219456, "rpo_seconds": 3600}


def _step(name: str, effect: str = "read", **more: Any) -> dict[str, Any]:
    return {"id": name, "title": {"zh": f"步骤 {name}", "en": f"Step {name}"}, "effect": effect, "sh": "true", **more}


def _asked(name: str) -> dict[str, Any]:
    manual = {"instruct": {"zh": "录入", "en": "Type it"}}
    return {"id": name, "title": {"zh": name, "en": name}, "effect": "read", "manual": manual}


def book(name: str = "oracle/restore-scratch") -> dict[str, Any]:
    """Return a runbook with the steps of a restore test, of level 3 or of levels 1 and 2."""
    asked = [_asked(f"conclusion-{each}") for each in ("problems", "measures", "assessment")]
    levels = {
        "oracle/restore-scratch": [
            _step("prepare-manifest"), _step("prepare-digests"), _step("prepare-isolated"),
            _step("prepare-start", "write", idempotent=False), _step("database-files", "write", idempotent=True),
            _step("database-recover", "write", idempotent=True), _step("database-open", "write", idempotent=False),
            _step("restore-counts"), _step("restore-clock"), _step("restore-blocks", "write", idempotent=True),
            _step("restore-unreadable"), _step("restore-verdict"),
            _step("restore-clean-up", "write", idempotent=False),
        ],
        "oracle/restore-validate": [
            _step("newest"), _step("copies"), _step("validate-backups", "write", idempotent=True),
            _step("validate-files", "write", idempotent=True), _step("corruption"), _step("restore-verdict"),
        ],
    }  # fmt: skip
    known = {"record_no": {}, "rpo_target_minutes": {"default": 1440}}
    more = {"level": {}} if name.endswith("validate") else {"keep": {}, "rto_target_minutes": {"default": 480}}
    return {
        "hisops": "runbook/v1", "id": name, "version": "1.0.0", "parameters": known | more,
        "title": {"zh": "恢复演练", "en": "Restore test"}, "steps": [_asked("opening-order"), *levels[name], *asked],
    }  # fmt: skip


OUTPUTS: dict[str, dict[str, Any]] = {
    "prepare-manifest": {"tag": TAG, "completed": "2026-11-24T01:59:59Z", "mode": "full", "scn": 48219455},
    "prepare-isolated": {"unique_name": "HISRT"},
    "restore-clock": {"seconds": 301},
    "restore-verdict": VERDICT,
    "newest": {"tag": TAG, "completed": "2026-11-24 01:59:59"},
}
CAPTURED: dict[str, dict[str, Any]] = {
    "prepare-digests": {"checked": ["a", "b", "c"], "failed": []},
    "copies": {"checked": ["a", "b"], "failed": ["c"]},
    "restore-counts": {"compared": TABLES[:1]},
    "restore-blocks": {"healthy": ["1", "2"], "corrupt": []},
    "restore-unreadable": {"blocks": 0},
    "validate-backups": {"bad_pieces": [], "bad_blocks": []},
    "corruption": {"count": 0},
}


@dataclass
class RestoreTest(Drill):
    """Writes the log of one restore test, as `Drill` does; `captured` is what judges found beside the outputs.

    Steps in `skipped` are left out by their condition; at `fails` the run ends, with what was captured there.
    """

    run_id: str = RUN
    book: dict[str, Any] = field(default_factory=book)
    parameters: Mapping[str, Any] = field(default_factory=lambda: PARAMETERS)
    answers: Mapping[str, str] = field(default_factory=lambda: ANSWERS)
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: OUTPUTS)
    captured: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: CAPTURED)
    target: str = "his"
    skipped: frozenset[str] = frozenset()
    fails: str = ""

    def end(self, journal: RunJournal, state: str = "", code: int = 0) -> None:
        super().end(journal, state or ("FAILED" if self.fails else "SUCCEEDED"), code or int(bool(self.fails)))

    def carry(self, journal: RunJournal, *names: str) -> None:
        failed = False
        for step in self.book["steps"]:
            name = step["id"]
            if failed or name in self.skipped:
                reason = NOT_REACHED if failed else "not so: its condition"
                journal.commit(r.StepChanged(step=name, state="SKIPPED", reason=reason))
                continue
            self.site.clock.sleep(self.pause.total_seconds())
            (self._ask if "manual" in step else self._call)(journal, step)
            failed = name == self.fails

    def _call(self, journal: RunJournal, step: Mapping[str, Any]) -> None:
        name = step["id"]
        out = dict(self.outputs.get(name, {}))
        found = out | dict(self.captured.get(name, {}))
        more = {"op": f"{self.run_id}.{name}.1", "boot": "b1", "marker": "m1"} if step["effect"] == "write" else {}
        journal.commit(
            r.CallIntent(step=name, kind="action", attempt=1, effect=step["effect"], idempotent=True, on="his-rt1",
                         command=journal.blob(b"true"), **more),
        )  # fmt: skip
        if more:
            journal.commit(r.CallStarted(step=name, kind="action", attempt=1, pid=4417))
        printed = f"{name} was here".encode()
        journal.commit(
            r.CallOutput(step=name, kind="action", attempt=1, stdout=journal.blob(printed), stderr=None,
                         bytes=len(printed)),
        )  # fmt: skip
        bad = name == self.fails
        verdict, state = ("failed", "FAILED") if bad else ("ok", "SUCCEEDED")
        journal.commit(r.CallEnded(step=name, kind="action", attempt=1, code=0, verdict=verdict, out=found))
        journal.commit(r.StepChanged(step=name, state=state, attempt=1, out={} if bad else out))
