"""A tool that works in the workshop of its host is in nothing different from a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from hisops.lab.layout import PRIMARY_HOST, Machine
from hisops.lab.record import entries
from hisops.lab.shell import environment
from hisops.lab.tools import caller
from tests.lab.rehearsal import Rehearsal

pytestmark = pytest.mark.lab


@pytest.fixture
def machine(shared_lab: Rehearsal) -> Machine:
    return shared_lab.layout.machine(PRIMARY_HOST)


def begin(machine: Machine, tool: Path, *words: str, user: str = "oracle", **more: object) -> subprocess.Popen[str]:
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    home = {"ORACLE_HOME": str(machine.oracle_home), "ORACLE_SID": "his"}
    heard = {"preexec_fn": hear}
    return subprocess.Popen([tool, *words], env=environment(machine, user) | home, text=True, **(pipes | heard | more))


def hear() -> None:
    """Undo what nohup or a background job of a script would leave ignored."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def at_work(machine: Machine) -> subprocess.Popen[str]:
    """Return a SQL*Plus that has said who it is and waits for its input."""
    started = begin(machine, machine.oracle_home / "bin" / "sqlplus", "/nolog")
    assert any("SQL*Plus: Release" in line for line in iter(started.stdout.readline, ""))
    return started


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_signal_that_ends_it_ends_its_work(machine: Machine, number: signal.Signals) -> None:
    with at_work(machine) as started:
        started.send_signal(number)
        started.stdout.read()  # has an end only when nobody can write there any more
        assert started.wait() == -number


def test_it_is_on_record_by_the_process_that_was_started(shared_lab: Rehearsal, machine: Machine) -> None:
    with at_work(machine) as started:
        started.communicate("exit 3\n")
    assert started.returncode == 3
    mine = [entry["event"] for entry in entries(shared_lab.layout.record) if entry.get("pid") == started.pid]
    assert mine == ["start", "end"]


def test_a_reader_that_goes_away_ends_it_as_ever(machine: Machine) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with begin(machine, machine.bin / "df", stdout=writing) as started:
        os.close(writing)
        assert started.wait() == -signal.SIGPIPE


def test_a_command_below_sudo_is_its_child_and_gets_its_signals(machine: Machine) -> None:
    script = "trap 'echo told; exit 7' TERM; echo $PPID; while :; do sleep 0.05; done"
    with begin(machine, machine.bin / "sudo", "-n", "-u", "root", "sh", "-c", script, user="hisops") as started:
        assert int(started.stdout.readline()) == started.pid
        started.terminate()
        assert started.stdout.read() == "told\n"
        assert started.wait() == 7


def test_it_works_where_it_was_called(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "here.sql").write_text("prompt found\nexit\n")
    with begin(machine, machine.oracle_home / "bin" / "sqlplus", "-S", "/nolog", "@here.sql", cwd=tmp_path) as started:
        assert started.communicate()[0].split() == ["found"]


def test_without_a_workshop_it_works_by_itself(lab: Rehearsal, machine: Machine) -> None:
    with begin(machine, machine.bin / "id") as known:
        said = known.communicate()[0]
    (machine.root / "proc" / caller.DOOR).unlink()
    with begin(machine, machine.bin / "id") as started:
        assert (started.communicate()[0], started.returncode) == (said, 0)
    with begin(machine, machine.bin / "sudo", "-n", "-u", "root", "sh", "-c", "exit 9", user="hisops") as started:
        assert started.wait() == 9
