"""A playbook's runs without a site: what is opened, resumed and looked at, and how each ends, as a test says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hisops.ports import ChildLeft, ChildLook, ChildOrder
from tests.support.builders import WORDS


class Killed(BaseException):
    """The process ends here."""


def sealed(state: str = "SUCCEEDED", code: int = 0, *, wrote: bool = True) -> ChildLeft:
    return ChildLeft(state=state, exit_code=code, head=f"sha256:{state}", wrote=wrote)


Ending = ChildLeft | Callable[[ChildOrder], ChildLeft]


@dataclass
class FakeRuns:
    """Satisfies `ports.Children`. `endings` are used up in order; `ledger` is what was ever opened."""

    endings: list[Ending] = field(default_factory=list)
    looks: dict[str, ChildLook | Exception] = field(default_factory=dict)
    ledger: list[str] = field(default_factory=list)
    orders: list[ChildOrder] = field(default_factory=list)
    looked: list[ChildOrder] = field(default_factory=list)
    stands: dict[str, ChildLeft] = field(default_factory=dict)
    named: int = 0

    def new_id(self, target: str) -> str:
        self.named += 1
        return f"{target}-{self.named}"

    def known(self, run: str) -> bool:
        return run in self.ledger

    def look(self, order: ChildOrder) -> ChildLook:
        self.looked.append(order)
        found = self.looks.get(order.runbook, ChildLook(checked=2, steps=3))
        if isinstance(found, Exception):
            raise found
        return found

    def left(self, run: str) -> ChildLeft:
        return self.stands.get(run, ChildLeft(state="WAITING", exit_code=10))

    def carry_on(self, order: ChildOrder) -> ChildLeft:
        self.orders.append(order)
        ending = self.endings.pop(0) if self.endings else sealed()
        left = ending(order) if callable(ending) else ending
        if left.state != "REFUSED" and order.run not in self.ledger:
            self.ledger.append(order.run)
        return left


def played(step_id: str, target: str = "his", **keys: Any) -> dict[str, Any]:
    """Return a step of a playbook; it writes, unless `keys` say otherwise."""
    child = {
        "runbook": keys.pop("runbook", f"oracle/{step_id}"), "version": "1.0.0", "digest": f"sha256:{step_id}",
        "target": target, "values": keys.pop("values", {}),
    }  # fmt: skip
    usual = {"id": step_id, "title": WORDS, "on": "control", "effect": "write", "on_failure": "stop"}
    return usual | keys | {"stands_for": child}
