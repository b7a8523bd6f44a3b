"""Quantities as text: ``"10 mV"`` becomes an SI float, and a float becomes text again."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import lru_cache
from numbers import Real
from typing import TYPE_CHECKING

from protocols.texts import shortened

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pint import UnitRegistry

_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)$", re.ASCII | re.DOTALL)
# Longest text of a quantity (characters): 17 digits, a unit and much room. Longer text would take long to be refused.
_LONGEST = 100
# What a unit may be made of: names with exponents of one or two digits, products, quotients, one pair of brackets. The
# library behind it evaluates whatever it is given: "m**9**9**9" would keep it busy for hours.
_FACTOR = r"(?:[^\W\d⁰¹²³⁴-⁹]|[°%‰])+(?:\s*(?:\*\*|\^)\s*[+-]?\d{1,2}(?:\.\d{1,4})?|⁻?[⁰¹²³⁴-⁹]{1,2})?"
_BETWEEN = r"(?:\s*[*/·⋅]\s*|\s+)"
_GROUP = rf"(?:{_FACTOR}|\(\s*{_FACTOR}(?:{_BETWEEN}{_FACTOR})*\s*\))"
_UNIT = re.compile(rf"(?:1\s*/\s*)?{_GROUP}(?:{_BETWEEN}{_GROUP})*")
# Longest value that is quoted in a message (characters): it leaves room for the message in a line of 120.
_QUOTED = 60
# Whole numbers of more bits are not spelt out in a message: Python refuses to, from 4300 digits on.
_QUOTED_BITS = 256
# SI prefixes by powers of ten; what is smaller or larger is written with an exponent.
_PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}
_MINUTE_S = 60
"""Shortest time span (s) that is given in two units. It is a minute."""
# Large units of time spans with the one below each.
_SPANS = ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (_MINUTE_S, "min", 1, "s"))
# Prefixes make no sense on these: "m1" is not a number, and kilo-kelvin is nobody's temperature.
_UNPREFIXED = {"", "1", "K", "%", "ppm", "m", "m^2", "m^-3"}


@lru_cache(maxsize=1)
def _registry() -> UnitRegistry[float]:
    from pint import UnitRegistry  # 0.7 s with its registry: paid only by text that the fast path does not know

    return UnitRegistry(autoconvert_offset_to_baseunit=True)


# Prefixed plain units are parsed here; everything else is pint's, whose import costs 0.7 s.
_PLAIN = ("V", "A", "s", "Hz", "C", "J", "S", "F", "ohm", "K")
_POWER = {"": 0, "p": -12, "n": -9, "u": -6, "µ": -6, "μ": -6, "m": -3, "k": 3, "M": 6}


def parse_quantity(text: object, unit: str) -> float:
    """Return the SI value of a quantity.

    Parameters
    ----------
    text : str or float
        ``"10 mV"``, ``"250us"``, ``"1e-3 A"``; a bare number is taken as SI already. Anything else is refused.
    unit : str
        The SI unit wanted, e.g. ``"V"``, ``"s"``, ``"m^2"``; ``""`` for a pure number.

    Raises
    ------
    ValueError
        If the text is no finite number with a unit of that dimension. The message says what was expected.
    """
    expected = wanted(unit)
    if isinstance(text, int | float | Real) and not isinstance(text, bool):  # the numbers of NumPy among them
        value = _as_float(text)
    elif isinstance(text, str) and len(text) <= _LONGEST and (match := _NUMBER.match(text.strip())) is not None:
        value = float(match[1])
        if match[2] and math.isfinite(value):
            value = _to_si(match[1], match[2], unit, text)
        elif unit and not match[2]:
            raise ValueError(f"{text!r} has no unit: expected {expected}")
    else:
        raise ValueError(f"expected {expected}, not {described(text)}")
    if not math.isfinite(value):
        raise ValueError(f"expected {expected}, not {described(text)}")
    return value


def parse_quantities(values: object, unit: str) -> NDArray[np.float64]:
    """Return the SI values of a list of quantities, or of an array of numbers that are SI already.

    Parameters
    ----------
    values : array_like of float, or sequence of str
    unit : str

    Raises
    ------
    ValueError
        If one of them is no such quantity; the message says which.
    """
    import numpy as np  # a command that only looks something up needs no arrays

    if isinstance(values, str) or not isinstance(values, Sequence | np.ndarray):
        return np.array([parse_quantity(values, unit)])
    with suppress(ValueError):  # a list of lists of different lengths
        numbers = np.atleast_1d(np.asarray(values))
        if numbers.dtype.kind in "iuf":
            return numbers.astype(np.float64)
    found = np.empty(len(values))
    for k, value in enumerate(values):
        try:
            found[k] = parse_quantity(value, unit)
        except ValueError as error:
            raise ValueError(f"[{k}]: {error}") from None
    return found


def _as_float(number: float | Real) -> float:
    try:
        return float(number)
    except OverflowError:  # a whole number beyond 1.8e308
        return math.inf


def wanted(unit: str) -> str:
    """Return what belongs in a place, for messages: ``a quantity in V, such as "10 mV"``."""
    return f"a quantity in {unit}, such as {_example(unit)}" if unit else "a plain number"


def described(value: object) -> str:
    """Return what stands in a place where something else belongs, in words of a protocol file."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, dt.date | dt.time):
        return f"the {'time' if isinstance(value, dt.time) else 'date'} {value.isoformat()}"
    if isinstance(value, int) and value.bit_length() > _QUOTED_BITS:
        return f"a whole number of {value.bit_length()} bits"
    if isinstance(value, str):
        return repr(shortened(value, _QUOTED))
    shape: tuple[int, ...] = getattr(value, "shape", ())  # of an array of NumPy
    if not isinstance(value, Sequence) and not shape:
        return shortened(repr(value), _QUOTED)
    count = len(value) if isinstance(value, Sequence) else shape[0]
    return f"a list of {count} value{'s' * (count != 1)}"


def _to_si(number: str, name: str, unit: str, text: str) -> float:
    if name == unit:
        return float(number)  # what is written by `repr` reads back as the same float
    if unit in _PLAIN and name.endswith(unit) and (power := _POWER.get(name[: -len(unit)])) is not None:
        # Decimal, so that "10 us" is the float 1e-05 and not its neighbour. It takes no zero with any exponent.
        return float(Decimal(number).scaleb(power)) if float(number) else 0.0
    refused = ValueError(f"{text!r}: {name!r} is not a unit of {unit or 'a pure number'}; expected {wanted(unit)}")
    if _UNIT.fullmatch(name) is None:
        raise refused
    try:
        return float(_registry().Quantity(float(number), name).to(unit or "dimensionless").magnitude)
    except Exception as error:
        # pint says that it does not know a unit in many ways, its own parser's and Python's among them.
        raise refused from error


def _example(unit: str) -> str:
    known = {"V": "10 mV", "A": "1 mA", "s": "250 us", "Hz": "100 kHz", "C": "2 mC", "J": "1 mJ", "K": "298 K"}
    return f'"{known.get(unit, "1 " + unit)}"'


def format_quantity(value: float, unit: str, digits: int = 4) -> str:
    """Return a value with an engineering prefix: ``0.01, "V"`` gives ``"10 mV"``.

    Parameters
    ----------
    value : float
        In the SI unit `unit`.
    unit : str
        Symbol of the SI unit; prefixes are used where the field uses them.
    digits : int
        Significant digits.
    """
    exponent, symbol = prefixed_unit(value, unit, digits)
    number = f"{value / 10.0**exponent + 0.0:.{digits}g}"  # no -0
    if number.endswith("e+02"):  # 410 ms to two digits, which are fewer than stand before the point
        number = f"{float(number):.0f}"
    return f"{number} {symbol}".rstrip()


def format_number(value: float, digits: int = 3) -> str:
    """Return a pure number as text, very large and very small ones with a power of ten: ``1.04 × 10⁷``.

    Parameters
    ----------
    value : float
    digits : int
        Significant digits.
    """
    mantissa, mark, power = f"{value:.{digits}g}".partition("e")
    if not mark:
        return mantissa
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"10{raised}" if mantissa == "1" else f"{mantissa} × 10{raised}"


def prefixed_unit(value: float, unit: str, digits: int = 4) -> tuple[int, str]:
    """Return the unit with the prefix that suits a value: ``0.01, "V"`` gives ``-3, "mV"``.

    Parameters
    ----------
    value : float
        In the SI unit `unit`.
    unit : str
        Symbol of the SI unit.
    digits : int
        Significant digits to which the value is rounded: 999.96 mV are 1 V with four.

    Returns
    -------
    exponent, symbol : int, str
        The power of ten that the prefix stands for, and how the unit is written.
    """
    # The unit of a constant phase element depends on its exponent; the prefix belongs to the siemens.
    shown = {"ohm": "Ω", "S·s^n": "S·sⁿ"}.get(unit, unit)
    if not math.isfinite(value) or value == 0.0 or unit in _UNPREFIXED or unit.startswith("1/"):
        return 0, shown
    exponent = int(math.floor(math.log10(abs(value) * (1 + 0.5 * 10.0 ** (1 - digits))) / 3) * 3)
    exponent = min(max(exponent, min(_PREFIXES)), max(_PREFIXES))
    return exponent, f"{_PREFIXES[exponent]}{shown}"


def format_estimate(value: float, ends: tuple[float | None, float | None], unit: str) -> tuple[str, str]:
    """Return a value and its interval with as many digits as the interval lets stand.

    Parameters
    ----------
    value : float
        In the SI unit `unit`.
    ends : tuple of float or None
        The interval; None is an open end.
    unit : str
        Symbol of the SI unit.

    Returns
    -------
    value, interval : str
        ``"1.4999 ms"``, ``"1.4992 … 1.5006 ms"``: the unit is said once where both ends share it. Ends that are alike
        in all digits are one number, ``"about 1.5 ms"``.
    """
    low, high = ends
    digits = 4
    if low is not None and high is not None and high > low and value != 0.0:
        digits = min(max(math.ceil(math.log10(max(abs(value) / (high - low), 1.0))) + 1, 3), 7)
    texts = ["open" if end is None else format_quantity(end, unit, digits) for end in ends]
    number, _, unit_of_low = texts[0].partition(" ")
    if low is not None and texts[0] == texts[1]:
        return format_quantity(value, unit, digits), f"about {texts[0]}"
    if low is not None and unit_of_low and unit_of_low == texts[1].partition(" ")[2]:
        texts[0] = number
    return format_quantity(value, unit, digits), " … ".join(texts)


def format_duration(seconds: float) -> str:
    """Return a time span as people say it: ``7500`` gives ``"2 h 5 min"``, ``0.3`` gives ``"300 ms"``.

    Parameters
    ----------
    seconds : float
        Of a minute or more, it is given in its two largest units, rounded to the smaller.
    """
    if not seconds >= _MINUTE_S - 0.5 or math.isinf(seconds):
        return format_quantity(seconds, "s")
    for large_s, large, small_s, small in _SPANS:
        if seconds >= large_s - 0.5 * small_s:
            n = round(seconds / small_s)
            whole, rest = divmod(n, round(large_s / small_s))
            return f"{whole} {large} {rest} {small}" if rest else f"{whole} {large}"
    raise ValueError(f"{seconds} s is no time span")  # not reached: a minute is the smallest of the large units
