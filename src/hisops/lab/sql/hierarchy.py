"""START WITH ... CONNECT BY."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hisops.lab.sql.errors import not_rehearsed
from hisops.lab.sql.scope import Scope
from hisops.lab.sql.types import Typed


def connected(node: Any, scope: Scope) -> tuple[str, list[Any]]:
    """Translate a hierarchical query block."""
    raise not_rehearsed("CONNECT BY")


def default_order(node: Any) -> str:
    """Return the order of a hierarchical query block that has no ORDER BY of its own."""
    return ""


def prior(node: Any, scope: Scope) -> Typed:
    """Translate PRIOR."""
    raise not_rehearsed("PRIOR")


def root(node: Any, scope: Scope) -> Typed:
    """Translate CONNECT_BY_ROOT."""
    raise not_rehearsed("CONNECT_BY_ROOT")


def path(arguments: Sequence[Any], scope: Scope) -> Typed:
    """Translate SYS_CONNECT_BY_PATH."""
    raise not_rehearsed("SYS_CONNECT_BY_PATH")
