"""Compare reports for a site: the definition from its library, rows from its databases, the day before from its log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hisops.errors import Refused, UsageProblem
from hisops.ports import Compared, CompareOrder, Tables

if TYPE_CHECKING:
    from hisops.cli.wiring import Desk
    from hisops.documents.load import Loaded
    from hisops.model.reconciliation import Reconciliation

RUNBOOK = "finance/reconcile"
STEP = "compare"
_ROLE = "select database_role as role, to_char(sysdate, 'HH24') as hour from v$database"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A reconciliation that the log holds: its run, and the document that came of it."""

    run: str
    document: Mapping[str, Any]


class SiteComparing:
    """Satisfies the port `Comparing`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def text(self, order: CompareOrder) -> bytes:
        """Return definition and order as one text. Raises Refused if the definition is not the planned one."""
        from hisops.canonical import canonical

        loaded = self._definition(order)
        files = {side: Path(path).name for side, path in order.files.items()}
        where = {"target": order.target, "databases": dict(order.databases)}
        return canonical({"definition": loaded.document, **where, "day": order.day, "files": files})

    def compare(self, order: CompareOrder) -> Compared:
        """Read both sides, take what the day before carried over, and compare."""
        from hisops.reconcile.comparing import Order, reconcile

        desk, loaded = self._desk, self._definition(order)
        definition = loaded.model
        day = date.fromisoformat(order.day) if order.day else None
        carry, carried = self._carried(definition, order, day)
        with ExitStack() as open_until_read:
            sides = sides_of(desk, definition, order, open_until_read)
            scratch = desk.loaded.dir / "scratch"
            found = reconcile(
                Order(definition=definition, day=day, a=sides["a"], b=sides["b"], scratch=scratch, carried=carried)
            )
        title = definition.title.model_dump()
        about = {
            "definition": {"id": definition.id, "version": definition.version, "digest": loaded.digest, "title": title},
            "site": desk.loaded.site.name, "target": order.target, "simulation": desk.loaded.site.simulation,
            "carry": carry,
        }  # fmt: skip
        return Compared(
            verdict=found["verdict"], summary="the sides differ beyond the tolerance", document={**about, **found}
        )

    def _definition(self, order: CompareOrder) -> Loaded[Reconciliation]:
        loaded = self._desk.loaded.library.reconciliation(order.definition)
        if loaded.digest.removeprefix("sha256:") != order.digest:
            raise Refused(
                "HIS-8020", "The definition {name} is no longer the one that was planned.", "Make a new plan.",
                name=order.definition,
            )  # fmt: skip
        return loaded

    def _carried(
        self, definition: Reconciliation, order: CompareOrder, day: date | None
    ) -> tuple[dict[str, Any], Sequence[Mapping[str, Any]]]:
        """Return what is said of the day before, and its rows in transit. Raises Refused if that day is missing."""
        told: dict[str, Any] = {"from_run": None, "day": None, "missing": False, "supersedes": None}
        if day is None:
            return told, ()
        earlier = list(earlier_runs(self._desk, order.definition, order.target))
        told["supersedes"] = next((each.run for each in earlier if each.document["day"] == order.day), None)
        if not definition.carry:
            return told, ()
        before = (day - timedelta(days=1)).isoformat()
        found = next((each for each in earlier if each.document["day"] == before), None)
        if found is not None:
            return {**told, "from_run": found.run, "day": before}, found.document["carried_out"]
        _refuse_gap(definition, before, [each for each in earlier if str(each.document["day"]) < before])
        return {**told, "day": before, "missing": True}, ()


def _refuse_gap(definition: Reconciliation, before: str, earlier: Sequence[Earlier]) -> None:
    newest = max(earlier, key=lambda each: str(each.document["day"]), default=None)
    if newest is not None and newest.document["carried_out"]:
        raise Refused(
            "HIS-8021", "{count} rows of {newest} wait to be cleared, but {before} has not been reconciled by {name}.",
            "Reconcile that day first: hisops reconcile run {name} --day {before}",
            count=len(newest.document["carried_out"]), newest=newest.document["day"], before=before, name=definition.id,
        )  # fmt: skip


def sides_of(desk: Desk, definition: Reconciliation, order: CompareOrder, until: ExitStack) -> dict[str, Any]:
    """Return the sources of both sides: files where they were given, else rows of one session a database."""
    from hisops.reconcile.comparing import FileSource, RowsSource

    found: dict[str, Any] = {}
    sessions: dict[str, Tables] = {}
    for name, side in definition.sides.items():
        if path := order.files.get(name):
            found[name] = FileSource(Path(path))
            continue
        if side.sql is None:
            raise UsageProblem(
                "HIS-8022",
                "Side {side} of {name} comes from a file.",
                "Give it: --{side} FILE",
                side=name,
                name=definition.id,
            )
        database = order.databases.get(name, order.target)
        if database not in sessions:
            sessions[database] = desk.reach().tables(database)
            until.callback(sessions[database].close)
            if database != order.target:
                _refuse_busy(sessions[database], database, order.busy.get(database, ""))
        session = sessions[database]
        if order.day is None and ":day" in side.sql:
            raise UsageProblem(
                "HIS-8023", "{name} needs an account day.", "Give it: --day 2026-11-23", name=definition.id
            )
        found[name] = RowsSource(
            name=database, query=side.sql, batches=session.stream(side.sql, {"day": order.day}), session=session
        )
    return found


def _refuse_busy(session: Tables, database: str, hours: str) -> None:
    """Raise Refused if it is a primary in its busy hours; the runbook has asked the target only."""
    role, hour = (str(column[0]) for batch in session.stream(_ROLE, {}) if batch.num_rows for column in batch.columns)
    if role == "PRIMARY" and hour in hours.split():
        raise Refused(
            "HIS-8032", "{name} is a primary, and it is one of its busy hours.",
            "Read its standby, or wait until they are over.", name=database,
        )  # fmt: skip


def earlier_runs(desk: Desk, definition: str | None, target: str | None) -> Iterator[Earlier]:
    """Give the reconciliations of a definition on a target that verify, newest first."""
    from hisops.journal.findings import Findings, verdict_of
    from hisops.journal.history import closed_runs
    from hisops.journal.ledger import FILE
    from hisops.journal.verify_ledger import verify_ledger
    from hisops.journal.verify_run import verify_run

    if not (desk.logs / FILE).exists():
        return
    findings = Findings()
    ledger = verify_ledger(desk.logs, desk.trust, findings)
    if verdict_of(findings) in {"failed", "untrusted"}:
        return
    for name, entries in closed_runs(desk.logs, ledger, [RUNBOOK], simulation=desk.loaded.site.simulation):
        facts = verify_run(desk.logs / "runs" / name, entries, ledger, desk.trust)
        if verdict_of(facts.findings) != "verified":
            continue
        document = document_of(desk, name, [each.record for each in facts.seen])
        if document is None:
            continue
        if definition in {None, document["definition"]["id"]} and target in {None, document["target"]}:
            yield Earlier(name, document)


def document_of(desk: Desk, run: str, records: Sequence[Any]) -> dict[str, Any] | None:
    """Return the result that a run's log holds, None if nothing was compared."""
    from hisops.journal.blobs import Blobs
    from hisops.model.records import CallOutput

    outputs = [each for each in records if isinstance(each, CallOutput) and each.step == STEP and each.stdout]
    if not outputs:
        return None
    found: dict[str, Any] = json.loads(Blobs(desk.logs / "runs" / run / "blobs").read(str(outputs[-1].stdout)))
    return found
