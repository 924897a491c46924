"""What stands around commands: channels, SET, SQL statements, starting and stopping the instance."""

from __future__ import annotations

from pathlib import Path

from hisops.lab import lifecycle, mounting, pair
from hisops.lab.commands import ROOT, CommandRefused
from hisops.lab.tools.rman.run import RmanFailed, Run, failed_command, syntax_error
from hisops.lab.tools.rman.script import flag, option

_CLOSED = {"Database closed.": "database closed", "Database dismounted.": "database dismounted",
           "ORACLE instance shut down.": "Oracle instance shut down"}  # fmt: skip
_OPENED = {"ORACLE instance started.": "Oracle instance started", "Database mounted.": "database mounted",
           "Database opened.": "database opened"}  # fmt: skip


def allocate(run: Run, words: list[str]) -> None:
    """ALLOCATE CHANNEL c DEVICE TYPE DISK, which is for a run block alone."""
    rest = list(words[1:])
    name = option(rest, "channel")
    template = option(rest, "format")
    if not run.block or not name or not (flag(rest, "device", "type", "disk") or flag(rest, "type", "disk")) or rest:
        raise syntax_error(rest[-1] if rest else "allocate")
    run.without_catalog()
    if template:
        run.templates[name] = template
    run.allocate(name)
    run.say("")


def release(run: Run, words: list[str]) -> None:
    """RELEASE CHANNEL c."""
    if len(words) != 3 or words[1] != "channel" or words[2] not in run.channels:
        raise syntax_error(words[-1])
    run.release(words[2])


def end_of_block(run: Run) -> None:
    """Give the channels of a run block back."""
    for name in [name for name in run.channels if not name.startswith("ORA_DISK_")]:
        run.release(name)
    run.templates.clear()
    run.plan.end_block()


def set_(run: Run, words: list[str]) -> None:
    """SET COMMAND ID, ECHO: what changes nothing here."""
    if words[1:2] == ["echo"] and words[2:] in (["on"], ["off"]):
        run.say(f"echo set {words[2]}")
    elif words[1:4] == ["command", "id", "to"] and len(words) == 5:
        run.say("executing command: SET COMMAND ID")
    else:
        raise syntax_error(words[-1])


def sql(run: Run, text: str) -> None:
    """A statement: `SQL '…'`, or ALTER as it is."""
    quoted = text[:4].lower() == "sql "
    statement = text[4:].strip().strip("'\"") if quoted else text
    if quoted:
        run.without_catalog()
        run.say(f"sql statement: {statement}")
    try:
        answer = pair.carry_out(run.desk.store, run.database, ROOT, statement, sysdba=True)
        if answer is None and not _life(run, statement):
            raise failed_command("sql statement", "ORA-00900: invalid SQL statement (lab: not rehearsed)")
    except CommandRefused as refused:
        raise failed_command("sql statement", f"ORA-{refused.number:05d}: {refused.text}") from refused
    if not quoted and answer is not None:
        opened = statement.lower().split()[:3] == ["alter", "database", "open"]
        run.say("database opened" if opened and not run.desk.machine.release.container else "Statement processed")


def _life(run: Run, statement: str) -> bool:
    """ALTER DATABASE MOUNT, which only its own session can do."""
    if " ".join(statement.lower().split()) != "alter database mount" or run.state["status"] != "STARTED":
        return False
    lifecycle.mount(run.desk, run.database, _voice(run, _OPENED))
    return True


def startup(run: Run, words: list[str]) -> None:
    """STARTUP [NOMOUNT | MOUNT] [FORCE] [RESTRICT] [PFILE 'file']."""
    rest = words[1:]
    pfile = option(rest, "pfile") if mounting.from_files(run.state) else None
    restrict = flag(rest, "restrict")
    if not set(rest) <= {"nomount", "mount", "force", "open", "dba"}:
        raise syntax_error(rest[-1])
    if run.state["status"] != "DOWN":
        if "force" not in rest:
            raise failed_command("startup", "RMAN-06054: database already started")
        lifecycle.stop(run.desk, run.database, "abort", _voice(run, _CLOSED))
    run.say("", "connected to target database (not started)")
    upto = next((word for word in ("nomount", "mount") if word in rest), "open")
    memory: list[str] = []
    voice = _voice(run, _OPENED, memory)
    lifecycle.start(run.desk, run.database, upto, voice, pfile=Path(pfile) if pfile else None)
    run.say("", *memory[:1], "", *memory[1:])
    if restrict:
        with run.desk.store.change(run.database) as state:
            state["restricted"] = True


def shutdown(run: Run, words: list[str]) -> None:
    """SHUTDOWN [IMMEDIATE | NORMAL | TRANSACTIONAL | ABORT]."""
    how = words[1] if len(words) > 1 else "normal"
    if len(words) > 2 or how not in ("immediate", "normal", "transactional", "abort"):
        raise syntax_error(words[-1])
    if run.state["status"] == "DOWN":
        raise RmanFailed("RMAN-03002: failure of shutdown command", "ORA-01034: ORACLE not available")
    run.without_catalog()
    lifecycle.stop(run.desk, run.database, how, _voice(run, _CLOSED))
    run.channels.clear()


def _voice(run: Run, known: dict[str, str], memory: list[str] | None = None) -> lifecycle.Say:
    """Return a voice that says in RMAN's words what SQL*Plus would say; what is said of memory is kept for the end."""

    def say(*lines: str) -> None:
        told = [known.get(line, line) for line in lines if line]
        if memory is not None:
            memory.extend(line for line in told if line.endswith(" bytes"))
            told = [line for line in told if not line.endswith(" bytes")]
        refused = [line for line in told if line.startswith(("ORA-", "LRM-"))]
        run.say(*(line for line in told if line not in refused))
        benign = ("ORA-01109", "ORA-01507")
        if refused and not refused[0].startswith(benign):
            raise failed_command("startup", *refused)

    return say
