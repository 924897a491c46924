"""The best that can be made of a definition that does not fit its model, so that all problems can be told at once."""

from __future__ import annotations

import contextlib
import copy
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hisops.documents.source import Keys
from hisops.documents.validate import complaints, known_part, parse_model
from hisops.documents.yaml import Document

M = TypeVar("M", bound=BaseModel)

_ROUNDS = 8
_STAND_INS: dict[str, Any] = {
    "title": {"zh": "?", "en": "?"},
    "purpose": {"zh": "?", "en": "?"},
    "because": {"zh": "?", "en": "?"},
    "zh": "?",
    "en": "?",
    "id": "unreadable",
    "version": "0.0.0",
    "effect": "read",
    "type": "string",
    "engine": "unreadable",
    "target": {"engine": "unreadable"},
}


def salvage(document: Document, model: type[M]) -> tuple[M | None, set[Keys]]:
    """Return a model of what fits, and the keys of what was left out or stood in for; None if nothing is left."""
    data = copy.deepcopy(document.data)
    damaged: set[Keys] = set()
    for _ in range(_ROUNDS):
        try:
            return parse_model(data, model), damaged
        except ValidationError as error:
            # All places first: once something is taken out, the places of the other errors would mislead.
            mends = [
                (known_part(data, item["loc"]), str(item["loc"][-1]) if item["type"] == "missing" else None)
                for item in complaints(error)
            ]
        for keys, missing in dict.fromkeys(mends):
            damaged.add((*keys, missing) if missing else keys)
            with contextlib.suppress(KeyError, IndexError, TypeError):  # gone with what was around it
                _mend(data, keys, missing)
    return None, damaged


def _mend(data: dict[str, Any], keys: Keys, missing: str | None) -> None:
    if missing is None or missing not in _STAND_INS:
        _drop(data, keys)
    elif missing == "id" and not keys and str(data.get("hisops")).startswith("runbook/"):
        data["id"] = "unreadable/id"
    elif missing == "id":
        _at(data, keys)["id"] = "-".join(["unreadable", *(str(key) for key in keys)])
    else:
        _at(data, keys)[missing] = _STAND_INS[missing]


def _drop(data: dict[str, Any], keys: Keys) -> None:
    """Take out what stands at `keys`; a step leaves its id behind, other members of lists take their list along."""
    if not keys:
        return
    parent, last = _at(data, keys[:-1]), keys[-1]
    if isinstance(parent, dict):
        del parent[last]
    elif keys[:-1] == ("steps",):
        left = parent[last].get("id") if isinstance(parent[last], dict) else None
        parent[last] = {
            "id": left or f"unreadable-{last}",
            "title": _STAND_INS["title"],
            "effect": "read",
            "sh": "true",
        }
    else:
        _drop(data, keys[:-1])


def _at(data: Any, keys: Keys) -> Any:
    for key in keys:
        data = data[key]
    return data
