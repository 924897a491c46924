"""Reasons that the engine wrote into the log, in the reader's language as far as their words are known.

The log has one text for everybody; tools' own words in it stay as they are.
"""

from __future__ import annotations

from hisops.console.escape import visible
from hisops.console.i18n import Language, mark
from hisops.model.runbook import Requirement, Runbook

PHRASES = (
    mark("not done, says the probe"),
    mark("done before this run, says the probe"),
    mark("done, says the probe"),
    mark("it is done, says the probe"),
    mark("it is not started again on its own"),
    mark("it cannot be told"),
    mark("the probe could not tell"),
    mark("the probe says that it did not happen"),
    mark("the host was restarted meanwhile; the exit code is lost"),
    mark("the process is gone and left no exit code"),
    mark("the start was cut off half way; nobody knows whether the tool ran"),
    mark("the folder of the operation is gone; nobody knows whether it ran"),
    mark("the time that the runbook gives is up; the tool goes on"),
    mark("no proof in the output"),
    mark("the sides differ beyond the tolerance"),
    mark("not compared"),
    mark("not done in time"),
    mark("undone; the latched state holds again"),
    mark("undone, but the state is not as latched"),
    mark("undone, but it cannot be proven"),
    mark("paused between two steps, as asked"),
    mark("Type the target's name to go on"),
    mark("Go on with this step? Type yes"),
    mark("approves the plan"),
    mark("approves the evidence"),
    mark("the plan is stale"),
    mark("the runbook wants a window, and the target has no calendar"),
    mark("work went on at"),
    mark("after the window had closed"),
    mark("takes part in this run and cannot approve it"),
    mark("does not hold the role"),
    mark("is not on the roster"),
    mark("it has expired"),
    mark("its nonce was used before"),
    mark("it approves another plan"),
    mark("has begun without it, and takes approvals of its gates only"),
    mark("it was given over other evidence than is shown now"),
    mark("it was given for a simulation"),
    mark("its file is gone"),
    mark("the signature does not fit"),
    mark("the security key was not touched"),
    mark("rejected by"),
    mark("which failed"),
    mark("its tool was killed by"),
    mark("its tool still runs; nothing was undone"),
    mark("not done, and not started again: the run is cancelled"),
    mark("an undo was asked for before it was judged"),
    mark("undone; to be done again"),
    mark("undone back to"),
    mark("asked for by"),
    mark("cancelled by"),
    mark("paused by"),
    mark("paused after"),
    mark("paused before"),
    mark("as asked"),
    mark("abandoned while"),
    mark("it was never started"),
    mark("its process lives on this machine"),
    mark("its process on this machine has ended"),
    mark("its tool goes on there"),
    mark("it was never heard of"),
    mark("is held by"),
    mark("carried out on control host"),
    mark("Wait for it to end; `hisops status` there tells what it does"),
    mark("Go on with it where its log is. If that is lost for good"),
    mark("Go on with it or cancel it"),
    mark("This is a copy of its log. If that control host is lost"),
    mark("Do not start anything by hand before it is clear who carries this run on."),
    mark("was not held any more when the run went on, and was taken again"),
    mark("before, it was held by"),
    mark("exit code"),
    mark("not so"),
    mark("refused before it began"),
    mark("another process carries it out"),
    mark("the runbook was changed by"),
    mark("is required"),
    mark("no run of it on"),
    mark("has ended here"),
    mark("the ledger does not verify"),
    mark("the log of its newest run"),
    mark("of its newest run"),
    mark("its newest run"),
    mark("does not verify"),
    mark("this does not hold"),
    mark("was on another database"),
    mark("longer ago than is allowed"),
)


def reason_text(reason: str | None, runbook: Runbook | None, say: Language) -> str:
    """Return `reason` safe to show, known sentences and the runbook's own titles in the language of the screen."""
    text = visible(reason or "")
    if say.code == "en":
        return text
    for requirement in _titled(runbook) if runbook else ():
        if requirement.title is not None:
            text = text.replace(requirement.title.en, requirement.title.zh)
    for step in runbook.steps if runbook else ():
        if step.manual:
            text = text.replace(step.manual.instruct.en.strip(), step.manual.instruct.zh.strip())
    for rule in runbook.refuse if runbook else ():
        text = text.replace(rule.because.en, rule.because.zh)
    return known_words(text, say)


def known_words(text: str, say: Language) -> str:
    """Return `text` with the sentences that are known in the language of the screen."""
    for phrase in PHRASES if say.code != "en" else ():
        if phrase in text:
            text = text.replace(phrase, say(phrase))
    return text


def _titled(runbook: Runbook) -> list[Requirement]:
    found = [call for step in runbook.steps for call in step.calls.values() if isinstance(call, Requirement)]
    return sorted(found, key=lambda each: -len(each.title.en if each.title else ""))
