"""Figures as text: engineering units, two digits of the uncertainty."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitting.results.estimate import Estimate
from reports.numbers import compact_estimate, rounded
from tests.properties import examples

PREFIXES = {"f": -15, "p": -12, "n": -9, "µ": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12}
SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def number_of(text: str) -> tuple[float, float]:
    """Return the number that a text shows, and one unit of its last digit; read by other means than it was written."""
    mantissa, _, power = text.replace("−", "-").partition(" × 10")
    scale = 10.0 ** int(power.translate(SUPERSCRIPTS)) if power else 1.0
    whole, _, decimals = mantissa.partition(".")
    n_zeros = 0 if decimals else len(whole) - len(whole.rstrip("0"))  # "120" has two digits
    return float(mantissa) * scale, 10.0 ** (n_zeros - len(decimals)) * scale


def power_of(symbol: str, unit: str) -> int:
    """Return the power of ten of the prefix with which a unit is shown."""
    return PREFIXES[symbol.removesuffix({"ohm": "Ω", "S·s^n": "S·sⁿ"}.get(unit, unit))]


@pytest.mark.parametrize(
    ("value", "ends", "unit", "shown"),
    [
        (0.0149987, (0.0149917, 0.0150058), "s", ("14.9987", "14.9917 … 15.0058", "ms")),
        (299.87, (299.71, 300.04), "ohm", ("299.87", "299.71 … 300.04", "Ω")),
        (0.18267, (0.18261, 0.18274), "", ("0.182670", "0.182610 … 0.182740", "")),
        (-2.5e-9, (-2.6e-9, -2.4e-9), "A", ("−2.50", "−2.60 … −2.40", "nA")),
        (1.0, (0.01, 100.0), "s", ("1.0", "0.010 … 100", "s")),
        (1.65, (1.65, None), "s", ("1.65", "1.65 … open", "s")),
        (4.5e-6, (None, None), "s", ("4.50", "", "µs")),
        (0.0, (0.0, 0.0), "A", ("0.00", "about 0.00", "A")),
        (1.02, (1.02 - 1e-11, 1.02 + 1e-11), "s", ("1.020000", "about 1.020000", "s")),
        (math.nan, (None, None), "s", ("–", "", "")),
        (0.99996, (0.99946, 1.00046), "V", ("0.99996", "0.99946 … 1.00046", "V")),
        (3.0e-7, (2.9e-7, 3.1e-7), "", ("3.0 × 10⁻⁷", "2.9 × 10⁻⁷ … 3.1 × 10⁻⁷", "")),
    ],
)
def test_known_figures(
    value: float, ends: tuple[float | None, float | None], unit: str, shown: tuple[str, str, str]
) -> None:
    found = rounded(value, ends, unit)
    assert (found.value, found.interval, found.unit) == shown


@settings(max_examples=examples(60))
@given(
    st.floats(1e-12, 1e9),
    st.floats(1e-6, 20.0),
    st.sampled_from(["s", "ohm", "S", "A", "F", "S·s^n"]),
    st.booleans(),
)
def test_what_is_shown_is_the_figure_to_two_digits_of_its_uncertainty(
    value: float, share: float, unit: str, is_negative: bool
) -> None:
    value = -value if is_negative else value
    half = share * abs(value)
    found = rounded(value, (value - half, value + half), unit)
    scale = 10.0 ** power_of(found.unit, unit)
    ends = found.interval.split(" … ")
    for text, exact in ((found.value, value), (ends[0], value - half), (ends[1], value + half)):
        number, last = number_of(text)
        assert abs(number * scale - exact) <= 0.5001 * last * scale
        size = half if share < 0.5 else abs(exact)
        # Two digits; zeros that end a whole number may be some of them. Single precision has no more than seven.
        if exact != 0.0 and ("." in text or not text.endswith("0")):
            assert last * scale <= (1.0 + 1e-12) * max(0.105 * size, 1e-6 * abs(value))


@pytest.mark.parametrize(
    ("value", "ends", "bound", "shown"),
    [
        (39.14e-3, (39.02e-3, 39.26e-3), False, "39.14(12) ms"),
        (13.866e-3, (13.810e-3, 13.922e-3), False, "13.866(56) ms"),
        (1.0, (0.9, 1.5), False, "1.0 s (0.90 … 1.5)"),
        (1.65, (1.65, None), False, "1.65 s (1.65 … open)"),
        (0.02, (0.001, 0.27), True, "< 0.27"),
    ],
)
def test_a_cell_of_a_table_has_value_and_uncertainty(
    value: float, ends: tuple[float, float | None], bound: bool, shown: str
) -> None:
    text = compact_estimate(Estimate("x", "" if bound else "s", value, ends, True, is_share=bound))
    assert text.startswith(shown) if bound else text == shown
    if (found := re.fullmatch(r"([\d.]+)\((\d+)\) ms", text)) is not None:
        number, last = number_of(found[1])
        assert number + int(found[2]) * last == pytest.approx(1e3 * (ends[1] or 0.0), abs=last)
