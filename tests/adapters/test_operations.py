"""Detached operations through the system's sshd, in four shells: what is started goes on, and its state is known."""

from __future__ import annotations

import os
import secrets
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hisops.adapters.shell_host import ShellHost
from hisops.errors import Refused, Unreachable
from hisops.ports import Command
from hisops.secret import Secret
from tests.adapters.conftest import carrier
from tests.adapters.far_side import Far, Output, until

pytestmark = [pytest.mark.sshd]


@pytest.fixture
def op() -> str:
    return f"r1.step.{secrets.token_hex(4)}"


def _number(path: Path) -> int:
    return int(path.read_text().split()[0])


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_an_operation_runs_to_its_end(far: ShellHost, server: Far, op: str, output: Output) -> None:
    ground = far.prepare(None)
    assert ground.state == "absent"
    assert ground.marker
    assert ground.boot
    assert far.look(op, None).state == "absent"
    script = 'cat; printf "%s\n" "$HISOPS_X"; echo err >&2; sleep 0.2; echo end; exit 7'
    command = Command(script=script, env={"HISOPS_X": "中 'x'\n\\n"}, stdin=["a'b\n", Secret("p", "s3\\cret\n")])
    started = far.launch(op, command, destructive=True)
    assert started.state in {"running", "exited"}
    ended = far.follow(op, None, output)
    assert (ended.state, ended.code, ended.pid) == ("exited", 7, started.pid)
    assert (ended.boot, ended.marker) == (ground.boot, ground.marker)
    assert output.stdout.decode() == "a'b\ns3\\cret\n中 'x'\n\\n\nend\n"
    assert output.stderr == b"err\n"
    assert server.op(op).stat().st_mode & 0o777 == 0o700


def test_a_second_launch_starts_nothing(far: ShellHost, server: Far, op: str) -> None:
    far.prepare(None)
    count = server.home / f"count-{op}"
    command = Command(script=f"echo once >>{count}; sleep 0.3")
    far.launch(op, command)
    assert far.launch(op, command).state == "running"
    assert far.follow(op, None, Output()).code == 0
    assert far.launch(op, command).state == "exited"
    assert count.read_text() == "once\n"


def test_signals_and_exit_codes(far: ShellHost, op: str) -> None:
    far.prepare(None)
    for number, (script, code) in enumerate([("exit 0", 0), ("exit 255", 255), ("if", None), ("kill -9 $$", 137)]):
        far.launch(f"{op}.{number}", Command(script=script))
        ended = far.follow(f"{op}.{number}", None, Output())
        assert ended.state == "exited"
        assert ended.code == code if code is not None else ended.code not in {0, None}


def test_a_cut_link_does_not_touch_the_tool(far: ShellHost, server: Far, op: str, output: Output) -> None:
    far.prepare(None)
    started = far.launch(
        op, Command(script="for i in 1 2 3 4 5 6; do echo $i; sleep 0.2; done; exit 4"), destructive=True
    )
    cutter = threading.Timer(0.5, server.server.cut)
    cutter.start()
    with pytest.raises(Unreachable) as caught:
        far.follow(op, None, output)
    assert caught.value.code == "HIS-3007"
    seen = (len(output.stdout), len(output.stderr))
    ended = far.follow(op, None, output, seen=seen)
    assert (ended.state, ended.code, ended.pid) == ("exited", 4, started.pid)
    assert output.stdout == b"1\n2\n3\n4\n5\n6\n"


def test_a_hang_up_does_not_touch_the_tool(far: ShellHost, server: Far, op: str) -> None:
    far.prepare(None)
    far.launch(op, Command(script="sleep 0.6; exit 5"), destructive=True)
    for name in ("pid", "tool"):
        os.kill(_number(server.op(op) / name), signal.SIGHUP)
    assert far.follow(op, None, Output()).code == 5


def test_the_tool_has_a_session_of_its_own(far: ShellHost, server: Far, op: str) -> None:
    far.prepare(None)
    far.launch(op, Command(script="sleep 1"), destructive=True)
    supervisor, tool = _number(server.op(op) / "pid"), _number(server.op(op) / "tool")
    assert os.getsid(tool) == os.getsid(supervisor) == supervisor
    descriptors = {os.readlink(entry) for entry in Path(f"/proc/{tool}/fd").iterdir()}
    assert not any("socket" in target for target in descriptors)
    far.follow(op, None, Output())


def test_a_killed_tool_has_a_code_and_a_killed_supervisor_is_lost(far: ShellHost, server: Far, op: str) -> None:
    far.prepare(None)
    far.launch(op, Command(script="sleep 30"))
    os.kill(_number(server.op(op) / "tool"), signal.SIGKILL)
    assert far.follow(op, None, Output()).code == 137

    other = f"{op}.2"
    far.launch(other, Command(script="sleep 30"))
    supervisor, tool = _number(server.op(other) / "pid"), _number(server.op(other) / "tool")
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: not _alive(supervisor), "the supervisor's end")
    assert far.look(other, None).state == "running", "the tool itself still lives"
    os.kill(tool, signal.SIGKILL)
    until(lambda: not _alive(tool), "the tool's end")
    lost = far.look(other, None)
    assert (lost.state, lost.code) == ("lost", None)


def test_a_number_used_again_is_not_taken_for_the_operation(far: ShellHost, server: Far, op: str) -> None:
    far.prepare(None)
    far.launch(op, Command(script="sleep 30"))
    supervisor, tool = _number(server.op(op) / "pid"), _number(server.op(op) / "tool")
    for pid in (supervisor, tool):
        os.kill(pid, signal.SIGKILL)
    until(lambda: not _alive(supervisor) and not _alive(tool), "both ends")
    for name in ("pid", "tool"):
        (server.op(op) / name).write_text(f"{os.getpid()} 12345\n")
    assert far.look(op, None).state == "lost"


def test_a_reboot_is_seen(server: Far, shell: str, op: str) -> None:
    boot = server.home / f"boot-{op}"
    boot.write_text("first boot\n")
    boot.chmod(0o644)
    far = ShellHost("far", carrier(server), shell=shell, boot_id_file=str(boot))
    assert far.prepare(None).boot == "first boot"
    far.launch(op, Command(script="sleep 1; echo end"))
    boot.write_text("second boot\n")
    rebooted = far.look(op, None)
    assert (rebooted.state, rebooted.boot) == ("lost", "second boot")
    boot.write_text("first boot\n")
    assert far.follow(op, None, Output()).code == 0
    boot.write_text("third boot\n")
    assert far.look(op, None).code == 0, "an exit code outlives the boot"
    boot.write_text("")
    with pytest.raises(Refused) as caught:
        far.look(op, None)
    assert caught.value.code == "HIS-3014"
    far.close()


def test_a_missing_parent_starts_nothing_and_a_new_one_has_another_marker(far: ShellHost, server: Far, op: str) -> None:
    first = far.prepare(None).marker
    parent = server.op("x").parent
    away = parent.with_name(f"away-{op}")
    parent.rename(away)
    try:
        assert far.look(op, None).marker is None
        with pytest.raises(Refused) as caught:
            far.launch(op, Command(script="true"))
        assert caught.value.code == "HIS-3013"
        second = far.prepare(None).marker
        assert second
        assert second != first
        assert far.prepare(None).marker == second
    finally:
        for path in [parent / ".marker", parent]:
            if path.exists():
                path.unlink() if path.is_file() else path.rmdir()
        away.rename(parent)


def test_output_is_taken_up_at_any_offset(far: ShellHost, op: str) -> None:
    far.prepare(None)
    far.launch(op, Command(script="printf 'abc\\0def'; printf '\\377ghi' >&2"))
    for at in range(8):
        output = Output()
        far.follow(op, None, output, seen=(at, min(at, 4)))
        assert output.stdout == b"abc\0def"[at:]
        assert output.stderr == b"\xffghi"[min(at, 4) :]


def test_a_mebibyte_of_binary_arrives_as_it_was(far: ShellHost, server: Far, op: str, output: Output) -> None:
    blob = secrets.token_bytes(1 << 20)
    source = server.home / f"blob-{op}"
    source.write_bytes(blob)
    source.chmod(0o644)
    far.prepare(None)
    far.launch(op, Command(script=f"dd bs=65536 if={source} 2>/dev/null; sleep 0.2; cat {source} >&2"))
    assert far.follow(op, None, output).code == 0
    assert output.stdout == blob
    assert output.stderr == blob


def test_wiped_output_is_gone_and_the_state_stays(far: ShellHost, server: Far, op: str) -> None:
    far.prepare(None)
    far.launch(op, Command(script="echo secret; echo secret >&2; exit 3"))
    assert far.follow(op, None, Output()).code == 3
    far.wipe(op, None)
    assert b"secret" not in b"".join((server.op(op) / name).read_bytes() for name in ("out", "err"))
    after = Output()
    ended = far.follow(op, None, after, seen=(7, 7))
    assert (ended.code, after.stdout, after.stderr) == (3, b"", b"")


def test_following_ends_when_time_is_up(far: ShellHost, server: Far, op: str, output: Output) -> None:
    far.prepare(None)
    far.launch(op, Command(script="echo begun; sleep 30"))
    status = far.follow(op, None, output, timeout=0.4)
    assert (status.state, output.stdout) == ("running", b"begun\n")
    os.killpg(_number(server.op(op) / "pid"), signal.SIGKILL)


def test_secrets_are_neither_in_arguments_nor_environment_nor_on_disk(
    far: ShellHost, server: Far, op: str, output: Output
) -> None:
    canary = f"canary-{secrets.token_hex(16)}"
    found: list[str] = []
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(canary.encode(), found, done))
    watcher.start()
    far.prepare(None)
    far.launch(op, Command(script="sleep 0.3; cat; sleep 0.3", stdin=["user\n", Secret("p", canary), "\n"]))
    far.follow(op, None, Output(), timeout=0.1)
    on_disk = [path.name for path in server.op(op).iterdir() if path.is_file() and canary.encode() in path.read_bytes()]
    assert far.follow(op, None, output).code == 0
    done.set()
    watcher.join()
    assert output.stdout.decode() == f"user\n{canary}\n"
    assert on_disk == []
    assert found == []
    rest = [path.name for path in server.op(op).iterdir() if canary.encode() in path.read_bytes()]
    assert rest == ["out"], "only because this tool prints it"


def _watch(canary: bytes, found: list[str], done: threading.Event) -> None:
    own = str(os.getpid())
    while not done.is_set():
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and entry.name != own:
                for name in ("cmdline", "environ"):
                    try:
                        if canary in (entry / name).read_bytes():
                            found.append(f"{entry.name} {name}")
                    except OSError:
                        continue
        time.sleep(0.005)


def test_the_tool_gets_the_login_umask_and_home(far: ShellHost, server: Far, op: str, output: Output) -> None:
    far.prepare(None)
    asked = Output()
    far.run(Command(script="umask; pwd"), asked)
    far.launch(op, Command(script="umask; pwd"))
    far.follow(op, None, output)
    assert output.stdout == asked.stdout
    assert output.stdout.decode().split()[1] == str(server.home)


@pytest.fixture
def path_of(tmp_path: Path) -> Callable[..., str]:
    """Make a folder with all programs of the system except some."""

    def make(*without: str) -> str:
        folder = tmp_path / "bin"
        folder.mkdir()
        for directory in ("/usr/bin", "/bin"):
            for program in Path(directory).iterdir():
                if program.name not in without and not (folder / program.name).exists():
                    (folder / program.name).symlink_to(program)
        return str(folder)

    return make


@pytest.mark.parametrize("name", ["dash", "ksh93"])
def test_perl_stands_in_for_setsid(
    name: str, shells: dict[str, str], here: ShellHost, path_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from hisops.adapters.local import LocalCarrier

    if name not in shells:
        pytest.skip(f"{name} is not installed")
    monkeypatch.setenv("PATH", path_of("setsid"))
    host = ShellHost("control", LocalCarrier(), shell=shells[name])
    host.prepare(None)
    started = host.launch("p", Command(script="sleep 0.5; cat", stdin=["in"]), destructive=True)
    assert started.pid
    assert os.getsid(started.pid) != os.getsid(0)
    output = Output()
    assert host.follow("p", None, output).code == 0
    assert output.stdout == b"in"


def test_without_setsid_and_perl_only_harmless_tools_start(
    here: ShellHost, path_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch, output: Output
) -> None:
    monkeypatch.setenv("PATH", path_of("setsid", "perl"))
    here.prepare(None)
    with pytest.raises(Refused) as caught:
        here.launch("n", Command(script="true"), destructive=True)
    assert caught.value.code == "HIS-3012"
    assert here.look("n", None).state == "absent"
    here.launch("n", Command(script="sleep 0.2; echo fine"), destructive=False)
    assert here.follow("n", None, output).code == 0
    assert output.stdout == b"fine\n"


def test_a_full_disk_starts_nothing(here: ShellHost, tmp_path: Path) -> None:
    here.prepare(None)
    # A file-size limit fails the same writes that a full disk fails.
    limited = ShellHost("control", _Limited(), shell="/bin/sh")
    with pytest.raises(Refused) as caught:
        limited.launch("full", Command(script="true"))
    assert caught.value.code == "HIS-3016"
    assert not (tmp_path / ".hisops/ops/full").exists()


class _Limited:
    """A local carrier whose shells may write no file at all."""

    def carry(self, argv, stdin, feed, timeout, *, keep=False):  # type: ignore[no-untyped-def]
        from hisops.adapters.local import LocalCarrier

        limited = ["/bin/sh", "-c", 'trap "" XFSZ; ulimit -f 0; exec "$@"', "sh", *argv]
        return LocalCarrier().carry(limited, stdin, feed, timeout)

    def close(self) -> None:
        pass


def test_input_of_a_detached_tool_has_limits(here: ShellHost) -> None:
    here.prepare(None)
    for part in (b"\0", "x" * (1 << 20) + "y"):
        with pytest.raises(Refused) as caught:
            here.launch("big", Command(script="cat", stdin=[part]))
        assert caught.value.code == "HIS-3015"


def test_large_input_within_the_limit_arrives(far: ShellHost, op: str, output: Output) -> None:
    text = "".join(f"line {number} 中'\\\n" for number in range(40_000))
    far.prepare(None)
    far.launch(op, Command(script="cat", stdin=[text]))
    assert far.follow(op, None, output).code == 0
    assert output.stdout == text.encode()


def test_names_that_are_no_names_are_refused(here: ShellHost) -> None:
    for name in ("../x", "a b", "", ".marker", "x" * 300, "a/b"):
        with pytest.raises(Refused):
            here.look(name, None)


def test_a_host_that_does_not_answer_is_out_of_reach_and_no_bug() -> None:
    class Mute:
        def carry(self, argv, stdin, feed, timeout, *, keep=False):  # type: ignore[no-untyped-def]
            raise TimeoutError

        def close(self) -> None:
            pass

    host = ShellHost("his-db1", Mute())
    for ask in (host.facts, lambda: host.prepare(None), lambda: host.look("op", None)):
        with pytest.raises(Unreachable) as caught:
            ask()
        assert caught.value.code == "HIS-3059"
