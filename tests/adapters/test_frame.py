"""The frame in real shells: any bytes survive, noise is never judged, a text cut short does nothing."""

from __future__ import annotations

import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hisops.adapters.frame import Decoder, Frame, argv, quote
from hisops.adapters.local import LocalCarrier
from hisops.adapters.shell_host import ShellHost
from hisops.errors import Refused, Unreachable
from hisops.model.site import RunAs
from hisops.ports import Command
from hisops.secret import Secret
from tests.adapters.far_side import Output

NASTY = "'\"`$(x)\\ \n\t*?[a]{b}~!#%&;|<>\x01\x1e\x7f中文\udcff\udc81\r end'"


@pytest.fixture
def local(shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShellHost:
    monkeypatch.setenv("HOME", str(tmp_path))
    return ShellHost("control", LocalCarrier(), shell=shell)


def test_values_of_any_bytes_arrive(local: ShellHost, output: Output) -> None:
    command = Command(script="printenv HISOPS_X; printenv HISOPS_Y", env={"HISOPS_X": NASTY, "HISOPS_Y": ""})
    assert local.run(command, output) == 0
    assert output.stdout == NASTY.encode("utf-8", "surrogateescape") + b"\n\n"
    assert output.stderr == b""


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_quoting_holds_for_all_text(shells: dict[str, str], value: str) -> None:
    path = shells.get("dash") or "/bin/sh"
    script = f"printf '%s' {quote(value)}"
    result = subprocess.run([path, "-c", script.encode()], env={"LC_ALL": "C"}, capture_output=True, check=True)
    assert result.stdout == value.encode()


def test_scripts_of_any_text_run(local: ShellHost, output: Output) -> None:
    script = "cat <<'END'\n" + NASTY + "\nEND\nexit 3 # it's the end"
    assert local.run(Command(script=script), output) == 3
    assert output.stdout == NASTY.encode("utf-8", "surrogateescape") + b"\n"


def test_stdin_takes_parts_in_order(local: ShellHost, output: Output, tmp_path: Path) -> None:
    blob = bytes(range(256)) * 4096
    (tmp_path / "blob").write_bytes(blob)
    command = Command(script="cat", stdin=["first\n", tmp_path / "blob", Secret("p", "s3'cret"), b"\0last"])
    assert local.run(command, output) == 0
    assert output.stdout == b"first\n" + blob + b"s3'cret\0last"


def test_a_script_that_reads_no_stdin_is_not_held_up(local: ShellHost, output: Output, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 4_000_000)
    assert local.run(Command(script="echo done", stdin=[tmp_path / "big"]), output) == 0
    assert output.stdout == b"done\n"


def test_a_missing_file_on_stdin_is_told(local: ShellHost, output: Output, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        local.run(Command(script="cat", stdin=["a", tmp_path / "none"]), output)


def test_streams_stay_apart_byte_for_byte(local: ShellHost, output: Output) -> None:
    assert local.run(Command(script="printf out; printf err >&2; printf 'no newline'; exit 200"), output) == 200
    assert (output.stdout, output.stderr) == (b"outno newline", b"err")


def test_syntax_errors_and_exec_keep_the_exit_code(local: ShellHost, output: Output) -> None:
    assert local.run(Command(script="echo before; if"), output) != 0
    assert local.run(Command(script="exec sh -c 'exit 9'"), Output()) == 9
    assert local.run(Command(script="false"), Output()) == 1
    assert local.run(Command(script="kill -TERM $(sh -c 'echo $PPID'); sleep 5"), Output()) == 128 + 15


def test_environment_is_the_same_everywhere(
    local: ShellHost, output: Output, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("SQLPATH", "ORACLE_PATH", "ENV", "BASH_ENV"):
        monkeypatch.setenv(name, str(tmp_path / "evil"))
    (tmp_path / "evil").write_text("echo noise")
    monkeypatch.setenv("LANG", "zh_CN.GBK")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setenv("NLS_LANG", "SIMPLIFIED CHINESE_CHINA.ZHS16GBK")
    local.run(Command(script="echo $SQLPATH$ORACLE_PATH$ENV$BASH_ENV,$LANG,$LC_ALL,$NLS_LANG; pwd"), output)
    assert output.stdout.decode() == f",C,C,AMERICAN_AMERICA.AL32UTF8\n{tmp_path.resolve()}\n"


def test_marks_of_the_tool_itself_pass(local: ShellHost, output: Output) -> None:
    assert local.run(Command(script="printf '\\036abc\\036'; printf '\\036' >&2"), output) == 0
    assert (output.stdout, output.stderr) == (b"\x1eabc\x1e", b"\x1e")


def test_what_a_daemon_says_after_the_end_is_not_output(local: ShellHost, output: Output) -> None:
    script = "(sleep 0.3; echo late; sleep 30) & echo in time"
    assert local.run(Command(script=script), output, 10) == 0
    assert output.stdout == b"in time\n"


def test_timeout_is_told(local: ShellHost, output: Output) -> None:
    with pytest.raises(TimeoutError):
        local.run(Command(script="echo begun; sleep 30"), output, 0.5)
    assert output.stdout == b"begun\n"


@pytest.mark.parametrize("stdin", [(), ("input",)])
def test_a_text_cut_short_does_nothing(shell: str, tmp_path: Path, stdin: tuple[str, ...]) -> None:
    witness = tmp_path / "witness"
    frame = Frame(Command(script=f"touch {witness}", stdin=stdin), shell=shell)
    whole = subprocess.run(frame.argv, input=frame.text, capture_output=True, check=False)
    assert whole.returncode == 0
    assert witness.exists()
    witness.unlink()
    for size in range(0, len(frame.text) - 2, 11):
        subprocess.run(frame.argv, input=frame.text[:size], capture_output=True, check=False)
        assert not witness.exists(), size


def test_aix_reads_exactly_the_text(shell: str, tmp_path: Path) -> None:
    frame = Frame(Command(script="cat", stdin=["the rest"]), os="aix", shell=shell)
    assert "dd bs=1" in frame.argv[-1]
    result = subprocess.run(frame.argv, input=frame.text + b"the rest", capture_output=True, check=True)
    assert b"the rest" in result.stdout


def test_nul_and_bad_names_are_refused(here: ShellHost, output: Output) -> None:
    for command in (
        Command(script="echo \0"),
        Command(script="echo", env={"A": "\0"}),
        Command(script="echo", env={"A B": "x"}),
        Command(script="echo", run_as=RunAs(user="a;b", via="sudo")),
    ):
        with pytest.raises(Refused):
            here.run(command, output)


def test_a_shell_that_cannot_start_is_told(tmp_path: Path, output: Output) -> None:
    host = ShellHost("control", LocalCarrier(), shell=str(tmp_path / "none"))
    with pytest.raises(Unreachable) as caught:
        host.run(Command(script="true"), output)
    assert caught.value.code == "HIS-3009"


def test_roles_become_another_user_before_the_text_is_read() -> None:
    sudo = argv(10, RunAs(user="oracle", via="sudo"), os="linux", path=["/opt/x y"])
    assert sudo[:2] == ["/bin/sh", "-c"]
    assert sudo[2].startswith("PATH='/opt/x y':$PATH; export PATH; exec sudo -n -H -u oracle -- /bin/sh -c ")
    assert argv(10, RunAs(user="oracle", via="none"), os="linux") == argv(10, None, os="linux")
    assert argv(None, RunAs(user="oracle", via="su"), os="aix")[2] == "exec su oracle -c 'exec /bin/sh'"


@pytest.mark.skipif(not shutil.which("env"), reason="needs env")
def test_sudo_gets_exactly_the_promised_words(here: ShellHost, tmp_path: Path, output: Output) -> None:
    sudo = tmp_path / "sudo"
    sudo.write_text('#!/bin/sh\n[ "$1 $2 $3 $4 $5" = "-n -H -u oracle --" ] || exit 9\nshift 5\nAS=oracle exec "$@"\n')
    sudo.chmod(0o755)
    host = ShellHost("control", LocalCarrier(), path=[str(tmp_path)])
    command = Command(script="echo $AS; cat", stdin=["in"], run_as=RunAs(user="oracle", via="sudo"))
    assert host.run(command, output) == 0
    assert output.stdout == b"oracle\nin"


def test_a_refusing_sudo_is_told_with_its_words(tmp_path: Path, output: Output) -> None:
    sudo = tmp_path / "sudo"
    sudo.write_text("#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n")
    sudo.chmod(0o755)
    host = ShellHost("db", LocalCarrier(), path=[str(tmp_path)])
    with pytest.raises(Refused) as caught:
        host.run(Command(script="true", run_as=RunAs(user="oracle", via="sudo")), output)
    assert caught.value.code == "HIS-3010"
    assert "a password is required" in str(caught.value)
    assert (output.stdout, output.stderr) == (b"", b"")


def _decoded(chunks: list[bytes]) -> tuple[bytes, int | None]:
    output = Output()
    decoder = Decoder("t0ken", output)
    for chunk in chunks:
        decoder.feed("stdout", chunk)
    decoder.finish()
    return output.stdout, decoder.code


@given(st.binary(max_size=30), st.binary(max_size=30), st.lists(st.integers(0, 90), max_size=5))
@settings(max_examples=100, deadline=None)
def test_decoder_does_not_care_how_the_stream_is_cut(noise: bytes, body: bytes, cuts: list[int]) -> None:
    raw = noise + b"\x1et0ken{" + body + b"\x1et0ken}42;" + noise
    edges = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    pieces = [raw[start:stop] for start, stop in pairwise(edges)]
    assert _decoded(pieces) == (body, 42)


def test_decoder_keeps_noise_for_the_error() -> None:
    decoder = Decoder("t0ken", Output())
    decoder.feed("stderr", b"Warning: ")
    decoder.feed("stderr", b"x" * 10_000)
    decoder.finish()
    assert not decoder.began
    assert decoder.noise.startswith("Warning: xxx")
    assert len(decoder.noise) < 5000
