"""The six answers of a verification, its verdict, and how far it reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from hisops.console.deviations import deviation_lines
from hisops.console.grid import Column, grid, wrapped
from hisops.console.i18n import mark
from hisops.console.theme import BAD, CARE, FAINT, GOOD, STRONG, Page
from hisops.console.words import Look

VERDICT = {
    "verified": Look("done", GOOD, mark("VERIFIED as far as this reaches")),
    "failed": Look("bad", BAD, mark("FAILED: this log was changed or is false")),
    "incomplete": Look("care", CARE, mark("INCOMPLETE: nothing is false, but something is missing")),
    "unanchored": Look("care", CARE, mark("UNANCHORED: nothing is false, but nobody else holds the ledger")),
    "untrusted": Look("bad", BAD, mark("UNTRUSTED: the trust input does not cover it")),
}
STATUS = {
    "ok": ("done", GOOD, mark("ok")),
    "claimed": ("todo", FAINT, mark("claimed")),
    "not_checked": ("todo", CARE, mark("not checked")),
    "failed": ("bad", BAD, mark("failed")),
    "incomplete": ("care", CARE, mark("incomplete")),
    "unanchored": ("care", CARE, mark("unanchored")),
    "untrusted": ("bad", BAD, mark("untrusted")),
}
NAMES = {
    "integrity": mark("integrity"),
    "completeness": mark("completeness"),
    "authorship": mark("authorship"),
    "authorisation": mark("authorisation"),
    "time": mark("time"),
    "reach": mark("reach"),
}


def verify_lines(
    document: Mapping[str, Any], page: Page, commands: Sequence[str] = (), said: Mapping[str, str] | None = None
) -> list[Text]:
    """Return a verification, from its own document for machines; `said` has its findings in the page's language.

    `commands` are to be pasted, so each stays whole; they come first, for the verdict must not scroll away.
    """
    said = said or {}
    say = page.say
    rows = [_answer(name, answer, document, page, said) for name, answer in document["answers"].items()]
    look = VERDICT[document["verdict"]]
    verdict = Text.assemble(
        "  ", (f"{getattr(page.signs, look.sign)} {say(look.word)}", f"{STRONG} {look.style}".strip())
    )
    return [
        *_deviations(document, page),
        *([*(Text(line) for line in commands), Text()] if commands else []),
        *_runs(document, page),
        *grid([Column(), Column(), Column(wraps=True)], rows, page.width),
        *_findings(document, page, said),
        verdict,
    ]


def _deviations(document: Mapping[str, Any], page: Page) -> list[Text]:
    runs = document["runs"]
    named = len(runs) > 1
    return [
        line for run in runs for line in deviation_lines(run.get("deviations", ()), page, run["run"] if named else None)
    ]


def _answer(
    name: str, answer: Mapping[str, Any], document: Mapping[str, Any], page: Page, said: Mapping[str, str]
) -> tuple[str, Text, str]:
    sign, style, word = STATUS[answer["status"]]
    text = said.get(answer["text"]) or _summary(name, answer, document, page)
    return page.say(NAMES[name]), Text(f"{getattr(page.signs, sign)} {page.say(word)}", style), text


def _summary(name: str, answer: Mapping[str, Any], document: Mapping[str, Any], page: Page) -> str:
    """Return what an answer rests on when nothing is wrong with it."""
    runs, say = document["runs"], page.say
    counts = {key: sum(run[key] for run in runs) for key in ("records", "segments", "signatures")}
    who = ", ".join(dict.fromkeys(operator for run in runs for operator in run["operators"]))
    if answer["status"] == "not_checked":
        return say("not checked where the log does not hold")
    match name if answer["status"] == "ok" and runs else "":
        case "integrity":
            return say("{records} records, {segments} segments, chain and {signatures} signatures", **counts)
        case "completeness":
            return say(
                "{count} of {all} run(s) sealed", count=sum(run.get("exit") is not None for run in runs), all=len(runs)
            )
        case "authorship":
            return say("{who}, certified for each run, valid at the time", who=who)
        case _:
            return str(answer["text"])


def _findings(document: Mapping[str, Any], page: Page, said: Mapping[str, str]) -> list[Text]:
    """Return what was found beside the answers' own texts, each once."""
    shown = {answer["text"] for answer in document["answers"].values()}
    lines: list[Text] = []
    for answer in document["answers"].values():
        for finding in answer["findings"]:
            if finding["text"] in shown:
                continue
            shown.add(finding["text"])
            sign, style, word = STATUS.get(finding["level"], ("todo", FAINT, mark("note")))
            head = Text.assemble("    ", (f"{getattr(page.signs, sign)} {page.say(word)}", style), "  ")
            lines += wrapped(said.get(finding["text"], finding["text"]), page.width, first=head, indent=8)
    return lines


def _runs(document: Mapping[str, Any], page: Page) -> list[Text]:
    rows = []
    for run in document["runs"]:
        look = VERDICT[run["verdict"]]
        sign = Text(getattr(page.signs, look.sign), look.style)
        rows.append((sign, run["run"], str(run["state"] or "-"), ", ".join(run["operators"])))
    columns = [Column(), Column(page.say("run")), Column(page.say("state")), Column(page.say("operator"), wraps=True)]
    return [*grid(columns, rows, page.width), Text()] if len(rows) > 1 else []
