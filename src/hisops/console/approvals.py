"""What waits for other people: approvals to give, rejections that stand, runs to review; and the text they sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.text import Text

from hisops.console.escape import visible
from hisops.console.grid import Column, grid, wrapped
from hisops.console.progress import short_id
from hisops.console.theme import BAD, CARE, GOOD, STRONG, Page
from hisops.model.review import Debt, Review


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingItem:
    """One thing that waits: a gate of a run, or a plan somebody asked to have approved.

    `missing` counts the approvals that are still to come; `able` are the principals who could give them.
    """

    what: str
    name: str
    about: str
    step: str | None
    role: str
    missing: int
    able: tuple[str, ...]
    given: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtItem:
    """A run that was carried out without an approval, and who could review it."""

    run: str
    debt: Debt
    able: tuple[str, ...]
    command: str


@dataclass(slots=True)
class Waiting:
    """All that waits in a site."""

    items: list[WaitingItem] = field(default_factory=list)
    debts: list[DebtItem] = field(default_factory=list)


def waiting_lines(waiting: Waiting, page: Page) -> list[Text]:
    """Return what waits, each with who could act on it and the command to do so."""
    lines: list[Text] = []
    for item in waiting.items:
        lines += _item_lines(item, page)
    for debt in waiting.debts:
        lines += [*debt_lines(debt.run, [(debt.debt, None)], page), *_who(debt.able, [debt.command], page)]
    return lines or [Text("  " + page.say("Nothing waits for an approval."))]


def waiting_document(waiting: Waiting) -> dict[str, Any]:
    """Return what waits for `--json`."""
    return {
        "waiting": [asdict(item) for item in waiting.items],
        "debts": [
            {"run": item.run, **asdict(item.debt), "able": list(item.able), "command": item.command}
            for item in waiting.debts
        ],
    }


def _item_lines(item: WaitingItem, page: Page) -> list[Text]:
    say = page.say
    head = Text.assemble("  ", (f"{page.signs.gate} {item.name}", STRONG), "  ")
    wants = say("{count} approval(s) by {role} still to come", count=item.missing, role=item.role)
    rows = [(say("wants"), f"{item.step}: {wants}" if item.step else wants)]
    if item.given:
        rows.append((say("approved by"), ", ".join(item.given)))
    lines = wrapped(item.about, page.width, first=head, indent=4)
    lines += grid([Column(), Column(wraps=True)], rows, page.width, indent=4)
    for told in item.rejected:
        lines += wrapped(visible(told), page.width, first=Text(f"    {page.signs.bad} ", BAD), indent=6)
    return [*lines, *_who(item.able, item.commands, page)]


def _who(able: Sequence[str], commands: Sequence[str], page: Page) -> list[Text]:
    nobody = page.say("nobody on the roster; see hisops doctor")
    rows = [(page.say("could be done by"), ", ".join(able) or nobody)]
    lines = grid([Column(), Column(wraps=True)], rows, page.width, indent=4)
    return [*lines, *(Text("      " + command) for command in commands)]


def debt_lines(run: str, debts: Sequence[tuple[Debt, Review | None]], page: Page) -> list[Text]:
    """Return what a run did without approval: who, why, and who has looked at it since."""
    lines: list[Text] = []
    for debt, review in debts:
        values = {"run": short_id(run), "step": debt.step, "by": debt.by, "role": debt.role}
        if review is None:
            sign = Text(f"  {page.signs.care} ", CARE)
            told = page.say("BREAK-GLASS, not reviewed: run {run}, step {step}, {by} did without a {role}:", **values)
        else:
            sign = Text(f"  {page.signs.done} ", GOOD)
            told = page.say("Break-glass, reviewed by {who}: run {run}, step {step}, {by} did without a {role}:",
                            who=review.by, **values)  # fmt: skip
        lines += wrapped(f"{told} {visible(debt.reason)}", page.width, first=sign, indent=4)
    return lines


def debt_document(debts: Sequence[tuple[Debt, Review | None]]) -> list[dict[str, Any]]:
    """Return the debts of a run for `--json`."""
    return [{**asdict(debt), "reviewed_by": review.by if review else None} for debt, review in debts]


def request_lines(text: bytes, page: Page) -> list[Text]:
    """Return a text to sign as it is, every character that could act on a terminal written as an escape."""
    return [Text(visible(line)) for line in text.decode("utf-8").splitlines() or [""]]
