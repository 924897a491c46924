"""The far side of locks: the texts that are sent, and how their answers are read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hisops.adapters import operations
from hisops.adapters.frame import quote
from hisops.errors import LockLost
from hisops.ports import Fence, Marker, OpStatus

LOST = 85
FREE = "free\n"


def call(function: str, name: str, **values: str) -> str:
    """Return the script that calls a function of locks.sh for the lock `name`."""
    return operations.call(function, operations.key(name), before=operations.text_of("locks.sh"), **values)


def fenced(fences: Sequence[Fence]) -> str:
    """Return the function that is true while all of `fences` hold."""
    tests = " &&\n".join(f"  hisops_holds {quote(operations.key(each.name))} {quote(each.text)}" for each in fences)
    before = operations.text_of("locks.sh") if fences else ""
    return f"{before}hisops_fenced() {{\n{tests or '  :'}\n}}\n"


def lost(host: str, fences: Sequence[Fence]) -> LockLost:
    """Return the error for an operation that was not started because a fence did not hold."""
    return LockLost(
        "HIS-6204",
        "This run does not hold {name} on {host} any more, so nothing was started.",
        "See who holds it: hisops status",
        name=", ".join(each.name for each in fences),
        host=host,
    )


def listing(run: str, boot_file: str | None) -> str:
    """Return the script that tells all operations of a run."""
    return operations.call(
        "list", operations.key(run) + ".", boot_file=boot_file, before=operations.text_of("locks.sh")
    )


def listed(answer: bytes) -> dict[str, OpStatus]:
    """Return the operations that an answer tells, by name."""
    _, *parts = (b"\n" + answer).split(b"\nop=")
    found = (part.partition(b"\n") for part in parts)
    return {name.decode("utf-8", "replace"): operations.status(rest) for name, _, rest in found}


def marker(answer: bytes, *, done: bool) -> Marker:
    """Return the lock that an answer tells."""
    head, _, text = answer.decode("utf-8", "surrogateescape").partition("\n\n")
    told = operations.fields(head.encode("utf-8", "replace"))
    free = not text or text.startswith(FREE)
    return Marker(
        text=None if free else text,
        done=done,
        idle=None if free else _idle(told.get("beat", ""), told.get("clock", "")),
        freed=text.removeprefix(FREE).rstrip("\n") or None if free else None,
    )


def _idle(beat: str, clock: str) -> float | None:
    try:
        return max(0.0, (datetime.fromisoformat(clock) - datetime.fromisoformat(beat)).total_seconds())
    except ValueError:
        return None
