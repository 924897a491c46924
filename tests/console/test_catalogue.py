"""Every text has its Chinese, with the same slots; built catalogue and list of codes are those of the source."""

from __future__ import annotations

import gettext
import json
import re

import pytest

from hisops.console.codes import AREAS, known_codes
from hisops.console.i18n import Language
from tests.console import catalogue

SLOT = re.compile(r"(?<!\{)\{(\w+)")
UPDATE = "run `python -m tests.console.catalogue`, then translate what is new in the .po file"


def translated() -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalogue.read() if message.id}


def test_every_text_of_the_source_is_in_the_catalogue_and_no_other() -> None:
    assert catalogue.texts() ^ set(translated()) == set(), UPDATE


def test_every_text_has_its_chinese() -> None:
    assert [text for text, chinese in translated().items() if not chinese] == []


def test_a_translation_has_the_slots_of_its_text() -> None:
    wrong = [text for text, chinese in translated().items() if set(SLOT.findall(text)) != set(SLOT.findall(chinese))]
    assert wrong == []


def test_the_built_catalogue_is_that_of_the_committed_texts() -> None:
    with catalogue.MO.open("rb") as file:
        built = gettext.GNUTranslations(file)
    assert {text: built.gettext(text) for text in translated()} == translated(), UPDATE


def test_every_code_of_the_source_is_explained() -> None:
    assert json.loads(catalogue.CODES.read_text(encoding="utf-8")) == catalogue.codes(), UPDATE
    assert all(code[4] in AREAS for code in known_codes())


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_slots_are_filled_in_both_languages(lang: str) -> None:
    text = Language(lang)('No target "{target}" in site {site}.', target="hsi", site="lab")
    assert "hsi" in text
    assert "lab" in text
    assert (text == 'No target "hsi" in site lab.') == (lang == "en")


def test_a_text_without_translation_stays_english() -> None:
    assert Language("zh")("not in the catalogue at all") == "not in the catalogue at all"


def test_an_empty_text_is_not_the_header_of_the_catalogue() -> None:
    assert Language("zh")("") == ""
