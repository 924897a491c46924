"""What an approver's own machine remembers of each ledger, so that one that shrank or forked is noticed.

`$XDG_STATE_HOME/hisops/seen.json` (else `~/.local/state`): origin -> [entries, root]. Only ever a longer ledger is
remembered, so the file is worth as much as the longest that this person has signed over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from hisops.errors import IdentityRefused

RootAt = Callable[[int], str | None]


class Seen:
    """The memory in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @staticmethod
    def of_site(site: Path, environment: Mapping[str, str], *, simulation: bool) -> Seen:
        """Return the person's memory; what is remembered of a simulation stays in its folder and goes with it."""
        return Seen(site / "seen.json") if simulation else Seen.of(environment)

    @staticmethod
    def of(environment: Mapping[str, str]) -> Seen:
        """Return the memory of the person whose environment it is."""
        base = environment.get("XDG_STATE_HOME") or Path(environment.get("HOME", "~")).expanduser() / ".local/state"
        return Seen(Path(base) / "hisops" / "seen.json")

    def check(self, origin: str, size: int, root: str, root_at: RootAt | None = None) -> None:
        """Refuse a ledger that cannot have grown out of the one remembered; `root_at` computes it from the ledger."""
        known = self._read().get(origin)
        if known is None:
            return
        seen_size, seen_root = known
        values = {"origin": origin, "size": size, "root": root, "seen": seen_size, "seen_root": seen_root}
        if size < seen_size:
            raise IdentityRefused(
                "HIS-4221",
                "The ledger of {origin} has shrunk: it has {size} entries ({root}), you have signed one of {seen} "
                "({seen_root}).",
                "Sign nothing; have it found out who rolled it back. You remember it in seen.json.",
                **values,
            )
        there = root if size == seen_size else root_at(seen_size) if root_at else seen_root
        if there != seen_root:
            raise IdentityRefused(
                "HIS-4222",
                "The ledger of {origin} has forked: up to entry {seen} it is {there}, you have signed {seen_root}.",
                "Sign nothing; have it found out which of the two is real. You remember it in seen.json.",
                **values, there=there,
            )  # fmt: skip

    def remember(self, origin: str, size: int, root: str) -> None:
        """Remember a ledger that was signed over, if it is the longest so far."""
        known = self._read()
        if size > known.get(origin, (0, ""))[0]:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            part.write_text(json.dumps({**known, origin: (size, root)}, indent=1, sort_keys=True), encoding="utf-8")
            part.replace(self._path)

    def _read(self) -> dict[str, tuple[int, str]]:
        if not self._path.exists():
            return {}
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
            return {str(origin): (int(size), str(root)) for origin, (size, root) in known.items()}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise IdentityRefused(
                "HIS-4223", "What you remember of ledgers cannot be read: {path}: {why}.",
                "Mend the file, or remove it knowing that a ledger rolled back before now goes unnoticed.",
                path=self._path, why=error,
            ) from error  # fmt: skip
