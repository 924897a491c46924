"""Which commands of RMAN build a database anew, and which of these an instance with a database of its own has."""

from __future__ import annotations

from hisops.lab import file_statements, mounting
from hisops.lab.commands import CommandRefused
from hisops.lab.tools.rman import restoring, service
from hisops.lab.tools.rman.rebuild import control_file, data_files, incarnations, log_files, media_recovery
from hisops.lab.tools.rman.run import Run, failed_command, syntax_error
from hisops.lab.tools.rman.script import flag


def restore(run: Run, words: list[str]) -> None:
    """RESTORE; what only looks, and what a database of its own is asked for, is answered elsewhere."""
    if {"validate", "preview"} & set(words) or not mounting.from_files(run.state):
        restoring.restore(run, words)
        return
    rest = words[1:]
    if rest[:1] in (["controlfile"], ["spfile"]):
        control_file.restore(run, rest[0], rest[1:])
    elif rest[:1] == ["archivelog"]:
        log_files.restore(run, rest[1:])
    else:
        data_files.restore(run, rest)


def recover(run: Run, words: list[str]) -> None:
    """RECOVER DATABASE from backups, or of a standby from its primary."""
    if mounting.from_files(run.state) and "service" not in words:
        media_recovery.recover(run, words[1:])
    else:
        service.recover(run, words)


def switch(run: Run, words: list[str]) -> None:
    """SWITCH, for a database that is being built."""
    _only_from_files(run, "switch")
    data_files.switch(run, words)


def reset(run: Run, words: list[str]) -> None:
    """RESET DATABASE TO INCARNATION n."""
    _only_from_files(run, "reset")
    incarnations.reset(run, words)


def drop(run: Run, words: list[str]) -> None:
    """DROP DATABASE [INCLUDING BACKUPS] NOPROMPT."""
    rest = words[1:]
    flag(rest, "including", "backups")
    sure = flag(rest, "noprompt")
    if rest != ["database"]:
        raise syntax_error(rest[-1] if rest else "drop")
    _only_from_files(run, "drop")
    if not (sure or run.from_file):
        raise failed_command("drop", "ORA-03001: unimplemented feature (lab: DROP DATABASE asks nobody; say NOPROMPT)")
    state = run.state
    run.without_catalog()
    run.say("", f'database name is "{state["name"]}" and DBID is {state["dbid"]}')
    try:
        with run.desk.store.change(run.database) as state:
            file_statements.drop(state)
    except CommandRefused as refused:
        raise failed_command("drop database", f"ORA-{refused.number:05d}: {refused.text}") from refused
    run.say("database dropped")


def _only_from_files(run: Run, command: str) -> None:
    """Refuse what would take a database apart that is in use: the lab rehearses it on the scratch host alone."""
    if not mounting.from_files(run.state):
        raise failed_command(command, "ORA-03001: unimplemented feature (lab: rehearsed on the scratch host alone)")
