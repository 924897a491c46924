"""`hisops runbook test`: every scenario of the runbooks that are asked for, in one lab."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hisops.cli.composing import compose_of
from hisops.cli.opening import open_library
from hisops.cli.options import Invocation
from hisops.cli.rehearsing import Outcome, Rehearsal
from hisops.console.coverage import Rehearsed, coverage_page, digest_line
from hisops.console.rehearsal import coverage_lines, outcome_lines, rehearsal_document
from hisops.console.theme import Screen
from hisops.documents.library import Library
from hisops.documents.load import Loaded
from hisops.documents.site import load_site
from hisops.errors import UsageProblem
from hisops.lab import control
from hisops.model.coverage import measure
from hisops.model.scenario import Scenarios
from hisops.model.site import Site


@dataclass(frozen=True, slots=True)
class Found:
    """What the scenarios of one runbook came to; `rehearsed` is of the files as they were when they were read."""

    name: str
    outcomes: list[Outcome]
    rehearsed: Rehearsed


def rehearse(call: Invocation, runbooks: Sequence[str], lab: Path, only: str, table: Path | None = None) -> int:
    """Rehearse; return 1 if a scenario came out otherwise than it says. A `table` is written of whole rehearsals."""
    if table and only:
        raise UsageProblem("HIS-1016", "A table tells of all scenarios, not of one.", "Leave out --only, or --table.")
    library, screen = open_library(call), Screen.of(call)
    chosen = {name: _scenarios(library, name) for name in runbooks} or {
        name: found for name in library.ids() if (found := library.scenarios(name))
    }
    if only and not any(each.id == only for scenarios in chosen.values() for each in scenarios.model.scenarios):
        raise UsageProblem(
            "HIS-1014", "There is no scenario called {name}.", "See the files *.scenarios.yaml.", name=only
        )
    control.up(lab, pace=0.05)
    site = load_site(lab.resolve()).site
    found = [_of_one(screen, library, site, name, scenarios, lab, only) for name, scenarios in chosen.items()]
    screen.data({
        "runbooks": [rehearsal_document(each.name, each.outcomes, each.rehearsed.measures) for each in found]
    })  # fmt: skip
    failed = any(outcome.wrong for each in found for outcome in each.outcomes)
    if table and not failed:
        before = table.read_text(encoding="utf-8") if table.exists() else ""
        page = coverage_page([each.rehearsed for each in found], before, digest_lines(library))
        table.write_text(page, encoding="utf-8")
    return int(failed)


def digest_lines(library: Library) -> dict[str, str]:
    """Return, of every runbook that has scenarios, the line by which a page is held against runbook and scenarios."""
    return {
        name: digest_line(name, (library.runbook(name).digest, scenarios.digest))
        for name in library.ids()
        if (scenarios := library.scenarios(name))
    }


def _scenarios(library: Library, name: str) -> Loaded[Scenarios]:
    library.runbook(name)
    if (found := library.scenarios(name)) is None:
        raise UsageProblem(
            "HIS-1015", "The runbook {name} has no scenarios.", "Write them beside it: {name}.scenarios.yaml", name=name
        )
    return found


def _of_one(
    screen: Screen, library: Library, site: Site, name: str, scenarios: Loaded[Scenarios], lab: Path, only: str
) -> Found:
    digests = (library.runbook(name).digest, scenarios.digest)
    composed = compose_of(library, site, name, scenarios.model.target).model
    judges = {tool: each.model for tool, each in library.judges_of(composed).items()}
    rehearsal, outcomes = Rehearsal(lab, composed, scenarios.model), []
    for scenario in scenarios.model.scenarios:
        if only in {"", scenario.id}:
            began = time.monotonic()
            outcomes.append(rehearsal.carry_out(scenario))
            title = scenario.title.zh if screen.say.code == "zh" else scenario.title.en
            screen.show(outcome_lines(outcomes[-1], title, time.monotonic() - began, screen.page()))
    measures = measure(rehearsal.coverage, composed, judges)
    screen.show(coverage_lines(name, measures, screen.page()))
    rehearsed = Rehearsed(runbook=composed, scenarios=len(outcomes), measures=measures, digests=digests)
    return Found(name, outcomes, rehearsed)
