"""What a rule finds in a definition, by the keys that lead to the place; turned into problems with line and column."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from hisops.documents.problems import Problem, Severity, nearest
from hisops.documents.source import Keys, Source


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding, at the value that `keys` lead to (`at_key`: at its key; `offset`: at a character of the value).

    `missing` leads to what is not there: if it was left out only because it was unfit, the finding does not count.
    """

    keys: Keys
    fact: str
    todo: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    missing: Keys = ()
    at_key: bool = False
    offset: int = 0


def problems_of(
    findings: Iterable[Finding], source: Source, rule: str, severity: Severity, damaged: Collection[Keys] = ()
) -> Iterator[Problem]:
    """Give the findings their places. What is only found because a value was unfit (`damaged`) is left out."""
    for item in findings:
        if any(about[: len(keys)] == keys for keys in damaged for about in (item.keys, item.missing) if about):
            continue
        place = source.key_place(item.keys) if item.at_key else source.value_place(item.keys, item.offset)
        yield replace(source.problem(place, rule, item.fact, item.todo, **item.values), severity=severity)


def unknown(
    keys: Keys, kind: str, name: str, known: Iterable[str], *, missing: Keys = (), at_key: bool = False
) -> Finding:
    """Return that nothing of this kind has that name, with the nearest of what is known."""
    names = list(known)
    guess = nearest(name, names)
    todo = "Did you mean `{guess}`?" if guess else "Known are: {known}."
    values = {"kind": kind, "name": name, "guess": guess, "known": ", ".join(names) or "none"}
    return Finding(keys, "There is no {kind} called `{name}`.", todo, values, missing, at_key)
