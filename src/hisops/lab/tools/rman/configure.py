"""CONFIGURE and SHOW: what the control file keeps for all sessions of RMAN."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hisops.lab.state import State
from hisops.lab.tools.rman import retention
from hisops.lab.tools.rman.run import Run, syntax_error


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting: how it is said, its default, and the words that SHOW knows it by if they are others."""

    name: str
    head: str
    values: str
    default: str
    shown: str = ""


_SETTINGS = (
    Setting(
        name="retention",
        head="RETENTION POLICY",
        values=r"TO (?:RECOVERY WINDOW OF \d+ DAYS|REDUNDANCY \d+|NONE)",
        default=retention.DEFAULT,
    ),
    Setting(name="optimization", head="BACKUP OPTIMIZATION", values="ON|OFF", default="OFF"),
    Setting(name="device", head="DEFAULT DEVICE TYPE", values="TO DISK", default="TO DISK"),
    Setting(name="autobackup", head="CONTROLFILE AUTOBACKUP", values="ON|OFF", default="ON"),
    Setting(
        name="autobackup_format",
        head="CONTROLFILE AUTOBACKUP FORMAT FOR DEVICE TYPE DISK",
        values="TO '[^']*%F[^']*'",
        default="TO '%F'",
        shown="controlfile autobackup format",
    ),
    Setting(
        name="parallelism",
        head="DEVICE TYPE DISK",
        values=r"PARALLELISM \d+(?: BACKUP TYPE TO (?:COMPRESSED )?BACKUPSET)?",
        default="PARALLELISM 1 BACKUP TYPE TO BACKUPSET",
        shown="device type",
    ),
    Setting(name="maxsetsize", head="MAXSETSIZE", values=r"TO (?:UNLIMITED|\d+ ?[KMG])", default="TO UNLIMITED"),
    Setting(name="encryption", head="ENCRYPTION FOR DATABASE", values="ON|OFF", default="OFF"),
    Setting(name="algorithm", head="ENCRYPTION ALGORITHM", values="'AES(?:128|192|256)'", default="'AES128'"),
    Setting(
        name="compression",
        head="COMPRESSION ALGORITHM",
        values=r"'\w+'.*",
        default="'BASIC' AS OF RELEASE 'DEFAULT' OPTIMIZE FOR LOAD TRUE",
    ),
    Setting(
        name="deletion",
        head="ARCHIVELOG DELETION POLICY",
        values=r"TO (?:NONE|APPLIED ON (?:ALL )?STANDBY|BACKED UP \d+ TIMES TO DISK)",
        default="TO NONE",
    ),
)


def configure(run: Run, text: str) -> None:
    """Carry out CONFIGURE, which is understood by its text: quoted values keep their letters."""
    plain = _upper(text.partition(" ")[2])
    for setting in sorted(_SETTINGS, key=lambda one: -len(one.head)):
        if not plain.startswith(f"{setting.head} "):
            continue
        given = plain[len(setting.head) + 1 :]
        if given != "CLEAR" and not re.fullmatch(setting.values, given):
            break
        _keep(run, setting, None if given == "CLEAR" else given)
        return
    raise syntax_error(plain.split()[-1].lower() if plain else "configure")


def _keep(run: Run, setting: Setting, value: str | None) -> None:
    old = value_of(run.state, setting.name)
    with run.desk.store.change(run.database) as state:
        if setting.name == "autobackup":
            state["autobackup"] = value != "OFF"
        elif value is None:
            state["configured"].pop(setting.name, None)
        else:
            state["configured"][setting.name] = (
                value.removeprefix("TO ").strip("'") if "format" in setting.name else value
            )
    run.without_catalog()
    known = setting.name in run.state["configured"] or setting.name == "autobackup"
    if value is None:
        run.say("RMAN configuration parameters are successfully reset to default value")
        return
    if known and old != setting.default:
        run.say("old RMAN configuration parameters:", f"CONFIGURE {setting.head} {old};")
    run.say("new RMAN configuration parameters:", f"CONFIGURE {setting.head} {value};",
            "new RMAN configuration parameters are successfully stored")  # fmt: skip


def value_of(state: State, name: str) -> str:
    """Return what a setting is set to."""
    setting = next(one for one in _SETTINGS if one.name == name)
    if name == "autobackup":
        return "ON" if state["autobackup"] else "OFF"
    if name == "deletion" and state["peer"]:
        return str(state["configured"].get(name, "TO APPLIED ON ALL STANDBY"))
    value = str(state["configured"].get(name, setting.default))
    return f"TO '{value}'" if name == "autobackup_format" and name in state["configured"] else value


def show(run: Run, words: list[str]) -> None:
    """Carry out SHOW."""
    what = " ".join(words[1:])
    chosen = [one for one in _SETTINGS if what in ("all", one.shown or one.head.lower())]
    if not chosen:
        raise syntax_error(words[-1])
    state = run.state
    run.without_catalog()
    run.say(f"RMAN configuration parameters for database with db_unique_name {state['db_unique_name']} are:")
    for one in chosen:
        value = value_of(state, one.name)
        mark = (
            ""
            if value != one.default or one.name in state["configured"] or one.name in ("retention", "autobackup")
            else " # default"
        )
        run.say(f"CONFIGURE {one.head} {value};{mark}")


def _upper(text: str) -> str:
    parts = re.split(r"('[^']*')", " ".join(text.split()))
    return "".join(part if part.startswith("'") else part.upper() for part in parts)
