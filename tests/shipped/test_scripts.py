"""The scripts of the patch runbooks that compute something, carried out on small files under three shells."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hisops.engine.judging import judge
from hisops.model.judge import Judgement
from tests.shipped.procedures import judges, runbook

APPLY = "oracle/patch-apply"
PATCH = "37642901"
SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "ksh": ["ksh"]}
XML = """<oneoff_inventory>
  <patch_id number="{number}"/>
  <minimum_opatch_version>12.2.0.1.44</minimum_opatch_version>
  <patch_description>{description}</patch_description>
</oneoff_inventory>
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(params=SHELLS)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Carry out a script with `tools` (name to shell text) in front of the system's."""
    shell = SHELLS[request.param]
    if shutil.which(shell[0]) is None:
        pytest.skip(f"{shell[0]} is not installed")

    def carry_out(script: str | None, tools: dict[str, str] | None = None, **env: object) -> object:
        folder = tmp_path / "tools"
        folder.mkdir(exist_ok=True)
        for name, text in (tools or {}).items():
            (folder / name).write_text(f"#!/bin/sh\n{text}\n")
            (folder / name).chmod(0o755)
        values = {name: str(value) for name, value in env.items()}
        return subprocess.run(
            [*shell, "-c", str(script)], env={"PATH": f"{folder}:{os.environ['PATH']}", "LC_ALL": "C", **values},
            text=True, capture_output=True, check=False, cwd=tmp_path, timeout=60,
        )  # fmt: skip

    return carry_out  # type: ignore[return-value]  # Callable[...] cannot say keyword arguments


def judged(reference: str, done: subprocess.CompletedProcess[str]) -> Judgement:
    tool, _, action = reference.partition("/")
    rules = judges()[tool]
    return judge(rules, rules.actions[action], done.stdout.encode(), done.stderr.encode(), done.returncode)


def script_of(step: str, name: str = APPLY) -> str:
    text = runbook(name).step(step).sh
    assert text is not None
    return text


def unpacked(tmp_path: Path, description: str, readme: str, number: str = PATCH) -> Path:
    folder = tmp_path / "stage" / PATCH
    (folder / "etc/config").mkdir(parents=True)
    (folder / "etc/config/inventory.xml").write_text(XML.format(number=number, description=description))
    (folder / "README.html").write_text(readme)
    return tmp_path / "stage"


def test_a_release_update_tells_its_needs(run: Run, tmp_path: Path) -> None:
    stage = unpacked(tmp_path, "Database Release Update : 19.27", "Data Guard\n Standby-First  Installable.")
    (stage / PATCH / "files/sqlpatch").mkdir(parents=True)
    done = run(script_of("patch-facts"), HISOPS_STAGE_DIR=stage, HISOPS_PATCH_ID=PATCH)
    facts = json.loads(done.stdout)
    assert facts.pop("unpacked_kb") > 0
    assert facts == {
        "number": PATCH, "minimum_opatch": "12.2.0.1.44", "ojvm": False, "standby_first": True, "sql_part": True,
        "own_script": False, "psu": 0,
    }  # fmt: skip


def test_of_a_composite_patch_its_newest_part_tells(run: Run, tmp_path: Path) -> None:
    stage = unpacked(tmp_path, "x", "Data Guard Standby-First Installable.")
    folder = stage / PATCH
    (folder / "28204707").mkdir()
    (folder / "etc").rename(folder / "28204707/etc")
    config = folder / PATCH / "etc/config"
    config.mkdir(parents=True)
    description = f"Database Patch Set Update : 11.2.0.4.190716 ({PATCH})"
    (config / "inventory.xml").write_text(XML.format(number=PATCH, description=description))
    asked = {"HISOPS_STAGE_DIR": stage, "HISOPS_PATCH_ID": PATCH}
    facts = json.loads(run(script_of("patch-facts"), **asked).stdout)
    assert (facts["number"], facts["psu"], facts["sql_part"], facts["own_script"]) == (PATCH, 190716, False, False)
    bundle = folder / PATCH / "files/rdbms/admin/bundledata_PSU.xml"
    bundle.parent.mkdir(parents=True)
    bundle.touch()
    (folder / PATCH / "postinstall.sql").touch()
    facts = json.loads(run(script_of("patch-facts"), **asked).stdout)
    assert (facts["sql_part"], facts["own_script"]) == (True, True)


@pytest.mark.parametrize("readme", ["This patch is not standby-first installable.", "Nothing is said of standbys."])
def test_a_patch_that_must_not_go_to_the_standby_first_is_told(run: Run, tmp_path: Path, readme: str) -> None:
    stage = unpacked(tmp_path, "SOME FIX", readme)
    done = run(script_of("patch-facts"), HISOPS_STAGE_DIR=stage, HISOPS_PATCH_ID=PATCH)
    assert json.loads(done.stdout)["standby_first"] is False
    assert json.loads(done.stdout)["sql_part"] is False


def test_an_ojvm_patch_is_told(run: Run, tmp_path: Path) -> None:
    stage = unpacked(tmp_path, "OJVM RELEASE UPDATE: 19.27.0.0.250415 (37499406)", "")
    done = run(script_of("patch-facts"), HISOPS_STAGE_DIR=stage, HISOPS_PATCH_ID=PATCH)
    assert json.loads(done.stdout)["ojvm"] is True


def test_an_archive_without_an_inventory_fails(run: Run, tmp_path: Path) -> None:
    (tmp_path / "stage" / PATCH).mkdir(parents=True)
    done = run(script_of("patch-facts"), HISOPS_STAGE_DIR=tmp_path / "stage", HISOPS_PATCH_ID=PATCH)
    assert json.loads(done.stdout or '{"number": ""}')["number"] == ""


def test_a_shared_home_names_the_other_databases(run: Run, tmp_path: Path) -> None:
    oratab = tmp_path / "oratab"
    oratab.write_text("# his2:/u01/home\nhis:/u01/home:Y\ntest:/u01/home:N\nother:/u01/other:Y\n*:/u01/home:N\n")
    done = run(script_of("sole-database"), ORATAB=oratab, ORACLE_HOME="/u01/home", ORACLE_SID="his")
    assert json.loads(done.stdout) == {"others": "test "}
    oratab.write_text("his:/u01/home:Y\n")
    done = run(script_of("sole-database"), ORATAB=oratab, ORACLE_HOME="/u01/home", ORACLE_SID="his")
    assert json.loads(done.stdout) == {"others": ""}


def test_holders_are_listed_once_each_and_counted(run: Run) -> None:
    tools = {
        "fuser": 'printf " 101e 102m"; printf " 101" ; printf "%s: \\n" "$1" >&2',
        "ps": 'for last; do :; done; echo "$last oracle sqlplus / as sysdba"',
    }
    verdict = judged("host/holders", run(script_of("holders"), tools, ORACLE_HOME="/u01/home"))
    assert verdict.verdict == "failed"
    assert verdict.out["processes"] == ["101 oracle sqlplus / as sysdba", "102 oracle sqlplus / as sysdba"]


def test_nobody_is_said_in_so_many_words(run: Run) -> None:
    assert judged("host/holders", run(script_of("holders"), {"fuser": "exit 1"}, ORACLE_HOME="/h")).verdict == "ok"


def test_a_host_without_fuser_never_looks_free(run: Run) -> None:
    script = "PATH=/nonexistent\n" + script_of("holders")
    assert judged("host/holders", run(script, ORACLE_HOME="/u01/home")).verdict in {"failed", "unknown"}


def test_only_what_came_after_the_mark_is_scanned(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "alert_his.log"
    log.write_text("ORA-00600: old news\n")
    env = {"HISOPS_ALERT_LOG_FOLDER": tmp_path, "ORACLE_SID": "his"}
    mark = json.loads(run(script_of("alert-mark"), **env).stdout)["bytes"]
    env["HISOPS_ALERT_MARK_BYTES"] = mark
    assert json.loads(run(script_of("alert-scan"), **env).stdout) == {"errors": 0}
    log.write_text(log.read_text() + "Thread 1 opened\nORA-07445: core dump\nORA-00600: new\n")
    done = run(script_of("alert-scan"), **env)
    assert json.loads(done.stdout) == {"errors": 2}
    assert "ORA-07445: core dump" in done.stderr
    assert "old news" not in done.stderr


def test_missing_tools_are_named(run: Run) -> None:
    done = run("PATH=/nonexistent\n" + script_of("build-tools"))
    assert done.returncode == 1
    assert "gcc" in done.stderr
    assert "fuser" in done.stderr


class Home:
    """A small home with its inventory pointer, and an opatch that lists what a file says."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home"
        self.stage = root / "stage"
        for folder in ("bin", "lib", "OPatch", "cfgtoollogs"):
            (self.home / folder).mkdir(parents=True)
        (root / "oraInventory").mkdir()
        self.stage.mkdir()
        (self.home / "bin/oracle").write_text("old oracle")
        (self.home / "lib/libserver19.a").write_text("old library")
        (self.home / "cfgtoollogs/opatch.log").write_text("log")
        (root / "oratab").write_text("his:/u01/home:Y\n")
        (root / "oraInst.loc").write_text(f"inventory_loc={root}/oraInventory\n")
        self.sha256: object = ""
        self.listed = root / "listed"
        self.listed.write_text("29585399;OCW RELEASE UPDATE 19.3.0.0.0 (29585399)\n")
        opatch = self.home / "OPatch/opatch"
        opatch.write_text(
            f"#!/bin/sh\ncase $1 in\nlspatches) cat {self.listed} ;;\n"
            "rollback) echo \"RollbackSession removing interim patch '$3' from inventory\" ;;\n"
            "esac\necho 'OPatch succeeded.'\n"
        )
        opatch.chmod(0o755)

    @property
    def env(self) -> dict[str, object]:
        return {
            "ORACLE_HOME": self.home, "HISOPS_STAGE_DIR": self.stage, "HISOPS_PATCH_ID": PATCH,
            "ORATAB": self.root / "oratab", "ORAINST_LOC": self.root / "oraInst.loc",
            "HISOPS_ARCHIVE_HOME_SHA256": self.sha256,
        }  # fmt: skip

    def break_half_way(self) -> None:
        (self.home / "bin/oracle").write_text("half an oracle")
        (self.home / "lib/libserver19.a").unlink()
        (self.home / "cfgtoollogs/opatch.log").write_text("a longer log")


@pytest.fixture
def home(tmp_path: Path, run: Run) -> Home:
    home = Home(tmp_path / "host")
    verdict = judged("host/tar", run(script_of("archive-home"), **home.env))
    assert verdict.verdict == "ok"
    assert verdict.out["entries"] == verdict.out["files"]
    home.sha256 = verdict.out["sha256"]
    return home


def probe_of(name: str, step: str) -> str:
    probe = runbook(name).step(step).probe
    assert probe is not None
    return str(probe.sh)


def undo_of(name: str, step: str) -> str:
    undo = runbook(name).step(step).undo
    assert undo is not None
    return str(undo.sh)


def test_an_untouched_home_is_not_changed_whatever_its_logs_say(run: Run, home: Home) -> None:
    (home.home / "cfgtoollogs/opatch.log").write_text("a longer log")
    (home.home / "lib/libserver19.a").touch()
    verdict = judged("oracle-state/home", run(probe_of(APPLY, "apply"), **home.env))
    assert verdict.verdict == "ok"
    assert verdict.out == {"patches": ["29585399"], "changed": []}


def test_a_home_changed_half_way_is_seen_and_brought_back(run: Run, home: Home) -> None:
    home.break_half_way()
    seen = judged("oracle-state/home", run(probe_of(APPLY, "apply"), **home.env))
    assert seen.verdict == "ok"
    changed = seen.out["changed"]
    assert isinstance(changed, list)
    assert sorted(changed) == [f"{home.home}/bin/oracle"[1:], f"{home.home}/lib/libserver19.a"[1:]]
    undone = run(undo_of(APPLY, "apply"), **home.env)
    assert judged("oracle-state/home-undone", undone).verdict == "ok"
    assert "home: 2 files" in undone.stdout
    assert (home.home / "bin/oracle").read_text() == "old oracle"
    assert (home.home / "lib/libserver19.a").read_text() == "old library"
    assert (home.home / "cfgtoollogs/opatch.log").read_text() == "a longer log", "what happened stays on record"


def test_a_patch_in_the_inventory_is_rolled_back_by_opatch(run: Run, home: Home) -> None:
    home.listed.write_text(f"{PATCH};Database Release Update\n")
    done = run(undo_of(APPLY, "apply"), **home.env)
    assert f"removing interim patch '{PATCH}'" in done.stdout
    assert judged("oracle-state/home-undone", done).verdict == "ok"


def test_a_damaged_archive_is_no_proof(run: Run, home: Home) -> None:
    home.break_half_way()
    (home.stage / "home.tar").write_bytes(b"no archive" * 400)
    assert judged("oracle-state/home", run(probe_of(APPLY, "apply"), **home.env)).verdict != "ok"
    assert judged("oracle-state/home-undone", run(undo_of(APPLY, "apply"), **home.env)).verdict != "ok"


def test_undoing_a_rollback_brings_the_inventory_back_too(run: Run, home: Home) -> None:
    inventory = home.root / "oraInventory"
    (inventory / "inventory.xml").write_text("with the patch")
    home.sha256 = judged("host/tar", run(script_of("archive-home"), **home.env)).out["sha256"]
    (inventory / "inventory.xml").write_text("gone")
    home.break_half_way()
    done = run(undo_of("oracle/patch-rollback", "rollback"), **home.env)
    assert judged("oracle-state/home-undone", done).verdict == "ok"
    assert (inventory / "inventory.xml").read_text() == "with the patch"
    assert (home.home / "bin/oracle").read_text() == "old oracle"
