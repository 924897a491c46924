"""Every shipped judge over pieces of its own outputs and arbitrary bytes: never a crash, never good without proof."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from hisops.canonical import canonical
from hisops.engine.decoding import read
from hisops.engine.judging import judge
from tests.shipped import recorded
from tests.shipped.recorded import ROOT

ACTIONS = [(tool, action) for tool, found in recorded.shipped().items() for action in found.actions]


def _lines(tool: str, action: str) -> list[bytes]:
    return sorted(
        {line for path in (ROOT / tool / action).glob("*.out") for line in path.read_bytes().splitlines(keepends=True)}
    )


LINES = {(tool, action): _lines(tool, action) for tool, action in ACTIONS}


@st.composite
def outputs(draw: st.DrawFn) -> tuple[str, str, bytes, bytes]:
    """An action, with lines of its recorded outputs in any order, bytes strewn in."""
    tool, action = draw(st.sampled_from(ACTIONS))
    piece = st.sampled_from(LINES[tool, action]) | st.binary(max_size=12)
    return tool, action, b"".join(draw(st.lists(piece, max_size=25))), draw(st.binary(max_size=20))


@settings(max_examples=100)
@given(outputs(), st.integers(0, 3) | st.none())
def test_no_output_breaks_a_shipped_judge_or_is_good_without_its_proof(
    output: tuple[str, str, bytes, bytes], code: int | None
) -> None:
    tool, action, stdout, stderr = output
    rules = recorded.shipped()[tool].actions[action]
    result = judge(recorded.shipped()[tool], rules, stdout, stderr, code)
    canonical({"matched": list(result.matched), "out": result.out})
    if result.verdict in {"ok", "warn"}:
        text = read(stdout, stderr).text
        assert code in rules.exits
        assert all(re.search(rule.pattern, text, re.MULTILINE) for rule in rules.proof)
        assert not [rule.id for rule in rules.partial if re.search(rule.pattern, text, re.MULTILINE)]


@settings(max_examples=100)
@given(st.sampled_from(ACTIONS), st.binary(max_size=200), st.binary(max_size=100), st.integers() | st.none())
def test_arbitrary_bytes_are_judged_and_never_good(
    at: tuple[str, str], stdout: bytes, stderr: bytes, code: int | None
) -> None:
    tool, action = at
    result = judge(recorded.shipped()[tool], recorded.shipped()[tool].actions[action], stdout, stderr, code)
    assert result.verdict == "unknown"
