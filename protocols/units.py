"""How does text with a unit ("10 mV", "250 us") become an SI float, and a float text again?"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pint import UnitRegistry

_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*$")
_PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}
# Prefixes make no sense on these: "m1" is not a number, and kilo-kelvin is nobody's temperature.
_UNPREFIXED = {"", "1", "K", "%", "m", "m^2"}


@lru_cache(maxsize=1)
def _registry() -> UnitRegistry[float]:
    from pint import UnitRegistry  # 0.7 s with its registry: paid only by text that the fast path does not know

    return UnitRegistry(autoconvert_offset_to_baseunit=True)


# Prefixed plain units are parsed here; everything else is pint's, whose import costs 0.7 s.
_PLAIN = ("V", "A", "s", "Hz", "C", "J", "S", "F", "ohm", "K")
_POWER = {"": 0, "p": -12, "n": -9, "u": -6, "µ": -6, "μ": -6, "m": -3, "k": 3, "M": 6}


def parse_quantity(text: str | float, unit: str) -> float:
    """Return the SI value of a quantity.

    Parameters
    ----------
    text : str or float
        ``"10 mV"``, ``"250us"``, ``"1e-3 A"``; a bare number is taken as SI already.
    unit : str
        The SI unit wanted, e.g. ``"V"``, ``"s"``, ``"m^2"``; ``""`` for a pure number.

    Raises
    ------
    ValueError
        If the text is no finite number with a unit of that dimension. The message says what was expected.
    """
    wanted = f"a quantity in {unit}, such as {_example(unit)}" if unit else "a plain number"
    if isinstance(text, bool):
        raise ValueError(f"expected {wanted}, not {text!r}")  # noqa: TRY004 - pydantic collects ValueError
    if isinstance(text, int | float):
        value = float(text)
    else:
        match = _NUMBER.match(text)
        if match is None:
            raise ValueError(f"expected {wanted}, not {text!r}")
        value = float(match[1])
        if match[2]:
            value = _to_si(match[1], match[2], unit, text, wanted)
        elif unit:
            raise ValueError(f"{text!r} has no unit: expected {wanted}")
    if not math.isfinite(value):
        raise ValueError(f"expected {wanted}, not {text!r}")
    return value


def _to_si(number: str, name: str, unit: str, text: str, wanted: str) -> float:
    if unit in _PLAIN and name.endswith(unit) and (power := _POWER.get(name[: -len(unit)])) is not None:
        # Decimal, so that "10 us" is the float 1e-05 and not its neighbour.
        return float(Decimal(number).scaleb(power))
    from tokenize import TokenError

    try:
        return float(_registry().Quantity(float(number), name).to(unit or "dimensionless").magnitude)
    except (AttributeError, ValueError, TypeError, TokenError, SyntaxError, AssertionError) as fault:
        # pint's own errors are AttributeError (unknown name) and TypeError (wrong dimension).
        raise ValueError(f"{text!r}: {name!r} is not a unit of {unit or 'a pure number'}; expected {wanted}") from fault


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
    shown = {"ohm": "Ω"}.get(unit, unit)
    if not math.isfinite(value) or value == 0.0 or unit in _UNPREFIXED or unit.startswith("S·"):
        return f"{value:.{digits}g} {shown}".rstrip()
    exponent = int(math.floor(math.log10(abs(value) * (1 + 0.5 * 10.0 ** (1 - digits))) / 3) * 3)
    exponent = min(max(exponent, min(_PREFIXES)), max(_PREFIXES))
    return f"{value / 10.0**exponent:.{digits}g} {_PREFIXES[exponent]}{shown}"


def format_estimate(value: float, low: float, high: float, unit: str) -> tuple[str, str]:
    """Return a value and its interval with as many digits as the interval deserves.

    Parameters
    ----------
    value, low, high : float
        In the SI unit `unit`. An end that is not finite stays open.
    unit : str
        Symbol of the SI unit.

    Returns
    -------
    value, interval : str
        ``"1.50012 ms"``, ``"1.49931 ms … 1.50093 ms"``: two digits of the interval's half width.
    """
    ends = [end for end in (low, high) if math.isfinite(end)]
    half = max((abs(end - value) for end in ends), default=0.0)
    digits = 4
    if half > 0.0 and value != 0.0:
        digits = min(max(math.ceil(math.log10(max(abs(value) / half, 1.0))) + 2, 3), 10)
    shown = [format_quantity(end, unit, digits) if math.isfinite(end) else "?" for end in (low, high)]
    return format_quantity(value, unit, digits), " … ".join(shown) if ends else "–"
