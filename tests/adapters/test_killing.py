"""Killing a detached tool, in four shells: what it started goes too, and what is told is what was seen."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
from pathlib import Path

import pytest

from hisops.adapters import operations
from hisops.adapters.shell_host import ShellHost
from hisops.ports import Command
from tests.adapters.far_side import Far, Output, until

pytestmark = [pytest.mark.sshd]


@pytest.fixture
def op() -> str:
    return f"r1.step.{secrets.token_hex(4)}"


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def numbers(path: Path, count: int) -> list[int]:
    until(lambda: path.exists() and len(path.read_text().split()) >= count, f"{count} numbers in {path}")
    return [int(word) for word in path.read_text().split()]


def test_term_ends_the_tool_and_what_it_started(far: ShellHost, server: Far, op: str) -> None:
    far.prepare(None)
    note = server.home / f"children-{op}"
    far.launch(
        op, Command(script=f"sleep 300 & echo $! >>{note}; sleep 301 & echo $! >>{note}; wait"), destructive=True
    )
    children = numbers(note, 2)
    seen = far.kill(op, None, grace=5)
    assert seen.status.state == "exited"
    assert seen.status.code not in {0, None}
    assert seen.terminated >= 3
    assert seen.killed == 0
    assert not any(alive(child) for child in children)


def test_what_does_not_heed_term_gets_kill(far: ShellHost, server: Far, op: str) -> None:
    far.prepare(None)
    note = server.home / f"deaf-{op}"
    far.launch(op, Command(script=f"trap '' TERM; echo $$ >{note}; while :; do sleep 0.2; done"), destructive=True)
    (tool,) = numbers(note, 1)
    seen = far.kill(op, None, grace=1)
    assert (seen.status.state, seen.status.code) == ("exited", 137)
    assert seen.killed >= 1
    assert not alive(tool)


def test_a_tool_that_reads_its_input_and_one_that_cleans_up(far: ShellHost, server: Far, op: str) -> None:
    far.prepare(None)
    note = server.home / f"clean-{op}"
    script = f"trap 'echo cleaned >>{note}; exit 9' TERM; cat >/dev/null; echo $$ >{note}; while :; do sleep 0.1; done"
    far.launch(op, Command(script=script, stdin=["input\n"]), destructive=True)
    numbers(note, 1)
    seen = far.kill(op, None, grace=10)
    assert (seen.status.state, seen.status.code) == ("exited", 9)
    assert note.read_text().split()[1] == "cleaned"


def test_the_tool_of_a_killed_supervisor_is_found(far: ShellHost, server: Far, op: str) -> None:
    far.prepare(None)
    note = server.home / f"orphan-{op}"
    far.launch(op, Command(script=f"echo $$ >{note}; sleep 300 & echo $! >>{note}; wait"), destructive=True)
    family = numbers(note, 2)
    os.kill(numbers(server.op(op) / "pid", 2)[0], signal.SIGKILL)
    seen = far.kill(op, None, grace=5)
    assert seen.status.state == "lost"
    assert not any(alive(pid) for pid in family)


def test_nothing_else_of_the_user_is_touched(far: ShellHost, server: Far, op: str) -> None:
    far.prepare(None)
    far.launch(f"{op}.other", Command(script="sleep 300"), destructive=True)
    far.launch(op, Command(script="sleep 300"), destructive=True)
    assert far.kill(op, None, grace=5).status.state == "exited"
    assert far.look(f"{op}.other", None).state == "running"
    far.kill(f"{op}.other", None, grace=5)


def test_a_number_that_is_another_process_now_is_left_alone(far: ShellHost, server: Far, op: str) -> None:
    """As after a reboot: the folder names the number of a process, but not of the one that lives under it now."""
    far.prepare(None)
    far.launch(f"{op}.stranger", Command(script="sleep 300"), destructive=True)
    stranger = numbers(server.op(f"{op}.stranger") / "tool", 2)[0]
    far.launch(op, Command(script="sleep 0.1"), destructive=True)
    far.follow(op, None, Output())
    folder = server.op(op)
    (folder / "rc").unlink()
    for name in ("pid", "tool"):
        (folder / name).write_text(f"{stranger} 1\n")
    seen = far.kill(op, None, grace=1)
    assert (seen.status.state, seen.terminated) == ("lost", 0)
    assert alive(stranger)
    far.kill(f"{op}.stranger", None, grace=5)


def test_what_does_not_run_is_told_as_it_is(far: ShellHost, op: str) -> None:
    far.prepare(None)
    assert far.kill(op, None, grace=1).status.state == "absent"
    far.launch(op, Command(script="exit 3"))
    far.follow(op, None, Output())
    seen = far.kill(op, None, grace=1)
    assert (seen.status.state, seen.status.code, seen.terminated) == ("exited", 3, 0)


def test_without_setsid_the_tool_and_what_is_below_it_go(server: Far, host: ShellHost, op: str, tmp_path: Path) -> None:
    """A host with nothing but nohup: the operation has no group of its own, and the group is not touched."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "cat", "mkdir", "rm", "mv", "sleep", "date", "id", "uname", "hostname", "nohup", "sync", "dd"):
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    host.prepare(None)
    note = server.home / f"plain-{op}"
    script = f"PATH={tools}; export PATH\n"
    launch = host._exchange
    host._exchange = lambda text, *rest: launch(script + text, *rest)  # type: ignore[method-assign]
    host.launch(op, Command(script=f"echo $$ >{note}; sleep 300 & echo $! >>{note}; wait"))
    host._exchange = launch  # type: ignore[method-assign]
    family = numbers(note, 2)
    assert os.getpgid(family[0]) != numbers(server.op(op) / "pid", 2)[0]
    seen = host.kill(op, None, grace=5)
    assert seen.status.state == "exited"
    assert not any(alive(pid) for pid in family)


def test_a_host_without_proc_is_asked_by_ps(
    far: ShellHost, server: Far, op: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on AIX: all that is known of processes comes from ps."""
    if not shutil.which("ps"):
        pytest.skip("the system has no ps (Debian: procps)")
    text_of = operations.text_of
    monkeypatch.setattr(operations, "text_of", lambda name: text_of(name).replace("[ -r /proc/self/stat ]", "false"))
    far.prepare(None)
    note = server.home / f"ps-{op}"
    far.launch(
        op, Command(script=f"sleep 300 & echo $! >>{note}; sleep 301 & echo $! >>{note}; wait"), destructive=True
    )
    children = numbers(note, 2)
    seen = far.kill(op, None, grace=5)
    assert (seen.status.state, seen.killed) == ("exited", 0)
    assert not any(alive(child) for child in children)
