"""What both drawings share: boxes set in lines of two, shares as parts of a width."""

from __future__ import annotations

from collections.abc import Sequence

from hisops.report.sheet import Filled, Heading


def lines(boxes: Sequence[Filled]) -> list[tuple[Filled, ...]]:
    """Return boxes in lines: a wide one alone, others in pairs."""
    found: list[tuple[Filled, ...]] = []
    for box in boxes:
        if not box.wide and found and len(found[-1]) == 1 and not found[-1][0].wide:
            found[-1] = (*found[-1], box)
        else:
            found.append((box,))
    return found


def widths(headings: Sequence[Heading], whole: float) -> list[float]:
    """Return the width of each column, together `whole`."""
    total = sum(heading.share for heading in headings)
    return [whole * heading.share / total for heading in headings]
