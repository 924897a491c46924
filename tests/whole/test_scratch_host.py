"""A restore to the scratch host over two real sshds: done where it may be, refused (3) where the host may be another.

Both servers are on one machine, so a file stands for each boot, and a program for the name that the scratch host tells.
"""

from __future__ import annotations

import json
import os

import pytest

from tests.support import small_site, sshd

pytestmark = [
    pytest.mark.sshd,
    pytest.mark.skipif(sshd.missing() is not None, reason=str(sshd.missing())),
]
RESTORE = """
hisops: runbook/v1
id: files/restore
version: 1.0.0
command: files restore
title: {zh: 恢复, en: Restore}
purpose: {zh: 恢复, en: Restore to the scratch host}
target: {engine: files}
steps:
  - id: restore
    title: {zh: 恢复, en: Restore}
    on: scratch_host
    effect: destructive
    idempotent: true
    timeout: 1m
    sh: 'cp "$HISOPS_SOURCE_FOLDER/mode" "$FOLDER/restored" && echo "work done"'
    judge: files/work
    gate: {type_target: true}
    undo: {sh: 'rm -f "$FOLDER/restored"; echo "work done"', judge: files/work, timeout: 1m}
"""


@pytest.fixture(scope="module")
def second(tmp_path_factory):
    started = small_site.start_host(tmp_path_factory.mktemp("second"))
    yield started
    started.stop()


@pytest.fixture
def apart(small, second, tmp_path):
    """The small site with a scratch host; `restored` is what a restore leaves there."""
    (small.site / "runbooks/files/restore.yaml").write_text(RESTORE)
    far, tools = tmp_path / "scratch", tmp_path / "tools"
    far.mkdir()
    tools.mkdir()
    for name in ("one", "two"):
        (tmp_path / f"boot-{name}").write_text(f"boot-of-{name}\n")
    text = (small.site / "site.yaml").read_text()
    text = text.replace("hosts:\n  one: {", f"hosts:\n  one: {{boot_id_file: {tmp_path}/boot-one, ")
    host = (
        f"  two: {{address: 127.0.0.1, port: {second.port}, user: {second.user}, class: scratch, "
        f"identity_file: {second.client_key}, boot_id_file: {tmp_path}/boot-two, path: [{tools}]}}\n"
    )
    database = (
        "  box_rt:\n    engine: files\n    title: {zh: 恢复, en: Scratch}\n    host: two\n"
        f"    settings: {{folder: {far}}}\n"
    )
    text = text.replace("databases:\n", host + "databases:\n").replace("secrets:\n", database + "secrets:\n")
    (small.site / "site.yaml").write_text(text.replace("    host: one\n", "    host: one\n    scratch: box_rt\n"))
    with (small.site / "known_hosts").open("ab") as file:
        file.write(second.known_hosts.read_bytes())
    says(small, "two")
    return small


def says(small, name):
    tool = small.site.parent / "tools/hostname"
    tool.write_text(f"#!/bin/sh\necho {name}\n")
    tool.chmod(0o755)


def waiting(small):
    """Return a run that waits for the target's name to be typed, and its plan."""
    plan = os.fspath(small.site.parent / "p.plan")
    for words, code in ((("plan", "files/restore", "-t", "box", "-o", plan), 0), (("run", plan), 10)):
        done = small.hisops(*words)
        assert done.returncode == code, (done.stdout, done.stderr)
    return json.loads(small.hisops("status", "--json").stdout)["run"], plan


def change(small, old, new):
    path = small.site / "site.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_it_is_carried_out_on_a_scratch_host(apart):
    run, _ = waiting(apart)
    assert apart.hisops("answer", run, "restore", "box").returncode == 0
    done = apart.hisops("resume", run)
    assert done.returncode == 0, done.stderr
    assert (apart.site.parent / "scratch/restored").read_text() == "plain\n"
    assert apart.hisops("log", "verify", run).returncode == 0


REFUSED = [
    ("class", lambda small: change(small, "class: scratch", "class: standby"), "HIS-3073"),
    ("name", lambda small: says(small, "ONE.hospital.lan"), "HIS-3071"),
    ("machine", lambda small: change(small, "boot-two", "boot-one"), "HIS-3072"),
    ("address", lambda small: change(small, "hosts:\n", "hosts:\n  his: {address: two, class: standby}\n"), "HIS-3074"),
    ("databases", lambda small: change(small, "secrets:\n", OTHER + "secrets:\n"), "HIS-3075"),
]
OTHER = """  lis:
    engine: files
    title: {zh: 检, en: LIS}
    host: two
    connect: {dsn: none, user: none, password: none}
    settings: {folder: /tmp}
"""


@pytest.mark.parametrize(("wrong", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_it_is_refused_in_the_plan_when_the_plan_is_carried_out_and_when_its_run_goes_on(apart, wrong, code):
    run, plan = waiting(apart)
    assert apart.hisops("answer", run, "restore", "box").returncode == 0
    wrong(apart)
    for words in (
        ("plan", "files/restore", "-t", "box"),
        ("run", plan),
        ("resume", run),
        ("files", "restore", "-t", "box", "--break-glass", "it is urgent"),
    ):
        said = apart.hisops(*words)
        assert said.returncode == 3, (words, said.stdout, said.stderr)
        assert "two" in said.stderr + said.stdout
        if words[0] != "resume":
            assert code in said.stderr, said.stderr
    assert not (apart.site.parent / "scratch/restored").exists()


def test_doctor_says_whether_it_could_be_restored_to(apart):
    def told():
        checks = json.loads(apart.hisops("doctor", "--json").stdout)["checks"]
        found = {check["subject"]: (check["state"], check["fact"]) for check in checks}
        return found["scratch of box"], found["database box_rt"]

    scratch, database = told()
    assert scratch == ("ok", "two is for nothing else")
    assert database[0] == "ok"
    says(apart, "one")
    (state, fact), _ = told()
    assert state == "bad"
    assert "two says that it is one" in fact
