"""`roster/v1`: who the people are, by which principals they sign, and which roles they hold."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from hisops.model.text import Definition, Name, Text


class Person(Definition):
    """A person: one or more principals of allowed_signers, and roles."""

    name: Text
    principals: tuple[str, ...] = Field(min_length=1)
    roles: tuple[Name, ...] = Field(min_length=1)


class Roster(Definition):
    """All people of the site, by id."""

    hisops: Literal["roster/v1"]
    people: dict[Annotated[str, Field(pattern=r"^[a-z0-9.-]+$")], Person]

    def person_of(self, principal: str) -> str | None:
        """Return the id of the person who signs as `principal`, or None."""
        return next((who for who, person in self.people.items() if principal in person.principals), None)

    def roles_of(self, principal: str) -> tuple[str, ...]:
        """Return the roles of the person behind `principal`; empty for a stranger."""
        who = self.person_of(principal)
        return self.people[who].roles if who else ()
