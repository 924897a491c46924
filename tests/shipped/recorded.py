"""The recorded outputs of tools: `<tool>/<action>/<verdict>-<what>.out`, and what a judge must say of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hisops.documents.load import load_judge
from hisops.engine.judging import judge
from hisops.model.judge import Action, Judge, Judgement

ROOT = Path(__file__).parents[1] / "recorded"
JUDGES = Path(__file__).parents[2] / "runbooks" / "judges"


@dataclass(frozen=True)
class Case:
    """One recorded output with its exit code; `verdict` is the one that its file name claims."""

    tool: str
    action: str
    name: str
    exit: int
    matched: list[str]
    out: dict[str, Any]
    allow: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        return self.name.split("-")[0]

    def judged(self, action: Action | None = None) -> Judgement:
        """Return what the shipped judge says, or what it would say with other rules."""
        tool = shipped()[self.tool]
        folder = ROOT / self.tool / self.action
        error = folder / f"{self.name}.err"
        stdout, stderr = (folder / f"{self.name}.out").read_bytes(), error.read_bytes() if error.exists() else b""
        return judge(tool, action or tool.actions[self.action], stdout, stderr, self.exit, self.allow)

    def __str__(self) -> str:
        return f"{self.tool}/{self.action}/{self.name}"


@cache
def shipped() -> dict[str, Judge]:
    """Return the shipped judges by id."""
    return {path.stem: load_judge(path).model for path in sorted(JUDGES.glob("*.yaml"))}


def cases() -> list[Case]:
    """Return all recorded outputs."""
    found = []
    for listing in sorted(ROOT.glob("*/cases.json")):
        for path, case in json.loads(listing.read_text("utf-8")).items():
            action, name = path.split("/")
            found.append(Case(listing.parent.name, action, name, **{**case, "allow": tuple(case.get("allow", ()))}))
    return found
