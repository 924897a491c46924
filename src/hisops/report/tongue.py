"""How values are written out: one language, one offset for all times, foreign text made harmless and not too long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from hisops.model.report import Report
from hisops.model.text import Lang, Text
from hisops.model.visible import visible

LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Tongue:
    """The language of a sheet, the words of its form, and the offset from UTC by which its times are told."""

    form: Report
    lang: Lang
    offset: timedelta = timedelta(0)

    def say(self, text: Text, **values: object) -> str:
        """Return a text of the form with its slots filled; a slot that is not known stays as it is written."""
        said = text.in_(self.lang)
        for name, value in values.items():
            said = said.replace(f"{{{name}}}", str(value))
        return said

    def term(self, word: str, more: Mapping[str, Text] | None = None) -> str:
        """Return a word of the log as the form translates it, else as it is."""
        found = (more or {}).get(word) or self.form.terms.get(word)
        return self.say(found) if found else self.foreign(word)

    def bilingual(self, text: Any) -> str:
        """Return a bilingual text of a definition that is kept in the log."""
        found = text.get(self.lang) if isinstance(text, Mapping) else text
        return self.foreign(str(found or ""))

    def title(self, titled: tuple[Any, str]) -> str:
        """Return the title of a step with the item that it is for."""
        text, item = titled
        return f"{self.bilingual(text)} ({self.foreign(item)})" if item else self.bilingual(text)

    def reason(self, text: str, state: str = "") -> str:
        """Return why something is so. Of `WORD: more` a word that the form knows is enough; the log has the rest.

        What stands beside a success are the rules that its tool's output met as well.
        """
        if state == "SUCCEEDED" and text not in self.form.terms:
            return self.say(self.form.words.noted, what=self.foreign(text))
        head, colon, _ = text.partition(": ")
        return self.term(head) if colon and head in self.form.terms else self.term(text)

    def foreign(self, text: str) -> str:
        """Return a text that others wrote: its lines kept, what acts on a screen made visible, the rest counted."""
        lines = [visible(line.strip()) for line in text[:LONGEST].replace("\r", "\n").split("\n")]
        shown = "\n".join(line for line in lines if line)
        if len(text) > LONGEST:
            shown += self.say(self.form.words.cut, count=len(text) - LONGEST)
        return shown

    def time(self, moment: datetime, since: datetime | None = None) -> str:
        """Return a moment to the second, in the sheet's offset; without the day if it is that of `since`."""
        zone = timezone(self.offset)
        here = moment.astimezone(zone)
        same = since is not None and since.astimezone(zone).date() == here.date()
        return here.strftime("%H:%M:%S" if same else "%Y-%m-%d %H:%M:%S")

    def zone(self) -> str:
        """Return the sheet's offset: `UTC+08:00`."""
        minutes = int(self.offset.total_seconds()) // 60
        sign = "-" if minutes < 0 else "+"
        return f"UTC{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}" if minutes else "UTC"

    def duration(self, seconds: int) -> str:
        """Return a duration in its two largest units."""
        words = self.form.words
        minutes, left = divmod(max(0, seconds), 60)
        if minutes >= 60:
            return self.say(words.hours, h=minutes // 60, m=f"{minutes % 60:02d}")
        return self.say(words.minutes, m=minutes, s=f"{left:02d}") if minutes else self.say(words.seconds, s=left)

    def plain(self, value: Any) -> str:
        """Return any value of the log on its own."""
        if value == []:
            return self.term("none")
        if isinstance(value, list):
            return self.foreign(", ".join(str(each) for each in value))
        if isinstance(value, bool):
            return self.term("true" if value else "false")
        return self.foreign(str(value))
