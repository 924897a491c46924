"""A second opinion: the commands of stock tools that check the same log, with all values filled in.

Each is one line for a POSIX shell with coreutils, awk and OpenSSH 9.1 or later; it ends 0 only if its check holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from shlex import quote

from hisops.journal.ledger import FILE
from hisops.journal.runkey import LEDGER, RUN
from hisops.journal.segment import segment_name
from hisops.journal.trust import Trust
from hisops.journal.verify import Verification
from hisops.journal.verify_run import RunFacts
from hisops.journal.verify_segment import SegmentFacts
from hisops.model import records as r
from hisops.model.statement import NAMESPACE

_TO_BASE64 = """sed 's/.*"sig":"\\([^"]*\\)".*/\\1/'"""


def stock_commands(logs: Path, verification: Verification) -> list[str]:
    """Return the commands for everything that was verified, ledger first."""
    found = list(_checkpoint(logs, verification))
    for run in verification.runs:
        folder = logs / "runs" / run.run_id
        if run.closed:
            found += _sealed(logs, folder, run, verification.trust)
        else:
            found += _unsealed(folder, run, verification)
        found += _approvals(folder, run, verification.trust)
    return found


def _verify(trust: Trust, principal: str, namespace: str, at: datetime) -> str:
    revoked = f" -r {quote(str(trust.revoked))}" if trust.revoked else ""
    return (
        f"ssh-keygen -Y verify -f {quote(str(trust.directory / 'allowed_signers'))}{revoked} -I {quote(principal)}"
        f" -n {namespace} -Overify-time={at:%Y%m%d%H%M%S}Z"
    )


def _of_file(trust: Trust, principal: str, namespace: str, at: datetime, text: Path, signature: Path) -> str:
    return f"{_verify(trust, principal, namespace, at)} -s {quote(str(signature))} < {quote(str(text))}"


def _checkpoint(logs: Path, verification: Verification) -> Iterator[str]:
    ledger = verification.ledger
    if ledger.latest and ledger.entries_by and (logs / "checkpoint.sig").exists():
        who = ledger.entries_by[-1]
        yield _of_file(verification.trust, who, LEDGER, ledger.latest, logs / "checkpoint", logs / "checkpoint.sig")


def _sealed(logs: Path, folder: Path, run: RunFacts, trust: Trust) -> Iterator[str]:
    """HEAD is signed; it names size and digest of every segment; the ledger names HEAD's own digest."""
    head = folder / "HEAD"
    if run.closed_by and run.head_time:
        yield _of_file(trust, run.closed_by, RUN, run.head_time, head, folder / "HEAD.sig")
    for segment in run.segments:
        asked = f'$1 == "segment" && $2 == {segment.number}'
        size, sum_ = (f"$(awk '{asked} {{print ${column}}}' {quote(str(head))})" for column in (4, 5))
        path = quote(str(folder / segment_name(segment.number)))
        check = f'test "$(head -c "{size}" {path} | sha256sum | cut -d " " -f 1)" = "{sum_}"'
        yield f'{check} && echo "segment {segment.number} is as HEAD says"'
    digest = f"sha256:$(sha256sum < {quote(str(head))} | cut -d ' ' -f 1)"
    yield f'grep -qF "{digest}" {quote(str(logs / FILE))} && echo "HEAD is as the ledger says"'


def _unsealed(folder: Path, run: RunFacts, verification: Verification) -> Iterator[str]:
    """Without a seal the newest signature of each segment is put back into a file; it is over the chain before it."""
    for segment, actor in zip(run.segments, run.operators, strict=False):
        if segment.signed_end and segment.signed_at:
            verify = _verify(verification.trust, actor, RUN, segment.signed_at)
            yield _rebuilt(folder, segment, verification.ledger.origin, verify)


def _rebuilt(folder: Path, segment: SegmentFacts, origin: str, verify: str) -> str:
    end, path = segment.signed_end, quote(str(folder / segment_name(segment.number)))
    if end is None:
        return "false"
    last = f"$(head -n {end.lines} {path} | tail -n 1 | tr -d '\\n' | sha256sum | cut -d ' ' -f 1)"
    count = f"$(head -n {end.lines} {path} | wc -c | tr -d ' ')"
    parts = f'{quote(origin)} {quote(folder.name)} {segment.number} {end.lines} "{count}" "{last}"'
    text = f"printf 'hisops-run-head/1\\n%s\\n%s\\n%s\\n%s\\n%s\\n%s\\n' {parts}"
    signature = f"sed -n {end.lines + 1}p {path} | {_TO_BASE64} | fold -w 70"
    return (
        f"( t=$(mktemp) && {{ echo '-----BEGIN SSH SIGNATURE-----'; {signature}; echo '-----END SSH SIGNATURE-----'; }}"
        f' > "$t" && {text} | {verify} -s "$t"; s=$?; rm -f "$t"; exit $s )'
    )


def _approvals(folder: Path, run: RunFacts, trust: Trust) -> Iterator[str]:
    for item in run.seen:
        record = item.record
        if isinstance(record, r.GateDecided) and record.statement:
            name = folder / "approvals" / record.statement.removeprefix("sha256:")
            text, signature = name.with_suffix(".txt"), name.with_suffix(".sig")
            yield _of_file(trust, record.by, NAMESPACE, item.stamp.time, text, signature)
