"""What rehearsals have met of a runbook is read from their logs, and nothing else counts."""

from hisops.documents.load import load_judge, load_runbook
from hisops.model import records as r
from hisops.model.coverage import Coverage, measure

JUDGE = """
hisops: judge/v1
id: box
title: {zh: 箱, en: Box}
actions:
  work:
    title: {zh: 工作, en: Work}
    source: this test
    proof: [{id: done, pattern: '^done$'}]
    failure: [{id: broken, pattern: '^broken$'}, {id: lost, pattern: '^lost$'}]
  look:
    title: {zh: 看, en: Look}
    source: this test
    proof: [{id: fine, pattern: '^fine$'}]
    failure: [{id: gone, pattern: '^gone$'}]
"""
RUNBOOK = """
hisops: runbook/v1
id: files/two
version: 1.0.0
title: {zh: 二, en: Two}
purpose: {zh: 试, en: Test}
target: {engine: files}
steps:
  - {id: look, title: {zh: 看, en: Look}, effect: read, when: 'true', sh: ls, judge: box/look}
  - id: change
    title: {zh: 改, en: Change}
    effect: write
    idempotent: true
    timeout: 1m
    sh: work
    judge: box/work
    verify: [{sh: look, judge: box/look, require: 'true'}]
    undo: {sh: back, judge: box/work, timeout: 1m}
  - {id: told, title: {zh: 说, en: Told}, effect: read, manual: {instruct: {zh: 说, en: Tell}, evidence: text}}
"""
CALL = {"attempt": 1, "effect": "write", "idempotent": True, "on": "one", "command": "sha256:00"}


def of(*records):
    runbook = load_runbook(RUNBOOK).model
    coverage = Coverage()
    coverage.add(runbook, records)
    return {kind: each.never for kind, each in measure(coverage, runbook, {"box": load_judge(JUDGE).model}).items()}


def ended(step, kind, *matched, index=0):
    return r.CallEnded(step=step, kind=kind, attempt=1, index=index, code=1, verdict="failed", matched=list(matched))


def test_a_runbook_that_was_never_rehearsed_lacks_everything():
    assert of() == {
        "steps": ("look", "change", "told"),
        "conditions": ("look",),
        "failures": ("look", "change"),
        "undos": ("change",),
        "failure patterns": ("box/look: gone", "box/work: broken", "box/work: lost"),
    }


def test_steps_conditions_failures_and_ways_back_are_told_apart():
    never = of(
        r.StepChanged(step="look", state="SKIPPED", reason="not so: true"),
        r.StepChanged(step="change", state="RUNNING", attempt=1),
        r.StepChanged(step="change", state="FAILED", reason="broken"),
        r.CallIntent(step="change", kind="undo", **CALL),
        r.StepChanged(step="told", state="SKIPPED", reason="not reached"),
    )
    assert never["steps"] == ("look", "told")
    assert never["conditions"] == ()
    assert never["failures"] == ("look",)
    assert never["undos"] == ()


def test_a_pattern_counts_for_the_judge_of_the_call_that_met_it():
    never = of(ended("change", "action", "broken"), ended("change", "verify", "gone"), ended("look", "probe", "gone"))
    assert never["failure patterns"] == ("box/work: lost",)


def test_a_step_that_forbade_the_plan_counts_with_its_patterns():
    coverage, runbook = Coverage(), load_runbook(RUNBOOK).model
    coverage.add_refusal(runbook, "look", "gone, something else")
    assert coverage.failed == {"look"}
    assert "box/look: gone" in coverage.patterns
