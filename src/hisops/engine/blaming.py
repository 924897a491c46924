"""Why an output is not good, in the words of its judge: the rules that matched, and what or whom they blame."""

from __future__ import annotations

from hisops.model.judge import Action, Judgement

MOST_BLAMED = 6


def why_not_good(action: Action, judgement: Judgement) -> str | None:
    """Return the rules that matched, then each capture that `blames`; None for an output that is good."""
    if judgement.verdict in {"ok", "warn"}:
        return None
    matched = ", ".join(judgement.matched) or "no proof in the output"
    blamed = [
        f"{name}: {_told(judgement.out[name])}"
        for name, rule in action.capture.items()
        if rule.blames and judgement.out.get(name) not in (None, [], "", False)
    ]
    return f"{matched} ({'; '.join(blamed)})" if blamed else matched


def is_told(name: str, reason: str) -> bool:
    """Tell whether a reason of `why_not_good` blames the capture `name` already."""
    return f"({name}: " in reason or f"; {name}: " in reason


def _told(value: object) -> str:
    """Return a value in words; of a long list the first, and how many more there are."""
    if not isinstance(value, list):
        return str(value)
    more = len(value) - MOST_BLAMED
    return ", ".join(value[:MOST_BLAMED]) + (f" (+{more})" if more > 0 else "")
