"""Chinese and English. English texts in the source are the message ids; `locale/` holds the Chinese ones."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

from hisops.errors import HisopsError

LANGUAGES = ("en", "zh")
_LOCALE = Path(__file__).resolve().parent.parent / "locale"


class Bilingual(Protocol):
    """A text that its author has written in both languages (`model.text.Text`)."""

    @property
    def zh(self) -> str:
        """The Chinese one."""

    @property
    def en(self) -> str:
        """The English one."""


class Language:
    """One of the two languages: call it with an English template to get the text in this language."""

    def __init__(self, code: str) -> None:
        self.code = code
        languages = [] if code == "en" else [code]
        self._catalogue = gettext.translation("hisops", _LOCALE, languages=languages, fallback=True)

    def __call__(self, template: str, **values: object) -> str:
        """Return `template` in this language with its slots filled."""
        text = self._catalogue.gettext(template) if template else ""
        return text.format(**values) if values else text

    def of(self, text: Bilingual) -> str:
        """Return the half of `text` that is in this language."""
        return text.zh if self.code == "zh" else text.en

    def fact(self, error: HisopsError) -> str:
        """Return what has gone wrong."""
        return self(error.fact).format(**error.values)

    def todo(self, error: HisopsError) -> str:
        """Return what to do next; may be empty."""
        return self(error.todo).format(**error.values)


@cache
def language(code: str) -> Language:
    """Return the language `code`; its catalogue is read once."""
    return Language(code)


def mark(template: str) -> str:
    """Return `template` itself: marks a text for translation that is looked up later."""
    return template


def detect(environment: Mapping[str, str]) -> str:
    """Return the language that the locale asks for: Chinese for a Chinese locale, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"
