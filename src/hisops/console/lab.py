"""How a lab is, and what can be made to go wrong in it."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Protocol

from rich.text import Text

from hisops.console.grid import Column, grid
from hisops.console.theme import CARE, FAINT, GOOD, Page
from hisops.model.text import Text as Bilingual


class Lab(Protocol):
    """What is known of a lab (`lab.control.LabInfo`)."""

    @property
    def directory(self) -> Path:
        """Its folder."""

    @property
    def running(self) -> bool:
        """Whether its hosts listen."""

    @property
    def ports(self) -> Mapping[str, Mapping[str, int]]:
        """Where they listen."""

    @property
    def faults(self) -> Collection[str]:
        """What is made to go wrong."""

    @property
    def site(self) -> Path:
        """The value of HISOPS_SITE."""

    @property
    def key(self) -> Path:
        """The value of HISOPS_KEY."""


def lab_lines(lab: Lab, page: Page) -> list[Text]:
    """Return how the lab is, and the two lines that lead a shell into it."""
    say = page.say
    sign, style = (page.signs.done, GOOD) if lab.running else (page.signs.todo, FAINT)
    word = say("the lab runs") if lab.running else say("the lab is down")
    head = Text.assemble(
        "  ", (f"{sign} {word}", style), "   ", (say("LAB, a simulation: says nothing about a real database"), CARE)
    )
    where = [
        f"{host} {name} {port}" for host, ports in lab.ports.items() for name, port in ports.items() if name != "pid"
    ]
    rows = [(say("folder"), str(lab.directory)), (say("listens"), ", ".join(where) or "-")]
    rows.append((say("faults"), ", ".join(sorted(lab.faults)) or say("none")))
    lines = [head, *grid([Column(), Column(wraps=True)], rows, page.width, indent=4)]
    if lab.running:
        lines += [Text(), *(Text(line) for line in exports(lab))]
    return lines


def exports(lab: Lab) -> list[str]:
    """Return the lines for a shell."""
    return [f"export HISOPS_SITE={shlex.quote(str(lab.site))}", f"export HISOPS_KEY={shlex.quote(str(lab.key))}"]


def lab_document(lab: Lab) -> dict[str, Any]:
    """Return the lab for `--json`."""
    return {
        "running": lab.running, "folder": str(lab.directory), "ports": {k: dict(v) for k, v in lab.ports.items()},
        "faults": sorted(lab.faults), "environment": {"HISOPS_SITE": str(lab.site), "HISOPS_KEY": str(lab.key)},
    }  # fmt: skip


def faults_lines(faults: Mapping[str, Bilingual], armed: Collection[str], page: Page) -> list[Text]:
    """Return all faults; those that are set stand out."""
    on = {name.partition("@")[0]: name for name in armed}
    rows = [
        (
            Text(f"{page.signs.care} {page.say('on')}", CARE) if name in on else Text(page.signs.todo, FAINT),
            on.get(name, name),
            page.say.of(text),
        )
        for name, text in faults.items()
    ]
    return grid([Column(), Column(), Column(wraps=True)], rows, page.width)


def pictures_lines(pictures: Mapping[str, Bilingual], shown: str, page: Page) -> list[Text]:
    """Return all start pictures; the one that the lab shows stands out."""
    rows = [
        (
            Text(page.signs.done, GOOD) if name == shown else Text(page.signs.todo, FAINT),
            name,
            page.say.of(text),
        )
        for name, text in pictures.items()
    ]
    return grid([Column(), Column(), Column(wraps=True)], rows, page.width)


def pictures_document(pictures: Mapping[str, Bilingual], shown: str) -> dict[str, Any]:
    """Return all start pictures for `--json`."""
    return {"pictures": {name: text.model_dump() for name, text in pictures.items()}, "shown": shown or None}


def faults_document(faults: Mapping[str, Bilingual], armed: Collection[str]) -> dict[str, Any]:
    """Return all faults for `--json`."""
    return {"faults": {name: text.model_dump() for name, text in faults.items()}, "on": sorted(armed)}
