"""Somebody at work in a lab, unseen: as a tool would, but at once, silently, spared by faults."""

from __future__ import annotations

from hisops.lab import lifecycle, pair
from hisops.lab.commands import ROOT
from hisops.lab.layout import Layout
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.dgmgrl.session import Session


class Hand(Desk):
    """A desk on no host: what it starts is started by the host that it belongs to."""

    def __init__(self, layout: Layout) -> None:
        super().__init__("hand", [], layout, "", {})

    def raw(self, data: bytes) -> None:
        """Say nothing."""

    def pause(self, seconds: float) -> None:
        """Take no time."""

    def crossroads(self, label: str) -> None:
        """Let nothing strike."""

    def armed(self, fault: str) -> bool:
        """Let nothing go wrong."""
        return False

    def sql(self, name: str, *statements: str) -> None:
        """Carry out statements as SYSDBA."""
        for text in statements:
            if pair.carry_out(self.store, name, ROOT, text, sysdba=True) is None:
                raise ValueError(text)

    def start(self, name: str, upto: str) -> None:
        """Start an instance as far as nomount, mount or open."""
        lifecycle.start(self, name, upto, _silently)

    def abort(self, name: str) -> None:
        """End an instance at once."""
        lifecycle.stop(self, name, "abort", _silently)

    def broker(self, name: str) -> Session:
        """Return a connection to the broker of a database, by password."""
        return Session(self, name, by_password=True)


def _silently(*_: str) -> None:
    return None
