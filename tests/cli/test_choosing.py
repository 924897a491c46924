"""One command of several runbooks: a value chooses, the help tells all options, one of another runbook is refused."""

from __future__ import annotations

import pytest

from hisops.cli.choosing import Choice
from hisops.documents.commands import commands
from hisops.documents.template import site_template
from tests.cli.calling import hisops

VALIDATE = """\
hisops: runbook/v1
id: own/validate
version: 1.0.0
command: copy test
chosen_by: {level: [1, 2]}
title: {zh: 校验备份, en: Validate backups}
purpose: {zh: 只读备份，不恢复, en: Read backups without restoring them}
target: {engine: oracle}
parameters:
  level: {type: string, title: {zh: 级, en: Level}, choices: ['1', '2'], required: true}
  tag: {type: tag, title: {zh: 签, en: Tag}}
  copies: {type: boolean, title: {zh: 副本, en: Copies, too}, default: false}
steps:
  - {id: look, title: {zh: 看, en: Look}, effect: read, sh: 'true'}
""".replace("en: Copies, too", "en: Copies too")
SCRATCH = """\
hisops: runbook/v1
id: own/scratch
version: 1.0.0
command: copy test
chosen_by: {level: [3, pitr]}
title: {zh: 恢复到独立主机, en: Restore to the scratch host}
purpose: {zh: 真正恢复一次, en: Restore in earnest}
target: {engine: oracle}
parameters:
  tag: {type: tag, title: {zh: 签, en: Tag}}
  hours: {type: integer, title: {zh: 小时, en: Hours}, required: true}
steps:
  - {id: look, title: {zh: 看, en: Look}, effect: read, sh: 'true'}
"""


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    (folder / "runbooks/own").mkdir(parents=True)
    (folder / "site.yaml").write_text(site_template(), encoding="utf-8")
    for name, text in {"validate": VALIDATE, "scratch": SCRATCH}.items():
        (folder / f"runbooks/own/{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def call(site, *words, lang="en"):
    return hisops("--lang", lang, "--site", site, "copy", "test", *words, env={"HOME": str(site.parent)})


def test_the_help_has_the_options_of_all_and_says_what_each_is_for(site):
    told = call(site, "--help").stdout
    assert "--level 1|2  Validate backups: Read backups without restoring them" in told
    assert "1, 2: Validate backups; 3, pitr: Restore to the scratch host [required]" in " ".join(told.split())
    assert "--level 3|pitr: Hours [required]" in told
    assert "--level 1|2: Copies too" in told
    (tag,) = [line for line in told.splitlines() if "--tag" in line]
    assert "--level" not in tag
    chinese = call(site, "--help", lang="zh").stdout
    assert "--level 3|pitr  恢复到独立主机" in chinese


def test_hisops_and_the_library_list_each_with_what_chooses_it(site):
    told = hisops("--lang", "en", "--site", site, "--help", env={"HOME": str(site.parent)}).stdout
    assert "copy test --level 1|2" in told
    assert "copy test --level 3|pitr" in told
    shown = hisops("--lang", "en", "--site", site, "runbook", "show", "own/scratch", env={"HOME": str(site.parent)})
    assert "hisops copy test --level 3|pitr" in shown.stdout


@pytest.mark.parametrize(("words", "code", "said"), [
    (("--level", "4"), "HIS-2906", "There is no --level 4."),
    ((), "HIS-2903", "--level is missing."),
    (("--level", "1", "--hours", "3"), "HIS-2907", "--hours is not for --level 1, but for --level 3|pitr."),
    (("--level", "3", "--no-copies"), "HIS-2907", "--copies is not for --level 3, but for --level 1|2."),
    (("--level", "3", "--hours", "x"), "HIS-2904", "--hours"),
    (("--level", "3", "--nothing"), "HIS-2902", "--nothing"),
])  # fmt: skip
def test_what_does_not_fit_the_choice_is_one_clear_sentence(site, words, code, said):
    done = call(site, *words, "--target", "his")
    assert done.returncode == 2
    assert code in done.stderr
    assert said in " ".join(done.stderr.split())


def test_the_value_chooses_the_runbook_and_is_given_to_one_that_knows_it(site):
    choice = Choice([row for row in commands(site, {}) if row["command"] == "copy test"])
    knows, does_not = {"level": "2", "tag": "a"}, {"level": "pitr", "hours": "3"}
    assert (choice.take(knows)["id"], knows) == ("own/validate", {"level": "2", "tag": "a"})
    assert (choice.take(does_not)["id"], does_not) == ("own/scratch", {"hours": "3"})


def test_a_runbook_alone_in_its_command_is_taken_whatever_is_given(site):
    choice = Choice([row for row in commands(site, {}) if row["command"] == "patch apply"])
    assert choice.name is None
    assert choice.take({})["id"] == "oracle/patch-apply"


def test_the_choice_completes(site):
    words = {"COMP_WORDS": "hisops copy test --level ", "COMP_CWORD": "4", "HISOPS_SITE": str(site)}
    done = hisops(env={"_HISOPS_COMPLETE": "complete_bash", "HOME": str(site.parent), **words})
    assert done.stdout.split() == ["1", "2", "3", "pitr"]
