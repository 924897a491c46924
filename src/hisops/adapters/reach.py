"""The hosts and databases of a site, by name; their connections are kept until `close`."""

from __future__ import annotations

import threading
from pathlib import Path

from hisops.adapters.carrier import Carrier
from hisops.adapters.local import LocalCarrier
from hisops.adapters.openssh import OpensshCarrier
from hisops.adapters.openssh_link import OpensshLink
from hisops.adapters.shell_host import ShellHost
from hisops.adapters.ssh import SshCarrier
from hisops.adapters.ssh_link import SshLink
from hisops.adapters.ssh_place import SshPlace
from hisops.errors import Refused, UsageProblem
from hisops.model import site as model
from hisops.ports import Host, Sql, Tables, Vault

CONTROL = "control"


class SiteReach:
    """Satisfies the port `Reach`. Nothing is connected before it is used; may be shared between threads."""

    def __init__(self, site: model.Site, site_dir: Path, vault: Vault, *, ssh_config: Path | None = None) -> None:
        self._site = site
        self._site_dir = site_dir
        self._vault = vault
        self._ssh_config = ssh_config
        self._hosts: dict[str, ShellHost] = {}
        self._sessions: dict[str, Sql] = {}
        self._lock = threading.Lock()

    def host(self, name: str) -> Host:
        """Return the host `name` of the inventory (`control` is the machine that hisops runs on)."""
        with self._lock:
            if name not in self._hosts:
                self._hosts[name] = self._make_host(name)
            return self._hosts[name]

    def sql(self, database: str) -> Sql:
        """Return a session on the database `database` of the inventory."""
        with self._lock:
            if database not in self._sessions:
                entry = self._site.databases.get(database)
                if entry is None:
                    raise _unknown("database", database, sorted(self._site.databases))
                if entry.connect is None:
                    raise _no_login(database)
                self._sessions[database] = self._make_session(database, entry, entry.connect)
            return self._sessions[database]

    def tables(self, database: str) -> Tables:
        """Return a new session of the reader of `database`; the caller closes it. Raises Refused if it has none."""
        from hisops.adapters.oracle_tables import OracleTables

        entry = self._site.databases.get(database)
        if entry is None:
            raise _unknown("database", database, sorted(self._site.databases))
        if entry.reader is None or entry.reader.driver == "sqlplus":
            raise Refused(
                "HIS-3060", "{name} has no account that reports are read by.",
                "Add `reader:` to it in site.yaml: an account with CREATE SESSION and SELECT only, by the driver.",
                name=database,
            )  # fmt: skip
        return OracleTables(database, entry.reader, self._vault)

    def close(self) -> None:
        """Hang up everything."""
        with self._lock:
            for session in self._sessions.values():
                session.close()
            for host in self._hosts.values():
                host.close()
            self._sessions.clear()
            self._hosts.clear()

    def _make_session(self, name: str, entry: model.Database, connect: model.Connect) -> Sql:
        if connect.driver != "sqlplus":
            from hisops.adapters.oracle import OracleSql

            return OracleSql(name, connect, self._vault)
        from hisops.adapters.sqlplus import SqlplusSql, seat

        host = self._site.hosts.get(entry.host)
        owner = host.roles.get("owner") if host else None
        return SqlplusSql(name, connect, self._vault, seat(name, entry, lambda: self.host(entry.host), owner))

    def _make_host(self, name: str) -> ShellHost:
        if name == CONTROL:
            return ShellHost(CONTROL, LocalCarrier())
        entry = self._site.hosts.get(name)
        if entry is None:
            raise _unknown("host", name, sorted(self._site.hosts))
        return ShellHost(
            name, self._carrier(name, entry), os=entry.os, path=entry.path, boot_id_file=entry.boot_id_file
        )

    def _carrier(self, name: str, entry: model.Host) -> Carrier:
        place = SshPlace(
            name,
            entry.address,
            port=entry.port,
            user=entry.user,
            identity_file=self._site_dir / Path(entry.identity_file).expanduser() if entry.identity_file else None,
            known_hosts=[self._site_dir / "known_hosts"],
            ssh_config=self._ssh_config,
        )
        if entry.ssh == "system":
            return OpensshCarrier(OpensshLink(place, options=entry.ssh_options))
        return SshCarrier(SshLink(place))


def _unknown(kind: str, name: str, known: list[str]) -> UsageProblem:
    return UsageProblem(
        "HIS-3020",
        "The site has no {kind} named {name}.",
        "It has: {known}.",
        kind=kind,
        name=name,
        known=", ".join(known),
    )


def _no_login(database: str) -> UsageProblem:
    return UsageProblem(
        "HIS-3021",
        "{name} takes no logins: site.yaml gives it no `connect:`.",
        "Add `connect:` to it, or choose another target.",
        name=database,
    )
