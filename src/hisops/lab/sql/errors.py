"""Errors as the database words them. They travel over the wire to the client and never leave the lab otherwise."""

from __future__ import annotations


class OracleError(Exception):
    """An error with Oracle's number and text; `offset` is the place in the statement, 0 when not known."""

    def __init__(self, number: int, text: str, offset: int = 0) -> None:
        super().__init__(number, text)
        self.number = number
        self.text = text
        self.offset = offset

    def __str__(self) -> str:
        return f"ORA-{self.number:05d}: {self.text}"


def not_rehearsed(what: str) -> OracleError:
    """Return the error for SQL that the lab does not understand: it refuses rather than guesses."""
    return OracleError(3001, f"unimplemented feature (lab: not rehearsed: {what})")


def unknown_table() -> OracleError:
    """Return ORA-00942; the release that is simulated does not say which table."""
    return OracleError(942, "table or view does not exist")


def unknown_column(name: str) -> OracleError:
    """Return ORA-00904 with the name as Oracle quotes it."""
    quoted = ".".join(f'"{part.upper()}"' for part in name.split("."))
    return OracleError(904, f"{quoted}: invalid identifier")
