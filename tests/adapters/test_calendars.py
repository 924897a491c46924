"""Windows from iCalendar files: what opens, what closes, and which local times name no moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hisops.adapters.calendars import SiteWindows, read_calendar
from hisops.errors import UsageProblem
from hisops.model.site import Calendar, Site
from hisops.model.window import Look
from tests.support.builders import SITE

NOW = datetime(2026, 10, 20, 12, 0, tzinfo=UTC)


def ics(*events: str) -> str:
    """Return a calendar; each event is told by its lines without BEGIN, UID and END."""
    parts = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test"]
    for number, event in enumerate(events):
        parts += ["BEGIN:VEVENT", f"UID:{number}", "DTSTAMP:20260101T000000Z", *event.split("\n"), "END:VEVENT"]
    return "\r\n".join([*parts, "END:VCALENDAR", ""])


def look(folder: Path, text: str, now: datetime = NOW, zone: str = "Asia/Shanghai") -> Look:
    """Return what the calendar says at `now`."""
    (folder / "night.ics").write_text(text)
    calendar = Calendar.model_validate({"file": "night.ics", "timezone": zone, "cutoff": "45m"})
    return read_calendar("night", calendar, folder, now)


def unusable(folder: Path, text: str, zone: str = "Europe/Berlin") -> str:
    """Return why the calendar cannot be used."""
    with pytest.raises(UsageProblem) as caught:
        look(folder, text, zone=zone)
    assert "night.ics" in str(caught.value)
    return str(caught.value)


def local(zone: str, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[arg-type]


def test_floating_times_are_read_in_the_calendars_zone(tmp_path):
    text = ics("SUMMARY:night\nDTSTART:20261021T010000\nDTEND:20261021T050000")
    found = look(tmp_path, text)
    assert found.open is None
    assert found.next is not None
    assert found.next.begin == datetime(2026, 10, 20, 17, 0, tzinfo=UTC)
    assert found.told(found.next) == "2026-10-21 01:00 to 05:00 (Asia/Shanghai)"


def test_it_is_open_from_the_first_moment_and_not_in_the_last(tmp_path):
    text = ics("DTSTART:20261021T010000\nDTEND:20261021T050000")
    begin, end = local("Asia/Shanghai", 2026, 10, 21, 1), local("Asia/Shanghai", 2026, 10, 21, 5)
    second = timedelta(seconds=1)
    assert [look(tmp_path, text, at).open is not None for at in (begin - second, begin, end - second, end)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_a_time_with_a_zone_keeps_it(tmp_path):
    text = ics("DTSTART;TZID=America/New_York:20261021T010000\nDURATION:PT2H")
    assert look(tmp_path, text).next.begin == datetime(2026, 10, 21, 5, 0, tzinfo=UTC)


def test_a_whole_day_is_the_calendars_day(tmp_path):
    found = look(tmp_path, ics("DTSTART;VALUE=DATE:20261024"))
    assert found.next.begin == local("Asia/Shanghai", 2026, 10, 24)
    assert found.next.end == local("Asia/Shanghai", 2026, 10, 25)


def test_a_series_gives_the_next_night_and_leaves_out_what_it_excepts(tmp_path):
    text = ics("DTSTART:20260101T010000\nDTEND:20260101T050000\nRRULE:FREQ=DAILY\nEXDATE:20261021T010000")
    assert look(tmp_path, text).next.begin == local("Asia/Shanghai", 2026, 10, 22, 1)


def test_a_night_of_a_series_that_was_moved(tmp_path):
    series = "DTSTART:20260101T010000\nDTEND:20260101T050000\nRRULE:FREQ=DAILY"
    moved = "RECURRENCE-ID:20261021T010000\nDTSTART:20261021T030000\nDTEND:20261021T040000"
    text = ics(series, moved).replace("UID:1", "UID:0")
    found = look(tmp_path, text)
    assert (found.next.begin, found.next.end) == (
        local("Asia/Shanghai", 2026, 10, 21, 3), local("Asia/Shanghai", 2026, 10, 21, 4),
    )  # fmt: skip


def test_a_freeze_closes_what_is_open(tmp_path):
    night = "DTSTART:20261020T190000\nDTEND:20261021T050000"
    freeze = "SUMMARY:audit\nCATEGORIES:Hospital,freeze\nDTSTART:20261020T200000\nDTEND:20261021T020000"
    found = look(tmp_path, ics(night, freeze))
    assert found.open is None
    assert found.next.begin == local("Asia/Shanghai", 2026, 10, 21, 2)


@pytest.mark.parametrize("freeze", ["", "\nCATEGORIES:FREEZE"])
def test_what_was_cancelled_neither_opens_nor_closes(tmp_path, freeze):
    open_all = "DTSTART:20200101T000000Z\nDTEND:20990101T000000Z"
    cancelled = f"STATUS:CANCELLED{freeze}\nDTSTART:20261020T000000\nDTEND:20261024T000000"
    assert look(tmp_path, ics(cancelled)).span is None
    assert look(tmp_path, ics(open_all, cancelled)).open is not None


def test_nothing_said_is_closed(tmp_path):
    found = look(tmp_path, ics())
    assert (found.open, found.next, found.span) == (None, None, None)


@pytest.mark.parametrize(
    ("zone", "time", "what"),
    [
        ("Europe/Berlin", "20261025T023000", "twice"),
        ("Europe/Berlin", "20270328T023000", "not at all"),
        ("America/New_York", "20261101T013000", "twice"),
        ("America/New_York", "20270314T023000", "not at all"),
    ],
)
@pytest.mark.parametrize("form", ["DTSTART:{0}", "DTSTART;TZID={1}:{0}"])
def test_a_local_time_that_names_no_moment_is_rejected_with_event_and_time(tmp_path, zone, time, what, form):
    text = ics(f"SUMMARY:HIS night\n{form.format(time, zone)}\nDURATION:PT3H")
    reason = unusable(tmp_path, text, zone)
    day = f"{time[:4]}-{time[4:6]}-{time[6:8]} {time[9:11]}:{time[11:13]}"
    assert f"HIS night: {day} is there {what} in {zone}" in reason


def test_an_end_that_names_no_moment_is_rejected_too(tmp_path):
    reason = unusable(tmp_path, ics("SUMMARY:n\nDTSTART:20261025T010000\nDTEND:20261025T023000"))
    assert "2026-10-25 02:30 is there twice" in reason


def test_shanghai_has_no_such_night(tmp_path):
    text = ics("DTSTART:20260101T023000\nDURATION:PT1H\nRRULE:FREQ=DAILY")
    assert look(tmp_path, text).doubts == ()


def test_of_a_series_only_the_night_itself_is_left_out_and_told(tmp_path):
    text = ics("SUMMARY:w\nDTSTART:20260104T020000\nDTEND:20260104T060000\nRRULE:FREQ=WEEKLY;BYDAY=SU")
    found = look(tmp_path, text, zone="Europe/Berlin")
    assert found.next.begin == local("Europe/Berlin", 2026, 11, 1, 2)
    assert [doubt.told() for doubt in found.doubts] == [
        "w: 2026-10-25 02:00 is there twice in Europe/Berlin",
        "w: 2027-03-28 02:00 is there not at all in Europe/Berlin",
        "w: 2027-10-31 02:00 is there twice in Europe/Berlin",
    ]


def test_a_freeze_of_a_series_closes_all_that_it_can_mean(tmp_path):
    always = "DTSTART:20200101T000000Z\nDTEND:20990101T000000Z"
    freeze = "SUMMARY:f\nCATEGORIES:FREEZE\nDTSTART:20260104T023000\nDTEND:20260104T024500\nRRULE:FREQ=WEEKLY;BYDAY=SU"
    for at in (datetime(2026, 10, 25, 0, 40, tzinfo=UTC), datetime(2026, 10, 25, 1, 40, tzinfo=UTC)):
        found = look(tmp_path, ics(always, freeze), at, zone="Europe/Berlin")
        assert found.open is None, at


def test_in_the_night_of_the_change_a_duration_is_exact_and_an_end_is_as_written(tmp_path):
    lasting = look(tmp_path, ics("DTSTART:20261025T010000\nDURATION:PT4H"), zone="Europe/Berlin").next
    ending = look(tmp_path, ics("DTSTART:20261025T010000\nDTEND:20261025T050000"), zone="Europe/Berlin").next
    assert lasting.end - lasting.begin == timedelta(hours=4)
    assert ending.end - ending.begin == timedelta(hours=5)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", ""),
        ("hello", "hello"),
        (ics()[:20], ""),
        (ics("DTSTART:20261021T010000\nDURATION:PT1H").replace("END:VCALENDAR\r\n", ""), ""),
        (ics("SUMMARY:a\nDTSTART;TZID=Mars/Olympus:20261021T010000\nDURATION:PT1H"), "no time zone Mars/Olympus"),
        (ics("SUMMARY:a\nDTSTART:2026102T010000\nDURATION:PT1H"), "event a: DTSTART"),
        (ics("SUMMARY:a\nDTEND:20261021T010000"), "event a has no DTSTART"),
        (ics("SUMMARY:a\nDTSTART:20261021T010000\nDTEND:20261021T000000"), "event a ends before it begins"),
        (ics("SUMMARY:a\nDTSTART:20261021T010000\nDURATION:-PT1H"), "event a ends before it begins"),
        (ics("SUMMARY:a\nDTSTART;VALUE=DATE:20261021\nDTEND:20261022T010000"), "date"),
        (ics("SUMMARY:a\nDTSTART:20261021T010000\nDURATION:PT1H\nRRULE:FREQ=OFTEN"), "OFTEN"),
        (ics("SUMMARY:a\nDTSTART:20261021T010000\nDURATION:PT1H\nthis is nothing"), "event a"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_mistake_of_usage_and_named(tmp_path, text, why):
    assert why in unusable(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path):
    calendar = Calendar.model_validate({"file": "windows/none.ics", "timezone": "UTC"})
    with pytest.raises(UsageProblem, match=r"windows/none\.ics"):
        read_calendar("night", calendar, tmp_path, NOW)


def test_the_site_gives_a_database_its_calendar_and_none_to_others(tmp_path):
    (tmp_path / "n.ics").write_text(ics("DTSTART:20200101T000000Z\nDTEND:20990101T000000Z"))
    his = SITE["databases"]["his"]
    site = Site.model_validate(
        SITE
        | {"windows": {"night": {"file": "n.ics", "timezone": "UTC", "cutoff": "5m"}}}
        | {"databases": {"his": his | {"window": "night"}, "emr": his}}
    )
    windows = SiteWindows(site, tmp_path)
    assert windows.look("emr", NOW) is None
    found = windows.look("his", NOW)
    assert (found.calendar, found.cutoff, found.open is not None) == ("night", 300, True)
    assert found.sha256.startswith("sha256:")


@settings(max_examples=40, deadline=None)
@given(
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"]),
    minutes=st.integers(0, 365 * 24 * 60),
    lasts=st.integers(1, 72 * 60),
)
def test_a_window_is_either_rejected_or_exactly_as_long_as_it_says(tmp_path_factory, zone, minutes, lasts):
    start = datetime(2026, 10, 21) + timedelta(minutes=minutes)
    end = start + timedelta(minutes=lasts)
    text = ics(f"DTSTART:{start:%Y%m%dT%H%M%S}\nDTEND:{end:%Y%m%dT%H%M%S}")

    def moments(value):
        aware = value.replace(tzinfo=ZoneInfo(zone))
        return {aware.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}

    folder = tmp_path_factory.mktemp("c")
    if len(moments(start)) == len(moments(end)) == 1:
        span = look(folder, text, zone=zone).next
        if moments(start) < moments(end):
            assert ({span.begin}, {span.end}) == (moments(start), moments(end))
    else:
        unusable(folder, text, zone)
