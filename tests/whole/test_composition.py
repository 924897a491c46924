"""Composed runbooks over a real sshd: expanded in plan and log, at once on several hosts, killed, resumed, and resting
on the results of other runs."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support import small_site, sshd

pytestmark = [
    pytest.mark.sshd,
    pytest.mark.skipif(sshd.missing() is not None, reason=str(sshd.missing())),
]

PART = """
hisops: runbook/v1
id: files/part
version: 1.0.0
title: {zh: 部分, en: A part}
purpose: {zh: 部分, en: A part}
target: {engine: files}
parameters:
  word: {type: string, title: {zh: 词, en: Word}, required: true}
steps:
  - id: say
    title: {zh: 说, en: Say it}
    effect: read
    sh: 'echo "{\\"said\\": \\"$HISOPS_WORD\\"}"'
    outputs: {said: {from: json, type: string}}
  - id: change
    title: {zh: 改, en: Change the mode}
    needs: [say]
    effect: write
    idempotent: true
    timeout: 1m
    sh: 'echo "$HISOPS_SAY_SAID" > "$FOLDER/mode"; echo "$HISOPS_SAY_SAID" >> "$FOLDER/record"; echo "work done"'
    judge: files/work
"""
COMPOSED = """
hisops: runbook/v1
id: files/composed
version: 1.0.0
title: {zh: 组合, en: Composed}
purpose: {zh: 组合, en: Composed}
target: {engine: files}
parameters:
  word: {type: string, title: {zh: 词, en: Word}, default: abc}
  folder_of_marks: {type: path, title: {zh: 目录, en: Folder}, required: true}
steps:
  - id: hosts
    title: {zh: 各主机, en: Look at each host}
    effect: read
    for_each: hosts
    parallel: 2
    sh: |
      echo begun >> "$HISOPS_FOLDER_OF_MARKS/$HISOPS_ITEM"
      while [ -e "$HISOPS_FOLDER_OF_MARKS/wait-$HISOPS_ITEM" ]; do sleep 0.1; done
      echo "{\\"name\\": \\"$HISOPS_ITEM\\"}"
    outputs: {name: {from: json, type: string}}
  - id: part
    title: {zh: 部分, en: Use the part}
    needs: [hosts]
    when: size(steps.hosts.all.name) == 3
    effect: write
    uses: files/part
    with: {word: {from: params.word}}
    gate: {confirm: true}
"""
CHECK = """
hisops: runbook/v1
id: files/check
version: 1.0.0
title: {zh: 检查, en: Check}
purpose: {zh: 检查, en: Check}
target: {engine: files}
steps:
  - id: look
    title: {zh: 看, en: Look}
    effect: read
    on_failure: stop
    sh: 'test ! -e "$FOLDER/bad"'
"""


@pytest.fixture
def small(tmp_path, server):
    made = small_site.make(tmp_path, server)
    site = made.site / "site.yaml"
    (one,) = re.findall(r"^  one: (.*)$", site.read_text(), re.MULTILINE)
    site.write_text(site.read_text().replace("hosts:\n", f"hosts:\n  two: {one}\n  three: {one}\n", 1))
    for name, text in {"part": PART, "composed": COMPOSED, "check": CHECK}.items():
        (made.site / f"runbooks/files/{name}.yaml").write_text(text)
    (made.folder / "marks").mkdir()
    return made


def plan(small, name="composed", *more):
    path = small.folder.parent / f"{name}.plan"
    given = ["-p", f"folder_of_marks={small.folder / 'marks'}"] if name == "composed" else []
    done = small.hisops("plan", f"files/{name}", "-t", "box", *given, *more, "-o", str(path))
    return done, str(path)


def newest(small):
    return json.loads(small.hisops("status", "--json").stdout)["run"]


def verdict(small, run):
    return json.loads(small.hisops("log", "verify", run, "--json").stdout)["verdict"]


def begun(small, host):
    mark = small.folder / "marks" / host
    return len(mark.read_text().splitlines()) if mark.exists() else 0


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)


def test_what_is_planned_carried_out_and_logged_has_every_step(small):
    done, path = plan(small)
    assert done.returncode == 0, done.stderr
    assert "Look at each host ×3" in done.stdout
    assert "Use the part" in done.stdout
    assert small.hisops("run", path).returncode == 10
    run = newest(small)
    assert small.hisops("answer", run, "part-change", "yes").returncode == 0
    done = small.hisops("resume", run, "--verbose")
    assert done.returncode == 0, done.stderr
    assert (small.folder / "mode").read_text() == "abc\n"
    steps = [each["id"] for each in json.loads(small.hisops("status", run, "--json").stdout)["steps"]]
    assert steps == ["hosts-two", "hosts-three", "hosts-one", "part-say", "part-change"]
    assert verdict(small, run) == "verified"
    uses = json.loads(Path(path).read_bytes())["uses"]
    assert set(uses) == {"files/composed", "files/part"}


def test_output_on_the_screen_names_its_host(small):
    _, path = plan(small)
    done = small.hisops("run", path, "--verbose")
    assert 'two │ {"name": "two"}' in done.stderr
    assert 'three │ {"name": "three"}' in done.stderr


def test_an_edited_part_or_another_inventory_makes_the_plan_stale(small):
    _, path = plan(small)
    part = small.site / "runbooks/files/part.yaml"
    part.write_text(PART.replace("1.0.0", "1.0.1"))
    done = small.hisops("run", path)
    assert done.returncode == 3
    assert "files/part" in done.stderr
    part.write_text(PART)
    site = small.site / "site.yaml"
    site.write_text(re.sub(r"^  three: .*\n", "", site.read_text(), flags=re.MULTILINE))
    done = small.hisops("run", path)
    assert done.returncode == 3
    assert "inventory" in done.stderr


def test_killed_in_the_middle_of_several_hosts_it_repeats_only_what_has_no_end(small):
    _, path = plan(small)
    marks = small.folder / "marks"
    (marks / "wait-three").touch()
    before = begun(small, "two")
    process = subprocess.Popen(
        small.command("run", path), env=small.environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    wait_for(lambda: begun(small, "three") == 2 and begun(small, "one") == 2)
    time.sleep(0.5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (marks / "wait-three").unlink()
    run = newest(small)
    assert small.hisops("resume", run).returncode == 10
    assert begun(small, "three") == 3
    assert begun(small, "two") <= before + 2
    assert small.hisops("answer", run, "part-change", "yes").returncode == 0
    assert small.hisops("resume", run).returncode == 0
    assert verdict(small, run) == "verified"


def requires(small, age="1d"):
    text = COMPOSED.replace("steps:", f"requires: [{{runbook: files/check, max_age: {age}}}]\nsteps:", 1)
    (small.site / "runbooks/files/composed.yaml").write_text(text)


def checked(small):
    _, path = plan(small, "check")
    return small.hisops("run", path)


def refused(done):
    assert done.returncode == 3, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


def test_without_the_result_that_it_requires_there_is_no_plan(small):
    requires(small)
    assert "no run of it on box has ended here" in refused(plan(small)[0])


def test_a_plan_rests_on_a_verified_result_and_says_so(small):
    requires(small)
    assert checked(small).returncode == 0
    run = newest(small)
    done, path = plan(small)
    assert done.returncode == 0, done.stdout + done.stderr
    assert run in done.stdout
    (evidence,) = json.loads(Path(path).read_bytes())["evidence"]
    assert (evidence["runbook"], evidence["run"]) == ("files/check", run)
    assert evidence["head"] in (small.site / "logs/ledger.jsonl").read_text()
    assert small.hisops("run", path).returncode == 10
    mine = newest(small)
    assert small.hisops("answer", mine, "part-change", "yes").returncode == 0
    assert small.hisops("resume", mine).returncode == 0
    assert verdict(small, mine) == "verified"


def test_a_newer_failure_takes_the_ground_from_a_plan_and_from_a_run_that_waits(small):
    requires(small)
    assert checked(small).returncode == 0
    _, path = plan(small)
    assert small.hisops("run", path).returncode == 10
    mine = newest(small)
    _, check = plan(small, "check")
    (small.folder / "bad").touch()
    assert small.hisops("run", check).returncode == 3
    assert "ended FAILED" in refused(small.hisops("run", path))
    assert small.hisops("answer", mine, "part-change", "yes").returncode == 0
    assert "ended FAILED" in refused(small.hisops("resume", mine))
    assert (small.folder / "mode").read_text() == "plain\n"
    (small.folder / "bad").unlink()
    assert checked(small).returncode == 0
    assert small.hisops("resume", mine).returncode == 0


def test_a_result_that_is_too_old_or_of_another_database_or_forged_does_not_count(small):
    requires(small, "0h")
    assert checked(small).returncode == 0
    run = newest(small)
    time.sleep(1.1)
    assert "longer ago than is allowed" in refused(plan(small)[0])
    requires(small)
    name = (small.folder / "name").read_text()
    (small.folder / "name").write_text("another\n")
    assert "another database: name was" in refused(plan(small)[0])
    (small.folder / "name").write_text(name)
    segment = small.site / "logs/runs" / run / "seg-0001.jsonl"
    segment.write_bytes(segment.read_bytes().replace(b'"SUCCEEDED"', b'"SUCCEEDEE"', 1))
    assert "does not verify" in refused(plan(small)[0])


def test_a_rehearsal_is_no_evidence_for_a_real_site(small):
    requires(small)
    site = small.site / "site.yaml"
    site.write_text(site.read_text().replace("origin:", "simulation: true\norigin:", 1))
    assert checked(small).returncode == 0
    assert plan(small)[0].returncode == 0
    site.write_text(site.read_text().replace("simulation: true\n", ""))
    assert "no run of it on box has ended here" in refused(plan(small)[0])


def test_a_part_is_not_planned_alone(small):
    done = small.hisops("plan", "drill/opening", "-t", "box")
    assert done.returncode == 2
    assert "is a part of others" in done.stderr
