"""From verified logs to plain accounts. What does not verify is told by nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hisops.errors import LogBroken, TrustUnusable, UsageProblem
from hisops.model.account import Account, Begun, Reach, Written
from hisops.model.moment import read_time
from hisops.model.records import RunbookAmended

Say = Callable[[str], str]


def accounts(logs: Path, trust: Any, names: Sequence[str], say: Say) -> list[Account]:
    """Return the accounts of runs in the order of `names`, each verified first.

    Raises LogBroken or TrustUnusable for one that does not verify, UsageProblem for one named twice or out of order.
    """
    found = [_account(logs, trust, name, say) for name in names]
    for number, account in enumerate(found[1:], 1):
        earlier = found[number - 1]
        if account.run_id in {each.run_id for each in found[:number]}:
            raise UsageProblem("HIS-2951", "The run {run} is named twice.", "Name each run once.", run=account.run_id)
        if account.opened < earlier.opened:
            raise UsageProblem(
                "HIS-2952", "The run {run} was begun before {earlier}, which is named before it.",
                "Name first what the record is of, then what followed, in the order of time.",
                run=account.run_id, earlier=earlier.run_id,
            )  # fmt: skip
    return found


def _account(logs: Path, trust: Any, name: str, say: Say) -> Account:
    from hisops.journal.reader import find_run, load_run
    from hisops.journal.verify import verify_log

    checked = verify_log(logs, trust, run=find_run(logs, name))
    facts = checked.runs[0]
    _refuse_unsound(checked, facts.run_id, say)
    entries = checked.ledger.runs[facts.run_id]
    segments = tuple(_begun(segment) for segment in facts.segments)
    lines = tuple(_written(seen, segments[seen.segment - 1].at.actor) for seen in facts.seen)
    amended = (line for line in reversed(lines) if isinstance(line.record, RunbookAmended))
    run = load_run(logs, facts.run_id)
    return Account(
        run_id=facts.run_id,
        verdict=checked.verdict,
        exit_code=checked.exit_code,
        reach=_reach(checked, facts),
        doubts=_doubts(checked, say),
        plan=run.plan_document,
        plan_digest=str(entries.opening["plan"]),
        runbook=run.runbook,
        defined=next(amended, segments[0].at),
        simulation=bool(entries.opening.get("simulation")),
        segments=segments,
        lines=lines,
        opened=int(entries.opening["n"]) + 1,
        closed=int(entries.closed["n"]) + 1 if entries.closed else None,
        head=str(entries.closed["head"]) if entries.closed else None,
    )


def _refuse_unsound(checked: Any, run: str, say: Say) -> None:
    """Refuse what is false, or cannot be told to be true."""
    if checked.verdict not in {"failed", "untrusted"}:
        return
    kind = LogBroken if checked.verdict == "failed" else TrustUnusable
    code = "HIS-5050" if checked.verdict == "failed" else "HIS-5051"
    raise kind(
        code, "No record is made of run {run}, whose log does not verify: {why}", "`hisops log verify {run}` says all.",
        run=run, why=(_doubts(checked, say) or ("?",))[0],
    )  # fmt: skip


def _doubts(checked: Any, say: Say) -> tuple[str, ...]:
    found = [each for each in checked.findings if each.level == checked.verdict]
    return tuple(say(each.fact).format(**each.values) for each in found)


def _reach(checked: Any, facts: Any) -> Reach:
    held = max((each.size for each in facts.vouched), default=0)
    return Reach(
        text=checked.reach,
        own_trust=checked.trust.source == "site",
        size=checked.ledger.size,
        held=held,
        holders=tuple(sorted({each.principal for each in facts.vouched if each.size == held})),
    )


def _written(seen: Any, actor: str) -> Written:
    return Written(
        segment=seen.segment, line=seen.line + 1, time=seen.stamp.time, boottime=seen.stamp.boottime, actor=actor,
        record=seen.record,
    )  # fmt: skip


def _begun(segment: Any) -> Begun:
    start = segment.start
    at = Written(
        segment=segment.number, line=1, time=read_time(start["ts"]), boottime=start["bt"], actor=start["actor"]
    )
    return Begun(at=at, host=start["host"], boot=start["boot"])
