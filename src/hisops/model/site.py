"""`site/v1` and `target/v1`: one hospital's inventory, and what a kind of database has to have in it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from hisops.model.pattern import Regex
from hisops.model.required import Required
from hisops.model.runbook import Call
from hisops.model.text import Definition, DefinitionId, Duration, HostName, Name, Text

PEER, SCRATCH, DESTINATION, SOURCE = "peer", "scratch", "destination", "source"
# Words for databases beside the target. Each is the beginning of the places there and of the names of its settings.
COMPANIONS = (PEER, SCRATCH, DESTINATION)


class RunAs(Definition):
    """The user behind a role on a host, and how to become it from the login user."""

    user: str
    via: Literal["none", "sudo", "su"] = "none"


SshOption = Literal[
    "CASignatureAlgorithms",
    "CertificateFile",
    "Ciphers",
    "GSSAPIAuthentication",
    "HostKeyAlgorithms",
    "HostKeyAlias",
    "KexAlgorithms",
    "MACs",
    "PKCS11Provider",
    "PubkeyAcceptedAlgorithms",
    "SecurityKeyProvider",
]


class Host(Definition):
    """A machine that is reached over SSH. `boot_id_file` changes at every boot; without it the system is asked.

    `ssh: system` takes the system's ssh(1) instead of the SSH that is built in; `ssh_options` are words of
    ssh_config(5) for it: algorithms and keys only, nothing that could relax the check of host keys.
    """

    address: str
    port: int | None = None
    user: str | None = None
    os: Literal["linux", "aix"] = "linux"
    kind: Literal["production", "standby", "scratch"] = Field(default="production", alias="class")
    roles: dict[Literal["owner", "grid", "root"], RunAs] = Field(default_factory=dict)
    identity_file: str | None = None
    ssh: Literal["built-in", "system"] = "built-in"
    ssh_options: dict[SshOption, str] = Field(default_factory=dict)
    boot_id_file: str | None = None
    stage_dir: str | None = None
    path: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _options_of_system_ssh(self) -> Self:
        if self.ssh_options and self.ssh != "system":
            raise ValueError("ssh_options are for the system's ssh: add `ssh: system`")
        return self


class SecretRef(Definition):
    """Where a secret is kept; exactly one key. Never the secret itself."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    env: str | None = None
    file: str | None = None
    keyring: str | None = None
    prompt: bool | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(bool(where) for where in (self.env, self.file, self.keyring, self.prompt)) != 1:
            raise ValueError("a secret is kept in exactly one of env, file, keyring, prompt (prompt: true)")
        return self


class Connect(Definition):
    """How to log in to a database: Easy Connect string, account, name of the secret, driver mode.

    `driver: sqlplus` is SQL*Plus on the database's own host, for what no driver reaches (11.2). Without `user` it logs
    in as the owner of the home (`/ as sysdba` with `mode: sysdba`), without `dsn` to the instance of oracle_sid.
    """

    dsn: str | None = None
    user: str | None = None
    password: Name | None = None
    driver: Literal["thin", "thick", "sqlplus"] = "thin"
    mode: Literal["normal", "sysdba", "sysbackup", "sysdg"] = "normal"

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if self.driver != "sqlplus" and not (self.dsn and self.user and self.password):
            raise ValueError("dsn, user and password are needed; only `driver: sqlplus` can do without")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password come together")
        if self.dsn and not self.user:
            raise ValueError("a login over the network (dsn) needs user and password")
        return self


class Node(Definition):
    """A host of a cluster, and the settings that differ there, such as the name of the instance."""

    host: HostName
    settings: dict[Name, str | int | bool] = Field(default_factory=dict)


class Database(Definition):
    """A database of the site: a target of runbooks. `nodes` of a cluster; without them its one host is its node.

    `standby` is said at one database of a Data Guard pair, whoever is the primary today. `scratch` names the entry of
    an idle instance on a host of class scratch, where backups of this database are restored to be tested; `destination`
    the database that its schemas are copied into, as when it moves to another release. `secrets`
    gives the names by which steps ask for secrets of this very database the names under which the site keeps them.
    `reader` is the login by which reports are read: it may do nothing else.
    Without `connect` it is asked by scripts on its hosts only, as a cluster is.
    """

    engine: str
    title: Text
    host: str
    connect: Connect | None = None
    reader: Connect | None = None
    settings: dict[Name, str | int | bool] = Field(default_factory=dict)
    identity: dict[Name, str | int] = Field(default_factory=dict)
    standby: str | None = None
    scratch: str | None = None
    destination: str | None = None
    secrets: dict[Name, Name] = Field(default_factory=dict)
    window: Name | None = None
    nodes: tuple[Node, ...] = ()


class Calendar(Definition):
    """When work is open: an iCalendar file, the zone of its local times; nothing is begun in the last `cutoff`."""

    file: str
    timezone: str
    cutoff: Duration = 0


class Site(Definition):
    """One hospital: hosts, databases, windows, where secrets are kept, which shipped definitions are replaced.

    `requires` says of runbooks what else they require here, as if it were written in them.
    """

    hisops: Literal["site/v1"]
    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    title: Text
    origin: Annotated[str, Field(pattern=r"^[a-z0-9.-]+/[a-z0-9.-]+$")]
    simulation: bool = False
    hosts: dict[HostName, Host]
    databases: dict[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")], Database]
    secrets: dict[Name, SecretRef] = Field(default_factory=dict)
    windows: dict[Name, Calendar] = Field(default_factory=dict)
    overrides: dict[str, str] = Field(default_factory=dict)
    requires: dict[DefinitionId, Annotated[tuple[Required, ...], Field(min_length=1)]] = Field(default_factory=dict)

    def peer_of(self, name: str) -> str | None:
        """Return the other database of the Data Guard pair that `name` belongs to, or None."""
        standby = self.databases[name].standby
        return standby or next((other for other, each in self.databases.items() if each.standby == name), None)

    def companions_of(self, name: str) -> dict[str, str]:
        """Return the databases besides `name` that its steps may act on, by the word for them (see `COMPANIONS`)."""
        found = {PEER: self.peer_of(name), SCRATCH: self.databases[name].scratch}
        found[DESTINATION] = self.databases[name].destination
        return {word: other for word, other in found.items() if other is not None}


class Setting(Definition):
    """A setting that a target of this type must or may have, and the environment variable that carries it."""

    title: Text
    type: Literal["path", "string", "identifier", "tag", "integer", "boolean"]
    env: str
    required: bool = False
    default: str | int | bool | None = None


class Fact(Call):
    """A read that is latched at the plan; `values` names what is kept of it (judge captures or columns).

    Where `when` is not true it is not asked: a view that the version lacks. `otherwise` then says what is so.
    """

    id: Name
    title: Text
    values: tuple[Name, ...] = Field(min_length=1)
    when: str | None = None
    otherwise: dict[Name, str | int] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known_either_way(self) -> Self:
        if set(self.otherwise) != (set(self.values) if self.when else set()):
            raise ValueError("`when` and `otherwise` come together, and `otherwise` says all of `values`")
        return self


class TargetType(Definition):
    """What the engine must know of a kind of database, told in data: settings, identity, state to restore.

    `locks` gives for each lock that runbooks name the value that makes it unique among hosts and sites, as a path
    such as `identity.database.dbid` or `settings.oracle_home`. `scratch_only` are patterns of statements that write
    over a database, in lower case and with single blanks: they belong on the scratch host.
    """

    hisops: Literal["target/v1"]
    id: Name
    title: Text
    settings: dict[Name, Setting]
    identity: tuple[Fact, ...]
    state: tuple[Fact, ...]
    locks: dict[Name, str] = Field(default_factory=dict)
    scratch_only: tuple[Regex, ...] = ()
