"""From the text of a command file to commands: comments out, run blocks known, split at semicolons."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = re.compile(r"'[^']*'|\"[^\"]*\"|[^\s,=()]+|[,=()]")
_COMMENT = re.compile(r"""('[^'\n]*'|"[^"\n]*")|#[^\n]*|--[^\n]*""")
_OPENS = re.compile(r"\s*run\s*\{", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Command:
    """A command as words, the text it was written as, and which run block it stands in (0: none)."""

    words: list[str]
    text: str
    block: int


def commands(text: str) -> list[list[str]]:
    """Return the commands as words; keywords in lower case, quoted words as they are, without their quotes."""
    return [command.words for command in parsed(text)]


def parsed(text: str) -> list[Command]:
    """Return the commands with the run blocks they stand in."""
    found, block, blocks = [], 0, 0
    for part in _split(_COMMENT.sub(lambda match: match[1] or "", text)):
        plain = part
        if opens := _OPENS.match(plain):
            blocks += 1
            block, plain = blocks, plain[opens.end() :]
        while plain.lstrip().startswith("}"):
            block, plain = 0, plain.lstrip()[1:]
        words = [_word(word) for word in _WORD.findall(plain)]
        if words:
            found.append(Command(words, " ".join(plain.split()), block))
    return found


def _split(text: str) -> list[str]:
    """Cut at semicolons and around braces; quotes hold together. `exit` needs no semicolon."""
    parts, current, quote = [], "", ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in ";{}":
            parts.append(current + ("{" if letter == "{" else ""))
            current = "}" if letter == "}" else ""
            continue
        current += letter
    return [*parts, current]


def _word(word: str) -> str:
    return word[1:-1] if word[0] in "'\"" else word.lower()


def option(words: list[str], *names: str) -> str | None:
    """Take `NAME VALUE` or `NAME = VALUE` out of a command and return the value."""
    width = len(names)
    for start in range(len(words) - width):
        if tuple(words[start : start + width]) == names:
            end = start + width + (words[start + width] == "=")
            value = words[end] if end < len(words) else None
            del words[start : end + 1]
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


def numbers(words: list[str]) -> list[str]:
    """Take a list `1, 2, 3` (or of names) from the front of what is left of a command."""
    found: list[str] = []
    while words and (not found or words[0] == ","):
        if found:
            del words[0]
        if words:
            found.append(words.pop(0))
    return found
