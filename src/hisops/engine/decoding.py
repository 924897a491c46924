"""Bytes of a tool as text to be judged: decoded, without escape sequences, one kind of line break.

Chinese servers print UTF-8, GB18030, or both in one output; a cut character must not hide the error code after it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*+[ -/]*+[@-~]|\][^\x07\x1b\n]*+(?:\x07|\x1b\\)|[()][0-9A-B]|[=>78cDEHMNOZ])")
_LINE_BREAKS = re.compile(r"\r*\n|\r+")


@dataclass(frozen=True, slots=True)
class Reading:
    """Text to look for proof in, and text to look for trouble in (which may hold a second reading of the bytes)."""

    text: str
    suspicious: str


def read(stdout: bytes, stderr: bytes) -> Reading:
    """Return what `stdout` and `stderr` say."""
    text = _clean(decode(stdout) + "\n" + decode(stderr))
    raw = stdout + b"\n" + stderr
    if b"\x1b" not in raw and _is_utf8(raw):
        return Reading(text, text)
    # GB18030 takes an ASCII letter as second byte, an escape sequence as last: after a cut character `ORA-` would lose
    # its O in the decoded text. So trouble is also looked for in the plain bytes.
    return Reading(text, text + "\n" + _LINE_BREAKS.sub("\n", raw.decode("ascii", "replace")))


def decode(data: bytes) -> str:
    """Return `data` as text: UTF-8, else line by line UTF-8, GB18030, or with replacement characters."""
    if _is_utf8(data):
        return data.decode("utf-8")
    return "\n".join(_decode_line(line) for line in data.split(b"\n"))


def _decode_line(line: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("utf-8", "replace")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _clean(text: str) -> str:
    return _LINE_BREAKS.sub("\n", _ESCAPES.sub("", text))
