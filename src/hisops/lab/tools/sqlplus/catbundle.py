"""catbundle.sql and the scripts that it generates: the SQL part of a bundle of patches in 11.2.

What it does is told by its own comments: it reads bundledata_<series>.xml of the home, writes an apply script and a
rollback script into rdbms/admin, and runs the one that is asked for. It catches every exception, then runs nothing.sql
and ends as if all were well; what went wrong stands in the log of the generating phase alone.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as Xml
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from hisops.lab.commands import ROOT
from hisops.lab.seed_lis import history_row
from hisops.lab.state import State
from hisops.lab.tools.desk import Desk
from hisops.lab.tools.nls import now

SWALLOWS = "catbundle-swallows"
_BLOCK = "PL/SQL procedure successfully completed."
_ALLOWED = (
    ("drop public synonym dbms_cdc_utility", "ORA-01432: public synonym to be dropped does not exist"),
    ("create table cdc_rsid_seq$ (rsid number)", "ORA-00955: name is already used by an existing object"),
)
"""Errors of statements in the scripts of every update, which its README tells to ignore."""
_BEGINNINGS = ("PROMPT", "@", "exec", "ALTER", "INSERT", "COMMIT")
_ANSWERS = (
    ("exec", _BLOCK),
    ("ALTER SESSION", "Session altered."),
    ("COMMIT", "Commit complete."),
    ("   'PSU 11", "1 row created."),
)
_ROW = re.compile(r"   (\d+), \n   'PSU',\n   '(.+)'\);")
Say = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Component:
    """A component of the database that a bundle brings scripts for."""

    id: str
    name: str
    schema: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """One update of the series, as bundledata_<series>.xml tells it."""

    id: int
    description: str
    components: tuple[Component, ...]


@dataclass(slots=True)
class Catbundle:
    """One call for one database."""

    desk: Desk
    database: str
    state: State
    series: str
    silent: bool
    say: Say
    failed: Callable[[int], None]
    """What SQL*Plus does after an error: WHENEVER SQLERROR may end it."""
    log: list[str] = field(default_factory=list)
    line: int = 1
    """The line of the statement that is being echoed."""

    @property
    def admin(self) -> Path:
        """Where the scripts are."""
        return Path(self.state["home"]) / "rdbms" / "admin"

    @property
    def logs(self) -> Path:
        """Where the logs go: below ORACLE_BASE of the instance."""
        return Path(self.state["home"]).parents[2] / "cfgtoollogs" / "catbundle"

    def script(self, action: str) -> Path:
        """Return the generated script for `action`."""
        return self.admin / f"catbundle_{self.series}_{self.state['name']}_{action}.sql"

    def log_file(self, action: str) -> Path:
        """Return the log of a phase that begins now."""
        return self.logs / f"catbundle_{self.series}_{self.state['name']}_{action}_{now():%Y%b%d_%H_%M_%S}.log"

    def run(self, mode: str) -> None:
        """Generate both scripts, and run the one that `mode` asks for."""
        self.logs.mkdir(parents=True, exist_ok=True)
        self.say("", _BLOCK, "", "", "Function created.", "", "", "Function created.", "", "", _BLOCK, "")
        generate = self.log_file("GENERATE")
        self.say("Generating apply and rollback scripts...", "Check the following file for errors:", str(generate))
        self.desk.pause(1)
        action, lines = self._prepare(mode)
        generate.write_text("\n".join(["Generating apply and rollback scripts...", *lines, "", _BLOCK, ""]) + "\n")
        self.say(f"Apply script: {self.script('APPLY')}", f"Rollback script: {self.script('ROLLBACK')}", "", _BLOCK, "")
        self.say("Executing script file...")
        if action and not self.script(action).exists():
            self.say(f'SP2-0310: unable to open file "{self.script(action)}"')
        elif action:
            self.execute(action)

    def _prepare(self, mode: str) -> tuple[str, list[str]]:
        """Return which script is to be run, none if an exception was caught; and what the log says of it."""
        name = f"bundledata_{self.series}.xml"
        try:
            bundles = read(self.admin / name)
        except OSError:
            where = [
                f"Ensure that the file exists in {self.admin}/",
                "ORA-22288: file or LOB operation FILEOPEN failed",
            ]
            return "", [f"Error reading {name} - patch NOT installed", *where]
        except Xml.ParseError:
            return "", ["Exception - patch NOT installed", "ORA-31011: XML parsing failed"]
        if self.desk.armed(SWALLOWS):
            return "", ["Exception - patch NOT installed", "ORA-29283: invalid file operation"]
        if mode == "ROLLBACK":
            return mode, []
        if mode != "APPLY":
            return "", [f"Invalid mode {mode} - patch NOT installed", "Mode must be either apply or rollback"]
        return mode, self._generate(bundles)

    def _generate(self, bundles: list[Bundle]) -> list[str]:
        last = self.state["history"][-1]
        number, words = (last["id"], last["comments"]) if last["action"] == "APPLY" else (0, "None")
        newer = [bundle.id for bundle in bundles if bundle.id > number]
        start = newer[0] if newer else bundles[-1].id
        for action in ("APPLY", "ROLLBACK"):
            wanted = [bundle for bundle in bundles if action == "ROLLBACK" or bundle.id >= start]
            self.script(action).write_text("\n".join(self._lines(action, bundles[-1], wanted)) + "\n")
        return [
            f"Current bundle installed: ({number}) - {words}",
            f"Starting bundle ID: {start}",
            *(f"Processing components and files for bundle {one.id}: {one.description}" for one in bundles),
            f"Apply SQL file: {self.script('APPLY')}",
            f"Rollback SQL file: {self.script('ROLLBACK')}",
        ]

    def _lines(self, action: str, newest: Bundle, wanted: list[Bundle]) -> list[str]:
        """Return a generated script."""
        installed = {comp["comp_id"] for comp in self.state["registry"]}
        lines = [f"REM This script is {self.script(action)}", f"REM It was generated by catbundle.sql on {_stamp()}"]
        lines += ["SET echo on", "COLUMN spool_file NEW_VALUE spool_file NOPRINT", "SPOOL &spool_file"]
        lines += ["exec sys.dbms_registry.set_session_namespace('SERVER')"]
        for component in sorted(newest.components, key=lambda one: one.schema):
            if component.id not in installed:
                because = "because it is not installed or versions mismatch..."
                lines.append(f"PROMPT Skipping {component.name} {because}")
                continue
            lines += [
                f"PROMPT Processing {component.name}...",
                f"ALTER SESSION SET current_schema = {component.schema};",
            ]
            files = [
                file for one in wanted for part in one.components if part.id == component.id for file in part.files
            ]
            lines += [f"@{file}" for file in dict.fromkeys(files)]
        lines += ["ALTER SESSION SET current_schema = SYS;", "PROMPT Updating registry...", *_insert(action, newest)]
        lines += ["COMMIT;", "SPOOL off", "SET echo off", "PROMPT Check the following log file for errors:"]
        again = [f"@@?/rdbms/admin/catbundle.sql {self.series.lower()} apply"] if action == "ROLLBACK" else []
        return [*lines, "PROMPT &spool_file", *again]

    def execute(self, action: str) -> None:
        """Run a generated script: what it echoes goes to the terminal and into its log."""
        script, log = self.script(action), self.log_file(action)
        lines = script.read_text().splitlines()
        try:
            for line in lines[lines.index("SPOOL &spool_file") + 1 : lines.index("SPOOL off")]:
                self._play(line)
        finally:
            log.write_text("\n".join(self.log) + "\n")
        self._register(action, "\n".join(lines))
        self.say("Check the following log file for errors:", str(log))
        if action == "ROLLBACK":
            state = self.desk.store.read(self.database)
            Catbundle(self.desk, self.database, state, self.series, self.silent, self.say, self.failed).run("APPLY")

    def _play(self, line: str) -> None:
        """Echo a line of a script, and what comes of it."""
        self.line = 1 if line.startswith(_BEGINNINGS) else self.line + 1
        if not self.silent:
            self._tell(f"SQL> {line}" if self.line == 1 else f"{self.line:>3}  {line}")
        if line.startswith("PROMPT "):
            self._tell(line.removeprefix("PROMPT "))
        elif line.startswith("@"):
            self.desk.crossroads("catbundle")
            self.desk.pause(0.5)
            self._tell("", "Package created.", "")
            for text, error in _ALLOWED if line.endswith("catcdc.sql") else ():
                self._tell(text, "                    *", "ERROR at line 1:", error, "", "")
                self.failed(int(error[4:9]))
        answer = next((words for start, words in _ANSWERS if line.startswith(start)), "")
        if answer:
            self._tell("", answer, "")

    def _tell(self, *lines: str) -> None:
        self.log += lines
        self.say(*lines)

    def _register(self, action: str, script: str) -> None:
        """Commit the row; scripts that were run leave code that has to be compiled again."""
        number, words = _ROW.findall(script)[-1]
        row = history_row(datetime.now(UTC), action=action, id=int(number), comments=words)
        broken = {"con": ROOT, "owner": "LIS", "name": "PKG_REPORT", "type": "PACKAGE BODY"}
        with self.desk.store.change(self.database) as state:
            state["history"].append(row)
            state["invalid_objects"] = [one for one in state["invalid_objects"] if one != broken] + [broken]


def read(path: Path) -> list[Bundle]:
    """Return the bundles of a series, oldest first. OSError or ParseError when there is nothing fit to be read."""
    root = Xml.parse(path).getroot()  # noqa: S314 - the lab reads its own archives
    return sorted((_bundle(one) for one in root.iter("bundle")), key=lambda bundle: bundle.id)


def _bundle(element: Xml.Element) -> Bundle:
    parts = tuple(
        Component(one.get("id", ""), one.get("name", ""), one.get("schema", ""),
                  tuple(file.text or "" for file in one.iter("file")))
        for one in element.iter("component")
    )  # fmt: skip
    return Bundle(int(element.get("id", "0")), element.get("description", ""), parts)


def _insert(action: str, bundle: Bundle) -> list[str]:
    return [
        "INSERT INTO registry$history ",
        "  (action_time, action,",
        "   namespace, version, id, ",
        "   bundle_series, comments)",
        "VALUES",
        f"  (SYSTIMESTAMP, '{action}', ",
        "   SYS_CONTEXT('REGISTRY$CTX','NAMESPACE'), ",
        "   '11.2.0.4', ",
        f"   {bundle.id}, ",
        "   'PSU',",
        f"   '{bundle.description}');",
    ]


def _stamp() -> str:
    return f"{now():%Y%b%d_%H_%M_%S}"
