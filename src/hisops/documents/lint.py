"""Rules that definitions must keep to beyond their models: the table, and who walks it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from hisops.documents.findings import Finding, problems_of
from hisops.documents.library import Library
from hisops.documents.load import KINDS, Examined, Loaded, fit, kind_of
from hisops.documents.problems import DocumentProblems, Problem, Severity, nearest
from hisops.documents.rules import (
    conditions,
    evidence,
    facts,
    fan,
    library_wide,
    playbooks,
    references,
    reports,
    scratch,
    screen,
    shape,
    texts,
    uses,
)  # fmt: skip
from hisops.documents.rules.subject import Rule, Subject
from hisops.documents.site import FILE
from hisops.documents.site_rules import site_problems
from hisops.documents.source import Keys, Source
from hisops.documents.yaml import Document, parse_leniently, read_raw
from hisops.errors import UsageProblem
from hisops.model.playbook import Playbook
from hisops.model.report import Report
from hisops.model.runbook import Runbook
from hisops.model.scenario import Scenarios
from hisops.model.site import Site, TargetType


class Entry(NamedTuple):
    """A rule: its id, its function, what breaking it means."""

    id: str
    check: Rule
    severity: Severity = "error"


RULES = (
    Entry("RB001", shape.one_action),
    Entry("RB002", references.unique_steps),
    Entry("RB003", references.earlier_needs),
    Entry("RB004", references.known_judges),
    Entry("RB005", shape.right_places),
    Entry("RB006", shape.sound_calls),
    Entry("RB007", shape.probes_for_what_cannot_be_repeated),
    Entry("RB008", shape.undo_or_reason),
    Entry("RB009", shape.nothing_to_undo),
    Entry("RB010", shape.gates_before_writes),
    Entry("RB011", shape.undo_on_failure),
    Entry("RB012", shape.timeouts_for_writes),
    Entry("RB013", references.evidence_shown),
    Entry("RB014", conditions.sound_expressions),
    Entry("RB015", references.known_outputs),
    Entry("RB016", texts.no_templates_in_scripts),
    Entry("RB017", texts.closed_slots),
    Entry("RB018", texts.declared_secrets),
    Entry("RB019", texts.known_binds),
    Entry("RB020", texts.known_environment),
    Entry("RB021", texts.reads_only_read),
    Entry("RB022", screen.short_titles, "warning"),
    Entry("RB023", screen.distinct_names),
    Entry("RB024", screen.sound_parameters),
    Entry("RB025", screen.sound_patterns),
    Entry("RB026", shape.uploads),
    Entry("RB027", shape.staging_is_on_hosts),
    Entry("RB028", shape.stdin_and_judges_belong_to_shells),
    Entry("RB029", references.known_target),
    Entry("RB030", references.known_locks),
    Entry("RB031", conditions.read_back_is_known),
    Entry("RB032", conditions.optional_parameters),
    Entry("RB033", references.known_allowances),
    Entry("RB034", screen.sound_choice),
    Entry("RB040", uses.known_runbooks),
    Entry("RB041", uses.given_parameters),
    Entry("RB042", uses.only_what_belongs),
    Entry("RB043", uses.distinct_parts),
    Entry("RB044", fan.sound_repeats),
    Entry("RB045", fan.sound_parallel),
    Entry("RB046", evidence.known_requirements),
    Entry("RB047", scratch.restores_stand_apart, "warning"),
)


def lint_paths(paths: Iterable[Path], library: Library) -> list[Problem]:
    """Return all problems of the files, and of those below the folders, in `paths`; references go to `library`."""
    problems: list[Problem] = []
    for path in _files(paths):
        problems.extend(lint_file(path, library))
    return problems


def lint_file(path: Path, library: Library) -> list[Problem]:
    """Return all problems of one file of any kind, in the order of its text."""
    try:
        document, problems = parse_leniently(read_raw(path), str(path))
    except DocumentProblems as error:
        return list(error.problems)
    if document is None:
        return problems
    model = kind_of(document)
    if model is None:
        return [_no_kind(document), *problems]
    examined: Examined[Any] = fit(document, problems, model)
    found = [*examined.problems, *_beyond_the_model(path, examined, library)]
    return sorted(found, key=lambda problem: (problem.line, problem.column))


def fit_runbook(library: Library, name: str) -> Loaded[Runbook]:
    """Return the runbook `name`, fit to be carried out; DocumentProblems with all that speaks against it."""
    loaded = library.runbook(name)
    found = [*runbook_problems(loaded.model, loaded.source, library)]
    for part in _used(loaded.model, library, {name}):
        found += runbook_problems(part.model, part.source, library)
    if errors := [problem for problem in found if problem.severity == "error"]:
        raise DocumentProblems(errors)
    return loaded


def _used(runbook: Runbook, library: Library, seen: set[str]) -> Iterator[Loaded[Runbook]]:
    """Give every runbook that `runbook` uses, each once; one that is not there is told where it is named."""
    for step in runbook.steps:
        if step.uses is None or step.uses in seen:
            continue
        seen.add(step.uses)
        with suppress(UsageProblem):
            part = library.runbook(step.uses)
            yield part
            yield from _used(part.model, library, seen)


def fit_playbook(library: Library, name: str) -> Loaded[Playbook]:
    """Return the playbook `name`, fit to be carried out; DocumentProblems with all that speaks against it."""
    loaded = library.playbook(name)
    if found := list(playbook_problems(loaded.model, loaded.source, library)):
        raise DocumentProblems(found)
    return loaded


def fit_report(library: Library, name: str) -> Loaded[Report]:
    """Return the form `name`, fit to be filled; DocumentProblems with all that speaks against it."""
    loaded = library.report(name)
    if found := list(report_problems(loaded.model, loaded.source)):
        raise DocumentProblems(found)
    return loaded


def report_problems(report: Report, source: Source, damaged: Collection[Keys] = ()) -> Iterator[Problem]:
    """Give what breaks the rules for forms."""
    for rule, check in reports.REPORT_RULES.items():
        yield from problems_of(check(report), source, rule, "error", damaged)


def playbook_problems(
    playbook: Playbook, source: Source, library: Library, damaged: Collection[Keys] = ()
) -> Iterator[Problem]:
    """Give what breaks the rules for playbooks."""
    play = playbooks.Play(playbook, library)
    for rule, check in playbooks.PLAY_RULES.items():
        yield from problems_of(check(play), source, rule, "error", damaged)


def runbook_problems(
    runbook: Runbook, source: Source, library: Library, damaged: Collection[Keys] = ()
) -> Iterator[Problem]:
    """Give what breaks the rules for runbooks. `damaged`: what was unfit and is left out of `runbook`."""
    subject = Subject(runbook, library)
    for rule in RULES:
        yield from problems_of(rule.check(subject), source, rule.id, rule.severity, damaged)


def _beyond_the_model(path: Path, examined: Examined[Any], library: Library) -> Iterator[Problem]:
    best, source = examined.best, examined.source
    if best is None or source is None:
        return
    if isinstance(best, Runbook):
        yield from runbook_problems(best, source, library, examined.damaged)
    elif isinstance(best, Playbook):
        yield from playbook_problems(best, source, library, examined.damaged)
    elif isinstance(best, TargetType):
        for rule, ask in facts.FACT_RULES.items():
            yield from problems_of(ask(best, library), source, rule, "error", examined.damaged)
    elif isinstance(best, Report):
        yield from report_problems(best, source, examined.damaged)
        asked = reports.known_to_runbooks(best, library)
        yield from problems_of(asked, source, "RP006", "warning", examined.damaged)
    elif isinstance(best, Scenarios):
        yield from problems_of(library_wide.rehearsals_fit(best, library), source, "SC001", "error", examined.damaged)
    elif isinstance(best, Site):
        own = Library(path.parent, best.overrides) if path.name == FILE else library
        yield from site_problems(best, source, own, examined.damaged)
        yield from problems_of(evidence.sound_policy(best, own), source, "SI015", "error", examined.damaged)
    for rule, check in WIDE_RULES.items():
        yield from problems_of(check(path, examined, library), source, rule, "error", examined.damaged)


WIDE_RULES: dict[str, Callable[[Path, Examined[Any], Library], Iterator[Finding]]] = {
    "LB001": library_wide.id_is_the_place,
    "LB002": library_wide.command_is_unique,
    "LB003": library_wide.replacement_is_declared,
}


def _no_kind(document: Document) -> Problem:
    kind = document.data.get("hisops")
    guess = nearest(str(kind), list(KINDS))
    fact = "This is no kind of file that is known: `{kind}`." if kind else "The first key must say what this file is."
    todo = "Did you mean `{guess}`?" if guess else "Known are: {known}."
    place = document.source.value_place(("hisops",))
    return document.source.problem(place, "YA024", fact, todo, kind=kind, guess=guess, known=", ".join(KINDS))


def _files(paths: Iterable[Path]) -> Sequence[Path]:
    found: list[Path] = []
    for path in paths:
        found.extend(sorted(path.rglob("*.yaml")) if path.is_dir() else [path])
    return list(dict.fromkeys(found))
