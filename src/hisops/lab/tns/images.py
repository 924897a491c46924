"""The stored images of NUMBER, DATE, TIMESTAMP and INTERVAL: as Oracle documents them for its external data types."""

from __future__ import annotations

import struct
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from hisops.lab.tns.wire import Hangup

_MIDDLE = 0x80000000
_MOST_DIGITS = 40


@lru_cache(maxsize=8192)
def number_image(value: int | float | Decimal) -> bytes:
    """Return a NUMBER: an exponent byte and up to twenty digits of base 100; negatives are complemented."""
    if isinstance(value, int):
        return _image(value < 0, str(abs(value)), 0)
    decimal = value if isinstance(value, Decimal) else Decimal(f"{value:.15g}")
    sign, digits, exponent = decimal.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"not a number: {value}")
    return _image(bool(sign), "".join(map(str, digits)), exponent)


def _image(negative: bool, digits: str, exponent: int) -> bytes:
    text = digits.lstrip("0")
    point = len(text) + exponent
    text = text.rstrip("0")
    if not text:
        return b"\x80"
    if point % 2:
        text, point = "0" + text, point + 1
    text = text[:_MOST_DIGITS] + "0" * (len(text) % 2)
    pairs = [int(text[at : at + 2]) for at in range(0, len(text), 2)]
    while pairs[-1] == 0:
        pairs.pop()
    return _signed_image(negative, point // 2, pairs)


def _signed_image(negative: bool, hundreds: int, pairs: list[int]) -> bytes:
    if not -65 < hundreds <= 63:
        raise ValueError("numeric overflow")
    if not negative:
        return bytes((hundreds + 192, *(pair + 1 for pair in pairs)))
    tail = (102,) if len(pairs) < _MOST_DIGITS // 2 else ()
    return bytes((~(hundreds + 192) & 0xFF, *(101 - pair for pair in pairs), *tail))


def read_number(image: bytes) -> int | Decimal:
    """Return the value of a NUMBER; whole numbers as int."""
    if not image:
        raise Hangup("not a NUMBER image")
    if image == b"\x80":
        return 0
    positive = bool(image[0] & 0x80)
    hundreds = (image[0] if positive else ~image[0] & 0xFF) - 192
    body = image[1:-1] if not positive and image[-1] == 102 else image[1:]
    pairs = [byte - 1 if positive else 101 - byte for byte in body]
    if not pairs or not all(0 <= pair <= 99 for pair in pairs):
        raise Hangup("not a NUMBER image")
    unscaled = int("".join(f"{pair:02d}" for pair in pairs))
    shift = 2 * (hundreds - len(pairs))
    signed = unscaled if positive else -unscaled
    return signed * 10**shift if shift >= 0 else _whole_if_whole(Decimal(signed).scaleb(shift))


def _whole_if_whole(value: Decimal) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else value


def date_image(value: datetime) -> bytes:
    """Return a DATE: seven bytes, century and year with 100 added, the time of day with 1 added."""
    century, year = divmod(value.year, 100)
    clock = (value.hour + 1, value.minute + 1, value.second + 1)
    return bytes((century + 100, year + 100, value.month, value.day, *clock))


def timestamp_image(value: datetime) -> bytes:
    """Return a TIMESTAMP: a DATE and the nanoseconds; without a fraction the short form travels."""
    fraction = struct.pack(">I", value.microsecond * 1000)
    return date_image(value) + (fraction if value.microsecond else b"")


def zoned_image(value: datetime) -> bytes:
    """Return a TIMESTAMP WITH TIME ZONE in UTC: eleven bytes, then hour offset + 20 and minute offset + 60."""
    return date_image(value) + struct.pack(">I", value.microsecond * 1000) + bytes((20, 60))


def read_date(image: bytes) -> datetime:
    """Return the value of a DATE or TIMESTAMP image (an offset is ignored: clients send the session's own time)."""
    if len(image) < 7:
        raise Hangup("not a DATE image")
    year = (image[0] - 100) * 100 + image[1] - 100
    micros = struct.unpack(">I", image[7:11])[0] // 1000 if len(image) >= 11 else 0
    try:
        return datetime(year, image[2], image[3], image[4] - 1, image[5] - 1, image[6] - 1, micros)
    except ValueError as wrong:
        raise Hangup("not a DATE image") from wrong


def interval_image(value: timedelta) -> bytes:
    """Return an INTERVAL DAY TO SECOND: every part carries the sign and an offset."""
    sign = -1 if value < timedelta(0) else 1
    span = abs(value)
    minutes, seconds = divmod(span.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = bytes(60 + sign * part for part in (hours, minutes, seconds))
    return (
        struct.pack(">I", _MIDDLE + sign * span.days)
        + clock
        + struct.pack(">I", _MIDDLE + sign * span.microseconds * 1000)
    )


def read_interval(image: bytes) -> timedelta:
    """Return the value of an INTERVAL DAY TO SECOND."""
    if len(image) < 11:
        raise Hangup("not an INTERVAL image")
    days = struct.unpack(">I", image[:4])[0] - _MIDDLE
    hours, minutes, seconds = (byte - 60 for byte in image[4:7])
    nanos = struct.unpack(">I", image[7:11])[0] - _MIDDLE
    try:
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=nanos // 1000)
    except OverflowError as wrong:
        raise Hangup("not an INTERVAL image") from wrong
