"""One line of the log: a canonical JSON object. The bytes are the truth; reading accepts only the one written form."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from hisops.canonical import check, serialise

MAX_LINE = 65536
MAX_DEPTH = 16
RESERVED = frozenset({"n", "p", "t", "ts", "bt", "actor", "sig"})
# Above these characters, sorting by code point (ours) and by UTF-16 unit (RFC 8785) part ways.
_KEY_LIMIT = "\ud800"
_LONG_NUMBER = re.compile(rb"[0-9]{16}")


def encode(values: Mapping[str, Any]) -> bytes:
    """Return the line of `values` without its line feed; ValueError if it cannot stand in a log."""
    check(values)
    raw = serialise(values)
    if len(raw) > MAX_LINE:
        raise ValueError(f"the line is {len(raw)} bytes long, {MAX_LINE} are allowed")
    if not raw.isascii() or _may_be_deep(raw):
        _walk(values, 1)
    return raw


def decode(raw: bytes) -> dict[str, Any]:
    """Return the object in `raw`; ValueError unless `raw` is exactly what `encode` gives for it.

    Writing the value again and comparing finds duplicate keys, spaces, escapes, a BOM and CR at once; what would
    survive that (floats, huge integers, depth) is asked for separately, and only where the bytes allow it.
    """
    if len(raw) > MAX_LINE:
        raise ValueError(f"longer than {MAX_LINE} bytes")
    try:
        values = _DECODE(raw.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if type(values) is not dict:
        raise ValueError("not an object")
    if serialise(values) != raw:
        raise ValueError("not in canonical form")
    if not raw.isascii() or _may_be_deep(raw) or _LONG_NUMBER.search(raw):
        check(values)
        _walk(values, 1)
    return values


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is not an integer")


_DECODE = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse).decode


def _may_be_deep(raw: bytes) -> bool:
    return raw.count(b"{") + raw.count(b"[") > MAX_DEPTH


def _walk(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH and isinstance(value, dict | list | tuple):
        raise ValueError("nested too deeply")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key and max(key) >= _KEY_LIMIT:
                raise ValueError("a key holds a character that does not sort the same everywhere")
            _walk(inner, depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            _walk(inner, depth + 1)
