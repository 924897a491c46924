"""People and what is theirs: secrets, keys, signed statements, the terminal and the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from hisops.model.records import Record
from hisops.model.statement import Signed
from hisops.ports.far import Stream
from hisops.secret import Secret


class Vault(Protocol):
    """Secrets by reference."""

    def get(self, name: str) -> Secret:
        """Return the secret `name` of the site; IdentityRefused if it cannot be had."""

    def source(self, name: str) -> str:
        """Return where it is kept, in words without the secret."""


class Certifier(Protocol):
    """The operator's own key. It certifies the key of a run and signs what stands outside of runs."""

    @property
    def principal(self) -> str:
        """The name by which the trust's allowed_signers knows the key."""

    def certify(
        self,
        public_key: str,
        *,
        serial: int,
        key_id: str,
        principals: Sequence[str],
        valid_from: datetime,
        valid_to: datetime,
    ) -> str:
        """Return the line of a certificate for `public_key` that opens no login; IdentityRefused if it cannot be."""

    def sign(self, namespace: str, data: bytes) -> str:
        """Return the armoured SSH signature over `data`; IdentityRefused if it cannot be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A statement that was found but does not count, and why; by whom it is, where its signature holds."""

    sha256: str
    reason: str
    by: str | None = None


class Statements(Protocol):
    """Signed statements that have arrived. Only those whose signature holds against the trust input are given."""

    def for_plan(self, plan_digest: str) -> Sequence[Signed | Rejected]:
        """Return the approvals of a plan that lie in the site."""

    def for_run(self, run_id: str) -> Sequence[Signed | Rejected]:
        """Return what has arrived for a run."""

    def used_nonces(self) -> frozenset[str]:
        """Return the nonces of plan approvals that runs have cited already."""

    def keep(self, run_id: str, signed: Signed) -> None:
        """Copy an accepted statement into the run's own folder."""

    def roles_of(self, principal: str) -> tuple[str, ...]:
        """Return the roles that the roster gives the person who signs as `principal`."""

    def person_of(self, principal: str) -> str | None:
        """Return the person who signs as `principal`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A part of a gate that the operator can answer at the terminal, a manual result, or whether `step` may begin.

    `of` names the value that is to be read back, such as `steps.look.out.name`.
    """

    step: str
    part: Literal["confirm", "type_target", "read_back", "approve", "manual", "step"]
    text: str
    expected: str | None = None
    of: str | None = None
    role: str | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)


class Operator(Protocol):
    """The person at the terminal, if there is one."""

    interactive: bool

    def ask(self, question: Question, arrived: Callable[[], bool]) -> str | None:
        """Return what was typed; None if the person leaves it waiting. Returns "" as soon as `arrived()` is true.

        For the part `step`, "" also means: begin it.
        """


class Observer(Protocol):
    """The screen. It may fail; the run does not depend on it."""

    def record(self, record: Record) -> None:
        """See a record that is in the log."""

    def output(self, step: str, stream: Stream, text: bytes) -> None:
        """See redacted output as it comes."""
