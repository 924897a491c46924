"""What goes wrong on purpose: armed by a test or by the lab, spent by the sessions."""

from __future__ import annotations

import threading
from dataclasses import dataclass

KILLED = (28, "your session has been killed")
END_OF_FILE = (3113, "end-of-file on communication channel")


@dataclass(frozen=True, slots=True)
class StatementFault:
    """An error for the next statement that contains `matching`; `hang_up` drops the line instead of answering."""

    number: int
    text: str
    matching: str = ""
    hang_up: bool = False


class Faults:
    """The armed faults of a listener. Each is spent once, the slow login stays until it is set back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._statements: list[StatementFault] = []
        self._drops: list[int] = []
        self.login_delay = 0.0

    def slow_login(self, seconds: float) -> None:
        """Let every login wait; 0 ends it."""
        self.login_delay = seconds

    def fail_next(self, number: int, text: str, matching: str = "") -> None:
        """Answer the next statement that contains `matching` with an error."""
        self._arm(StatementFault(number, text, matching))

    def kill_next(self, matching: str = "") -> None:
        """Answer ORA-00028 to the next matching statement and end its session."""
        self._arm(StatementFault(*KILLED, matching))

    def hang_up_next(self, matching: str = "") -> None:
        """End the line at the next matching statement without an answer (a client reports ORA-03113 or the like)."""
        self._arm(StatementFault(*END_OF_FILE, matching, hang_up=True))

    def drop_mid_fetch(self, after_rows: int = 0) -> None:
        """End the line in the middle of the next reply that carries more than `after_rows` rows."""
        with self._lock:
            self._drops.append(after_rows)

    def statement(self, text: str) -> StatementFault | None:
        """Return and spend the first armed fault that fits `text`."""
        with self._lock:
            for fault in self._statements:
                if fault.matching.lower() in text.lower():
                    self._statements.remove(fault)
                    return fault
        return None

    def drop(self, rows: int) -> bool:
        """Tell whether a reply with `rows` rows is to be cut, and spend the fault."""
        with self._lock:
            for after in self._drops:
                if rows > after:
                    self._drops.remove(after)
                    return True
        return False

    def _arm(self, fault: StatementFault) -> None:
        with self._lock:
            self._statements.append(fault)
