"""What `hisops doctor` looks at of windows: can the calendars be read, and is each database open now, or when next."""

from __future__ import annotations

from collections.abc import Iterator

from hisops.cli.checks_far import of_error
from hisops.cli.wiring import Desk
from hisops.console.doctor import Check
from hisops.errors import HisopsError
from hisops.model.window import Look


def check_windows(desk: Desk) -> Iterator[Check]:
    """Look at every calendar, and at every database's window."""
    site, windows = desk.loaded.site, desk.windows()
    for name in site.windows:
        try:
            look = windows.read(name, desk.clock.now())
        except HisopsError as error:
            yield of_error(f"calendar {name}", error)
            continue
        yield from _calendar(name, look)
        for database, entry in site.databases.items():
            if entry.window == name:
                yield _database(database, look)
    yield from _without(desk)


def _calendar(name: str, look: Look) -> Iterator[Check]:
    values = {"file": look.file, "timezone": look.timezone}
    yield Check(subject=f"calendar {name}", state="ok", fact="{file}, local times of {timezone}", values=values)
    for doubt in look.doubts:
        yield Check(
            subject=f"calendar {name}", state="care", fact="Left out, since clocks change there: {doubt}",
            todo="Give that night as an event of its own in UTC, and take it out of the series with EXDATE.",
            values={"doubt": doubt.told()},
        )  # fmt: skip


def _database(name: str, look: Look) -> Check:
    subject, following = f"window of {name}", look.told(look.next) if look.next else "-"
    if look.open:
        fact = "open now: {now}; the next: {next}"
        return Check(subject=subject, state="ok", fact=fact, values={"now": look.told(look.open), "next": following})
    if look.next:
        return Check(subject=subject, state="ok", fact="closed now; the next: {next}", values={"next": following})
    return Check(
        subject=subject, state="care", fact="closed, and the calendar {calendar} names no further window.",
        todo="Enter the coming windows in {file}.", values={"calendar": look.calendar, "file": look.file},
    )  # fmt: skip


def _without(desk: Desk) -> Iterator[Check]:
    """Name the databases on which a runbook that wants a window can never be carried out."""
    wanting: dict[str, list[str]] = {}
    for loaded in desk.loaded.library.runbooks():
        if loaded.model.window == "required":
            wanting.setdefault(loaded.model.target.engine, []).append(loaded.model.id)
    for name, database in desk.loaded.site.databases.items():
        if database.window is None and (runbooks := wanting.get(database.engine)):
            yield Check(
                subject=f"window of {name}", state="care", fact="It has no calendar; refused here: {runbooks}",
                todo="Name one of the site's `windows` under `window:` of the database in site.yaml.",
                values={"runbooks": ", ".join(sorted(runbooks))},
            )  # fmt: skip
