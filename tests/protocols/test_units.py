"""Does text with a unit become the right SI float, and back?"""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import format_duration, format_estimate, format_quantity, parse_quantity
from tests.alphabets import CHARACTERS


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("10 mV", "V", 0.01),
        ("250us", "s", 250e-6),
        ("5 µs", "s", 5e-6),
        ("-1.5e-3 A", "A", -1.5e-3),
        ("100 kHz", "Hz", 1e5),
        ("1 min", "s", 60.0),
        ("25 mm^2", "m^2", 25e-6),
        ("25 degC", "K", 298.15),
        ("1.2 kohm", "ohm", 1200.0),
        ("3", "", 3.0),
        (0.02, "V", 0.02),
    ],
)
def test_quantities_of_the_bench_are_read(text: str | float, unit: str, value: float) -> None:
    assert parse_quantity(text, unit) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text", ["10", "10 A", "ten mV", "", "nan V", "inf V", "1e999 V", "10 mV extra", "10 xyzzy"])
def test_what_is_no_voltage_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r'such as "10 mV"'):
        parse_quantity(text, "V")


def test_decimal_prefixes_give_the_nearest_float() -> None:
    assert parse_quantity("10 us", "s") == 1e-5
    assert parse_quantity("0.3 mV", "V") == 0.3e-3


@given(st.floats(min_value=1e-14, max_value=1e9), st.sampled_from(["V", "A", "s", "Hz"]))
def test_a_printed_quantity_reads_back(value: float, unit: str) -> None:
    assert parse_quantity(format_quantity(value, unit, digits=12), unit) == pytest.approx(value, rel=1e-10)


@given(st.text(CHARACTERS, max_size=20))
def test_any_text_is_read_or_refused_and_never_crashes(text: str) -> None:
    try:
        value = parse_quantity(text, "V")
    except ValueError:
        return
    assert math.isfinite(value)


def test_prefixes_follow_the_size() -> None:
    assert format_quantity(0.01, "V") == "10 mV"
    assert format_quantity(9.9999e-4, "s", 3) == "1 ms"
    assert format_quantity(1200.0, "ohm") == "1.2 kΩ"
    assert format_quantity(0.0, "A") == "0 A"


def test_few_digits_leave_no_power_of_ten_and_nothing_has_no_sign() -> None:
    assert format_quantity(0.412, "s", 2) == "410 ms"
    assert format_quantity(-123.4, "V", 1) == "-100 V"
    assert format_quantity(-0.0, "A") == "0 A"


def test_an_estimate_has_the_digits_that_its_interval_lets_stand() -> None:
    assert format_estimate(1.5012e-3, (1.4993e-3, 1.5029e-3), "s") == ("1.501 ms", "1.499 … 1.503 ms")
    assert format_estimate(200.0, (100.0, 400.0), "ohm") == ("200 Ω", "100 … 400 Ω")
    assert format_estimate(9.9e-4, (9.5e-4, 1.1e-3), "s")[1] == "950 µs … 1.1 ms"
    assert format_estimate(8.0005e-5, (8e-5, 8.001e-5), "S·s^n") == ("80.005 µS·sⁿ", "80 … 80.01 µS·sⁿ")
    assert format_estimate(2.0, (None, 3.0), "") == ("2", "open … 3")
    assert format_estimate(1.08101e-6, (1.081009999e-6, 1.08101e-6), "F") == ("1.08101 µF", "about 1.08101 µF")
    assert format_estimate(2.0, (None, None), "s")[1] == "open … open"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.3, "300 ms"),
        (59.4, "59.4 s"),
        (59.6, "1 min"),
        (61, "1 min 1 s"),
        (3599.7, "1 h"),
        (7500, "2 h 5 min"),
        (86399, "1 d"),
        (90000, "1 d 1 h"),
        (7 * 86400, "7 d"),
    ],
)
def test_time_spans_are_given_as_people_say_them(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
