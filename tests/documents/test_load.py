"""A file becomes a model, or a list of everything that is wrong with it."""

from __future__ import annotations

import pytest

from hisops.documents.load import load_runbook
from hisops.documents.problems import DocumentProblems
from hisops.documents.yaml import parse_leniently

GOOD = """\
hisops: runbook/v1
id: oracle/look
version: 1.0.0
title: {zh: 看, en: no}
purpose: {zh: 看, en: yes}
target: {engine: oracle}
steps:
  - id: look
    title: {zh: 看, en: Look}
    effect: read
    expect: 1m
    sh: echo ok
"""


def test_a_good_runbook_becomes_its_model_and_keeps_its_document():
    loaded = load_runbook(GOOD)
    assert loaded.model.title.en == "no"
    assert loaded.model.steps[0].expect == 60
    assert loaded.document["steps"][0]["expect"] == "1m"


def test_the_digest_ignores_comments_and_layout_only():
    commented = "# a remark\n" + GOOD.replace("{zh: 看, en: Look}", '{"en": Look, zh: 看}')
    assert load_runbook(commented).digest == load_runbook(GOOD).digest
    assert load_runbook(GOOD.replace("echo ok", "echo OK")).digest != load_runbook(GOOD).digest


def test_all_problems_of_a_file_are_told_at_once_in_order():
    text = GOOD.replace("effect: read", "efect: read").replace("expect: 1m", "expect: 1x")
    text = text.replace("purpose:", "title: {zh: a, en: b}\npurpose:")
    with pytest.raises(DocumentProblems) as caught:
        load_runbook(text, "a.yaml")
    assert [(problem.line, problem.column, problem.rule) for problem in caught.value.problems] == [
        (5, 1, "YA007"),
        (9, 5, "YA021"),
        (11, 5, "YA020"),
        (12, 13, "YA023"),
    ]
    assert caught.value.exit_code == 2


def test_a_folded_text_is_plain_text():
    text = "hisops: x\ntitle: >-\n  a long text\n  that is folded\n"
    document, problems = parse_leniently(text, "x")
    assert not problems
    assert document.data["title"] == "a long text that is folded"
