"""Reasons of the log in the reader's language: known sentences and the runbook's own titles, nothing guessed."""

from hisops.console.errors import error_lines
from hisops.console.i18n import Language
from hisops.console.reasons import PHRASES, reason_text
from hisops.errors import IdentityRefused
from hisops.model.runbook import Runbook
from tests.console.story import page
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


def test_an_error_says_the_reasons_that_are_known_in_the_language_of_the_screen():
    error = IdentityRefused("HIS-4205", "You cannot approve this: {reason}.", reason="it has expired")
    (line,) = error_lines(error, page("zh"))
    assert "已过有效期" in line.plain
    (line,) = error_lines(error, page("en"))
    assert "it has expired" in line.plain
