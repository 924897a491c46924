"""`policy/v1`: what a trust folder asks beyond the built-in rules."""

from __future__ import annotations

from typing import Literal

from hisops.model.text import Definition


class Policy(Definition):
    """The policy of a reader, or of a site.

    `verify_required`: a security key must have asked for its PIN or a fingerprint, a touch is not enough.
    `require_anchor`: a ledger that nobody outside of its host holds is not verified.
    """

    hisops: Literal["policy/v1"]
    verify_required: bool = False
    require_anchor: bool = False


NOTHING_MORE = Policy(hisops="policy/v1")
