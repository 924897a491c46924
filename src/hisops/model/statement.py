"""Signed statements of people: approvals, rejections, answers, resolutions, amendments, and what steers a run.

They are plain text, signed with stock tools: `hisops-<kind>/1`, then `key: value` lines, an empty line, and for a
reader's eyes the rendered plan or gate. What is signed is the bytes of the file, namespace `approve.v1@hisops`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

StatementKind = Literal["approval", "answer", "resolution", "cancellation", "rejection", "amendment", "pause", "kill"]
NAMESPACE = "approve.v1@hisops"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. `fields` are its header lines in order; `body` is what the person read."""

    kind: StatementKind
    fields: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    def get(self, name: str) -> str | None:
        """Return the header `name`, or None."""
        return self.fields.get(name)

    def text(self) -> bytes:
        """Return the bytes that are signed. ValueError if a header holds a line break."""
        lines = [f"hisops-{self.kind}/1"]
        for name, value in self.fields.items():
            if "\n" in value or "\r" in value or ":" in name:
                raise ValueError(f"header {name} cannot be written on one line")
            lines.append(f"{name}: {value}")
        return ("\n".join(lines) + "\n\n" + self.body.rstrip("\n") + "\n").encode("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A statement whose signature holds: who signed (a principal), with which key, and the digest of the file."""

    statement: Statement
    sha256: str
    principal: str
    fingerprint: str


def parse(text: bytes) -> Statement:
    """Return the statement in `text`. ValueError if it is none, or if it is not exactly what `text()` would write."""
    head, _, body = text.decode("utf-8").partition("\n\n")
    first, *lines = head.split("\n")
    kind = first.removeprefix("hisops-").removesuffix("/1")
    if first != f"hisops-{kind}/1" or kind not in get_args(StatementKind):
        raise ValueError("the first line does not name a statement")
    fields: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(": ")
        if not colon or name in fields:
            raise ValueError(f"header line {line!r} is not `name: value`, or stands twice")
        fields[name] = value
    statement = Statement(kind=kind, fields=fields, body=body)  # type: ignore[arg-type]
    if statement.text() != text:
        raise ValueError("the statement is not in its one written form")
    return statement
