"""The texts of the source: the Chinese catalogue and the list of error codes are held to them.

`python -m tests.console.catalogue` adds missing texts to the .po file (to be translated by hand), drops those that are
gone, builds the .mo file, and brings what `codes.json` says of each code in line.
"""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

SOURCE = Path(__file__).resolve().parents[2] / "src" / "hisops"
PO = SOURCE / "locale" / "zh" / "LC_MESSAGES" / "hisops.po"
MO = PO.with_suffix(".mo")
CODES = SOURCE / "console" / "codes.json"

HEADER = "# The Chinese texts of hisops. The ids are the English texts of the source."
CODE = re.compile(r"HIS-\d{4}|[A-Z]{2}\d{3}")
# Calls that are given texts: which of their arguments.
MARKERS = {"say": (0,), "mark": (0,), "_note": (0,), "group": (0,), "remark": (1,), "command": (1,), "Finding": (1, 2)}
FINDERS = {"failed", "incomplete", "note", "add"}
NAMED = {"fact", "todo"}
TYPER = (
    "Install completion for the current shell.",
    "Show completion for the current shell, to copy it or customize the installation.",
    "Show this message and exit.",
)


def texts() -> set[str]:
    """Return every text of the source that a person may see and that has to be translated."""
    found = set(TYPER)
    for path in sorted(SOURCE.rglob("*.py")):
        found |= set(_texts_of(path))
    return {text for text in found if re.search("[A-Za-z]", re.sub(r"\{.*?\}", "", text))}


def _texts_of(path: Path) -> Iterator[str]:
    part = path.relative_to(SOURCE).parts[0]
    in_cli = part == "cli"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield from _of_call(node, part)
        elif isinstance(node, ast.Tuple):
            yield from _after_code(node.elts)
        elif isinstance(node, ast.Assign):
            yield from _of_assign(node)
        elif in_cli and isinstance(node, ast.FunctionDef) and _is_command(node):
            yield ast.get_docstring(node) or ""


def _of_call(node: ast.Call, part: str) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    # The lab has a `say` of its own: its tools speak English, as the real ones do.
    for index in MARKERS.get(name, ()) if part != "lab" else ():
        if index < len(node.args):
            yield from _constants(node.args[index])
    if part == "journal" and name in FINDERS:
        yield from (text for argument in node.args[1:] for text in _constants(argument) if " " in text)
    yield from _after_code(node.args)
    for keyword in node.keywords:
        if keyword.arg in NAMED or (part == "cli" and keyword.arg == "help"):
            yield from _constants(keyword.value)


def _of_assign(node: ast.Assign) -> Iterator[str]:
    for target in node.targets:
        if isinstance(target, ast.Name) and target.id in NAMED:
            yield from _constants(node.value)
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            for part, value in zip(target.elts, node.value.elts, strict=False):
                if isinstance(part, ast.Name) and part.id in NAMED:
                    yield from _constants(value)


def _after_code(arguments: list[ast.expr]) -> Iterator[str]:
    """Return the constants that stand behind the code of an error or of a rule."""
    for index, argument in enumerate(arguments):
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and CODE.fullmatch(argument.value):
            yield from (text for later in arguments[index + 1 :] for text in _constants(later))


def _constants(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)


def _is_command(node: ast.FunctionDef) -> bool:
    called = [each.func for each in node.decorator_list if isinstance(each, ast.Call)]
    return node.name == "_root" or any(isinstance(each, ast.Attribute) and each.attr == "command" for each in called)


def sayings() -> dict[str, list[list[str]]]:
    """Return for each code of an error all pairs of fact and advice that it is raised with."""
    found: dict[str, list[list[str]]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = _named_texts(tree)
        for node in ast.walk(tree):
            arguments = node.args if isinstance(node, ast.Call) else node.elts if isinstance(node, ast.Tuple) else []
            for index, argument in enumerate(arguments):
                code = next(_constants(argument), "")
                if code.startswith("HIS-") and CODE.fullmatch(code):
                    texts = [_first_text(later, names) for later in arguments[index + 1 : index + 3]]
                    pair = [*texts, "", ""][:2]
                    if pair[0] and pair not in found.setdefault(code, []):
                        found[code].append(pair)
    return found


def _named_texts(tree: ast.Module) -> dict[str, str]:
    texts: dict[str, str] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            pairs = (
                zip(target.elts, getattr(node.value, "elts", ()), strict=False)
                if isinstance(target, ast.Tuple)
                else [(target, node.value)]
            )
            texts |= {
                part.id: text for part, value in pairs if isinstance(part, ast.Name) for text in _constants(value)
            }
    return texts


def _first_text(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    return next(_constants(node), "")


def codes() -> dict[str, dict[str, Any]]:
    """Return `codes.json` as it should be: what each code is raised with, and the explanations written by hand."""
    known = json.loads(CODES.read_text(encoding="utf-8"))
    said = sayings()
    return {
        code: {
            **{lang: known[code][lang] for lang in ("en", "zh") if lang in known.get(code, {})},
            "said": said.get(code, []),
        }
        for code in sorted({*said, "HIS-2000"})
    }


def read() -> Catalog:
    """Return the catalogue as committed."""
    with PO.open("rb") as file:
        return read_po(file, locale="zh")


def built() -> bytes:
    """Return what the .mo file should hold."""
    buffer = io.BytesIO()
    write_mo(buffer, read())
    return buffer.getvalue()


def update() -> None:
    """Bring the .po file in line with the source, and build the .mo file."""
    old = read() if PO.exists() else Catalog(locale="zh")
    new = Catalog(locale="zh", project="hisops", charset="utf-8", fuzzy=False, header_comment=HEADER)
    for text in sorted(texts()):
        known = old.get(text)
        new.add(text, string=known.string if known else "")
    with PO.open("wb") as file:
        write_po(file, new, width=120, sort_output=True, omit_header=False)
    MO.write_bytes(built())
    CODES.write_text(json.dumps(codes(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    update()
