"""What the library holds now of what a run goes by."""

from __future__ import annotations

from hisops.cli.wiring import Desk
from hisops.documents.lint import fit_runbook
from hisops.model.amendment import Definitions
from hisops.model.plan import Plan


def definitions_now(desk: Desk, plan: Plan) -> Definitions:
    """Return the runbook of `plan`, its judges and its target type as the library has them now.

    Raises DocumentProblems if the runbook is not fit to be carried out any more.
    """
    library = desk.loaded.library
    runbook = fit_runbook(library, str(plan.runbook["id"]))
    return {
        "runbook": runbook.document,
        "judges": {name: each.document for name, each in library.judges_of(runbook.model).items()},
        "target_type": library.target_type(runbook.model.target.engine).document,
    }
