"""What resuming and undoing need of the run that they belong to."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from hisops.engine.actions import Hands
from hisops.engine.recorder import Recorder
from hisops.engine.steering import Steering
from hisops.engine.values import Values
from hisops.model.runbook import Runbook


class Running(Protocol):
    """The run, as its parts see it."""

    hands: Hands
    recorder: Recorder
    steering: Steering
    involved: Collection[str]

    @property
    def runbook(self) -> Runbook:
        """The runbook."""

    def values(self) -> Values:
        """What is known now."""
