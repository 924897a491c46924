"""Reasons of the log in the reader's language: known sentences and the runbook's own titles, nothing guessed."""

from hisops.console.i18n import Language
from hisops.console.reasons import PHRASES, reason_text
from hisops.model.runbook import Runbook
from tests.support.builders import WORDS, step

RUNBOOK = Runbook.model_validate(
    {
        "hisops": "runbook/v1",
        "id": "oracle/x",
        "version": "1.0.0",
        "title": WORDS,
        "purpose": WORDS,
        "target": {"engine": "oracle"},
        "steps": [step("a", verify=[{"require": "out.n == '1'", "title": {"zh": "空间足够", "en": "There is room"}}])],
    }
)


def test_titles_and_known_sentences_are_told_in_chinese():
    told = reason_text("There is room (out.n = 7); not done, says the probe", RUNBOOK, Language("zh"))
    assert told == "空间足够 (out.n = 7); 探测结果：未完成"


def test_in_english_the_log_is_shown_as_it_is():
    assert reason_text("There is room", RUNBOOK, Language("en")) == "There is room"


def test_every_known_sentence_has_its_chinese():
    say = Language("zh")
    assert [phrase for phrase in PHRASES if say(phrase) == phrase] == []


def test_hostile_text_is_escaped():
    assert "\x1b" not in reason_text("\x1b[31mred", None, Language("zh"))
