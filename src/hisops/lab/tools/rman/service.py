"""RECOVER STANDBY DATABASE FROM SERVICE: rolls a standby forward over the network, gap or no gap."""

from __future__ import annotations

from hisops.lab import alert, pair, redo, scn, standby_commands
from hisops.lab.roles import close
from hisops.lab.state import State
from hisops.lab.tools import names
from hisops.lab.tools.rman.run import Run, failed_command, syntax_error

_STANDBY = ("standby", "database", "from", "service")
_FILES = ("database", "from", "service")
_APPLY_RUNS = "RMAN-05150: Managed Recovery Process must be disabled before running RECOVER STANDBY DATABASE."


def recover(run: Run, words: list[str]) -> None:
    """Carry out RECOVER; recovery from backups is not rehearsed and refused."""
    rest = [word for word in words[1:] if word != "noredo"]
    whole = tuple(rest[:4]) == _STANDBY
    if len(rest) != (5 if whole else 4) or not (whole or tuple(rest[:3]) == _FILES):
        raise syntax_error(rest[-1] if rest else "recover")
    service = rest[-1]
    _refuse(run, service, whole=whole)
    run.say("", f"Starting recover at {run.when()}")
    if whole:
        _refresh_control_file(run, service)
    _files(run, service, "noredo" not in words)
    _caught_up(run, restarted=whole)
    run.say(f"Finished recover at {run.when()}")
    if whole:
        run.say("Executing: alter system set standby_file_management=auto", f"Finished recover at {run.when()}")


def _refuse(run: Run, service: str, *, whole: bool) -> None:
    state = run.state
    if state["role"] != redo.STANDBY:
        raise failed_command("recover", "ORA-01665: control file is not a standby control file")
    if state["standby"]["mrp"]:
        raise failed_command("recover", _APPLY_RUNS if whole else "ORA-01153: an incompatible media recovery is active")
    try:
        primary = run.desk.store.read(names.find(run.desk, service))
    except names.NotReached as problem:
        raise failed_command(
            "recover", "ORA-17629: Cannot connect to the remote database server", f"ORA-17627: {problem}",
            "ORA-17629: Cannot connect to the remote database server",
        ) from problem  # fmt: skip
    if primary["role"] != redo.PRIMARY or primary["status"] != "OPEN":
        raise failed_command("recover", "ORA-17628: Oracle error 1109 returned by remote Oracle server",
                             "ORA-01109: database not open")  # fmt: skip


def _refresh_control_file(run: Run, service: str) -> None:
    run.say("using target database control file instead of recovery catalog", "Oracle instance started", "")
    run.say(
        "contents of Memory Script:", "{", f"   restore standby controlfile from service  '{service}';",
        "   alter database mount standby database;", "}", "executing Memory Script", "",
        f"Starting restore at {run.when()}",
    )  # fmt: skip
    run.channels.clear()
    run.say("allocated channel: ORA_DISK_1", "channel ORA_DISK_1: SID=502 device type=DISK", "")
    run.desk.pause(2)
    folder = str(run.state["datafiles"][0]["name"]).rpartition("/")[0]
    run.say(
        "channel ORA_DISK_1: starting datafile backup set restore",
        f"channel ORA_DISK_1: using network backup set from service {service}",
        "channel ORA_DISK_1: restoring control file",
        "channel ORA_DISK_1: restore complete, elapsed time: 00:00:02",
        f"output file name={folder}/control01.ctl",
        f"Finished restore at {run.when()}", "", "released channel: ORA_DISK_1", "Statement processed",
        "Executing: alter system set standby_file_management=manual", "",
        "contents of Memory Script:", "{", f"  recover database from service  '{service}';", "}",
        "executing Memory Script", "", f"Starting recover at {run.when()}",
    )  # fmt: skip
    run.channels.append("ORA_DISK_1")


def _files(run: Run, service: str, media_recovery: bool) -> None:
    run.take_channel()
    for file in run.state["datafiles"]:
        run.say(
            "channel ORA_DISK_1: starting incremental datafile backup set restore",
            f"channel ORA_DISK_1: using network backup set from service {service}",
            f"destination for restore of datafile {file['file']:05d}: {file['name']}",
            "channel ORA_DISK_1: restore complete, elapsed time: 00:00:01",
        )
        run.desk.pause(0.5)
        _lose_primary(run, service, file["file"])
    run.desk.crossroads("rman")
    if media_recovery:
        run.say("", "starting media recovery", "", "media recovery complete, elapsed time: 00:00:00")


def _lose_primary(run: Run, service: str, file: int) -> None:
    """Break off while the first file is read, if that is to happen. What has arrived stays; the standby is mounted."""
    if not run.desk.armed("roll-forward-fails"):
        return
    run.desk.store.disarm("roll-forward-fails")
    with pair.changing_one(run.desk.store, run.database) as state:
        close(state)
    raise failed_command(
        "recover", "RMAN-03015: error occurred in stored script Memory Script",
        "ORA-19660: some files in the backup set could not be verified",
        f"ORA-19661: datafile {file} could not be verified due to corrupt blocks",
        f"ORA-19849: error while reading backup piece from service {service}",
        "ORA-03135: connection lost contact",
    )  # fmt: skip


def _caught_up(run: Run, *, restarted: bool) -> None:
    with pair.changing(run.desk.store, run.database) as (state, primary):
        standby_commands.fill(state, [])
        _roll_forward(state, primary)
        if restarted:
            close(state)
        alert.write(state, "Recovery of the standby from service: media recovery complete")


def _roll_forward(state: State, primary: State) -> None:
    redo.apply_end(state, primary)
    state.update(
        standby=redo.link_state(mrp=False), end_of_redo="", scn=scn.current(primary), sequence=primary["sequence"],
        incarnations=[dict(branch) for branch in primary["incarnations"]],
    )  # fmt: skip
