"""Locks on a host through the system's sshd, in four shells: one holder, changed whole or not at all."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from hisops.adapters.shell_host import ShellHost
from hisops.errors import LockLost
from hisops.model.lock import Holder, parse
from hisops.ports import Command, Fence, Marker
from tests.adapters.conftest import carrier
from tests.adapters.far_side import Far, Output

pytestmark = [pytest.mark.sshd]


@pytest.fixture
def lock() -> str:
    return f"database-{secrets.token_hex(4)}"


@pytest.fixture
def op() -> str:
    return f"r1.step.{secrets.token_hex(4)}"


def holder(run: str = "r1", control: str = "east") -> str:
    return Holder(
        run=run, origin="h/x", runbook="a/b", target="his", requester="dba1 中'", control=control, machine="m",
        logs=f"/{control}/logs", since="2026-11-24T02:00:00Z",
    ).text()  # fmt: skip


def fence(marker: Marker) -> int:
    found = parse(marker.text)
    assert found is not None
    return found.fence


def test_a_lock_is_won_once_and_dropped_by_its_holder(far: ShellHost, lock: str) -> None:
    assert far.read_marker(lock, None).text is None
    won = far.take_marker(lock, holder(), None)
    assert won.done
    assert won.text == holder() + "fence: 1\n"
    assert won.idle is not None
    second = far.take_marker(lock, holder("r2"), None)
    assert (second.done, second.text) == (False, won.text)
    for wrong in (holder(), (won.text or "")[:-1], won.text + "\n"):
        assert not far.drop_marker(lock, wrong, None)
    assert far.drop_marker(lock, won.text, None, "ended: r1")
    assert not far.drop_marker(lock, won.text, None)
    given_back = far.read_marker(lock, None)
    assert (given_back.text, given_back.freed) == (None, "ended: r1")


def test_the_fence_only_grows(far: ShellHost, lock: str) -> None:
    seen = []
    for number in range(4):
        taken = far.take_marker(lock, holder(f"r{number}"), None)
        swapped = far.swap_marker(lock, taken.text or "", holder(f"r{number}", "west"), None)
        seen += [fence(taken), fence(swapped)]
        assert far.drop_marker(lock, swapped.text or "", None)
    assert seen == sorted(set(seen))


def test_a_swap_needs_exactly_the_text_that_was_seen(far: ShellHost, lock: str) -> None:
    first = far.take_marker(lock, holder(), None)
    assert not far.swap_marker(lock, holder(), holder("r2"), None).done
    swapped = far.swap_marker(lock, first.text or "", holder(control="west"), None)
    assert swapped.done
    late = far.swap_marker(lock, first.text or "", holder(control="north"), None)
    assert (late.done, late.text) == (False, swapped.text)
    assert not far.drop_marker(lock, first.text or "", None)
    assert not far.touch_marker(lock, first.text or "", None).done


def test_only_the_holder_is_heard_of(far: ShellHost, server: Far, lock: str) -> None:
    won = far.take_marker(lock, holder(), None)
    beat = server.home / ".hisops/locks" / lock / "beat"
    beat.write_text("2026-01-01T00:00:00\n")
    assert (far.touch_marker(lock, holder("r2"), None).idle or 0) > 3600
    assert (far.touch_marker(lock, won.text or "", None).idle or 0) < 3600
    beat.write_text("rubbish\n")
    assert far.read_marker(lock, None).idle is None


def test_a_lock_of_an_older_version_is_held_and_can_be_given_back(far: ShellHost, server: Far, lock: str) -> None:
    folder = server.home / ".hisops/locks" / lock
    far.take_marker(lock, holder(), None)
    for path in folder.iterdir():
        path.unlink()
    (folder / "holder").write_text("run 1 of hospital/x, a/b on his, by dba1")
    found = far.take_marker(lock, holder(), None)
    assert (found.done, found.text, found.idle) == (False, "run 1 of hospital/x, a/b on his, by dba1", None)
    assert far.drop_marker(lock, found.text, None, "unlocked")
    assert far.take_marker(lock, holder(), None).done


def test_of_many_takers_one_wins(server: Far, lock: str) -> None:
    host = ShellHost("far", carrier(server))
    results: list[Marker] = []
    _at_once([lambda n=n: results.append(host.take_marker(lock, holder(f"r{n}"), None)) for n in range(6)])  # type: ignore[misc]
    assert sum(each.done for each in results) == 1
    assert len({each.text for each in results}) == 1
    host.close()


def test_of_a_swap_and_a_drop_at_once_one_wins(server: Far, lock: str) -> None:
    host = ShellHost("far", carrier(server))
    for _ in range(5):
        assert sorted(_swapped_and_dropped(host, lock)) == [False, True]
        left = host.read_marker(lock, None).text
        assert left is None or host.drop_marker(lock, left, None)
    host.close()


def _swapped_and_dropped(host: ShellHost, lock: str) -> list[bool]:
    held = host.take_marker(lock, holder(), None).text or ""
    outcomes: list[bool] = []
    _at_once(
        [
            lambda: outcomes.append(host.swap_marker(lock, held, holder("r2"), None).done),
            lambda: outcomes.append(host.drop_marker(lock, held, None)),
        ]
    )
    return outcomes


def _at_once(actions: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_who_was_robbed_of_the_lock_starts_nothing(far: ShellHost, server: Far, lock: str, op: str) -> None:
    far.prepare(None)
    won = far.take_marker(lock, holder(), None)
    fences = [Fence(name=lock, text=won.text or "")]
    count = server.home / f"count-{op}"
    command = Command(script=f"echo started >>{count}")
    assert far.launch(op, command, destructive=True, fences=fences).state in {"running", "exited"}
    assert far.follow(op, None, Output()).code == 0
    far.swap_marker(lock, won.text or "", holder(control="west"), None)
    with pytest.raises(LockLost):
        far.launch(f"{op}.2", command, fences=fences)
    assert far.look(f"{op}.2", None).state == "absent"
    assert far.launch(op, command, fences=fences).state == "exited", "what was started before can be looked at"
    assert count.read_text() == "started\n"


def test_every_fence_must_hold(far: ShellHost, lock: str, op: str) -> None:
    far.prepare(None)
    one, two = (far.take_marker(f"{lock}-{n}", holder(), None).text or "" for n in range(2))
    fences = [Fence(name=f"{lock}-0", text=one), Fence(name=f"{lock}-1", text=two)]
    assert far.launch(op, Command(script="true"), fences=fences).state in {"running", "exited"}
    far.drop_marker(f"{lock}-1", two, None)
    with pytest.raises(LockLost):
        far.launch(f"{op}.2", Command(script="true"), fences=fences)
    with pytest.raises(LockLost):
        far.launch(f"{op}.3", Command(script="true"), fences=[replace(fences[0], name=f"{lock}-9")])


def test_all_operations_of_a_run_are_told(far: ShellHost) -> None:
    far.prepare(None)
    run = secrets.token_hex(4)
    assert far.operations(run, None) == {}
    for name in (f"{run}.a.1", f"{run}.a.undo.2", f"{run}x.a.1"):
        far.launch(name, Command(script="exit 3"))
        far.follow(name, None, Output())
    found = far.operations(run, None)
    assert sorted(found) == [f"{run}.a.1", f"{run}.a.undo.2"]
    assert {status.code for status in found.values()} == {3}
