"""What tools print is shown, never obeyed: control, ESC and bidi characters become visible escapes."""

from __future__ import annotations

import unicodedata

_SAFE = {"\t": "    "}
# Besides the categories below: marks that reorder or hide what stands around them.
_HIDING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str) -> str:
    """Return `text` (one line) with every character that could act on a terminal written as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def visible_lines(text: str) -> list[str]:
    """Return the lines of a tool's output, each made visible; CR LF and a progress bar's CR end a line, too."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return [visible(line) for line in unified.split("\n") if line.strip()]


def sentence(text: str) -> str:
    """Return `text` on one line, made visible; line breaks in what a tool has said become spaces."""
    return " ".join(visible(line.strip()) for line in text.splitlines() if line.strip())


def _shown(char: str) -> str:
    if char in _SAFE:
        return _SAFE[char]
    if unicodedata.category(char) not in _HIDING:
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
