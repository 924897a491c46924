"""Carry out a reconciliation from the command line, and write its results from its verified log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hisops.cli.comparing import RUNBOOK, Earlier, earlier_runs
from hisops.cli.options import Invocation
from hisops.errors import UsageProblem


def carry_out(
    call: Invocation, name: str, day: str | None, sides: Mapping[str, Path | str | None], target: str | None,
    out: Path | None,
) -> int:  # fmt: skip
    """Plan, show, ask, compare; then write the sheets. Exit 1 if the sides differ, 2 if they cannot be read.

    `sides` has files and databases by the names of the runbook's parameters.
    """
    from hisops.cli.carrying import open_desk, plan_and_carry_out

    desk = open_desk(call)
    loaded = desk.loaded.library.reconciliation(name)
    given = {"definition": name, "definition_sha256": loaded.digest.removeprefix("sha256:")}
    given |= {name: str(value) for name, value in sides.items() if value is not None}
    if loaded.model.day is not None or any(each.sql and not sides[side] for side, each in loaded.model.sides.items()):
        given["day"] = _day(day)
    before = {each.run for each in earlier_runs(desk, name, None)}
    code = plan_and_carry_out(call, RUNBOOK, target or _target(desk), given)
    new = next((each for each in earlier_runs(desk, name, None) if each.run not in before), None)
    if new is not None:
        _write(desk, call, new, out)
    return code


def _day(day: str | None) -> str:
    if day is None:
        return (date.today() - timedelta(days=1)).isoformat()
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError as error:
        raise UsageProblem(
            "HIS-8024", "{day} is no date.", "Write the account day like 2026-11-23.", day=day
        ) from error


def _target(desk: Any) -> str:
    site = desk.loaded.site
    standbys = {each.standby for each in site.databases.values()}
    found = [name for name, each in site.databases.items() if each.reader is not None and name not in standbys]
    if len(found) != 1:
        raise UsageProblem(
            "HIS-8025", "It has to be said which database is meant.", "Give --target: {known}.",
            known=", ".join(found) or ", ".join(site.databases),
        )  # fmt: skip
    return str(found[0])


def write_results(call: Invocation, run: str | None, out: Path | None) -> int:
    """Write the sheets of a run again; exit 1 if its sides differ."""
    from hisops.cli.wiring import open_desk

    desk = open_desk(call)
    found = meant(desk, run)
    _write(desk, call, found, out)
    return 0 if found.document["verdict"] == "balanced" else 1


def meant(desk: Any, run: str | None) -> Earlier:
    """Return the reconciliation that a name, or the end of it, means; the newest if there is none."""
    for each in earlier_runs(desk, None, None):
        if run is None or each.run == run or each.run.endswith(run):
            return each
    if run is None:
        raise UsageProblem(
            "HIS-8026",
            "No reconciliation has ended here whose log verifies.",
            "Carry one out: hisops reconcile run NAME",
        )
    raise UsageProblem(
        "HIS-8027",
        "{run} is no reconciliation that has ended here and whose log verifies.",
        "See: hisops log list",
        run=run,
    )


def _write(desk: Any, call: Invocation, found: Earlier, out: Path | None) -> None:
    from hisops.cli.resulting import write_sheets
    from hisops.console.reconciliation import result_document, result_lines
    from hisops.console.theme import Screen

    screen = Screen.of(call)
    document = {**found.document, "run": found.run}
    written = write_sheets(document, screen.say.code, out)
    screen.show(result_lines(document, written, screen.page()))
    screen.data(result_document(document, written))
