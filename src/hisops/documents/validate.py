"""From plain values to a model of `hisops.model`, every complaint of pydantic put where it belongs in the text."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from hisops.documents.problems import Problem, nearest
from hisops.documents.source import Keys
from hisops.documents.yaml import Document

M = TypeVar("M", bound=BaseModel)

_WANTED = {
    "string_type": "a text is needed",
    "int_type": "a whole number is needed",
    "bool_type": "true or false is needed",
    "tuple_type": "a list is needed",
    "list_type": "a list is needed",
    "dict_type": "a mapping is needed",
    "model_type": "a mapping of keys to values is needed",
    "model_attributes_type": "a mapping of keys to values is needed",
}


def validate(document: Document, model: type[M]) -> tuple[M | None, list[Problem]]:
    """Return the model of `document`, or None and every problem in it."""
    try:
        return parse_model(document.data, model), []
    except ValidationError as error:
        return None, list(_problems(document, model, error))


def parse_model(data: dict[str, Any], model: type[M]) -> M:
    """Return the model of `data`, strictly: no text for a number, no number for a text. Raises ValidationError."""
    return model.model_validate_json(json.dumps(data, ensure_ascii=False), strict=True, by_alias=True, by_name=False)


def complaints(error: ValidationError) -> list[Any]:
    """Return what pydantic says, without what only follows: it counts as members of a list only those that fit."""
    items = error.errors(include_url=False)
    return [
        item
        for item in items
        if item["type"] != "default_factory_not_called"
        and not (item["type"] == "too_short" and any(_is_below(other["loc"], item["loc"]) for other in items))
    ]


def _problems(document: Document, model: type[BaseModel], error: ValidationError) -> Iterator[Problem]:
    """Give each place one problem of a kind: the members of a union complain one by one of the same value."""
    places: dict[tuple[Keys, str], list[Any]] = {}
    for item in complaints(error):
        kind = item["type"] if item["type"] in {"missing", "extra_forbidden"} else "value"
        keys = known_part(document.data, item["loc"])
        places.setdefault((keys, kind), []).append(item)
    for (keys, kind), found in places.items():
        if kind == "value" and _at(document.data, keys) is None:
            continue  # a key without a value was told when it was read
        if kind == "missing":
            yield _missing(document, keys, [str(item["loc"][-1]) for item in found])
        elif kind == "extra_forbidden":
            yield _unknown(document, keys, model)
        else:
            yield _unfit(document, keys, found)


def _is_below(loc: tuple[int | str, ...], above: tuple[int | str, ...]) -> bool:
    return len(loc) > len(above) and loc[: len(above)] == above


def known_part(data: Any, loc: tuple[str | int, ...]) -> Keys:
    """Return the part of `loc` that the document has: pydantic adds the names of union members and `[key]`."""
    keys: list[str | int] = []
    for part in loc:
        if part in data if isinstance(data, dict) else isinstance(data, list) and part in range(len(data)):
            data = data[part]
            keys.append(part)
    return tuple(keys)


def _at(data: Any, keys: Keys) -> Any:
    for key in keys:
        data = data[key]
    return data


def _missing(document: Document, keys: Keys, names: list[str]) -> Problem:
    source = document.source
    fact = "Here `{names}` is missing." if len(names) == 1 else "Here `{names}` are missing."
    return source.problem(source.key_place(keys), "YA021", fact, "Add it.", names="`, `".join(names))


def _unknown(document: Document, keys: Keys, model: type[BaseModel]) -> Problem:
    source = document.source
    guess = nearest(str(keys[-1]), _fields(model, keys[:-1]))
    todo = "Did you mean `{guess}`?" if guess else "Remove it; `hisops runbook schema` prints what is known."
    fact = "The key `{key}` is unknown here."
    return source.problem(source.key_place(keys), "YA020", fact, todo, key=keys[-1], guess=guess)


def _unfit(document: Document, keys: Keys, items: list[Any]) -> Problem:
    source = document.source
    value = _at(document.data, keys)
    if items[0]["loc"][-1:] == ("[key]",):
        place, what = source.key_place(keys), f"The key `{keys[-1]}`"
    else:
        place = source.value_place(keys)
        what = f"`{keys[-1]}`" if keys and isinstance(keys[-1], str) else "This"
    said = ", or ".join(dict.fromkeys(_said(item) for item in items))
    guess, todo = None, ""
    if any(item["type"] == "bool_type" for item in items) and value in ("yes", "no", "on", "off"):
        todo = "YAML 1.2 knows only true and false."
    elif items[0]["type"] == "literal_error" and isinstance(value, str):
        guess = nearest(value, [part.strip("' ") for part in _choices(items[0])])
        todo = "Did you mean `{guess}`?" if guess else ""
    elif items[0]["type"] == "string_type" and isinstance(value, int | bool):
        todo = "Put it in quotes."
    return source.problem(place, "YA023", "{what} does not fit: {said}.", todo, what=what, said=said, guess=guess)


def _choices(item: Any) -> list[str]:
    return str(item["ctx"]["expected"]).replace(" or ", ", ").split(", ")


def _said(item: Any) -> str:
    """Return what pydantic said, in the words of someone who writes YAML."""
    if item["type"] in _WANTED:
        return _WANTED[item["type"]]
    if item["type"] == "literal_error":
        return f"one of {item['ctx']['expected']} is needed"
    if item["type"] == "string_pattern_mismatch":
        return f"it must match {item['ctx']['pattern']}"
    if item["type"] == "too_short":
        return "it must not be empty"
    said = str(item["msg"]).removeprefix("Value error, ")
    return said[:1].lower() + said[1:]


def _fields(annotation: Any, keys: Keys) -> list[str]:
    """Return the keys that may stand in the mapping at `keys`."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _fields(args[0], keys)
    if origin in {Union, types.UnionType}:
        return [name for arg in args for name in _fields(arg, keys)]
    if origin in {dict, tuple}:
        return _fields(args[1 if origin is dict else 0], keys[1:]) if keys else []
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return []
    fields = {field.alias or name: field.annotation for name, field in annotation.model_fields.items()}
    if not keys:
        return list(fields)
    return _fields(fields[str(keys[0])], keys[1:]) if keys[0] in fields else []
