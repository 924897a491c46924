"""A terminal that is gone: whoever reads there has left, and nothing that is said to them may do harm."""

from __future__ import annotations

import os
import stat


def silence_lost_terminals() -> None:
    """Point those of the three standard streams whose terminal was closed at /dev/null. Safe in a signal handler."""
    nowhere = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    try:
        for number in (0, 1, 2):
            if _lost(number):
                os.dup2(nowhere, number)
    finally:
        os.close(nowhere)


def _lost(number: int) -> bool:
    """A terminal that was hung up is still a character device, but does not answer as a terminal any more."""
    try:
        return stat.S_ISCHR(os.fstat(number).st_mode) and not os.isatty(number)
    except OSError:
        return False
