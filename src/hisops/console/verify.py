"""The six answers of a verification, its verdict, and how far it reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

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


def verify_lines(document: Mapping[str, Any], page: Page, commands: Sequence[str] = ()) -> list[Text]:
    """Return a verification, from its own document for machines; `commands` are to be pasted, so each stays whole."""
    say = page.say
    rows = [_answer(name, answer, document, page) for name, answer in document["answers"].items()]
    look = VERDICT[document["verdict"]]
    verdict = Text.assemble(
        "  ", (f"{getattr(page.signs, look.sign)} {say(look.word)}", f"{STRONG} {look.style}".strip())
    )
    return [
        *_runs(document, page),
        *grid([Column(), Column(), Column(wraps=True)], rows, page.width),
        *_findings(document, page),
        verdict,
        *([Text(), *(Text(line) for line in commands)] if commands else []),
    ]


def _answer(name: str, answer: Mapping[str, Any], document: Mapping[str, Any], page: Page) -> tuple[str, Text, str]:
    sign, style, word = STATUS[answer["status"]]
    text = _summary(name, answer, document, page)
    return page.say(NAMES[name]), Text(f"{getattr(page.signs, sign)} {page.say(word)}", style), text


def _summary(name: str, answer: Mapping[str, Any], document: Mapping[str, Any], page: Page) -> str:
    runs = document["runs"]
    if answer["status"] == "ok" and name == "integrity":
        return page.say(
            "{records} records, {segments} segments, chain and {signatures} signatures",
            **{key: sum(run[key] for run in runs) for key in ("records", "segments", "signatures")},
        )
    return str(answer["text"])


def _findings(document: Mapping[str, Any], page: Page) -> list[Text]:
    """Return what was found beside the answers' own texts, each once."""
    said = {answer["text"] for answer in document["answers"].values()}
    lines: list[Text] = []
    for answer in document["answers"].values():
        for finding in answer["findings"]:
            if finding["text"] in said:
                continue
            said.add(finding["text"])
            sign, style, word = STATUS.get(finding["level"], ("todo", FAINT, mark("note")))
            head = Text.assemble("    ", (f"{getattr(page.signs, sign)} {page.say(word)}", style), "  ")
            lines += wrapped(finding["text"], page.width, first=head, indent=8)
    return lines


def _runs(document: Mapping[str, Any], page: Page) -> list[Text]:
    rows = []
    for run in document["runs"]:
        look = VERDICT[run["verdict"]]
        sign = Text(getattr(page.signs, look.sign), look.style)
        rows.append((sign, run["run"], str(run["state"] or "-"), ", ".join(run["operators"])))
    columns = [Column(), Column(page.say("run")), Column(page.say("state")), Column(page.say("operator"), wraps=True)]
    return [*grid(columns, rows, page.width), Text()] if len(rows) > 1 else []
