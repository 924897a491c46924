"""Canonical JSON (RFC 8785 restricted: no floats, integers below 2^53) and digests over it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

LIMIT = 2**53
_ALWAYS_FINE = frozenset({str, bool, type(None)})
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)
# JSONEncoder.encode builds the C encoder anew for each call; built once, a line takes half the time.
_MAKE = getattr(json.encoder, "c_make_encoder", None)
_PARTS = _MAKE and _MAKE(None, _ENCODER.default, json.encoder.encode_basestring, None, ":", ",", True, False, False)


def canonical(value: Any) -> bytes:
    """Return the one JSON text of `value`, UTF-8.

    Raises ValueError for floats, integers of 2^53 and more, keys that are not strings, and lone surrogates.
    """
    check(value)
    return serialise(value)


def serialise(value: Any) -> bytes:
    """Return the JSON text of a value that is known to hold nothing but what `canonical` allows."""
    return ("".join(_PARTS(value, 0)) if _PARTS else _ENCODER.encode(value)).encode("utf-8")


def digest(data: bytes) -> str:
    """Return `sha256:` and the hex digest of `data`."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest_of(value: Any) -> str:
    """Return the digest of the canonical JSON of `value`."""
    return digest(canonical(value))


def check(value: Any) -> None:
    """Raise ValueError if `value` holds anything that canonical JSON has no place for."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return
    if isinstance(value, int):
        if abs(value) >= LIMIT:
            raise ValueError(f"integer {value} is too large for canonical JSON")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise ValueError(f"key {key!r} is not a string")
            if type(inner) not in _ALWAYS_FINE:  # most of all there is; a call for each would take half the time
                check(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            if type(inner) not in _ALWAYS_FINE:
                check(inner)
    else:
        raise ValueError(f"{type(value).__name__} has no place in canonical JSON")
