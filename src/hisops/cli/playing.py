"""From a playbook's name to its plan: which target it means, and whether it is only planned."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hisops.cli.carrying import plan_and_carry_out, plan_only
from hisops.cli.opening import open_site
from hisops.cli.options import Invocation
from hisops.errors import UsageProblem
from hisops.model.playbook import FOLDER
from hisops.model.playing import fitting, needs_no_target


def play_playbook(
    call: Invocation, name: str, target: str | None, given: Mapping[str, str], out: Path | None = None
) -> int:
    """Plan a playbook and carry it out; with `out` only save its plan."""
    name = name.removeprefix(f"{FOLDER}/")
    target = target or _usual_target(call, name)
    if out is not None:
        return plan_only(call, f"{FOLDER}/{name}", target, given, out)
    return plan_and_carry_out(call, f"{FOLDER}/{name}", target, given)


def _usual_target(call: Invocation, name: str) -> str:
    """Return the database that stands for all of them where each is visited anyway."""
    loaded = open_site(call)
    playbook = loaded.library.playbook(name)
    engine = playbook.model.target.engine
    databases = fitting(loaded.site, engine)
    if not needs_no_target(playbook.document):
        raise UsageProblem("HIS-6805", "It must be said on which database to play {name}.",
                           "Add -t; `hisops site show` lists the databases.", name=name)  # fmt: skip
    if not databases:
        raise UsageProblem("HIS-6806", "The site has no database of {engine}.", "`hisops site show` lists what it has.",
                           engine=engine)  # fmt: skip
    return databases[0]
