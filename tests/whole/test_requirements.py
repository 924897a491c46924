"""A patch that requires a restore test is refused (3) without one, with one that failed, is of another database, is not
of the kind that is meant, or does not verify; whether the runbook requires it or the site does. All runs are real."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.support import small_site, sshd

pytestmark = [
    pytest.mark.sshd,
    pytest.mark.skipif(sshd.missing() is not None, reason=str(sshd.missing())),
]
TEST = """
hisops: runbook/v1
id: files/{name}
version: 1.0.0
title: {{zh: 恢复演练, en: A restore test}}
purpose: {{zh: 恢复演练, en: A restore test}}
target: {{engine: files}}
{parameters}steps:
  - id: restore-verdict
    title: {{zh: 结论, en: The verdict}}
    effect: read
    sh: 'test ! -e "$FOLDER/broken" && printf "{{\\"verdict\\": \\"%s\\"}}" "$(cat "$FOLDER/verdict")"'
    outputs: {{verdict: {{from: json, type: string}}}}
"""
LEVEL = """parameters:
  level: {type: string, title: {zh: 级, en: Level}, choices: ['1', '2'], default: '1'}
"""
TERMS = """
any: [files/validate, files/scratch]
max_age: 30d
of: "!has(params.level) || params.level != '1'"
where: steps.restore_verdict.out.verdict == 'ok'
title: {zh: 恢复演练, en: A restore was tested}
"""
PATCH = """
hisops: runbook/v1
id: files/patch
version: 1.0.0
title: {{zh: 补丁, en: Patch}}
purpose: {{zh: 补丁, en: Patch}}
target: {{engine: files}}
{requires}steps:
  - id: change
    title: {{zh: 改, en: Change}}
    effect: write
    idempotent: true
    timeout: 1m
    sh: 'echo patched > "$FOLDER/mode"; echo "work done"'
    judge: files/work
"""


def entry(indent):
    first, *rest = TERMS.strip().splitlines()
    return "".join(f"{' ' * indent}{line}\n" for line in [f"- {first}", *(f"  {each}" for each in rest)])


@pytest.fixture(params=["runbook", "site"])
def small(request, tmp_path, server):
    """A site whose patch requires a restore test: its runbook says so, or the site."""
    made = small_site.make(tmp_path, server)
    own = f"requires:\n{entry(2)}" if request.param == "runbook" else ""
    texts = {
        "patch": PATCH.format(requires=own),
        "validate": TEST.format(name="validate", parameters=LEVEL),
        "scratch": TEST.format(name="scratch", parameters=""),
    }
    for name, text in texts.items():
        (made.site / f"runbooks/files/{name}.yaml").write_text(text)
    if request.param == "site":
        site = made.site / "site.yaml"
        site.write_text(site.read_text() + f"requires:\n  files/patch:\n{entry(4)}")
    (made.folder / "verdict").write_text("ok")
    files = [made.site / "site.yaml", *(made.site / f"runbooks/files/{name}.yaml" for name in texts)]
    lint = made.hisops("runbook", "lint", *map(str, files))
    assert lint.returncode == 0, lint.stdout
    return made


def plan(small, name="patch", *more):
    path = str(small.folder.parent / f"{name}.plan")
    return small.hisops("plan", f"files/{name}", "-t", "box", *more, "-o", path), path


def restored(small, name="scratch", *more):
    """Carry out a restore test; return its run."""
    done, path = plan(small, name, *more)
    assert done.returncode in {0, 3}, done.stderr
    small.hisops("run", path)
    return json.loads(small.hisops("status", "--json").stdout)["run"]


def why(small):
    """Return the words in which a plan of the patch is refused."""
    done = plan(small)[0]
    assert done.returncode == 3, done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


def test_a_good_one_of_either_runbook_is_good_ground_and_the_newest_decides(small):
    assert "files/validate or files/scratch is required: no run of it on box" in why(small)
    restored(small, "validate", "-p", "level=1")
    assert "no run of it on box for which" in why(small)
    level2 = restored(small, "validate", "-p", "level=2")
    restored(small, "validate", "-p", "level=1")
    done, path = plan(small)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (level2 in done.stdout, "files/validate" in done.stdout) == (True, True)
    scratch = restored(small)
    done, path = plan(small)
    assert json.loads(Path(path).read_bytes())["evidence"][0]["run"] == scratch
    assert small.hisops("run", path).returncode == 0
    mine = json.loads(small.hisops("status", "--json").stdout)["run"]
    assert json.loads(small.hisops("log", "verify", mine, "--json").stdout)["verdict"] == "verified"


def test_one_that_failed_or_says_failed_takes_the_ground_again(small):
    restored(small)
    (small.folder / "verdict").write_text("failed")
    run = restored(small)
    assert f"of its newest run, {run} (files/scratch), this does not hold: steps.restore_verdict" in why(small)
    (small.folder / "verdict").write_text("ok")
    done, path = plan(small, "scratch")
    assert done.returncode == 0
    (small.folder / "broken").touch()
    assert small.hisops("run", path).returncode == 3
    failed = json.loads(small.hisops("status", "--json").stdout)["run"]
    assert f"its newest run, {failed} (files/scratch), ended FAILED" in why(small)


def test_one_of_another_database_or_of_a_log_that_does_not_verify_is_none(small):
    run = restored(small)
    name = (small.folder / "name").read_text()
    (small.folder / "name").write_text("another\n")
    assert f"its newest run, {run} (files/scratch), was on another database: name was" in why(small)
    (small.folder / "name").write_text(name)
    assert plan(small)[0].returncode == 0
    segment = small.site / "logs/runs" / run / "seg-0001.jsonl"
    segment.write_bytes(segment.read_bytes().replace(b'"SUCCEEDED"', b'"SUCCEEDEE"', 1))
    assert f"the log of its newest run, {run}, does not verify (failed)" in why(small)


def test_it_is_asked_again_when_the_plan_is_carried_out(small):
    restored(small)
    done, path = plan(small)
    assert done.returncode == 0
    (small.folder / "verdict").write_text("failed")
    restored(small)
    done = small.hisops("run", path)
    assert done.returncode == 3, done.stderr
    assert "HIS-6330" in done.stderr
    assert (small.folder / "mode").read_text() == "plain\n"


def test_one_that_is_too_old_is_none(small):
    for path in (small.site / "site.yaml", small.site / "runbooks/files/patch.yaml"):
        path.write_text(path.read_text().replace("max_age: 30d", "max_age: 0h"))
    run = restored(small)
    time.sleep(1.1)
    assert f"its newest run, {run} (files/scratch), ended" in why(small)
    assert "longer ago than is allowed" in why(small)


@pytest.mark.parametrize("small", ["site"], indirect=True)
def test_what_the_site_requires_cannot_be_dropped_under_a_plan(small):
    restored(small)
    done, path = plan(small)
    site = small.site / "site.yaml"
    site.write_text(site.read_text().partition("requires:")[0])
    done = small.hisops("run", path)
    assert done.returncode == 3
    assert "The plan is stale: files/patch" in done.stderr
    assert "requires" in done.stderr


@pytest.mark.parametrize("small", ["site"], indirect=True)
def test_what_the_site_begins_to_require_is_required_of_a_plan_that_was_saved_before(small):
    site = small.site / "site.yaml"
    text = site.read_text()
    site.write_text(text.partition("requires:")[0])
    done, path = plan(small)
    assert done.returncode == 0
    site.write_text(text)
    done = small.hisops("run", path)
    assert done.returncode == 3
    assert "other steps or requirements" in done.stderr
