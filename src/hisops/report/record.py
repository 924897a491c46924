"""From a form and the accounts of verified logs to the filled sheet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from hisops.errors import UsageProblem
from hisops.model.account import Account
from hisops.model.report import Report, Section
from hisops.model.text import Lang
from hisops.report.logs import Logs
from hisops.report.moments import moments_of
from hisops.report.scope import lacking_table, not_part
from hisops.report.sheet import Filled, Notice, Part, Sheet
from hisops.report.sources import fill
from hisops.report.story import Story
from hisops.report.tables import grids
from hisops.report.tongue import Tongue


def record(
    form: Report, accounts: Sequence[Account], lang: Lang, offset: timedelta = timedelta(0), digest: str = ""
) -> Sheet:
    """Return `form` filled from `accounts`: the first is what it is about, the others followed.

    `digest` is that of the form itself. Raises UsageProblem if the first run is not what the form is about.
    """
    stories = tuple(Story(account) for account in accounts)
    _check_subject(form, stories[0], lang)
    logs = Logs(form, stories, moments_of(form, stories), Tongue(form, lang, offset))
    say, words = logs.tongue.say, form.words
    return Sheet(
        form=form.id,
        version=form.version,
        lang=lang,
        title=say(form.title),
        notices=tuple(_notices(logs)),
        parts=tuple(_part(section, logs) for section in form.sections),
        remarks=(
            say(words.zone, zone=logs.tongue.zone()),
            say(words.references),
            say(words.made_by, form=form.id, version=form.version, digest=digest),
        ),
        runs=short_names([account.run_id for account in accounts]),
        sign_words=(say(words.name), say(words.date)),
    )


def short_names(runs: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return each run with the end of its id after the last dash, by which commands find it too, if that is unique."""
    ends = [run.rpartition("-")[2] for run in runs]
    return tuple((run, end if ends.count(end) == 1 else run) for run, end in zip(runs, ends, strict=True))


def _check_subject(form: Report, story: Story, lang: Lang) -> None:
    if any(story.has(step) for step in form.about):
        return
    raise UsageProblem(
        "HIS-2950", "The run {run} is of {runbook}. {subject}", "Name a run that the form is about.",
        run=story.account.run_id, runbook=story.account.runbook.get("id"), subject=form.subject.in_(lang),
    )  # fmt: skip


def _part(section: Section, logs: Logs) -> Part:
    say = logs.tongue.say
    return Part(
        id=section.id,
        title=say(section.title),
        remark=say(section.remark) if section.remark else "",
        boxes=tuple(Filled(box.id, say(box.title), fill(box, logs), box.wide) for box in section.boxes),
        grids=grids(section, logs),
        empty=_empty(section, logs),
        signatures=tuple(say(each) for each in section.signatures),
    )


def _empty(section: Section, logs: Logs) -> str:
    """Return what stands in place of a table without rows: that it was no part of the run, else what the form says."""
    if lacking_table(section, logs):
        return not_part(logs).text
    return logs.tongue.say(section.empty) if section.empty else ""


def _notices(logs: Logs) -> list[Notice]:
    words, tongue = logs.form.words, logs.tongue
    found = []
    for story in logs.stories:
        if story.account.verdict != "verified":
            told = tongue.say(words.incomplete, verdict=tongue.term(story.account.verdict), run=story.account.run_id)
            found.append(Notice("\n".join([told, *map(tongue.foreign, story.account.doubts)]), large=True))
    if any(story.account.simulation for story in logs.stories):
        found.append(Notice(tongue.say(words.simulation)))
    return found
