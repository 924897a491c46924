"""Facts of a run as a whole, by the names that a form knows them by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from hisops.model import records as r
from hisops.model.account import Written
from hisops.model.moment import write_time
from hisops.model.report import RunFact
from hisops.model.text import Text
from hisops.report.sheet import Cell
from hisops.report.story import Story
from hisops.report.tongue import Tongue

Fact = Callable[[Story, Tongue, Mapping[str, Text]], Cell | None]
Words = Mapping[str, Text]


def _id(story: Story, tongue: Tongue, words: Words) -> Cell:
    name = story.account.run_id
    return Cell(value=name, text=name, refs=(story.ref(story.account.segments[0].at, "run"),))


def _runbook(story: Story, tongue: Tongue, words: Words) -> Cell:
    book = story.account.runbook
    name, version = str(book.get("id", "")), str(book.get("version", ""))
    known = words.get(name)
    text = tongue.say(known) if known else tongue.foreign(f"{name} {version}")
    return Cell(value=f"{name} {version}", text=text, refs=(story.runbook_ref("id"),))


def _title(story: Story, tongue: Tongue, words: Words) -> Cell:
    text = tongue.bilingual(story.account.runbook.get("title"))
    return Cell(value=story.account.runbook.get("title"), text=text, refs=(story.runbook_ref("title"),))


def _target(story: Story, tongue: Tongue, words: Words) -> Cell:
    name = str(story.account.plan.get("target", ""))
    return Cell(value=name, text=tongue.foreign(name), refs=(story.plan_ref("target"),))


def _site(story: Story, tongue: Tongue, words: Words) -> Cell:
    name = str(story.account.plan.get("site", {}).get("name", ""))
    return Cell(value=name, text=tongue.foreign(name), refs=(story.plan_ref("site.name"),))


def _simulation(story: Story, tongue: Tongue, words: Words) -> Cell:
    simulated = story.account.simulation
    text = tongue.term("true" if simulated else "false", words)
    return Cell(value=simulated, text=text, refs=(story.ref(story.account.segments[0].at, "simulation"),))


def _begun(story: Story, tongue: Tongue, words: Words) -> Cell:
    return moment_cell(story, tongue, story.account.segments[0].at)


def _ended(story: Story, tongue: Tongue, words: Words) -> Cell | None:
    line = next(story.of_kind(r.RunSealed), None)
    return moment_cell(story, tongue, line) if line else None


def _state(story: Story, tongue: Tongue, words: Words) -> Cell | None:
    lines = list(story.of_kind(r.RunChanged, r.RunSealed))
    if not lines:
        return None
    state = str(getattr(lines[-1].record, "state", ""))
    good = state == "SUCCEEDED"
    return Cell(value=state, text=tongue.term(state, words), refs=(story.ref(lines[-1]),), tone="" if good else "care")


def _operators(story: Story, tongue: Tongue, words: Words) -> Cell:
    return _people(story, tongue, ((begun.at.actor, begun.at) for begun in story.account.segments), "actor")


def _approvers(story: Story, tongue: Tongue, words: Words) -> Cell | None:
    approved = [(str(getattr(line.record, "by", "")), line) for line in story.approved()]
    return _people(story, tongue, approved, "by") if approved else None


def _checks(story: Story, tongue: Tongue, words: Words) -> Cell | None:
    """Tell how many reads have succeeded before the first write, and by which lines."""
    good: list[Written] = []
    for step in story.steps:
        line = story.succeeded(str(step["id"]))
        if step.get("effect") in {"write", "destructive"}:
            break
        if line is not None and step.get("effect") == "read" and "manual" not in step:
            good.append(line)
    if not good:
        return None
    titles = [tongue.bilingual(story.title(str(getattr(line.record, "step", "")))[0]) for line in good]
    refs = tuple(story.ref(line) for line in good)
    return Cell(value=len(good), text=f"{len(good)}: " + "; ".join(dict.fromkeys(titles)), refs=refs)


def _plan(story: Story, tongue: Tongue, words: Words) -> Cell:
    digest = story.account.plan_digest
    return Cell(value=digest, text=digest, digest=True, refs=(story.ref(story.account.segments[0].at, "plan"),))


def _head(story: Story, tongue: Tongue, words: Words) -> Cell | None:
    account = story.account
    if account.head is None or account.closed is None:
        return None
    return Cell(
        value=account.head, text=account.head, digest=True, refs=(story.file_ref("ledger.jsonl", account.closed),)
    )


def _verdict(story: Story, tongue: Tongue, words: Words) -> Cell:
    """Tell the verdict. It is over every line of ledger and run; what signs for all of them is HEAD."""
    account, say, told = story.account, tongue.say, tongue.form.words
    reach = account.reach
    parts = [tongue.term(account.verdict, words), say(told.reach_site if reach.own_trust else told.reach_reviewer)]
    if reach.held:
        parts.append(
            say(told.reach_held, last=reach.held, size=reach.size, who=tongue.foreign(", ".join(reach.holders)))
        )
    if reach.held < reach.size:
        parts.append(say(told.reach_alone, first=reach.held + 1, size=reach.size))
    good = account.verdict == "verified"
    refs = (story.file_ref("HEAD") if account.head else story.ref(story.account.segments[-1].at),)
    value = {"verdict": account.verdict, "reach": reach.text}
    return Cell(value=value, text="\n".join([*parts, *map(tongue.foreign, account.doubts)]), refs=refs,
                tone="good" if good else "care")  # fmt: skip


def moment_cell(story: Story, tongue: Tongue, line: Written, *, short: bool = False) -> Cell:
    """Return the cell of a line's time; `short` leaves out the day on which the run began."""
    since = story.account.segments[0].at.time if short else None
    return Cell(value=write_time(line.time), text=tongue.time(line.time, since), refs=(story.ref(line, "ts"),))


def _people(story: Story, tongue: Tongue, found: Iterable[tuple[str, Written]], part: str) -> Cell:
    first: dict[str, Written] = {}
    for name, line in found:
        first.setdefault(name, line)
    refs = tuple(story.ref(line, part) for line in first.values())
    return Cell(value=list(first), text=tongue.foreign(", ".join(first)), refs=refs)


FACTS: dict[RunFact, Fact] = {
    "id": _id,
    "runbook": _runbook,
    "title": _title,
    "target": _target,
    "site": _site,
    "simulation": _simulation,
    "begun": _begun,
    "ended": _ended,
    "state": _state,
    "operators": _operators,
    "approvers": _approvers,
    "checks": _checks,
    "plan": _plan,
    "head": _head,
    "verdict": _verdict,
}
