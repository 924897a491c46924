"""Can a gate be passed by the people there are? Each person counts once, and nobody who takes part counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hisops.model.approval import People


def who_could(role: str, principals: Collection[str], people: People, involved: Collection[str]) -> Mapping[str, str]:
    """Return by person the principal under which they could approve as `role`."""
    out = {people.person_of(who) for who in involved}
    found: dict[str, str] = {}
    for principal in sorted(principals):
        person = people.person_of(principal)
        if person is not None and person not in out and role in people.roles_of(principal):
            found.setdefault(person, principal)
    return found
