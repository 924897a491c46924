"""Canonical JSON (RFC 8785 restricted: no floats, integers below 2^53) and digests over it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_LIMIT = 2**53


def canonical(value: Any) -> bytes:
    """Return the one JSON text of `value`, UTF-8.

    Raises ValueError for floats, integers of 2^53 and more, keys that are not strings, and lone surrogates.
    """
    _check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def digest(data: bytes) -> str:
    """Return `sha256:` and the hex digest of `data`."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def digest_of(value: Any) -> str:
    """Return the digest of the canonical JSON of `value`."""
    return digest(canonical(value))


def _check(value: Any) -> None:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return
    if isinstance(value, int):
        if abs(value) >= _LIMIT:
            raise ValueError(f"integer {value} is too large for canonical JSON")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise ValueError(f"key {key!r} is not a string")
            _check(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check(inner)
    else:
        raise ValueError(f"{type(value).__name__} has no place in canonical JSON")
