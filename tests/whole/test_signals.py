"""At a real terminal: Ctrl-C once and twice, the terminal closed under a run, Enter before each step, a typed kill."""

from __future__ import annotations

import os

import pexpect
import pytest

from tests.support import sshd, steering_site
from tests.support.steering_site import SteeredSite, wait_for

pytestmark = [
    pytest.mark.sshd,
    pytest.mark.skipif(sshd.missing() is not None, reason=str(sshd.missing())),
]
PATIENCE = 120


@pytest.fixture
def site(tmp_path, server):
    return steering_site.make(tmp_path, server)


def at_terminal(site: SteeredSite, *words: str) -> pexpect.spawn:
    """Call hisops at a terminal of 100 columns."""
    program, *arguments = site.small.command(*words)
    environment = site.small.environment() | {"TERM": "xterm", "PYTHONUNBUFFERED": "1"}
    return pexpect.spawn(program, arguments, env=environment, dimensions=(40, 100), encoding="utf-8", timeout=PATIENCE)


def working(site: SteeredSite) -> tuple[str, pexpect.spawn]:
    """Return a run whose tool works, and the terminal at which it is carried out."""
    run = site.answered()
    (site.folder / "wait").touch()
    terminal = at_terminal(site, "resume", run)
    wait_for(lambda: "second" in site.record(), PATIENCE)
    terminal.expect("Ctrl-C pauses after this step")
    return run, terminal


def ended(terminal: pexpect.spawn) -> int:
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus is not None, terminal.signalstatus
    return int(terminal.exitstatus)


def test_ctrl_c_once_pauses_behind_the_tool(site):
    _, terminal = working(site)
    terminal.sendintr()
    terminal.expect("pausing after this step")
    site.let_go()
    assert ended(terminal) == 14
    assert site.record() == ["first", "second"]
    status = site.status()
    assert (status["state"], status["reason"]) == ("PAUSED", "paused between two steps, as asked")


def test_ctrl_c_twice_detaches_and_the_tool_goes_on(site):
    run, terminal = working(site)
    terminal.sendintr()
    terminal.expect("pausing after this step")
    terminal.sendintr()
    terminal.expect("Detached: what was started on a host goes on")
    assert ended(terminal) == 14
    site.let_go()
    wait_for((site.folder / "second").exists, PATIENCE)
    assert site.hisops("resume", run).returncode == 0
    assert site.record() == ["first", "second", "last"]


def test_a_terminal_that_is_closed_does_not_end_the_run(site):
    _, terminal = working(site)
    os.close(terminal.child_fd)  # as when a window is closed: SIGHUP, and every write fails from now on
    site.let_go()
    _, code = os.waitpid(terminal.pid, 0)
    assert os.waitstatus_to_exitcode(code) == 0
    assert site.status()["state"] == "SUCCEEDED"
    assert site.record() == ["first", "second", "last"]


def test_enter_begins_each_step_and_q_pauses(site):
    terminal = at_terminal(site, "run", site.plan(), "--step")
    terminal.expect("Enter begins step 1, Look; q pauses")
    terminal.sendline("")
    terminal.expect("Enter begins step 2, First; q pauses")
    assert site.record() == []
    terminal.sendline("q")
    assert ended(terminal) == 14
    assert site.record() == []
    assert site.states()["look"] == "SUCCEEDED"


def test_a_kill_at_a_terminal_wants_the_name_typed(site):
    run, carried = working(site)
    terminal = at_terminal(site, "kill", run, "--reason", "it hangs")
    terminal.expect("Kill it\\? Type the target's name")
    terminal.sendline("bax")
    terminal.expect("not the target's name")
    terminal.sendline("box")
    terminal.expect("TERM went to")
    assert ended(terminal) == 0
    assert ended(carried) == 11
    assert site.states()["second"] == "UNKNOWN"
