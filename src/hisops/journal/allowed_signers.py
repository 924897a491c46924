"""OpenSSH's `allowed_signers` (ssh-keygen(1)), read more strictly than stock: what is ambiguous is refused here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from hisops.journal.sshkey import blob_of

_OPTION = re.compile(r'([a-z-]+)(?:="([^"]*)")?(?:,|(?=[ \t]))')
_TIME = re.compile(r"^(\d{8})(?:(\d{4})(\d{2})?)?Z$")
_ALWAYS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedSigner:
    """One line: who may sign with `key` (or certify with it, if `authority`), where and when."""

    principal: str
    key: bytes
    authority: bool
    namespaces: frozenset[str]
    after: datetime
    before: datetime

    def covers(self, at: datetime) -> bool:
        """True if the line holds at `at`."""
        return self.after <= at < self.before


def parse_allowed_signers(text: str) -> tuple[AllowedSigner, ...]:
    """Return the lines of the file; ValueError naming every line that is not fit for use."""
    found, faults = [], []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            found.append(_parse(line.strip()))
        except ValueError as error:
            faults.append(f"line {number}: {error}")
    if faults:
        raise ValueError("; ".join(faults))
    return tuple(found)


def _parse(line: str) -> AllowedSigner:
    principal, _, rest = line.partition(" ")
    if any(mark in principal for mark in '*?!,"'):
        # Principals are patterns to OpenSSH: with a wildcard anybody could sign as the director.
        raise ValueError(f"{principal} must be one name, without wildcards")
    rest = rest.strip()
    options: dict[str, str] = {}
    if not rest.startswith(("ssh-", "ecdsa-", "sk-")):
        for name, value, end in _options(rest):
            if name in options:
                raise ValueError(f"the option {name} stands twice")
            options[name] = value
            rest_at = end
        rest = rest[rest_at:].strip()
    unknown = options.keys() - {"cert-authority", "namespaces", "valid-after", "valid-before"}
    if unknown:
        raise ValueError(f"the option {min(unknown)} is not known")
    namespaces = frozenset(filter(None, options.get("namespaces", "").split(",")))
    if not namespaces or any("*" in name or "?" in name or "!" in name for name in namespaces):
        raise ValueError("it must name its namespaces, without wildcards")
    return AllowedSigner(
        principal=principal,
        key=blob_of(rest),
        authority="cert-authority" in options,
        namespaces=namespaces,
        after=_time(options.get("valid-after")) or _ALWAYS[0],
        before=_time(options.get("valid-before")) or _ALWAYS[1],
    )


def _options(text: str) -> Iterator[tuple[str, str, int]]:
    position = 0
    while True:
        match = _OPTION.match(text, position)
        if match is None:
            raise ValueError("its options cannot be read")
        position = match.end()
        yield match.group(1), match.group(2) or "", position
        if text[position - 1] != ",":
            return


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    match = _TIME.match(text)
    if match is None:
        # Without Z the time is the reader's local time: valid in one office, expired in another.
        raise ValueError(f"the time {text} must be written like 20261124000000Z")
    day, minutes, seconds = match.groups()
    return datetime.strptime(day + (minutes or "0000") + (seconds or "00") + "Z", "%Y%m%d%H%M%S%z")
