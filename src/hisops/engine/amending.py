"""Go on with other definitions than a run began with: only over two signatures, and on the record."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from hisops.canonical import canonical, digest_of
from hisops.engine.recorder import Recorder
from hisops.model import records as r
from hisops.model.amendment import Definitions, definitions_of, wanted_approval, why_no_request
from hisops.model.approval import why_refused
from hisops.model.plan import Plan
from hisops.model.statement import Signed
from hisops.ports import Ports, Statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """An amendment that both have signed."""

    request: Signed
    approval: Signed
    definitions: Definitions


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Where amendments of one run are looked for. `people` say whose signature counts."""

    plan: Plan
    run: str
    involved: Collection[str]
    people: Statements
    now: datetime

    def requests(self, arrived: Sequence[Signed], definitions: Definitions) -> list[Signed]:
        """Return the amendments that lead to `definitions`, each signed by somebody who carries the run out."""
        before = definitions_of(self.plan)
        return [
            item
            for item in arrived
            if why_no_request(
                item, before, definitions, plan=self.plan.digest, run=self.run, involved=self.involved
            ) is None
        ]  # fmt: skip

    def approved(self, arrived: Sequence[Signed], definitions: Definitions) -> Amendment | None:
        """Return the amendment that leads to `definitions` and has its second signature, or None."""
        for request in self.requests(arrived, definitions):
            for item in arrived:
                if item.statement.get("of") == "amendment" and self.why_refused(item, request) is None:
                    return Amendment(request=request, approval=item, definitions=definitions)
        return None

    def reasons(self, arrived: Sequence[Signed], definitions: Definitions) -> Iterator[str]:
        """Give why approvals of an amendment that have arrived do not count."""
        for request in self.requests(arrived, definitions):
            for item in arrived:
                mine = item.statement.get("of") == "amendment" and item.statement.get("evidence") == request.sha256
                if mine and (reason := self.why_refused(item, request)):
                    yield reason

    def why_refused(self, approval: Signed, request: Signed) -> str | None:
        """Return why `approval` is no second signature for `request`, or None if it is."""
        wanted = wanted_approval(
            request, definitions_of(self.plan), origin=self.plan.site["origin"], plan=self.plan.digest, run=self.run,
            involved=self.involved, simulation=bool(self.plan.site.get("simulation")),
        )  # fmt: skip
        return why_refused(approval, wanted, self.people, now=self.now)


def take(ports: Ports, amendment: Amendment) -> None:
    """Write down that the run goes by the amended definitions from here on."""
    journal, recorder = ports.journal, Recorder(ports.journal, ports.observer)
    request, approval = amendment.request, amendment.approval
    for signed in (request, approval):
        ports.statements.keep(journal.run_id, signed)
        recorder.write(r.StatementTaken(statement=signed.sha256, kind=signed.statement.kind, by=signed.principal))
    reason = request.statement.get("reason") or "no reason given"
    told = f"the runbook was changed by {request.principal}, approved by {approval.principal}: {reason}"
    recorder.commit(
        r.RunbookAmended(
            definitions=journal.blob(canonical(amendment.definitions)),
            digest=digest_of(amendment.definitions),
            request=request.sha256,
            approval=approval.sha256,
            by=request.principal,
            approved_by=approval.principal,
        ),
        r.Deviation(kind="amend", reason=told, by=request.principal),
    )
