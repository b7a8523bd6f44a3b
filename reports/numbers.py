r"""Figures of a fit as text: engineering units, and as many digits as their uncertainty lets stand.

Value and interval have one unit and one number of decimals, as siunitx sets ``\num{1.50(2)}``: two digits of the
uncertainty. Where an interval spans a factor, each of its figures has two digits of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols import prefixed_unit

if TYPE_CHECKING:
    from fitting.results.estimate import Estimate

_DIGITS = 2
"""Digits of an uncertainty: a third is noise of the noise (Particle Data Group, Review of Particle Physics, 5.3)."""
_UNKNOWN_DIGITS, _MOST_DIGITS = 3, 7
"""Digits of a value whose uncertainty is not known, and most of any: what single precision has."""
_WIDE = 0.5
"""Half width of an interval, as a share of the value, from which its ends are rounded each by itself. Doubled, a lower
end may be rounded to 0."""
_EVEN = 1.25
"""Ratio of the sides of an interval up to which it is even about its value. Doubled, half of one would be hidden."""


@dataclass(frozen=True)
class Rounded:
    """Figure as text.

    Attributes
    ----------
    value, interval, unit : str
    """

    value: str
    interval: str
    unit: str

    def __str__(self) -> str:
        value = f"{self.value} {self.unit}".rstrip()
        return f"{value} (95 %: {self.interval})" if self.interval else value


def rounded(value: float, ends: tuple[float | None, float | None], unit: str, *, prefixed: bool = True) -> Rounded:
    """Return a value and its 95 % interval as text.

    Parameters
    ----------
    value : float
        In the SI unit `unit`.
    ends : tuple of float or None
        The interval; None is an open end.
    unit : str
        Symbol of the SI unit; ``""`` for a pure number.
    prefixed : bool
        Whether the unit takes a prefix.
    """
    if not math.isfinite(value):
        return Rounded("–", "", "")
    low, high = (None if end is None or not math.isfinite(end) else end for end in ends)
    exponent, symbol = prefixed_unit(value, unit) if prefixed else (0, unit)
    scaled = [None if one is None else one / 10.0**exponent for one in (value, low, high)]
    sides = [abs(end - value) for end in (low, high) if end is not None]
    uncertainty = max(sides, default=0.0) / 10.0**exponent
    middle = abs(value) / 10.0**exponent
    if uncertainty <= 0.0 or uncertainty >= _WIDE * middle:
        digits = _UNKNOWN_DIGITS if uncertainty <= 0.0 else _DIGITS
        texts = [None if one is None else _by_digits(one, digits) for one in scaled]
    else:
        decimals = _DIGITS - 1 - _place(uncertainty)
        most = _MOST_DIGITS - 1 - math.floor(math.log10(middle))
        texts = [None if one is None else _by_decimals(one, min(decimals, most)) for one in scaled]
    shown, below, above = ("open" if one is None else one for one in texts)
    # Ends that are alike in all digits are one number, as `protocols.format_estimate` has it.
    interval = "" if not sides else f"about {below}" if below == above else f"{below} … {above}"
    return Rounded(shown, interval, symbol)


def rounded_estimate(estimate: Estimate) -> Rounded:
    """Return an estimate as text: a bound where its interval reaches the end of its range."""
    found = rounded(estimate.value, estimate.ci95, estimate.unit)
    return Rounded(estimate.bound or found.value, found.interval, found.unit)


def compact_estimate(estimate: Estimate) -> str:
    """Return an estimate in one cell: ``39.14(12) ms``, half the interval in units of the last digits.

    A bound, and an interval that is open, wide or not even about its value, are written out.
    """
    found = rounded_estimate(estimate)
    unit = f" {found.unit}" if found.unit else ""
    low, high = estimate.ci95
    if estimate.bound or low is None or high is None or "×" in found.value or "." not in found.value:
        return f"{found.value}{unit}" + (f" ({found.interval})" if found.interval else "")
    exponent, _ = prefixed_unit(estimate.value, estimate.unit)
    decimals = len(found.value.partition(".")[2])
    sides = [abs(end - estimate.value) / 10.0 ** (exponent - decimals) for end in (low, high)]
    if max(sides) > _EVEN * min(sides) + 1.0 or round(max(sides)) >= 10**_DIGITS or max(sides) < 0.5:
        return f"{found.value}{unit} ({found.interval})"
    return f"{found.value}({round(max(sides))}){unit}"


def _place(value: float) -> int:
    """Return the decimal place of the first digit: 0 for units, -1 for tenths; of 0.0996 to two digits it is -1."""
    return math.floor(math.log10(value * (1.0 + 0.5 * 10.0**-_DIGITS))) if value > 0.0 else 0


def _by_digits(value: float, digits: int) -> str:
    place = 0 if value == 0.0 else math.floor(math.log10(abs(value) * (1.0 + 0.5 * 10.0**-digits)))
    return _by_decimals(value, digits - 1 - place)


def _by_decimals(value: float, decimals: int) -> str:
    whole = round(value, decimals)
    if abs(whole) >= 1e6 or 0.0 < abs(whole) < 1e-4:  # beyond all prefixes, or without a unit
        mantissa, _, power = f"{whole:.{max(_DIGITS - 1, 0)}e}".partition("e")
        return _signed(f"{mantissa} × 10{_superscript(int(power))}")
    return _signed(f"{whole:.{max(decimals, 0)}f}")


def _signed(text: str) -> str:
    return text.replace("-", "−")


def _superscript(power: int) -> str:
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
