from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hisops.journal import line
from hisops.journal.line import MAX_LINE, decode, encode

KEYS = st.from_regex(r"[a-z0-9_.]{1,8}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = st.none() | st.booleans() | TEXTS | st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4))
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=6)


@pytest.fixture(params=["plainly", "fast"])
def reading(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of reading have to give the same verdict."""
    if request.param == "fast":
        pytest.importorskip("orjson")
    monkeypatch.setattr(line, "_read_again", getattr(line, f"_read_{request.param}"))


@pytest.mark.parametrize("read", [line._read_plainly, line._read_fast])
@settings(max_examples=40, deadline=None)
@given(OBJECTS)
def test_what_is_written_is_read_back(read: Any, values: dict[str, Any]) -> None:
    raw = encode(values)
    assert b"\n" not in raw
    assert read(raw) == (values, raw)


@settings(max_examples=60, deadline=None)
@given(OBJECTS, st.data())
def test_a_changed_byte_is_either_refused_or_the_one_form_of_something_else(values: Any, data: st.DataObject) -> None:
    raw = bytearray(encode(values))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    outcomes = []
    for read in (line._read_plainly, line._read_fast):
        try:
            read_values, written = read(bytes(raw))
            outcomes.append((read_values, written == raw) if written == raw else None)
        except ValueError:
            outcomes.append(None)
    assert outcomes[0] == outcomes[1]


# Row 28 of the catalogue of tampering, and the other spellings of the same value.
@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1.0}',
        b'{"a":1.5}',
        b'{"a":1e3}',
        b'{"a":-0}',
        b'{"a":01}',
        b'{"a":[1,[2.5]]}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":1}\r',
        b'{"a":1} ',
        b' {"a":1}',
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xff"}',
        b'{"a":9007199254740992}',
        b'{"a":-9007199254740992}',
        b'{"a":[9007199254740992]}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"' + b"x" * MAX_LINE + b'"}',
        b'{"a":' + b"[" * 2000 + b"]" * 2000 + b"}",
        b'{"a":' * 20 + b"1" + b"}" * 20,
        '{"\U0001f600":1}'.encode(),
        b"[1]",
        b'"a"',
        b"1",
        b"null",
        b"",
        b'{"a":1}{"b":1}',
        b'{"a":1',
        b"\x00" * 20,
    ],
    ids=lambda raw: repr(raw[:24]),
)
def test_anything_but_the_one_form_is_refused(raw: bytes, reading: None) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(raw)


@pytest.mark.parametrize(
    "values",
    [
        {"a": 1.0},
        {"a": 2**53},
        {"a": b"x"},
        {1: "a"},
        {"a": {"b": float("nan")}},
        {"a": "\ud800"},
        {"a": "x" * MAX_LINE},
        {"\U0001f600": 1},
        {"a": [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]},
    ],
    ids=lambda values: repr(values)[:24],
)
def test_what_has_no_one_form_is_not_written(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        encode(values)


def test_chinese_stands_as_it_is() -> None:
    raw = encode({"科室": "检验科", "a": 1})
    assert raw == '{"a":1,"科室":"检验科"}'.encode()
    assert decode(raw) == json.loads(raw)
