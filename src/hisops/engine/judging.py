"""Reads the output of a tool by the rules of its judge. Pure, total over bytes, and never ok by default."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from hisops.engine.capturing import capture
from hisops.engine.decoding import Reading, read
from hisops.model.judge import Action, Block, Judge, Judgement, Pair, Pattern, Tally, Verdict
from hisops.model.pattern import compiled

MOST_NAMED = 40
_LONGEST_NUMBER = 15  # as what a person can mean


def judge(
    tool: Judge,
    action: Action,
    stdout: bytes,
    stderr: bytes,
    exit_code: int | None,
    allow: Sequence[str] = (),
) -> Judgement:
    """Return what `stdout` and `stderr` of `action` prove.

    In this order: partial; failed; unknown (a code or a doubt not allowed, an announced part without its end, a number
    that does not add up, a missing proof, an exit code that is not expected or not known, no output); warn (a warning,
    or a code or doubt allowed here or by the step); ok.
    """
    reading = read(stdout, stderr)
    allowed = {*allow, *(_plain(code) for code in (*action.allow, *allow))}
    verdict, matched = _decide(tool, action, reading, exit_code, allowed)
    return Judgement(verdict, tuple(dict.fromkeys(matched))[:MOST_NAMED], capture(action, reading.text))


def _decide(
    tool: Judge, action: Action, reading: Reading, exit_code: int | None, allowed: set[str]
) -> tuple[Verdict, list[str]]:
    codes = _codes(tool, action, reading.suspicious)
    reasons = _matching(action.causes, reading.suspicious) + codes
    if partial := _matching(action.partial, reading.text):
        return "partial", partial + reasons
    waived = {code for code in codes if _plain(code) in allowed}
    if failures := [rule.id for rule in action.failure if _fails(rule, reading.suspicious, waived)]:
        return "failed", failures + reasons
    odd = _matching(action.doubts, reading.suspicious)
    strange = [name for name in odd if name not in allowed] + [code for code in codes if code not in waived]
    if doubts := _doubts(action, reading.text, exit_code, strange):
        return "unknown", doubts + reasons
    proofs = _matching(action.proof, reading.text)
    if warnings := _matching(action.warn, reading.suspicious) + odd + codes:
        return "warn", warnings + proofs
    return "ok", proofs


def _doubts(action: Action, text: str, exit_code: int | None, strange: list[str]) -> list[str]:
    """Return all that keeps an output without failure from being ok."""
    if not text.strip():
        return ["empty-output"]
    doubts = list(strange)
    doubts += [f"unfinished:{pair.id}" for pair in action.pairs if not _all_end(pair, text)]
    doubts += [f"unexplained:{block.id}" for block in action.blocks if _holds_more(block, text)]
    doubts += [f"miscounted:{tally.id}" for tally in action.tallies if not _adds_up(tally, text)]
    doubts += [f"missing:{rule.id}" for rule in action.proof if not compiled(rule.pattern).search(text)]
    if exit_code not in action.exits:
        doubts.append("exit-code:unknown" if exit_code is None else f"exit-code:{exit_code}")
    return doubts


def _matching(rules: Iterable[Pattern], text: str) -> list[str]:
    return [rule.id for rule in rules if compiled(rule.pattern).search(text)]


def _fails(rule: Pattern, text: str, waived: set[str]) -> bool:
    """Tell whether `rule` matches anything but a waived code: a step may allow a code, never a sentence."""
    return any(match.group() not in waived for match in compiled(rule.pattern).finditer(text))


def _codes(tool: Judge, action: Action, text: str) -> list[str]:
    """Return the error codes in `text`, each once, in order."""
    for quote in action.quotes:
        text = compiled(quote).sub("", text)
    found: dict[str, None] = {}
    for pattern in tool.codes:
        # No \b: between a Chinese character and a letter there is no word boundary.
        for match in compiled(rf"(?<![A-Za-z0-9_-])(?:{pattern})(?![0-9])").finditer(text):
            found.setdefault(match.group())
    return list(found)


def _plain(code: str) -> str:
    """Return `ORA-01109` and `ORA-1109` alike."""
    family, dash, number = code.strip().rpartition("-")
    return f"{family}{dash}{number.lstrip('0') or '0'}"


def _all_end(pair: Pair, text: str) -> bool:
    starts, ends = _named(pair.starts, text), _named(pair.ends, text)
    begun: Counter[str] = Counter()
    for _, change, name in sorted([*((at, 1, name) for at, name in starts), *((at, -1, name) for at, name in ends)]):
        begun[name] += change
        if begun[name] < 0:
            return False
    return not any(begun.values())


def _holds_more(block: Block, text: str) -> bool:
    """Tell whether a block in `text` holds a line that none of its patterns explains."""
    for start in compiled(block.starts).finditer(text):
        end = compiled(block.ends).search(text, start.end())
        lines = text[start.end() : end.start() if end else len(text)].splitlines()
        if not all(not line.strip() or _matches_any(block.lines, line) for line in lines):
            return True
    return False


def _adds_up(tally: Tally, text: str) -> bool:
    said = [match.group(1) for match in compiled(tally.says).finditer(text)]
    if not said:
        return True
    if not all(number is not None and number.isdecimal() and len(number) <= _LONGEST_NUMBER for number in said):
        return False
    return sum(map(int, said)) == sum(1 for _ in compiled(tally.lines).finditer(text))


def _matches_any(patterns: Iterable[str], line: str) -> bool:
    return any(compiled(pattern).search(line) for pattern in patterns)


def _named(pattern: str, text: str) -> list[tuple[int, str]]:
    return [(match.start(), match.group(match.lastindex or 0)) for match in compiled(pattern).finditer(text)]
