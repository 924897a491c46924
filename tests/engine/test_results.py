"""Why a script without a judge was not good: its exit code, and its own last words."""

from __future__ import annotations

import pytest

from hisops.engine.results import why_ended


@pytest.mark.parametrize(
    ("stderr", "said"),
    [
        (b"", "exit code 1"),
        (b"\n \n", "exit code 1"),
        (b"no manifest of this database\n", "exit code 1: no manifest of this database"),
        ("副本里没有清单\n".encode("gb18030"), "exit code 1: 副本里没有清单"),
        (b"one\ntwo\r\n\nthree\n", "exit code 1: two; three"),
        (b"x" * 500, "exit code 1: " + "x" * 200),
        (b"\x1b[31mred\x1b[0m\n", "exit code 1: red"),
    ],
)
def test_last_words(stderr: bytes, said: str) -> None:
    assert why_ended(1, stderr) == said
