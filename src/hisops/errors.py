"""What can go wrong, each kind with its exit code: one sentence of fact, one of what to do, one code.

`fact` and `todo` are English templates with `{slots}`; they are also the message ids of the translations.
Every code is described in `console/codes.json`, which `hisops explain CODE` prints.
"""

from __future__ import annotations

from typing import ClassVar


class HisopsError(Exception):
    """The root of all expected errors; anything else that escapes is a bug (exit 70)."""

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, fact: str, todo: str = "", **values: object) -> None:
        self.code = code
        self.fact = fact
        self.todo = todo
        self.values = values
        super().__init__(code, fact, todo, values)

    def __str__(self) -> str:
        return self.fact.format(**self.values)

    @property
    def advice(self) -> str:
        """What to do next, in English, with its slots filled."""
        return self.todo.format(**self.values)


def told(error: Exception) -> str:
    """Return what is wrong, without the numbers and names that Python adds for the system's errors."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


class CheckFailed(HisopsError):
    """A step or a check failed."""

    exit_code = 1


class UsageProblem(HisopsError):
    """Usage, schema or parameter error; nothing ran."""

    exit_code = 2


class Refused(HisopsError):
    """Refused before any write: precheck, stale plan, wrong target, window, missing evidence."""

    exit_code = 3


class NotScratch(Refused):
    """Something was to be changed on a host that is not, or may not be, one for scratch; nothing was."""


class IdentityRefused(HisopsError):
    """An identity, a signature or a role was refused."""

    exit_code = 4


class LockHeld(HisopsError):
    """Another run holds the target."""

    exit_code = 5


class LockLost(LockHeld):
    """The lock of this run was taken away while it was carried out; nothing more is started."""

    exit_code = 11


class Unreachable(HisopsError):
    """A host or a database cannot be reached, or the link to it was lost."""

    exit_code = 3


class StatementFailed(HisopsError):
    """The database refused a statement; `values['error']` holds its own words (ORA-… included)."""

    exit_code = 1


class LogBroken(HisopsError):
    """The log cannot be written or does not hold together; no further step starts."""

    exit_code = 20


class TrustUnusable(HisopsError):
    """The trust input (allowed_signers, roster, revocations) is missing or not fit for use."""

    exit_code = 22
