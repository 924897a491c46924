from __future__ import annotations

import asyncio
import time
from pathlib import Path

import asyncssh
import pytest

from hisops.errors import UsageProblem
from hisops.lab import control
from tests.lab.rehearsal import Rehearsal

pytestmark = pytest.mark.lab


def wait_until(condition, seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.03)


def test_a_command_has_exit_code_and_both_streams(shared_lab: Rehearsal) -> None:
    answer = shared_lab.run("echo out; echo err >&2; exit 7")
    assert (answer.out, answer.err, answer.code) == ("out\n", "err\n", 7)


def test_input_streams_through_untouched(shared_lab: Rehearsal) -> None:
    data = bytes(range(256)) * 4000
    answer = shared_lab.run("sha256sum", stdin=data)
    import hashlib

    assert answer.out.split()[0] == hashlib.sha256(data).hexdigest()


def test_a_shell_without_a_command_reads_its_input(shared_lab: Rehearsal) -> None:
    async def talk() -> bytes:
        async with shared_lab.connect() as connection:
            process = await connection.create_process(encoding=None)
            process.stdin.write(b"echo from-the-shell\nexit 3\n")
            done = await process.wait()
            assert done.exit_status == 3
            return done.stdout

    assert asyncio.run(talk()) == b"from-the-shell\n"


def test_a_signal_reaches_the_command_and_comes_back_as_its_end(shared_lab: Rehearsal) -> None:
    async def talk() -> str:
        async with shared_lab.connect() as connection:
            process = await connection.create_process("echo ready; exec sleep 60")
            await process.stdout.readline()
            process.send_signal("TERM")
            done = await process.wait()
            return done.exit_signal[0]

    assert asyncio.run(talk()) == "TERM"


def test_only_keys_of_operators_open_the_door(shared_lab: Rehearsal) -> None:
    async def knock(**options) -> None:
        async with shared_lab.connect(**options):
            pass

    asyncio.run(knock(key=shared_lab.directory / "people" / "dba2" / "id_ed25519"))
    with pytest.raises(asyncssh.PermissionDenied):
        asyncio.run(knock(key=shared_lab.directory / "people" / "audit1" / "id_ed25519"))


def test_the_host_answers_with_its_own_name_and_user(shared_lab: Rehearsal) -> None:
    answer = shared_lab.run("hostname; whoami; id -un; id -u; echo $HOME")
    name, who, user, number, home = answer.out.splitlines()
    assert (name, who, user, number) == ("his-db1", "hisops", "hisops", "1001")
    assert Path(home).is_relative_to(shared_lab.directory)
    assert shared_lab.run("hostname; whoami", host="his-db2").out == "his-db2\noracle\n"


def test_a_login_knows_nothing_of_oracle_and_its_locale_is_chinese(shared_lab: Rehearsal) -> None:
    answer = shared_lab.run("echo ${ORACLE_HOME:-none} $LANG; command -v opatch || echo not in PATH")
    assert answer.out == "none zh_CN.UTF-8\nnot in PATH\n"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("sudo whoami", "root\n"),
        ("sudo -n -u oracle whoami", "oracle\n"),
        ("sudo -n -H -u oracle -- sh -c 'whoami; basename $HOME'", "oracle\noracle\n"),
        ("sudo -n -u oracle -- hostname", "his-db1\n"),
        ("sudo -n -l -u oracle ls", "ls\n"),
    ],
)
def test_sudo_becomes_whom_the_sudoers_allow(shared_lab: Rehearsal, command: str, said: str) -> None:
    answer = shared_lab.run(command)
    assert (answer.out, answer.code) == (said, 0)


@pytest.mark.parametrize(
    ("host", "command", "words"),
    [
        ("his-db1", "sudo -n -u oracle sudo -n -u root true", "sudo: a password is required"),
        ("his-db1", "sudo -n -u oracle sudo -u root true", "a terminal is required"),
        ("his-db2", "sudo -n -u hisops true", "Sorry, user oracle is not allowed to execute 'true' as hisops"),
        ("his-db1", "sudo -n -u postgres true", "sudo: unknown user postgres"),
        ("his-db1", "sudo -n -i", "invalid option -- 'i'"),
        ("his-db1", "sudo -n -u oracle", "usage: sudo"),
        ("his-db1", "sudo -n -u oracle no-such-program", "no-such-program: command not found"),
    ],
)
def test_sudo_refuses_the_rest_in_its_own_words(shared_lab: Rehearsal, host: str, command: str, words: str) -> None:
    answer = shared_lab.run(command, host=host)
    assert answer.code == 1
    assert words in answer.err


def test_a_sudoers_without_the_user_asks_for_a_password(lab: Rehearsal) -> None:
    (lab.layout.machine("his-db1").root / "etc" / "sudoers").write_text("root ALL=(ALL) ALL\n")
    assert "a password is required" in lab.run("sudo -n -u oracle true").err


def test_sudo_passes_the_exit_code_and_the_standard_input_on(shared_lab: Rehearsal) -> None:
    answer = shared_lab.run("sudo -n -u oracle -- sh -c 'cat; exit 9'", stdin=b"through\n")
    assert (answer.out, answer.code) == ("through\n", 9)


def test_profile_noise_surrounds_a_command_but_does_not_change_it(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "profile-noise", True)
    answer = lab.run("echo mine; exit 5")
    assert answer.out.startswith("*****")
    assert answer.out.endswith("mine\n")
    assert "stty" in answer.err
    assert answer.code == 5


def test_a_cut_link_leaves_the_command_running(lab: Rehearsal) -> None:
    marker = lab.layout.machine("his-db1").tmp / "went-on"

    async def talk() -> None:
        async with lab.connect() as connection:
            process = await connection.create_process(f"exec 1>&- 2>&-; sleep 1; touch {marker}")
            lab.layout.machine("his-db1").order("cut").touch()
            await asyncio.wait_for(connection.wait_closed(), 10)
            assert process.exit_status is None

    asyncio.run(talk())
    wait_until(marker.exists)


def test_link_drop_cuts_in_the_middle_of_the_long_command_once(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "link-drop@datapatch", True)
    assert control.status(lab.directory).faults == ("link-drop@datapatch",)
    lab.oracle('"$ORACLE_HOME/OPatch/datapatch" -verbose')  # nothing to install: no long part
    assert control.status(lab.directory).faults == ("link-drop@datapatch",)
    control.set_fault(lab.directory, "link-drop", False)
    assert control.status(lab.directory).faults == ()


def test_a_reboot_kills_clears_and_changes_the_boot_identity(lab: Rehearsal) -> None:
    machine = lab.layout.machine("his-db1")
    before, ports = machine.boot_id.read_text(), lab.ports["his-db1"]
    pid = int(lab.run("(trap '' HUP; exec sleep 300) >/dev/null 2>&1 </dev/null & echo $!").out)
    lab.run("echo x > $TMPDIR/leftover")
    assert Path(f"/proc/{pid}").exists()
    oratab = machine.root / "etc" / "oratab"
    oratab.write_text(oratab.read_text().replace(":Y\n", ":N\n"))
    machine.order("reboot").touch()
    wait_until(lambda: machine.boot_id.read_text() != before)
    wait_until(lambda: not machine.order("reboot").exists())
    assert not Path(f"/proc/{pid}").exists()
    assert list(machine.tmp.iterdir()) == []
    state = lab.store.read("his")
    assert state["status"] == "DOWN"
    assert not state["listener"]["up"]
    assert lab.store.read("his_dr")["status"] == "OPEN"
    assert lab.ports["his-db1"]["ssh"] == ports["ssh"]
    assert lab.ports["his-db1"]["tns"] == ports["tns"]
    assert lab.run("hostname").out == "his-db1\n"


def test_a_host_starts_at_boot_what_its_oratab_says(lab: Rehearsal) -> None:
    machine = lab.layout.machine("his-db1")
    before = lab.store.read("his")["startup_time"]
    machine.order("reboot").touch()
    wait_until(
        lambda: lab.store.read("his")["startup_time"] != before and lab.store.read("his")["status"] == "OPEN", 60
    )
    wait_until(lambda: not machine.order("reboot").exists())
    assert lab.store.read("his")["listener"]["up"]
    wait_until(lambda: "ora_pmon_his\n" in lab.run("ps -ef").out)
    assert lab.starts("dbstart") == 1


def test_a_host_that_is_lost_answers_nobody_and_boots_once_it_is_back(lab: Rehearsal) -> None:
    before = lab.layout.machine("his-db1").boot_id.read_text()
    control.set_fault(lab.directory, "primary-host-lost", True)
    wait_until(lambda: not _answers(lab))
    assert lab.store.read("his")["status"] == "DOWN"
    assert lab.run("hostname", host="his-db2").out == "his-db2\n"
    control.set_fault(lab.directory, "primary-host-lost", False)
    wait_until(lambda: _answers(lab), 60)
    assert lab.layout.machine("his-db1").boot_id.read_text() != before
    wait_until(lambda: lab.store.read("his")["status"] == "OPEN", 60)


def _answers(lab: Rehearsal) -> bool:
    try:
        return lab.run("hostname").code == 0
    except (OSError, asyncssh.Error):
        return False


def test_detached_processes_of_a_host_are_seen_by_its_ps_and_not_by_the_other_hosts(lab: Rehearsal) -> None:
    lab.run("setsid sleep 321 >/dev/null 2>&1 </dev/null &")
    wait_until(lambda: "sleep 321" in lab.run("ps -ef").out)
    assert "sleep 321" not in lab.run("ps -ef", host="his-db2").out
    assert "ora_pmon_his\n" in lab.run("ps -ef").out
    assert "ora_pmon_hisdr\n" in lab.run("ps -ef", host="his-db2").out


def test_df_tells_of_the_labs_own_file_systems(lab: Rehearsal) -> None:
    home = lab.layout.machine("his-db1").oracle_home
    header, row = lab.run(f"df -Pk {home}").out.splitlines()
    assert header.split()[3] == "Available"
    assert int(row.split()[3]) > 50_000_000
    assert row.split()[5] == str(lab.layout.machine("his-db1").root / "u01")
    control.set_fault(lab.directory, "disk-full", True)
    assert int(lab.run(f"df -Pk {home}").out.splitlines()[1].split()[3]) < 1_000_000
    assert lab.run("df -Pk /no/such").code == 1
    assert "tmp" in lab.run("df -Pk /tmp").out


def test_a_link_can_be_cut_under_any_command(lab: Rehearsal) -> None:
    control.set_fault(lab.directory, "link-drop@exec", True)
    assert lab.run("sleep 5").code is None
    assert control.status(lab.directory).faults == ()
    assert lab.run("echo back").out == "back\n"


def test_a_fault_strikes_only_where_it_can(shared_lab: Rehearsal) -> None:
    for name in ("link-drop@tea", "conflict@rman"):
        with pytest.raises(UsageProblem):
            control.set_fault(shared_lab.directory, name, True)


def test_uname_and_crontab_speak_for_the_host(shared_lab: Rehearsal) -> None:
    assert shared_lab.run("uname -sn").out == "Linux his-db1\n"
    assert shared_lab.run("sudo -n -u oracle crontab -l").out == "0 1 * * * /home/oracle/bin/rman_level1.sh\n"
    assert shared_lab.run("crontab -l").err == "no crontab for hisops\n"


def test_fuser_and_lsof_find_who_holds_the_home(lab: Rehearsal) -> None:
    library = lab.layout.machine("his-db1").oracle_home / "lib" / "libclntsh.so.19.1"
    pids = lab.run(f"fuser {library} 2>/dev/null").out.split()
    assert len(pids) == 2
    assert "ora_pmon_his" in lab.run(f"ps -o pid= -o user= -o args= -p {pids[0]}").out
    assert str(library) in lab.run(f"lsof +D {library.parent.parent}").out
    lab.stop_all()
    assert lab.run(f"fuser {library}").code == 1
    assert lab.run(f"lsof +D {library.parent.parent}").out == ""
    assert lab.run("lsof --everything").code == 1
