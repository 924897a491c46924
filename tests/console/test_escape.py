"""What a tool prints is shown, never obeyed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hisops.console.escape import sentence, visible, visible_lines

HOSTILE = {
    "\x1b[2J\x1b[1;1Hroot@db1:~# ": "\\x1b[2J\\x1b[1;1Hroot@db1:~# ",
    "ok\x07\x08\x08no": "ok\\x07\\x08\\x08no",
    "safe \u202e drop table": "safe \\u202e drop table",
    "a\u200bb\ufeff": "a\\u200bb\\ufeff",
    "\x9b31m": "\\x9b31m",
    "tag\U000e0041": "tag\\U000e0041",
}


@pytest.mark.parametrize(("raw", "shown"), HOSTILE.items())
def test_it_becomes_visible(raw: str, shown: str) -> None:
    assert visible(raw) == shown


@settings(max_examples=100)
@given(st.text(max_size=80))
def test_nothing_that_acts_on_a_terminal_is_left(text: str) -> None:
    shown = visible(text)
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp"} for char in shown)
    assert visible(shown) == shown


def test_plain_and_chinese_text_stays() -> None:
    text = "ORA-01017: 用户名/口令无效; 登录被拒绝 — “é”"
    assert visible(text) == text


def test_a_progress_bar_becomes_lines() -> None:
    assert visible_lines("10%\r20%\r\n\n30%\n") == ["10%", "20%", "30%"]


def test_a_sentence_is_one_line() -> None:
    assert sentence("DPY-6005: cannot connect\n[Errno 111]\x1b[0m\n") == "DPY-6005: cannot connect [Errno 111]\\x1b[0m"
