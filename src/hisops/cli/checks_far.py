"""What `hisops doctor` looks at far away: hosts with their users, tools and clocks, and logins to databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hisops.cli.wiring import Desk
from hisops.console.doctor import Check
from hisops.errors import HisopsError
from hisops.model.site import Host, RunAs
from hisops.ports import Command, Reach, Stream
from hisops.ports import Host as HostPort

TOOLS = ("awk", "df", "du", "head", "mkdir", "ps", "sed", "tar", "unzip")
SKEW = 5.0
_FIND = 'for tool in {tools}; do command -v "$tool" >/dev/null 2>&1 || printf "%s " "$tool"; done'


def check_hosts(desk: Desk, reach: Reach) -> Iterator[Check]:
    """Look at every host of the site."""
    for name, entry in desk.loaded.site.hosts.items():
        try:
            host = reach.host(name)
            facts = host.facts()
        except HisopsError as error:
            yield of_error(f"host {name}", error)
            continue
        values: dict[str, Any] = {"hostname": facts.hostname, "user": facts.user, "os": facts.os}
        yield Check(subject=f"host {name}", state="ok", fact="{user}@{hostname}, {os}", values=values)
        yield _clock(name, (facts.clock - desk.clock.now()).total_seconds())
        yield from _ssh_words(name, entry)
        yield from _users(name, entry, host, facts.user)


def check_databases(desk: Desk, reach: Reach) -> Iterator[Check]:
    """Log in to every database, and ask it who it is."""
    databases = desk.loaded.site.databases
    scratch = {database.scratch for database in databases.values()}
    for name, database in databases.items():
        subject = f"database {name}"
        if name in scratch and database.connect is None:
            fact = "It takes no logins until something is restored to it."
            yield Check(subject=subject, state="ok", fact=fact)
            continue
        try:
            facts = desk.loaded.library.target_type(database.engine).model.identity
            text = next((fact.sql for fact in facts if fact.sql), None)
            if text is None:
                yield Check(subject=subject, state="ok", fact="It takes no logins: it is asked on its hosts.")
                continue
            told = reach.sql(name).run(text, {}, read_only=True, timeout=30)
        except TimeoutError:
            yield Check(subject=subject, state="bad", fact="It does not answer in time.", todo="Look at its listener.")
        except HisopsError as error:
            yield of_error(subject, error)
        else:
            row = told.rows[0] if told.rows else ()
            yield Check(subject=subject, state="ok", fact="{who}", values={"who": ", ".join(map(str, row))})


def _clock(name: str, skew: float) -> Check:
    subject, values = f"clock of {name}", {"seconds": round(abs(skew), 1)}
    if abs(skew) <= SKEW:
        return Check(subject=subject, state="ok", fact="within {seconds} s of this machine", values=values)
    todo = "Have both machines follow the same time server."
    return Check(subject=subject, state="care", fact="{seconds} s off this machine's", todo=todo, values=values)


def _ssh_words(name: str, entry: Host) -> Iterator[Check]:
    from hisops.adapters.ssh_words import ssh_words_not_honoured

    if entry.ssh == "built-in" and (words := ssh_words_not_honoured(entry.address)):
        fact = "Not honoured by hisops: {words}"
        todo = "If the host cannot be reached without them, set `ssh: system` for it in site.yaml."
        yield Check(
            subject=f"ssh_config of {name}", state="care", fact=fact, todo=todo, values={"words": ", ".join(words)}
        )


def _users(name: str, entry: Host, host: HostPort, login: str) -> Iterator[Check]:
    from hisops.adapters.inspection import inspect_ops

    for role, run_as in entry.roles.items():
        subject = f"{role} on {name}"
        try:
            facts = host.facts(run_as)
            found = inspect_ops(host, run_as, entry.boot_id_file)
            missing = _missing_tools(host, run_as)
        except HisopsError as error:
            yield _not_become(subject, error, login, run_as)
            continue
        fact = "{user}, the login user" if run_as.via == "none" else "{user} by {way}"
        yield Check(subject=subject, state="ok", fact=fact, values={"user": facts.user, "way": run_as.via})
        yield from (of_error(subject, error) for error in found)
        if missing:
            todo = "Install them, or name their folder under `path` of the host in site.yaml."
            yield Check(subject=subject, state="bad", fact="Not found: {tools}", todo=todo, values={"tools": missing})


def _missing_tools(host: HostPort, run_as: RunAs) -> str:
    found: list[bytes] = []

    def sink(stream: Stream, data: bytes) -> None:
        if stream == "stdout":
            found.append(data)

    host.run(Command(script=_FIND.format(tools=" ".join(TOOLS)), run_as=run_as), sink, 60)
    return b"".join(found).decode("ascii", "replace").strip()


def _not_become(subject: str, error: HisopsError, login: str, run_as: RunAs) -> Check:
    if run_as.via != "sudo":
        return of_error(subject, error)
    todo = "Put this line into a file of /etc/sudoers.d with visudo:\n{line}"
    line = f"{login} ALL=({run_as.user}) NOPASSWD: /bin/sh"
    return Check(subject=subject, state="bad", fact=error.fact, todo=todo, values={**error.values, "line": line})


def of_error(subject: str, error: HisopsError) -> Check:
    """Return an error as a finding."""
    return Check(subject=subject, state="bad", fact=error.fact, todo=error.todo, values=error.values)
