"""What the codes mean: areas and exit codes here; error codes in `codes.json`, which a test holds to the source."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from hisops.console.i18n import mark

AREAS = {
    "1": mark("definitions"),
    "2": mark("site and command line"),
    "3": mark("hosts and databases"),
    "4": mark("identity and approval"),
    "5": mark("log"),
    "6": mark("carrying out"),
    "7": mark("lab"),
    "8": mark("reconciliation"),
}

EXITS = {
    0: mark("done"),
    1: mark("a step or a check failed; cancelled; abandoned"),
    2: mark("usage, schema or parameter error; nothing ran"),
    3: mark("refused before any write"),
    4: mark("identity, signature or role refused"),
    5: mark("another run holds the target"),
    10: mark("waiting for an approval or an answer"),
    11: mark("held; hisops status RUN says what to do"),
    12: mark("rolled back, the state from before holds again"),
    13: mark("finished with exceptions"),
    14: mark("paused or detached; the run goes on or waits"),
    20: mark("verification failed"),
    21: mark("nothing false, but incomplete"),
    22: mark("trust input unusable"),
    70: mark("a bug, with a saved report"),
}


@dataclass(frozen=True, slots=True)
class Code:
    """An error's code: the facts and advices that it comes with, and where it needs one an explanation."""

    said: tuple[tuple[str, str], ...]
    en: str = ""
    zh: str = ""


def known_codes() -> dict[str, Code]:
    """Return all codes, from `codes.json`."""
    table = json.loads(Path(__file__).with_name("codes.json").read_text(encoding="utf-8"))
    return {
        name: Code(tuple((fact, todo) for fact, todo in row["said"]), row.get("en", ""), row.get("zh", ""))
        for name, row in table.items()
    }
