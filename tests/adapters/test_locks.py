"""The lock of the control host belongs to a process and dies with it."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from hisops.adapters.control import control_host, machine_id
from hisops.adapters.locks import FileLocks, lock_folder
from hisops.journal.durable import hold, is_held
from hisops.model.lock import ControlHost, Holder

HERE = ControlHost("control-1", "m1", "/site/logs")


def locks(folder):
    return FileLocks(folder, HERE, is_held)


def test_the_second_taker_is_told_who_holds_it(tmp_path):
    first, second = locks(tmp_path), locks(tmp_path)
    assert first.take("database-1", "run a") is None
    assert second.take("database-1", "run b") == "run a"
    assert second.take("database-2", "run b") is None
    assert first.take("database-1", "run a") is None, "it is held already, by the same process"


def test_a_released_lock_can_be_taken(tmp_path):
    first, second = locks(tmp_path), locks(tmp_path)
    first.take("database-1", "a longer text of the first holder")
    first.release()
    assert second.take("database-1", "run b") is None
    assert locks(tmp_path).take("database-1", "run c") == "run b"


def test_a_killed_process_leaves_no_lock(tmp_path):
    code = (
        "import time; from pathlib import Path; from tests.adapters.test_locks import locks\n"
        f"locks(Path({str(tmp_path)!r})).take('x', 'dead') is None and print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": "src:."}
    )
    assert process.stdout is not None
    # the object is dropped at once in the child, but its handle stays open until the process ends
    assert process.stdout.readline() == "held\n"
    assert locks(tmp_path).take("x", "me") == "dead"
    process.kill()
    process.wait()
    assert locks(tmp_path).take("x", "me") is None


def test_all_sites_of_a_user_share_the_folder(tmp_path):
    assert lock_folder({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "hisops" / "locks"
    assert lock_folder({"HOME": str(tmp_path)}) == tmp_path / ".local" / "state" / "hisops" / "locks"


@pytest.fixture
def holder(tmp_path):
    (tmp_path / "logs/runs/r1").mkdir(parents=True)
    return Holder(
        run="r1", origin="h/x", runbook="a/b", target="his", requester="dba1", control="control-1", machine="m1",
        logs=str(tmp_path / "logs"), since="2026-11-24T02:00:00Z",
    )  # fmt: skip


def test_a_process_of_this_machine_is_known_whatever_its_logs(tmp_path, holder):
    held = hold(tmp_path / "logs/runs/r1")
    assert locks(tmp_path).lives(holder) is True
    os.close(held)
    assert locks(tmp_path).lives(holder) is False


def test_of_another_machine_or_a_folder_that_is_gone_nothing_is_known(tmp_path, holder):
    assert locks(tmp_path).lives(replace(holder, machine="m2")) is None
    assert locks(tmp_path).lives(replace(holder, logs="/nowhere")) is None


def test_a_copy_of_the_logs_is_another_place(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "c").symlink_to(tmp_path / "a")
    first, second, linked = (control_host(tmp_path / name).copy for name in ("a", "b", "c"))
    assert first != second
    assert first == linked
    assert control_host(tmp_path / "a").copy == f"{machine_id()}:{tmp_path / 'a'}"


def test_the_digest_of_a_machine_does_not_give_its_id_away(tmp_path, monkeypatch):
    known = tmp_path / "machine-id"
    known.write_text("0123456789abcdef0123456789abcdef\n")
    monkeypatch.setattr("hisops.adapters.control._IDS", (tmp_path / "none", known))
    first = machine_id()
    assert first not in known.read_text()
    known.write_text("fedcba9876543210fedcba9876543210\n")
    assert machine_id() != first
