"""Where a host is and how to log in there: the same for whichever SSH goes there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hisops.adapters.ssh_failures import NO_KEY_FILE, Failure
from hisops.errors import Unreachable


@dataclass(frozen=True, slots=True)
class SshPlace:
    """A host by its name in the inventory, and its address. `ssh_config` stands for the person's own file."""

    name: str
    address: str
    port: int | None = None
    user: str | None = None
    identity_file: Path | None = None
    known_hosts: Sequence[Path] = ()
    ssh_config: Path | None = None

    @property
    def site_known_hosts(self) -> str:
        """The file into which a host key is to be put."""
        return str(self.known_hosts[0]) if self.known_hosts else "~/.ssh/known_hosts"

    def check_key(self) -> None:
        """Raise Unreachable if the key that the inventory names is not there."""
        if self.identity_file and not self.identity_file.is_file():
            raise Unreachable(*NO_KEY_FILE, path=self.identity_file, host=self.name)

    def unreachable(self, failure: Failure, detail: str) -> Unreachable:
        """Return the error for one of the ways in which SSH fails."""
        return Unreachable(
            *failure,
            host=self.name,
            address=self.address,
            user=self.user or "the login user",
            known_hosts=self.site_known_hosts,
            detail=detail,
        )
