"""A definition for tests, and what can be varied of it."""

from __future__ import annotations

from typing import Any

from hisops.model.reconciliation import FAULTS, Reconciliation

_WORDS = {"zh": "测试", "en": "Test"}


def definition(**more: Any) -> Reconciliation:
    """Return a definition with `more` over it; sides under `a` and `b` are merged."""
    side = {
        "title": _WORDS,
        "columns": {
            "bill": "BILL", "line": "LINE", "total": "JE", "pieces": "SL", "state": "ZT", "dept": "KS", "at": "SJ",
            "day": "RQ",
        },
        "states": {"0": "charged", "1": "refunded", "9": "void"},
    }  # fmt: skip
    base: dict[str, Any] = {
        "hisops": "reconcile/v1", "id": "test", "version": "1.0.0", "title": _WORDS, "purpose": _WORDS,
        "columns": {
            "bill": {"type": "text", "title": _WORDS}, "line": {"type": "text", "title": _WORDS},
            "total": {"type": "money", "title": _WORDS}, "pieces": {"type": "count", "title": _WORDS},
            "state": {"type": "state", "title": _WORDS}, "dept": {"type": "text", "title": _WORDS},
            "at": {"type": "time", "title": _WORDS}, "day": {"type": "date", "title": _WORDS},
            "rounding": {"type": "money", "title": _WORDS},
        },
        "key": ["bill", "line"], "compare": ["total", "pieces"], "state": "state", "at": "at", "group": "dept",
        "causes": [{"id": each.replace("_", "-"), "class": each, "owner": "it", "text": _WORDS} for each in FAULTS],
        "a": side, "b": side,
    }  # fmt: skip
    for name, value in more.items():
        base[name] = _merged(base[name], value) if name in {"a", "b"} else value
    return Reconciliation.model_validate(base)


def _merged(side: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    columns = {name: place for name, place in {**side["columns"], **more.get("columns", {})}.items() if place}
    return {**side, **more, "columns": columns}
