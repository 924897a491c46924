"""What the ledger was when it was shorter: the root of its tree over the first entries."""

from __future__ import annotations

from pathlib import Path

from hisops.journal.chain import Walk, signed
from hisops.journal.ledger import FILE
from hisops.journal.merkle import Tree


def root_at(logs: Path, size: int) -> str | None:
    """Return the digest of the tree over the first `size` entries, or None if there are fewer."""
    tree = Tree()
    for line in signed(Walk(logs / FILE)) if (logs / FILE).exists() else ():
        if tree.size == size:
            break
        tree.add(line.raw)
    return "sha256:" + tree.root.hex() if tree.size == size else None
