"""What the library holds now of what a run goes by."""

from __future__ import annotations

from hisops.cli.composing import compose
from hisops.cli.wiring import Desk
from hisops.model.amendment import Definitions
from hisops.model.plan import Plan


def definitions_now(desk: Desk, plan: Plan) -> Definitions:
    """Return the runbook of `plan` with every step in it, its judges and its target type as the library has them now.

    Raises DocumentProblems if the runbook is not fit to be carried out any more.
    """
    library = desk.loaded.library
    composed = compose(desk, str(plan.runbook["id"]), plan.target)
    return {
        "runbook": composed.document,
        "judges": {name: each.document for name, each in library.judges_of(composed.model).items()},
        "target_type": library.target_type(composed.model.target.engine).document,
    }
