"""YAML 1.2 text to plain values that know where they stood. The only place that uses ruamel.yaml.

The text is composed to nodes, never constructed: no object is built from a tag, a duplicate key can be told without
stopping at the first, and every value keeps its mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hisops.documents.nodes import Reader
from hisops.documents.problems import DocumentProblems, Problem
from hisops.documents.source import Place, Source


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file: `data` as plain values, and its source to point into."""

    source: Source
    data: dict[str, Any]


def read_raw(path: Path, name: str | None = None) -> bytes:
    """Return the bytes of the file `path`. Raises DocumentProblems if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        fact, todo = "The file cannot be read: {error}.", "Check the path and its rights."
        source = Source(name or str(path), "")
        problem = source.problem(Place(1, 1), "YA001", fact, todo, error=error.strerror or error)
        raise DocumentProblems([problem]) from error


def parse(raw: bytes | str, name: str) -> Document:
    """Return the document in `raw`. Raises DocumentProblems with all that is wrong with it as YAML."""
    document, problems = parse_leniently(raw, name)
    if document is None or problems:
        raise DocumentProblems(problems)
    return document


def parse_leniently(raw: bytes | str, name: str) -> tuple[Document | None, list[Problem]]:
    """Return what can be understood (the first of duplicate keys counts), and every problem on the way."""
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return None, [_not_utf8(raw, name, error)]
    source = Source(name, text)
    if text.startswith("\ufeff"):
        return None, [
            source.problem(
                Place(1, 1), "YA003", "The file begins with a byte order mark.", "Save it as UTF-8 without BOM."
            )
        ]
    node, problem = _compose(source)
    if problem is not None:
        return None, [problem]
    if node is None or node.id != "mapping":
        return None, [
            source.problem(
                Place(1, 1),
                "YA004",
                "The file is empty, or is not a mapping of keys to values.",
                "Begin it with a line such as `hisops: runbook/v1`.",
            )
        ]
    reader = Reader(source)
    data = reader.value(node, ())
    return Document(source, data), reader.problems


def _not_utf8(raw: bytes | str, name: str, error: UnicodeDecodeError) -> Problem:
    before = bytes(raw[: error.start]).decode("utf-8") if isinstance(raw, bytes) else ""
    source = Source(name, before)
    return source.problem(
        source.place(len(before)),
        "YA002",
        "The file is not UTF-8 (byte {byte} at this place).",
        "Save it as UTF-8, for example with `iconv -f GB18030 -t UTF-8`.",
        byte=f"0x{error.object[error.start]:02x}",
    )


def _compose(source: Source) -> tuple[Any, Problem | None]:
    """Return the root node, or the one problem that stopped the parser."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    loader = YAML(typ="safe", pure=True)
    loader.allow_duplicate_keys = True
    loader.version = "1.2"
    try:
        return loader.compose(source.text), None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = source.place(mark.index) if mark is not None else Place(1, 1)
        said = " ".join(part for part in (error.problem, error.context) if part)
        todo = "Indent with spaces; YAML takes no tabs there." if "\\t" in said else ""
        return None, source.problem(place, "YA005", "This is not YAML: {said}.", todo, said=said)
    except ReaderError as error:
        place = source.place(error.position)
        character = f"U+{error.character:04X}" if isinstance(error.character, int) else repr(error.character)
        fact = "The character {character} is not allowed in YAML."
        return None, source.problem(place, "YA005", fact, "Remove it.", character=character)
    except RecursionError:
        return None, source.problem(Place(1, 1), "YA005", "The file is nested too deeply.")
    except (YAMLError, ValueError, AttributeError, TypeError, IndexError, AssertionError) as error:
        # The parser's own slips on hostile text (such as a broken %YAML line) are problems of the text all the same.
        return None, source.problem(Place(1, 1), "YA005", "This is not YAML: {said}.", said=error)
