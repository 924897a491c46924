"""The root of all records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

Json = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The root of all records."""

    TYPE: ClassVar[str] = ""
