"""Format models of TO_CHAR and TO_DATE: those that runbooks use, with everything else refused."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from hisops.lab.sql.errors import OracleError, not_rehearsed

_ELEMENTS = (
    "YYYY", "RRRR", "SYYYY", "YY", "RR", "MM", "MONTH", "MON", "DDD", "DD", "DAY", "DY", "D", "HH24", "HH12", "HH",
    "MI", "SSSSS", "SS", "FF9", "FF6", "FF3", "FF", "AM", "PM", "A.M.", "P.M.", "Q", "IW", "WW", "J", "FM", "FX", "X",
)  # fmt: skip
_MODEL = re.compile("|".join(sorted(map(re.escape, _ELEMENTS), key=len, reverse=True)) + r'|"[^"]*"|[-/,.;: ]|T(?=H)')
_REFUSED = {"SYYYY", "FX", "J", "WW", "A.M.", "P.M."}
_MONTHS = ("JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER",
           "NOVEMBER", "DECEMBER")  # fmt: skip
_DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_NUMBER_MODEL = re.compile(r"(FM)?([0-9,]*)(?:([.D])([0-9]*))?", re.IGNORECASE)


@lru_cache(maxsize=256)
def parts_of(model: str) -> tuple[str, ...]:
    """Cut a date format model into its elements; ORA-01821 for what is none, ORA-03001 for what is not rehearsed."""
    parts = []
    at = 0
    upper = model.upper()
    while at < len(model):
        match = _MODEL.match(upper, at)
        if match is None:
            raise OracleError(1821, "date format not recognized")
        if match[0] in _REFUSED:
            raise not_rehearsed(f"date format {match[0]}")
        parts.append(model[at : match.end()])
        at = match.end()
    return tuple(parts)


def date_text(value: datetime, model: str) -> str:
    """Return a point in time as TO_CHAR writes it."""
    out = []
    bare = False
    for part in parts_of(model):
        if part.upper() == "FM":
            bare = not bare
            continue
        out.append(_element(value, part, bare))
    return "".join(out)


def _element(value: datetime, part: str, bare: bool) -> str:
    name = part.upper()
    number = _numbers(value).get(name)
    if number is not None:
        text, width = number
        return str(int(text)) if bare and width else text.zfill(width)
    match name:
        case "MONTH" | "MON":
            return _cased(_MONTHS[value.month - 1][: 3 if name == "MON" else None], part, 0 if bare else 9, name)
        case "DAY" | "DY":
            return _cased(_DAYS[value.weekday()][: 3 if name == "DY" else None], part, 0 if bare else 9, name)
        case "AM" | "PM":
            return "AM" if value.hour < 12 else "PM"
        case "X":
            return "."
    return part.strip('"')


def _numbers(value: datetime) -> dict[str, tuple[str, int]]:
    micros = f"{value.microsecond:06d}"
    twelve = (value.hour - 1) % 12 + 1
    return {
        "YYYY": (str(value.year), 4), "RRRR": (str(value.year), 4), "YY": (str(value.year % 100), 2),
        "RR": (str(value.year % 100), 2), "MM": (str(value.month), 2), "DD": (str(value.day), 2),
        "DDD": (str(value.timetuple().tm_yday), 3), "D": (str(value.isoweekday() % 7 + 1), 1),
        "HH24": (str(value.hour), 2), "HH12": (str(twelve), 2), "HH": (str(twelve), 2),
        "MI": (str(value.minute), 2), "SS": (str(value.second), 2),
        "SSSSS": (str(value.hour * 3600 + value.minute * 60 + value.second), 5),
        "FF3": (micros[:3], 0), "FF6": (micros, 0), "FF": (micros, 0), "FF9": (micros + "000", 0),
        "Q": (str((value.month - 1) // 3 + 1), 1), "IW": (str(value.isocalendar().week), 2),
    }  # fmt: skip


def _cased(name: str, part: str, width: int, element: str) -> str:
    text = name if part.isupper() else name.capitalize() if part[0].isupper() else name.lower()
    return text.ljust(width) if element in ("MONTH", "DAY") else text


def read_date(text: str, model: str) -> datetime:
    """Return what TO_DATE or TO_TIMESTAMP reads; Oracle's errors for text that does not fit."""
    fields: dict[str, int] = {}
    rest = text.strip()
    for part in parts_of(model):
        rest = _read_element(part, rest, fields)
    if rest.strip():
        raise OracleError(1830, "date format picture ends before converting entire input string")
    hour = fields.get("hour", 0)
    if "pm" in fields:
        hour = hour % 12 + 12 * fields["pm"]
    try:
        return datetime(
            fields["year"], fields.get("month", 1), fields.get("day", 1), hour, fields.get("minute", 0),
            fields.get("second", 0), fields.get("micro", 0),
        )  # fmt: skip
    except KeyError as missing:
        raise not_rehearsed("a date format without a year") from missing
    except ValueError as wrong:
        raise _out_of_range(fields) from wrong


_DIGITS = {
    "YYYY": ("year", 4), "RRRR": ("year", 4), "MM": ("month", 2), "DD": ("day", 2), "HH24": ("hour", 2),
    "HH12": ("hour", 2), "HH": ("hour", 2), "MI": ("minute", 2), "SS": ("second", 2),
}  # fmt: skip


def _read_element(part: str, rest: str, fields: dict[str, int]) -> str:
    name = part.upper()
    if name == "FM":
        return rest
    if name in _DIGITS or name in ("YY", "RR"):
        field, width = _DIGITS.get(name, ("year", 2))
        match = re.match(rf"\d{{1,{width}}}", rest)
        if match is None:
            raise OracleError(1858, "a non-numeric character was found where a numeric was expected")
        fields[field] = int(match[0]) if name not in ("YY", "RR") else _century(int(match[0]), name)
        return rest[match.end() :]
    if name.startswith("FF"):
        match = re.match(r"\d{1,9}", rest)
        fields["micro"] = int(match[0].ljust(9, "0")[:6]) if match else 0
        return rest[match.end() :] if match else rest
    if name in ("MON", "MONTH"):
        return _read_month(rest, fields, name)
    if name in ("AM", "PM"):
        if rest[:2].upper() not in ("AM", "PM"):
            raise OracleError(1855, "AM/A.M. or PM/P.M. required")
        fields["pm"] = int(rest[:2].upper() == "PM")
        return rest[2:]
    return _read_separator(part, rest)


def _read_month(rest: str, fields: dict[str, int], element: str) -> str:
    for number, month in enumerate(_MONTHS, 1):
        for name in (month,) if element == "MONTH" else (month, month[:3]):
            if rest.upper().startswith(name):
                fields["month"] = number
                return rest[len(name) :]
    raise OracleError(1843, "not a valid month")


def _read_separator(part: str, rest: str) -> str:
    wanted = "." if part.upper() == "X" else part.strip('"')
    if wanted == " ":
        return rest.lstrip()
    if not rest:
        return rest
    if rest.startswith(wanted) or (len(wanted) == 1 and not rest[0].isalnum()):
        return rest[len(wanted) :]
    raise OracleError(1861, "literal does not match format string")


def _century(year: int, name: str) -> int:
    now = datetime.now().year
    if name == "YY":
        return now // 100 * 100 + year
    return year + (2000 if year < 50 else 1900)


def _out_of_range(fields: dict[str, int]) -> OracleError:
    checks = (("month", 12, 1843, "not a valid month"), ("hour", 23, 1850, "hour must be between 0 and 23"),
              ("minute", 59, 1851, "minutes must be between 0 and 59"),
              ("second", 59, 1852, "seconds must be between 0 and 59"))  # fmt: skip
    for name, most, number, text in checks:
        if fields.get(name, 0) > most:
            return OracleError(number, text)
    return OracleError(1847, "day of month must be between 1 and last day of month")


def plain_number(text: str) -> str:
    """Return a number as TO_CHAR without a format writes it: no trailing zeros, no zero before the point."""
    value = Decimal(text)
    if value == 0:
        return "0"
    if "E" in text.upper() or "." in text:
        value = Decimal(f"{float(text):.15g}") if "E" in text.upper() or len(text) > 17 else value
    out = f"{value:f}"
    if "." in out:
        out = out.rstrip("0").rstrip(".")
    sign, digits = ("-", out[1:]) if out.startswith("-") else ("", out)
    return sign + (digits[1:] if digits.startswith("0.") else digits)


def number_text(text: str, model: str) -> str:
    """Return a number as TO_CHAR with a format of 0, 9, comma, point and FM writes it."""
    match = _NUMBER_MODEL.fullmatch(model)
    if match is None or not (match[2] or match[4]):
        raise not_rehearsed(f"number format {model}")
    bare, whole, decimals = bool(match[1]), match[2], match[4] or ""
    value = Decimal(text).quantize(Decimal(1).scaleb(-len(decimals)), rounding=ROUND_HALF_UP)
    digits, _, fraction = f"{abs(value):f}".partition(".")
    body = _whole_part(digits, whole)
    if body is None:
        return "#" * (len(model.replace("FM", "").replace("fm", "")) + 1)
    if bare and decimals:
        kept = decimals.rfind("0") + 1
        fraction = fraction[:kept] + fraction[kept:].rstrip("0")
    sign = "-" if value < 0 else ""
    out = sign + body + ("." + fraction if match[3] else "")
    return out if bare else out.rjust(len(whole) + (1 + len(decimals) if match[3] else 0) + 1)


def _whole_part(digits: str, whole: str) -> str | None:
    """Lay the digits into the model from the right; None if there are too many."""
    digits = "" if digits == "0" and "." not in whole and set(whole) <= {"9", ","} and whole else digits
    places = whole.replace(",", "")
    if len(digits) > len(places):
        return None
    first_zero = places.find("0")
    needed = max(len(digits), len(places) - first_zero if first_zero >= 0 else 0)
    padded = digits.rjust(needed, "0")
    out: list[str] = []
    left = list(padded)
    for sign in reversed(whole):
        if not left:
            break
        out.append("," if sign == "," else left.pop())
    return "".join(reversed(out))
