"""What the library holds now of what a run goes by."""

from __future__ import annotations

from hisops.cli.composing import Composed, compose, compose_of
from hisops.cli.wiring import Desk
from hisops.errors import HisopsError
from hisops.model.amendment import Definitions, changed_names, definitions_of
from hisops.model.plan import Plan
from hisops.model.playing import name_of


def is_unchanged(desk: Desk, plan: Plan) -> bool:
    """Tell, without looking into whether it is fit, whether the library holds exactly what `plan` goes by.

    What is the same was fit when it was planned; looking into that again takes longer than all else of a resume.
    """
    runbook = str(plan.runbook["id"])
    if name_of(runbook):
        return False  # a playbook is composed of others, each of which is looked into: no cheaper way
    try:
        composed = compose_of(desk.loaded.library, desk.loaded.site, runbook, plan.target)
        return not changed_names(definitions_of(plan), _of(desk, composed))
    except (HisopsError, ValueError, KeyError):  # not fit: what is wrong with it is told when it is looked into
        return False


def definitions_now(desk: Desk, plan: Plan) -> Definitions:
    """Return the runbook of `plan` with every step in it, its judges and its target type as the library has them now.

    Raises DocumentProblems if the runbook is not fit to be carried out any more.
    """
    return _of(desk, compose(desk, str(plan.runbook["id"]), plan.target))


def _of(desk: Desk, composed: Composed) -> Definitions:
    library = desk.loaded.library
    return {
        "runbook": composed.document,
        "judges": {name: each.document for name, each in library.judges_of(composed.model).items()},
        "target_type": library.target_type(composed.model.target.engine).document,
    }
