"""Keys that people sign with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text

from hisops.console.grid import Column, grid, wrapped
from hisops.console.theme import GOOD, Page


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key that the site knows."""

    principal: str
    fingerprint: str
    roles: tuple[str, ...]
    mine: bool


def keys_lines(rows: Sequence[KeyRow], page: Page) -> list[Text]:
    """Return the keys, yours marked."""
    say = page.say
    columns = [Column(say("signs as")), Column(say("roles"), wraps=True), Column(say("fingerprint")), Column()]
    mine = Text(f"{page.signs.done} {say('yours')}", GOOD)
    return grid(
        columns, [(row.principal, ", ".join(row.roles), row.fingerprint, mine if row.mine else "") for row in rows],
        page.width,
    )  # fmt: skip


def keys_document(rows: Sequence[KeyRow]) -> dict[str, Any]:
    """Return the keys for `--json`."""
    return {
        "keys": [
            {"principal": row.principal, "fingerprint": row.fingerprint, "roles": list(row.roles), "yours": row.mine}
            for row in rows
        ]
    }


def new_key_lines(path: Path, lines: Sequence[str], page: Page) -> list[Text]:
    """Return where the new key is, and what the keeper of the trust folder must add."""
    say = page.say
    text = say("Give these two lines to whoever keeps trust/allowed_signers, and your name and roles for roster.yaml:")
    head = Text.assemble("  ", (f"{page.signs.done} ", GOOD), say("A new key: {path}", path=path))
    return [head, *wrapped(text, page.width, indent=2), Text(), *(Text(line) for line in lines)]


def new_key_document(path: Path, principal: str, lines: Sequence[str]) -> dict[str, Any]:
    """Return the new key for `--json`."""
    return {"file": str(path), "principal": principal, "allowed_signers": list(lines)}
