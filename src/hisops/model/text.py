"""The smallest parts that all definitions share: bilingual text, durations, the frozen base."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

Lang = Literal["zh", "en"]
ID_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
PATH_ID_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)+$"
NAME_PATTERN = r"^[a-z][a-z0-9_]*$"

AGE_PATTERN = r"^(?=\d)(?:(\d+)d)?(?:(\d+)h)?$"
DURATION_PATTERN = r"^(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$"


class Definition(BaseModel):
    """The base of all that people write in YAML: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Text(Definition):
    """A text in Chinese and in English."""

    zh: str
    en: str

    def in_(self, lang: Lang) -> str:
        """Return the text in `lang`."""
        return self.zh if lang == "zh" else self.en


def parse_duration(value: object) -> object:
    """Return seconds for `90m`, `1h30m`, `45s`; anything else is a ValueError."""
    if isinstance(value, str) and (match := re.fullmatch(DURATION_PATTERN, value)):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + seconds
    raise ValueError("a duration is written like 90m, 1h30m or 45s")


def duration_text(seconds: int) -> str:
    """Return seconds as a duration is written: `1h30m`, `45s`; nothing smaller than a minute beside hours."""
    hours, rest = divmod(max(0, seconds), 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes:02d}m"
    return f"{minutes}m{left:02d}s" if minutes and left else f"{minutes}m" if minutes else f"{left}s"


Duration = Annotated[
    int,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN, "examples": ["90m", "1h30m", "45s"]}),
]


def parse_age(value: object) -> object:
    """Return seconds for `30d`, `12h`, `1d12h`; anything else is a ValueError."""
    if isinstance(value, str) and (match := re.fullmatch(AGE_PATTERN, value)):
        days, hours = (int(part or 0) for part in match.groups())
        return (days * 24 + hours) * 3600
    raise ValueError("an age is written like 30d, 12h or 1d12h")


def age_text(seconds: int) -> str:
    """Return seconds as an age is written: `30d`, `12h`, `1d12h`."""
    days, hours = divmod(seconds // 3600, 24)
    return f"{days}d{hours}h" if days and hours else f"{days}d" if days else f"{hours}h"


Age = Annotated[
    int,
    BeforeValidator(parse_age),
    PlainSerializer(age_text, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": AGE_PATTERN, "examples": ["30d", "12h", "1d12h"]}),
]
StepId = Annotated[str, Field(pattern=ID_PATTERN)]
HostName = Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
DefinitionId = Annotated[str, Field(pattern=PATH_ID_PATTERN)]
JudgeRef = Annotated[str, Field(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")]
