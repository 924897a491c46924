"""The moments that a form names, and the time between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from hisops.model.account import Written
from hisops.model.report import Check, Happening, Moment, Report, Result
from hisops.report.story import Story


@dataclass(frozen=True, slots=True)
class Reached:
    """A moment that a log has: whose log, which line."""

    story: Story
    line: Written


def moments_of(form: Report, stories: Sequence[Story]) -> dict[str, Reached | None]:
    """Return every moment of the form by its id, None for one that the logs lack. The form is about the first story."""
    return {moment.id: _reached(moment, form, stories) for moment in form.moments}


def between(since: Reached, until: Reached) -> timedelta | None:
    """Return the time between two moments; None if the clocks cannot tell, as of two runs on different clocks."""
    if since.story is until.story:
        return since.story.account.between(since.line, until.line)
    found = until.line.time - since.line.time
    return found if found >= timedelta(0) else None


def result_of(said: str, results: Sequence[Result]) -> Result | None:
    """Return what an answer of the check list begins with: the longest that fits, and ends there as a word does."""
    text = said.strip().casefold()
    fitting = [each for each in results if text.startswith(each.begins.casefold()) and _ends(text, each.begins)]
    return max(fitting, key=lambda each: len(each.begins), default=None)


def bad_checks(form: Report, story: Story) -> list[tuple[Check, Written]]:
    """Return the checks of a run that were not answered with a good result."""
    found = []
    for check in form.checks:
        line = story.answered(check.step)
        if line is not None:
            result = result_of(str(getattr(line.record, "value", "") or ""), form.results)
            if result is None or result.means == "bad":
                found.append((check, line))
    return found


def _reached(moment: Moment, form: Report, stories: Sequence[Story]) -> Reached | None:
    found = (reached for happening in moment.from_ for reached in _happened(happening, form, stories))
    return next(found, None)


def _happened(happening: Happening, form: Report, stories: Sequence[Story]) -> Iterator[Reached]:
    asked = stories[:1] if happening.of == "first" else reversed(stories[1:])
    for story in asked:
        if happening.runbooks and story.account.runbook.get("id") not in happening.runbooks:
            continue
        line = _line(happening, form, story)
        if line is not None:
            yield Reached(story, line)


def _line(happening: Happening, form: Report, story: Story) -> Written | None:
    if happening.checks is not None:
        return _last_check(form, story)
    step = happening.step or ""
    match happening.at:
        case "answered":
            return story.answered(step)
        case "started":
            return story.begun(step)
        case "acted":
            return story.acted(step)
        case "ended":
            return story.succeeded(step)


def _last_check(form: Report, story: Story) -> Written | None:
    """Return the last answer of the check list, once every check that applies was answered."""
    lines = []
    for check in form.checks:
        if not story.has(check.step) or story.left_out(check.step):
            continue
        line = story.answered(check.step)
        if line is None:
            return None
        lines.append(line)
    return max(lines, key=lambda line: (line.segment, line.line), default=None)


def _ends(text: str, begins: str) -> bool:
    return len(text) == len(begins) or not text[len(begins)].isalnum() or not begins[-1:].isascii()
