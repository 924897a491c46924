"""Whatever one value is spoilt, the rest can still be looked at."""

from __future__ import annotations

import copy

import pytest

from hisops.documents.load import fit
from hisops.documents.salvage import salvage
from hisops.documents.yaml import Document, parse
from hisops.model.runbook import Runbook
from tests.documents import shelf

SOUND = parse(
    shelf.runbook(shelf.WRITE, "{id: up, title: {zh: 传, en: Up}, effect: stage, upload: {file: a, to: b}}"), "a"
)
ODD = {"odd": [None, {}]}


def paths(value, keys=()):
    if keys:
        yield keys
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from paths(inner, (*keys, key))


def changed(keys, change):
    data = copy.deepcopy(SOUND.data)
    parent = data
    for key in keys[:-1]:
        parent = parent[key]
    change(parent, keys[-1])
    return Document(SOUND.source, data)


EVERY = [keys for keys in paths(SOUND.data) if keys not in {("hisops",), ("steps",)}]


@pytest.mark.parametrize("keys", EVERY, ids=lambda keys: ".".join(map(str, keys)))
def test_a_spoilt_value_is_told_and_the_rest_is_kept(keys):
    document = changed(keys, lambda parent, key: parent.__setitem__(key, ODD))
    examined = fit(document, [], Runbook)
    assert examined.loaded is None
    assert examined.problems
    assert examined.best is not None
    assert len(examined.best.steps) == 3
    assert any(keys[: len(damaged)] == damaged or damaged[: len(keys)] == keys for damaged in examined.damaged)


def test_a_key_left_out_is_either_optional_or_stood_in_for():
    for keys in EVERY:
        if isinstance(keys[-1], str):
            document = changed(keys, lambda parent, key: parent.pop(key))
            best, _ = salvage(document, Runbook)
            assert best is not None, keys


def test_what_is_sound_is_not_touched():
    best, damaged = salvage(SOUND, Runbook)
    assert (best, damaged) == (fit(SOUND, [], Runbook).best, set())


def test_without_steps_nothing_is_left():
    best, _ = salvage(changed(("steps",), lambda parent, key: parent.pop(key)), Runbook)
    assert best is None
