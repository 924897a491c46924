"""RESET DATABASE TO INCARNATION: back to a branch that a later RESETLOGS has left."""

from __future__ import annotations

from hisops.lab.tools.rman.run import Run, failed_command, syntax_error


def reset(run: Run, words: list[str]) -> None:
    """Carry out RESET DATABASE TO INCARNATION n."""
    if words[1:4] != ["database", "to", "incarnation"] or len(words) != 5 or not words[4].isdigit():
        raise syntax_error(words[-1])
    number = int(words[4])
    if run.state["status"] != "MOUNTED":
        raise failed_command("reset", "RMAN-06189: current DBID does not match target mounted database" if (
            run.state["status"] == "OPEN") else "ORA-01507: database not mounted")  # fmt: skip
    with run.desk.store.change(run.database) as state:
        every = [*state["incarnations"], *state.get("orphans", [])]
        if not 1 <= number <= len(every):
            raise failed_command("reset", "RMAN-20003: target database incarnation not found in recovery catalog")
        state["incarnations"], state["orphans"] = every[:number], every[number:]
        state["needs_resetlogs"] = True
    run.without_catalog()
    run.say("", f"database reset to incarnation {number}")
