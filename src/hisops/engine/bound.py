"""What a runbook is bound to: the site's part of a plan, as one step after the other sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hisops.errors import Refused
from hisops.model.expansion import ExpandedRunbook
from hisops.model.site import DESTINATION, PEER, SCRATCH, SOURCE, Database, Host, RunAs, Site, TargetType
from hisops.model.spot import HERE, Spot


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Given once, read by all that render or evaluate. `spot`: on which item of a `for_each` things are asked."""

    runbook: ExpandedRunbook
    site: Site
    target: str
    target_type: TargetType
    parameters: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)
    spot: Spot = HERE

    def at(self, spot: Spot) -> Bound:
        """Return the same, asked from `spot`."""
        return replace(self, spot=spot)

    @property
    def database(self) -> Database:
        """The target's entry in the inventory."""
        return self.site.databases[self.target]

    @property
    def companions(self) -> dict[str, str]:
        """The databases besides the target that steps may act on, by the word for them: peer, scratch, destination."""
        return self.site.companions_of(self.target)

    @property
    def peer(self) -> Database | None:
        """The entry of the other database of the target's pair, or None."""
        name = self.companions.get(PEER)
        return self.site.databases[name] if name else None

    def database_name(self, place: str) -> str:
        """Return the name of the database whose settings and session a call at `place` has.

        Raises Refused for the scratch instance, or the destination, of a target that has none: nothing stands in for
        it, least of all the target.
        """
        if self.spot.database:
            return self.spot.database
        word = place.partition("_")[0]
        if word == SCRATCH and word not in self.companions:
            raise Refused(
                "HIS-6114", "{target} has no scratch instance, but a step acts on it.",
                "Add `scratch:` to the database in site.yaml.", target=self.target,
            )  # fmt: skip
        if word == DESTINATION and word not in self.companions:
            raise Refused(
                "HIS-6115", "Nothing is said of where {target} is copied to, but a step acts there.",
                "Add `destination:` to the database in site.yaml.", target=self.target,
            )  # fmt: skip
        return self.companions.get(word, self.target)

    def database_on(self, place: str) -> Database:
        """Return the database whose settings a call at `place` sees."""
        return self.site.databases[self.database_name(place)]

    def settings_on(self, place: str) -> dict[str, Any]:
        """Return the settings that a call at `place` sees; none on a host that is not the target's."""
        if self._on_item(place) and self.spot.foreign:
            return {}
        database = self.database_on(place)
        node = [node.settings for node in database.nodes if self._on_item(place) and node.host == self.spot.host]
        return self._settings_of(database, node[0] if node else {})

    def companions_on(self, place: str) -> dict[str, dict[str, Any]]:
        """Return the settings of other databases that a call at `place` sees, by the word before their names.

        On the scratch host the target is the source, seen from where its backups are restored.
        """
        if place == "control" or self.spot.foreign:
            return {}
        own = self.database_name(place)
        others = self.site.companions_of(own)
        if place.startswith(SCRATCH):
            others = {SOURCE: self.target}
        return {word: self.companion_settings(name) for word, name in others.items()}

    def companion_settings(self, name: str) -> dict[str, Any]:
        """Return the settings of another database of the inventory."""
        return self._settings_of(self.site.databases[name], {})

    def _settings_of(self, database: Database, more: Mapping[str, Any]) -> dict[str, Any]:
        usual = {name: setting.default for name, setting in self.target_type.settings.items()}
        found = {**usual, **database.settings, **more}
        return {name: value for name, value in found.items() if value is not None}

    def secret_name(self, name: str, place: str) -> str:
        """Return under which name the site keeps the secret that a call at `place` knows as `name`."""
        return self.database_on(place).secrets.get(name, name)

    def host_name(self, place: str) -> str:
        """Return the inventory name of the host at `place`."""
        if place == "control":
            return "control"
        return str(self.spot.host) if self._on_item(place) else self.database_on(place).host

    def host(self, place: str) -> Host | None:
        """Return the host at `place`; None for the control host."""
        return None if place == "control" else self.site.hosts[self.host_name(place)]

    def run_as(self, place: str, role: str) -> RunAs | None:
        """Return the user for `role` at `place`; None means who logs in, which serves the owner where nothing is said.

        Raises Refused for another role that the inventory does not give on that host.
        """
        host = self.host(place)
        if host is None or role == "login":
            return None
        known = {str(name): run_as for name, run_as in host.roles.items()}
        if role not in known and role != "owner":
            raise Refused(
                "HIS-6106",
                "The inventory does not say how to become {role} on {host}.",
                "Add it under `roles:` of the host in site.yaml.",
                role=role,
                host=self.host_name(place),
            )
        return known.get(role)

    def _on_item(self, place: str) -> bool:
        return self.spot.host is not None and place in {"db_host", "db"}
