"""What an approver reads and signs: the plan or the gate as plain text, the same on every screen."""

from __future__ import annotations

from hisops.console.i18n import Language
from hisops.console.plan import plan_lines
from hisops.console.theme import Page
from hisops.model.plan import Plan
from hisops.model.run import RunView, evidence_line
from hisops.model.runbook import Step

WIDTH = 100


def plan_text(plan: Plan) -> str:
    """Return the plan in both languages."""
    pages = [Page(say=Language(lang), width=WIDTH) for lang in ("zh", "en")]
    return "\n\n".join("\n".join(line.plain.rstrip() for line in plan_lines(plan, page)) for page in pages)


def step_text(plan: Plan, step: Step, view: RunView) -> str:
    """Return what stands before `step`: the step, the evidence that the gate shows, and the plan."""
    shown = [f"  {name}: {evidence_line(view.step(name))}" for name in (step.gate.show if step.gate else ())]
    head = [f"{step.id}  {step.title.zh}  {step.title.en}", *shown]
    return "\n".join(head) + "\n\n" + plan_text(plan)
