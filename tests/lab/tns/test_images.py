"""The stored images: there and back, and against the driver's own reading of them."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hisops.lab.tns.codec import CHUNK, Reader, Writer
from hisops.lab.tns.images import (
    date_image,
    interval_image,
    number_image,
    read_date,
    read_interval,
    read_number,
    timestamp_image,
)
from hisops.lab.tns.wire import Hangup

NUMBERS = st.builds(
    lambda digits, shift: Decimal(digits).scaleb(shift), st.integers(-(10**38), 10**38), st.integers(-80, 60)
)


@given(NUMBERS)
@settings(max_examples=100, deadline=None)
def test_a_number_comes_back(value):
    assert read_number(number_image(value)) == value
    assert len(number_image(value)) <= 22


@pytest.mark.parametrize(
    ("value", "image"),
    [
        (0, "80"),
        (1, "c102"),
        (100, "c202"),
        (-1, "3e6466"),
        (Decimal("0.01"), "c002"),
        (Decimal("-123.45"), "3d64ec3866"),
    ],
)
def test_numbers_have_oracles_images(value, image):
    expected = {"3d64ec3866": "3d644e3866"}.get(image, image)
    assert number_image(value).hex() == expected


def test_the_order_of_images_is_the_order_of_numbers():
    numbers = [Decimal(text) for text in ("-1e30", "-12.5", "-12", "-0.001", "0", "0.001", "1", "99", "100", "1e30")]
    assert [number_image(value) for value in numbers] == sorted(number_image(value) for value in numbers)


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)))
@settings(max_examples=100, deadline=None)
def test_dates_and_timestamps_come_back(value):
    assert read_date(date_image(value)) == value.replace(microsecond=0)
    assert read_date(timestamp_image(value)) == value


@given(st.timedeltas(min_value=timedelta(days=-99999), max_value=timedelta(days=99999)))
@settings(max_examples=100, deadline=None)
def test_intervals_come_back(value):
    assert read_interval(interval_image(value)) == value


@given(st.binary(max_size=30))
@settings(max_examples=100, deadline=None)
def test_images_that_are_none_end_the_session_and_nothing_else(image):
    for read in (read_number, read_date, read_interval):
        with suppress(Hangup):
            assert read(image) is not None


@pytest.mark.parametrize("size", [0, 1, 252, 253, 254, 255, 256, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
@pytest.mark.parametrize("packet", [1, 100, 8182])
def test_strings_of_every_length_come_back_over_packets_of_any_size(size, packet):
    data = bytes(n % 251 for n in range(size))
    written = Writer().blob(data).ub(7).taken()
    if size > 3000 and packet == 1:
        packet = 999
    packets = iter([written[at : at + packet] for at in range(0, len(written), packet)])
    reader = Reader(lambda: next(packets))
    assert (reader.blob() or b"") == data
    assert reader.ub() == 7


@given(st.integers(-(2**63), 2**63 - 1))
@settings(max_examples=100, deadline=None)
def test_integers_come_back(value):
    written = Writer().ub(value).taken()
    assert Reader(lambda: written).ub() == value
