"""The ledger: the list of all runs, chained and signed, that each run enters before it acts."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hisops.journal.chain import SIGNATURE_END, Chain, open_regular
from hisops.journal.durable import broken, locked, replace, sync_folder, write_all
from hisops.journal.heads import checkpoint_text, ledger_text
from hisops.journal.line import decode
from hisops.journal.merkle import Tree
from hisops.journal.runkey import LEDGER
from hisops.journal.sshsig import armor, dearmor
from hisops.journal.stamp import TOLERANCE, Stamp, read_clock
from hisops.model.moment import read_time, write_time
from hisops.ports import Certifier, Clock

FILE, LOCK, TORN = "ledger.jsonl", "ledger.lock", "ledger.torn"
Sign = Callable[[str, bytes], bytes]


def person_sign(certifier: Certifier) -> Sign:
    """Return how a person signs entries that stand outside of runs."""
    return lambda namespace, data: dearmor(certifier.sign(namespace, data))


@dataclass(slots=True)
class _Tail:
    """Where the ledger ends: after its last signature. What follows that was cut off by a crash."""

    chain: Chain = field(default_factory=Chain)
    tree: Tree = field(default_factory=Tree)
    last: bytes = b""
    torn: bytes = b""


class Ledger:
    """The ledger of one `logs` folder."""

    def __init__(self, logs: Path, clock: Clock) -> None:
        self._logs = logs
        self._path = logs / FILE
        self._clock = clock

    def head(self) -> tuple[int, str]:
        """Return how many entries there are, and the digest of the tree over them."""
        tree = self._tail().tree
        return tree.size, "sha256:" + tree.root.hex()

    def begin(self, origin: str, certifier: Certifier, host: str) -> None:
        """Make sure that there is a ledger: its first entry is signed by a person."""
        with locked(self._logs / LOCK):
            if self._tail().tree.size == 0:
                values = {"format": "hisops-ledger/1", "origin": origin, "host": host}
                self._append(origin, certifier.principal, "genesis", values, person_sign(certifier))

    def append(self, origin: str, actor: str, kind: str, values: Mapping[str, Any], sign: Sign) -> str:
        """Add one entry, signed and durable; return the digest of its line."""
        with locked(self._logs / LOCK):
            return self._append(origin, actor, kind, values, sign)

    def _append(self, origin: str, actor: str, kind: str, values: Mapping[str, Any], sign: Sign) -> str:
        tail = self._tail()
        stamp = read_clock(self._clock)
        buffer = b"".join(
            _entry(tail, what, {**stamp.fields, "actor": actor, **fields})
            for what, fields in [*self._remarks(tail, stamp), (kind, dict(values))]
        )
        entry = tail.chain.prev
        chain = tail.chain
        signature = sign(LEDGER, ledger_text(origin, chain))
        buffer += chain.append("sig", {"sig": b64encode(signature).decode("ascii")})
        try:
            self._write(tail, buffer)
            body = checkpoint_text(origin, tail.tree.size, tail.tree.root)
            replace(self._logs / "checkpoint", body)
            replace(self._logs / "checkpoint.sig", armor(sign(LEDGER, body)).encode("ascii"))
        except OSError as error:
            raise broken(self._path, error) from error
        return entry

    def _remarks(self, tail: _Tail, stamp: Stamp) -> list[tuple[str, dict[str, Any]]]:
        """Return the entries that explain what a reader would stumble over: a torn tail, a clock set back."""
        remarks: list[tuple[str, dict[str, Any]]] = []
        if tail.torn:
            digest = hashlib.sha256(tail.torn).hexdigest()
            remarks.append(("ledger.torn", {"bytes": len(tail.torn), "sha256": digest}))
        if tail.last:
            before = read_time(decode(tail.last)["ts"])
            if (before - stamp.time).total_seconds() * 1_000_000 > TOLERANCE:
                remarks.append(("clock.step", {"before": write_time(before)}))
        return remarks

    def _write(self, tail: _Tail, buffer: bytes) -> None:
        if tail.torn:
            self._keep_torn(tail.torn)
        fresh = not self._path.exists()
        fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            if tail.torn:
                os.ftruncate(fd, os.fstat(fd).st_size - len(tail.torn))
            write_all(fd, buffer)
            os.fdatasync(fd)
        finally:
            os.close(fd)
        if fresh:
            sync_folder(self._logs)

    def _keep_torn(self, torn: bytes) -> None:
        folder = self._logs / TORN
        folder.mkdir(mode=0o700, exist_ok=True)
        replace(folder / hashlib.sha256(torn).hexdigest(), torn)
        sync_folder(self._logs)

    def _tail(self) -> _Tail:
        """Return the end of the ledger; a batch that has no signature yet counts as torn."""
        signed, batch = _Tail(), []
        if not self._path.exists():
            return signed
        with open_regular(self._path) as file:
            for raw in file:
                batch.append(raw)
                if not raw.endswith(SIGNATURE_END + b"\n"):
                    continue
                for line in batch[:-1]:
                    signed.tree.add(line[:-1])
                    signed.last = line[:-1]
                for line in batch:
                    signed.chain.follow(line[:-1])
                batch = []
        signed.torn = b"".join(batch)
        return signed


def _entry(tail: _Tail, kind: str, values: Mapping[str, Any]) -> bytes:
    line = tail.chain.append(kind, values)
    tail.tree.add(line[:-1])
    return line
