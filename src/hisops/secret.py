"""Secrets as values that cannot be printed by accident, and the redaction of streams."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import final
from urllib.parse import quote, quote_plus


@final
class Secret:
    """A secret value: repr and str are stars; only adapters call `reveal`. It is not a `str` on purpose."""

    __slots__ = ("_value", "name")

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self._value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self.name!r}, ***)"

    __str__ = __repr__


SHORTEST = 3  # bytes; hiding shorter ones would tell them by where the stars stand
_CONTEXT = 1024  # bytes at the end of what came that may be the beginning of a rule's match
_KEY_LIMIT = 64 * 1024

# A rule hides its group `hide`, or all that it matches. Each begins with a byte or a small set of bytes: the search
# then skips to those, where a look-behind or a flag in front would make it try every byte.
_RULES: dict[str, re.Pattern[bytes]] = {
    "identified-by": re.compile(
        rb"[iI](?i:dentified\s+by\s+(?:values\s+)?(?!values\s))(?P<hide>\"[^\"\n]{1,256}\"|'[^'\n]{1,512}'|[^\s;\"']{1,256})"
    ),
    "connect-string": re.compile(rb"/(?P<hide>\"[^\"\n]{1,128}\"|[^\s/@\"',;]{1,128})@"),
    "url-password": re.compile(rb"://[^\s/:@\"']{1,128}:(?P<hide>[^\s/@\"']{1,128})@"),
    "jwt": re.compile(rb"eyJ[\w-]{8,1000}\.eyJ[\w-]{2,4000}\.[\w-]{0,1000}"),
    "id-card": re.compile(
        rb"[1-9](?<!\w[1-9])\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\w)"
    ),
}
# Asked first, in one pass at the speed of memory: most output has nothing of the kind, and a search is much slower.
_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_TRIGGERS: dict[str, Callable[[bytes], bool]] = {
    "identified-by": lambda data: b"dentified" in data.lower(),
    "connect-string": lambda data: b"@" in data,
    "url-password": lambda data: b"://" in data,
    "jwt": lambda data: b"eyJ" in data,
    "id-card": lambda data: b"0" * 17 in data.translate(_DIGITS_AS_ZEROS),
}
_USER = re.compile(rb"(?<![\w/.$#-])[A-Za-z][\w$#]{0,127}\Z")
_KEY_BEGIN = re.compile(rb"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----")
_KEY_END = re.compile(rb"-----END [A-Z ]{0,40}PRIVATE KEY-----")

# What the end of the data may be the beginning of. A plain word is one too: a user, `IDENTIFIED`, digits.
_UNFINISHED = re.compile(
    rb"(?:[iI](?i:dentified\s+(?:b|by|by\s+[values]{0,6}|by\s+values\s+|by\s+(?:values\s+)?"
    rb"(?:\"[^\"\n]{0,256}|'[^'\n]{0,512}|[^\s;\"']{1,256}))?)"
    rb"|(?<![\w/.$#-])[A-Za-z][\w$#]{0,127}/(?:\"[^\"\n]{0,128}\"?|[^\s/@\"',;]{0,128})"
    rb"|:/{0,2}|://[^\s/@\"']{1,257}"
    rb"|eyJ[\w-]{0,1000}(?:\.[\w-]{0,1000}){0,2}"
    rb"|-{1,5}|-----B[A-Z ]{0,60}-{0,5}"
    rb"|(?<![\w$#])[\w$#]{1,128})\Z"
)

_Span = tuple[int, int, str]


class _Forms:
    """All forms in which known secrets may be printed."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._names: dict[bytes, str] = {}
        for secret in secrets:
            for form in _forms(secret.reveal().encode("utf-8", "surrogateescape")):
                self._names.setdefault(form, secret.name)
        longest_first = sorted(self._names, key=len, reverse=True)
        self._known = re.compile(b"|".join(map(re.escape, longest_first))) if longest_first else None
        self._beginnings = frozenset(form[:size] for form in longest_first for size in range(1, len(form)))
        self._longest = len(longest_first[0]) if longest_first else 0

    def spans(self, data: bytes) -> list[_Span]:
        """Return where secrets stand in `data`."""
        if self._known is None or not any(form in data for form in self._names):
            return []
        return [(match.start(), match.end(), self._names[match[0]]) for match in self._known.finditer(data)]

    def begun(self, data: bytes) -> int:
        """Return how many bytes at the end of `data` may be the beginning of a secret."""
        sizes = range(min(self._longest - 1, len(data)), 0, -1)
        return next((size for size in sizes if data[len(data) - size :] in self._beginnings), 0)


class Redactor:
    """Replaces secrets and what looks like one in a stream of bytes. One for each stream; `counts` tells how often.

    It holds back only what may be the beginning of a match, so that a secret split over two reads is caught.
    """

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self.counts: Counter[str] = Counter()
        self._secrets = tuple(secrets)
        self._held = b""
        self._before = b""  # the last byte that was let go: rules look behind them

    @cached_property
    def _forms(self) -> _Forms:  # not before something comes: most calls say nothing on one of their streams
        return _Forms(self._secrets)

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes; return what is certain by now, redacted."""
        return self._advance(self._held + data, final=False)

    def flush(self) -> bytes:
        """The stream has ended: return what was held back, redacted."""
        return self._advance(self._held, final=True) if self._held else b""

    def text(self, text: str) -> str:
        """Return a whole text redacted, apart from the stream."""
        data = text.encode("utf-8", "surrogateescape")
        return self._replaced(data, self._spans(data, final=True), 0, len(data)).decode("utf-8", "surrogateescape")

    def _advance(self, fresh: bytes, *, final: bool) -> bytes:
        data = self._before + fresh
        spans = self._spans(data, final=final)
        end = len(data) if final else self._certain(data, spans)
        start = min(len(self._before), end)
        self._held = data[max(end, start) :]
        self._before = data[:end][-1:]
        return self._replaced(data, spans, start, end)

    def _spans(self, data: bytes, *, final: bool) -> list[_Span]:
        """Return what is to be hidden in `data`, in order, overlaps made one."""
        found = self._forms.spans(data)
        found += _private_keys(data, final=final)
        for rule, pattern in _RULES.items():
            if _TRIGGERS[rule](data):
                group = "hide" if pattern.groups else 0
                hits = (match for match in pattern.finditer(data) if rule != "connect-string" or _has_user(match))
                found += [(*match.span(group), rule) for match in hits]
        return _merged(found)

    def _certain(self, data: bytes, spans: list[_Span]) -> int:
        """Return up to where no byte that is still to come can change what is hidden."""
        tail = max(0, len(data) - _CONTEXT)
        unfinished = _UNFINISHED.search(data, tail)
        end = unfinished.start() if unfinished else len(data)
        end = min(end, len(data) - self._forms.begun(data))
        if (key := data.rfind(b"-----BEGIN ", 0, end)) >= 0 and not any(a <= key < b for a, b, _ in spans):
            opened = _KEY_BEGIN.match(data, key)
            end = key if opened and len(data) - key < _KEY_LIMIT else end
        for start, stop, _ in reversed(spans):
            if start < end < stop:
                end = start
        return end

    def _replaced(self, data: bytes, spans: list[_Span], at: int, end: int) -> bytes:
        pieces = []
        for start, stop, name in spans:
            if at <= start and stop <= end:
                self.counts[name] += 1
                pieces += [data[at:start], b"[redacted " + name.encode() + b"]"]
                at = stop
        pieces.append(data[at:end])
        return b"".join(pieces)


def _has_user(match: re.Match[bytes]) -> bool:
    """Whether a user stands before the slash of a connect string; a path has none."""
    return _USER.search(match.string, max(0, match.start() - 129), match.start()) is not None


def _private_keys(data: bytes, *, final: bool) -> Iterator[_Span]:
    """Yield private keys. One without an end is hidden as far as it can reach, or to the end of the stream."""
    at = 0
    while begin := _KEY_BEGIN.search(data, at):
        limit = begin.start() + _KEY_LIMIT
        end = _KEY_END.search(data, begin.end(), limit)
        if end is None and len(data) < limit and not final:
            return
        at = end.end() if end else min(limit, len(data))
        yield begin.start(), at, "private-key"


def _merged(spans: list[_Span]) -> list[_Span]:
    merged: list[_Span] = []
    for start, stop, name in sorted(spans):
        if merged and start < merged[-1][1]:
            first, last, kept = merged[-1]
            merged[-1] = (first, max(last, stop), kept)
        else:
            merged.append((start, stop, name))
    return merged


def _forms(value: bytes) -> set[bytes]:
    """Return the ways in which a tool may print `value`: as it is, quoted, and encoded."""
    if len(value) < SHORTEST:
        return set()
    text = value.decode("utf-8", "surrogateescape")
    forms = {
        value,
        value.hex().encode(),
        value.hex().upper().encode(),
        quote(value, safe="").encode(),
        quote(value).encode(),
        quote_plus(value).encode(),
        text.replace("'", "'\\''").encode("utf-8", "surrogateescape"),
        text.replace("'", "''").encode("utf-8", "surrogateescape"),
        shlex.quote(text).strip("'").encode("utf-8", "surrogateescape"),
        re.sub(r"([^\w@%+=:,./-])", r"\\\1", text, flags=re.ASCII).encode("utf-8", "surrogateescape"),
        json.dumps(text)[1:-1].encode(),
    }
    for shift in range(3):
        encoded = _base64_core(value, shift)
        forms |= {encoded, encoded.translate(bytes.maketrans(b"+/", b"-_"))}
    return {form for form in forms if len(form) >= SHORTEST}


def _base64_core(value: bytes, shift: int) -> bytes:
    """Return the part of a base64 text that `value` alone decides when it stands `shift` bytes behind a boundary."""
    encoded = base64.b64encode(b"\0" * shift + value)
    behind = {0: 0, 1: 3, 2: 2}[(shift + len(value)) % 3]
    return encoded[{0: 0, 1: 2, 2: 3}[shift] : len(encoded) - behind]
