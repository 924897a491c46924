"""What stands before any command: the global options, lifted from wherever they were typed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import typer

from hisops.console.i18n import Language, detect, language

WITH_VALUE = ("--site", "--key", "--lang")
_FLAG = re.compile(r"--json|--quiet|--verbose|-[qv]+")
_VALUE = re.compile(r"(--site|--key|--lang)=(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """The global options of one call of `hisops`."""

    site: Path | None = None
    key: Path | None = None
    lang: str = "en"
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    typed: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def say(self) -> Language:
        """The language of this call."""
        return language(self.lang)


def lift(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the global options in `arguments`, which may be typed after the command too, and the rest."""
    lifted: list[str] = []
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            rest += [word, *waiting]
            break
        if _FLAG.fullmatch(word) or _VALUE.fullmatch(word):
            lifted.append(word)
        elif word in WITH_VALUE:
            lifted += [word, *waiting[:1]]
            del waiting[:1]
        else:
            rest.append(word)
    return lifted, rest


def invocation(lifted: Sequence[str], environment: Mapping[str, str]) -> Invocation:
    """Return what the global options and the environment ask for; Typer checks them later."""
    values = _values(lifted)
    flags = "".join(word[1:] for word in lifted if re.fullmatch("-[qv]+", word))
    lang = values.get("--lang")
    return Invocation(
        site=_path(values.get("--site") or environment.get("HISOPS_SITE")),
        key=_path(values.get("--key") or environment.get("HISOPS_KEY")),
        lang=lang if lang in {"zh", "en"} else detect(environment),
        json="--json" in lifted,
        quiet="--quiet" in lifted or "q" in flags,
        verbose="--verbose" in lifted or "v" in flags,
        typed={name: str(Path(values[name]).absolute()) for name in ("--site", "--key") if name in values},
    )


def asked(ctx: typer.Context) -> Invocation:
    """Return the invocation that `main` handed to the root of all commands."""
    return ctx.find_object(Invocation) or Invocation()


def _values(lifted: Sequence[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for index, word in enumerate(lifted):
        if match := _VALUE.fullmatch(word):
            values[match[1]] = match[2]
        elif word in WITH_VALUE and index + 1 < len(lifted):
            values[word] = lifted[index + 1]
    return values


def _path(value: str | None) -> Path | None:
    return Path(value) if value else None
