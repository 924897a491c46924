"""The command line before any command: help, global options, errors, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hisops.cli import commands
from hisops.cli.options import Invocation, invocation, lift
from tests.cli.calling import SOURCE, hisops

HEAVY = ("rich", "pydantic", "ruamel", "fabric", "paramiko", "invoke", "oracledb", "cel", "cryptography", "asyncssh")

# What the help page needs of hisops itself: no command's module, nothing that reads YAML or a log.
HELP = {
    "hisops.cli",
    "hisops.cli.app",
    "hisops.cli.boundary",
    "hisops.cli.choosing",
    "hisops.cli.commands",
    "hisops.cli.helptext",
    "hisops.cli.opening",
    "hisops.cli.options",
    "hisops.cli.procedures",
    "hisops.cli.root",
    "hisops.cli.usage",
    "hisops.console",
    "hisops.console.i18n",
    "hisops.documents",
    "hisops.documents.commands",
    "hisops.documents.places",
    "hisops.errors",
    "hisops.model",
    "hisops.model.choosing",
}


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(SOURCE), "XDG_CACHE_HOME": str(tmp_path)}
    hisops("--help", env=environment)  # the first call remembers which commands the runbooks bring
    script = (
        "import sys\n"
        "from hisops.cli.app import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    loaded = done.stderr.split()
    assert not set(HEAVY) & {name.partition(".")[0] for name in loaded}
    assert {name for name in loaded if name.startswith("hisops.")} == HELP
    assert "Usage: hisops" in done.stdout


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_the_table_says_what_each_command_is_for_as_the_command_does(name: str) -> None:
    assert commands.COMMANDS[name].purpose == commands.load(name).help


def test_called_alone_it_shows_its_help_and_ends_well() -> None:
    done = hisops()
    assert (done.returncode, done.stdout) == (0, hisops("--help").stdout)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["runbok"], "HIS-2901", 'Did you mean "runbook"?'),
        (["nothing-like-it"], "HIS-2901", "hisops --help"),
        (["runbook", "lits"], "HIS-2901", 'Did you mean "list"?'),
        (["--sit"], "HIS-2902", 'Did you mean "--site"?'),
        (["explain"], "HIS-2903", "CODE is missing"),
        (["--lang", "fr", "runbook"], "HIS-2904", "'fr' is not one of 'zh', 'en'"),
        (["explain", "a", "b"], "HIS-2905", "unexpected"),
    ],
)
def test_a_wrong_command_line_ends_2_with_fact_and_advice(arguments: list[str], code: str, words: str) -> None:
    done = hisops(*arguments)
    assert done.returncode == 2
    assert f"error {code}" in done.stderr
    assert words in " ".join(done.stderr.split())
    assert done.stdout == ""


def test_json_puts_the_error_on_stdout_too() -> None:
    done = hisops("runbok", "--json")
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1
    assert document["error"]["code"] == "HIS-2901"
    assert document["error"]["fact"] == 'There is no command "hisops runbok".'
    assert 'Did you mean "runbook"?' in document["error"]["todo"]


def test_global_options_may_follow_the_command() -> None:
    lifted, rest = lift(["log", "verify", "--json", "--all", "--site", "a b", "-vq", "--", "--json"])
    assert lifted == ["--json", "--site", "a b", "-vq"]
    assert rest == ["log", "verify", "--all", "--", "--json"]
    call = invocation(lifted, {})
    assert call == Invocation(site=Path("a b"), json=True, quiet=True, verbose=True)
    assert call.typed == {"--site": str(Path("a b").absolute())}


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "C"}, "zh"),
        ({}, "en"),
    ],
)
def test_the_locale_chooses_the_language(environment: dict[str, str], lang: str) -> None:
    assert invocation([], environment).lang == lang
    assert invocation(["--lang", "zh"], environment).lang == "zh"


def test_the_option_wins_over_the_environment() -> None:
    environment = {"HISOPS_SITE": "/from/env", "HISOPS_KEY": "/key"}
    assert invocation(["--site=/from/option"], environment) == Invocation(site=Path("/from/option"), key=Path("/key"))


def test_version() -> None:
    done = hisops("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "hisops")
