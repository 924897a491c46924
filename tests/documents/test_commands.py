"""Commands are told from the heads of runbooks, remembered, and cost neither pydantic nor YAML."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hisops.documents.commands import commands
from tests.documents import shelf

SCRIPT = """\
import os, sys
from pathlib import Path
from hisops.documents.commands import commands
rows = commands(None, {"XDG_CACHE_HOME": sys.argv[1]}, Path(sys.argv[2]))
print([row["command"] for row in rows], sorted({"pydantic", "ruamel.yaml", "cel"} & set(sys.modules)))
"""


@pytest.fixture
def shipped(tmp_path):
    shelf.write(tmp_path / "shipped", "thing/do", with_command(shelf.HEAD, "do thing"))
    shelf.write(tmp_path / "shipped", "judges/tool", shelf.JUDGE)
    return tmp_path / "shipped"


def with_command(text, command):
    return text.replace("version: 1.0.0", f"version: 1.0.0\ncommand: {command}")


def told(tmp_path, shipped, site=None):
    return commands(site, {"XDG_CACHE_HOME": str(tmp_path / "cache")}, shipped)


def test_a_row_holds_what_a_command_line_needs(tmp_path, shipped):
    (row,) = told(tmp_path, shipped)
    assert (row["id"], row["command"], row["title"]["zh"]) == ("thing/do", "do thing", "做")
    assert row["parameters"]["days"] == {"type": "integer", "title": {"zh": "天", "en": "Days"}, "default": 7}


def test_what_is_remembered_is_believed_until_the_file_changes(tmp_path, shipped):
    first = told(tmp_path, shipped)
    cache = tmp_path / "cache" / "hisops" / "commands.json"
    cache.write_text(cache.read_text().replace("do thing", "do cached"))
    assert [row["command"] for row in told(tmp_path, shipped)] == ["do cached"]
    shelf.write(shipped, "thing/do", with_command(shelf.HEAD, "do changed"))
    assert [row["command"] for row in told(tmp_path, shipped)] == ["do changed"]
    cache.write_text("{")
    assert [row["command"] for row in told(tmp_path, shipped)] == ["do changed"]
    assert first != told(tmp_path, shipped)


@pytest.mark.parametrize("environment", [{}, {"HOME": "/proc/none"}])
def test_without_a_place_for_the_cache_it_works_all_the_same(shipped, environment):
    assert [row["command"] for row in commands(None, environment, shipped)] == ["do thing"]


def test_a_site_adds_commands_and_the_shipped_one_keeps_its_name(tmp_path, shipped):
    site = tmp_path / "site"
    shelf.write(site / "runbooks", "own/do", with_command(shelf.HEAD.replace("thing/do", "own/do"), "do thing"))
    shelf.write(site / "runbooks", "own/more", with_command(shelf.HEAD.replace("thing/do", "own/more"), "do more"))
    rows = told(tmp_path, shipped, site)
    assert [(row["command"], row["id"]) for row in rows] == [("do more", "own/more"), ("do thing", "thing/do")]


def choosing(name, values, option="level"):
    text = with_command(shelf.HEAD.replace("thing/do", name), "try it")
    return text.replace("\ncommand:", f"\nchosen_by: {{{option}: {values}}}\ncommand:")


@pytest.mark.parametrize(("second", "kept"), [
    (choosing("thing/b", "[3]"), ["thing/a", "thing/b"]),
    (choosing("thing/b", "[2, 3]"), ["thing/a"]),
    (choosing("thing/b", "['1']"), ["thing/a"]),
    (choosing("thing/b", "[3]", "mode"), ["thing/a"]),
    (with_command(shelf.HEAD.replace("thing/do", "thing/b"), "try it"), ["thing/a"]),
    (choosing("thing/b", "3"), ["thing/a"]),
    (choosing("thing/b", "[]"), ["thing/a"]),
    (choosing("thing/b", "[3], mode: [x]"), ["thing/a"]),
])  # fmt: skip
def test_several_runbooks_share_a_command_if_an_option_tells_them_apart(tmp_path, second, kept):
    shelf.write(tmp_path / "shipped", "thing/a", choosing("thing/a", "[1, 2]"))
    shelf.write(tmp_path / "shipped", "thing/b", second)
    assert [row["id"] for row in told(tmp_path, tmp_path / "shipped")] == kept


@pytest.mark.parametrize(
    "text", ["command: [", "command: x\n", "no: thing\n", with_command(shelf.HEAD, "x").replace("type: file", "typ: 1")]
)
def test_what_cannot_be_understood_is_left_out(tmp_path, shipped, text):
    shelf.write(shipped, "thing/broken", text)
    assert [row["command"] for row in told(tmp_path, shipped)] == ["do thing"]


def test_help_pays_for_no_heavy_import(tmp_path, shipped):
    for _ in range(2):  # the second time from the cache
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(tmp_path / "cache"), str(shipped)],
            capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(filter(None, sys.path))},
        )  # fmt: skip
    assert done.stdout == "['do thing'] []\n"
