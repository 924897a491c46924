"""From the text of a command file to commands: comments out, run blocks flattened, split at semicolons."""

from __future__ import annotations

import re

_WORD = re.compile(r"'[^']*'|\"[^\"]*\"|\S+")
_COMMENT = re.compile(r"""('[^'\n]*'|"[^"\n]*")|#[^\n]*|--[^\n]*""")
_BRACES = re.compile(r"\brun\s*\{|\}", re.IGNORECASE)


def commands(text: str) -> list[list[str]]:
    """Return the commands as words; keywords in lower case, quoted words as they are, without their quotes."""
    plain = _BRACES.sub(";", _COMMENT.sub(lambda found: found[1] or "", text))
    found = []
    for part in _split(plain):
        words = [_word(word) for word in _WORD.findall(part)]
        if words:
            found.append(words)
    return found


def _split(text: str) -> list[str]:
    parts, current, quote = [], "", ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == ";":
            parts.append(current)
            current = ""
            continue
        current += letter
    # `exit` needs no semicolon
    return [*parts, current]


def _word(word: str) -> str:
    return word[1:-1] if word[0] in "'\"" else word.lower()


def option(words: list[str], *names: str) -> str | None:
    """Take `NAME VALUE` out of a command and return the value."""
    width = len(names)
    for start in range(len(words) - width):
        if tuple(words[start : start + width]) == names:
            value = words[start + width]
            del words[start : start + width + 1]
            return value
    return None


def flag(words: list[str], *names: str) -> bool:
    """Take a run of keywords out of a command; whether it was there."""
    width = len(names)
    for start in range(len(words) - width + 1):
        if tuple(words[start : start + width]) == names:
            del words[start : start + width]
            return True
    return False
