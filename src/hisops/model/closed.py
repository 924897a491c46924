"""Closed types: values that may become part of a text, each by the one pattern that it must match wherever it comes in.

No pattern lets through a quote, a semicolon, a newline, `@` or `!`.
"""

from __future__ import annotations

import re

CLOSED = {
    "identifier": re.compile(r"[A-Za-z][A-Za-z0-9_$#]{0,127}"),
    "integer": re.compile(r"-?[0-9]{1,18}"),
    "tag": re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,29}"),
    "scn": re.compile(r"[0-9]{1,20}"),
    "timestamp": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}"),
    "path": re.compile(r"/[A-Za-z0-9_.+=,%/-]{0,1023}"),
}


def is_fit(type_: str, value: object) -> bool:
    """Return whether a value may stand for its type; of an open type any value is fit."""
    pattern = CLOSED.get(type_)
    return pattern is None or (not isinstance(value, bool) and pattern.fullmatch(str(value)) is not None)
