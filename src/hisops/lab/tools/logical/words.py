"""Command lines and parameter files of the four tools: `name=value` each, and a logon without a name."""

from __future__ import annotations

import re
from pathlib import Path

_LINE = re.compile(r"\s*(?P<name>[A-Za-z_]+)\s*=\s*(?P<value>.*?)\s*")
Words = dict[str, str]


class Refused(Exception):
    """The tool does not take the words; carries its lines."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


def read(argv: list[str], known: frozenset[str], not_rehearsed: frozenset[str]) -> Words:
    """Return the parameters by lower-case name. What stands on the command line outweighs the parameter file."""
    given: list[tuple[str, str]] = []
    for place, word in enumerate(argv):
        match = _LINE.fullmatch(word)
        if match and not word.startswith(("'", '"')):
            given.append((match["name"].lower(), match["value"]))
        elif place == 0:
            given.append(("userid", word))
        else:
            raise Refused(f"LRM-00108: invalid positional parameter value '{word}'")
    found: Words = {}
    for name, value in given:
        if name == "parfile":
            found |= _checked(_file(Path(_plain(value))), known, not_rehearsed)
    return found | _checked([one for one in given if one[0] != "parfile"], known, not_rehearsed)


def names(value: str) -> list[str]:
    """Return the names of a list: `a`, `a,b`, `(a, b)`. Without quotes they count in upper case."""
    parts = [part.strip() for part in value.strip().removeprefix("(").removesuffix(")").split(",")]
    return [part[1:-1] if part.startswith('"') else part.upper() for part in parts if part]


def yes(words: Words, name: str, default: bool = False) -> bool:
    """Return a parameter that is Y or N."""
    return words[name][:1].upper() in ("Y", "T") if name in words else default


def _file(path: Path) -> list[tuple[str, str]]:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        raise Refused(f"LRM-00109: could not open parameter file '{path}'") from None
    found = []
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise Refused(f"LRM-00116: syntax error at '{line.split()[0]}' following the start of input")
        found.append((match["name"].lower(), match["value"]))
    return found


def _checked(given: list[tuple[str, str]], known: frozenset[str], not_rehearsed: frozenset[str]) -> Words:
    for name, _ in given:
        if name in not_rehearsed:
            raise Refused(f"hisops lab: the parameter {name.upper()} is not rehearsed")
        if name not in known:
            raise Refused(f"LRM-00101: unknown parameter name '{name.upper()}'")
    return {name: _plain(value) for name, value in given}


def _plain(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value
