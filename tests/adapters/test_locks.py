"""The lock of the control host belongs to a process and dies with it."""

import subprocess
import sys

from hisops.adapters.locks import FileLocks, lock_folder


def test_the_second_taker_is_told_who_holds_it(tmp_path):
    first, second = FileLocks(tmp_path), FileLocks(tmp_path)
    assert first.take("database-1", "run a") is None
    assert second.take("database-1", "run b") == "run a"
    assert second.take("database-2", "run b") is None


def test_a_released_lock_can_be_taken(tmp_path):
    first, second = FileLocks(tmp_path), FileLocks(tmp_path)
    first.take("database-1", "a longer text of the first holder")
    first.release()
    assert second.take("database-1", "run b") is None
    assert FileLocks(tmp_path).take("database-1", "run c") == "run b"


def test_a_killed_process_leaves_no_lock(tmp_path):
    code = (
        "import sys,time; from pathlib import Path; from hisops.adapters.locks import FileLocks\n"
        f"FileLocks(Path({str(tmp_path)!r})).take('x', 'dead') is None and print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    # the object is dropped at once in the child, but its handle stays open until the process ends
    assert process.stdout.readline() == "held\n"
    assert FileLocks(tmp_path).take("x", "me") == "dead"
    process.kill()
    process.wait()
    assert FileLocks(tmp_path).take("x", "me") is None


def test_all_sites_of_a_user_share_the_folder(tmp_path):
    assert lock_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "hisops" / "locks"
    assert lock_folder({"HOME": str(tmp_path)}) == tmp_path / ".local" / "state" / "hisops" / "locks"
