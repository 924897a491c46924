"""One line of the log: a canonical JSON object. The bytes are the truth; reading accepts only the one written form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from hisops.canonical import LIMIT, check, serialise

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment]

MAX_LINE = 65536
MAX_DEPTH = 16
# Above these characters, sorting by code point (ours) and by UTF-16 unit (RFC 8785) part ways.
_KEY_LIMIT = "\ud800"
_DIGITS = len(str(-LIMIT))


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
    survive that (floats, huge integers, depth) is refused while reading, or asked for where the bytes allow it.
    """
    if len(raw) > MAX_LINE:
        raise ValueError(f"longer than {MAX_LINE} bytes")
    try:
        values, written = _read_again(raw)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if type(values) is not dict:
        raise ValueError("not an object")
    if written != raw:
        raise ValueError("not in canonical form")
    if not raw.isascii() or _may_be_deep(raw):
        _walk(values, 1)
    return values


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is not an integer")


def _integer(text: str) -> int:
    if len(text) <= _DIGITS and -LIMIT < (value := int(text)) < LIMIT:
        return value
    raise ValueError(f"the integer {text[:20]} is too large")


_read_object = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse, parse_int=_integer).raw_decode


def _read_plainly(raw: bytes) -> tuple[Any, bytes]:
    """Return the value of `raw` and its canonical form, by the standard library."""
    text = raw.decode("utf-8")
    values, end = _read_object(text)
    if end != len(text):
        raise ValueError("something follows the object")
    return values, serialise(values)


def _read_fast(raw: bytes) -> tuple[Any, bytes]:
    """Return the same as `_read_plainly`, by orjson, which reads floats and so must be looked over."""
    values = orjson.loads(raw)
    _refuse_floats(values)
    return values, orjson.dumps(values, option=orjson.OPT_SORT_KEYS)


def _refuse_floats(value: Any) -> None:
    for inner in value.values() if type(value) is dict else value if type(value) is list else (value,):
        kind = type(inner)
        if kind is dict or kind is list:
            _refuse_floats(inner)
        elif kind is float or (kind is int and not -LIMIT < inner < LIMIT):
            raise ValueError(f"{inner} is not an integer below 2^53")


_read_again = _read_plainly if orjson is None else _read_fast


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
