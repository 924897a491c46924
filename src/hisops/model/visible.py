"""Foreign text is shown, never obeyed: control, ESC and bidi characters become visible escapes."""

from __future__ import annotations

import unicodedata

_SAFE = {"\t": "    "}
# Besides the categories below: marks that reorder or hide what stands around them.
_HIDING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str) -> str:
    """Return `text` (one line) with every character that could act on its reader's screen written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char in _SAFE:
        return _SAFE[char]
    if unicodedata.category(char) not in _HIDING:
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
