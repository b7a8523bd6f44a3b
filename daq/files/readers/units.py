"""Units as headings write them: prefixes, words, powers of ten, currents per area and per mass."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TIME, VOLTAGE, CURRENT = "time", "voltage", "current"
PER_AREA, PER_MASS, OTHER = "current per area", "current per mass", "other"

# No mega: nobody measures such currents, and MA in capitals is meant as mA.
_PREFIXES = {"": 0, "f": -15, "p": -12, "n": -9, "u": -6, "µ": -6, "μ": -6, "m": -3, "k": 3, "micro": -6}
_PREFIXES |= {"milli": -3, "nano": -9, "pico": -12, "kilo": 3}
# Words for a second and what is longer, in seconds.
_TIMES = {
    1: "s sec secs second seconds sek sekunde sekunden",
    60: "min mins minute minutes minuten",
    3600: "h hr hrs hour hours std stunde stunden",
    86400: "d day days tag tage",
}
_TIME_WORDS = {word: seconds for seconds, words in _TIMES.items() for word in words.split()}
_VOLT, _AMPERE = ("v", "volt", "volts"), ("a", "amp", "amps", "ampere", "amperes")
# Areas (m²) and masses (kg) that a current is divided by.
_AREAS = {"cm2": Fraction(1, 10**4), "m2": Fraction(1), "mm2": Fraction(1, 10**6), "dm2": Fraction(1, 100)}
_MASSES = {"g": Fraction(1, 1000), "mg": Fraction(1, 10**6), "kg": Fraction(1), "ug": Fraction(1, 10**9)}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Units of quantities that are none of a record: a column in one of them is never taken for one.
_OTHERS = _words(
    "ohm ohms kohm mohm Ω kΩ MΩ mΩ hz khz mhz w mw wh mwh kwh ah mah uah c mc uc f uf mf nf k °c degc deg ° % bits "
    "j kj s/m ms/cm s/cm bar Pa mbar # cm mm m g mg"
)
_SUPERSCRIPTS = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹²³¹×⋅·", "-+0123456789231x  ")
_POWER = re.compile(
    r"^(?:[x*]\s*)?(?:10\s*(?:\^|\*\*)?\s*\(?([+-]\d{1,2})\)?|10\s*(?:\^|\*\*)\s*\(?(\d{1,2})\)?|1?(?:\.0*)?[eE]([+-]?\d{1,2}))"
    r"\s*[x*]?\s*(?=[A-Za-zµμ])"
)
_BASE = re.compile(r"([A-Za-zµμ]+)\.?")
_PER = re.compile(
    r"([A-Za-zµμ]+)\s*(?:/\s*\(?\s*([cmd]?m)\s*(?:\^|\*\*)?\s*2\s*\)?|[\s*.]*([cmd]?m)\s*(?:\^|\*\*)?\s*\(?-2\)?"
    r"|/\s*([mkuµ]?g)(?:\s*\w{0,8})?|[\s*.]*([mkuµ]?g)\s*(?:\^|\*\*)?\s*\(?-1\)?)"
)


@dataclass(frozen=True)
class Unit:
    """A unit.

    Attributes
    ----------
    quantity : str
        `TIME`, `VOLTAGE`, `CURRENT`, `PER_AREA`, `PER_MASS` or `OTHER`.
    scale : Fraction
        What its numbers are multiplied by for SI units.
    text : str
        As it is written.
    """

    quantity: str
    scale: Fraction
    text: str

    def to_si(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values in SI units, rounded once where the scale is a power of ten of either sign."""
        return scaled(values, self.scale)


def scaled(values: NDArray[np.float64], scale: Fraction) -> NDArray[np.float64]:
    """Return values times a fraction: by its numerator, then over its denominator, both of which are exact."""
    if scale == 1:
        return values
    result = values * float(scale.numerator) if scale.numerator != 1 else values
    return result / float(scale.denominator) if scale.denominator != 1 else result


def unit_of(text: str) -> Unit | None:
    """Return the unit that a text is, None if it is none that is known here.

    ``mA``, ``sec``, ``V vs. SHE``, ``x10^-6 A``, ``mA cm⁻²``, ``A/m^2``, ``mA/g``, ``Ohm``.
    """
    text = text.strip()
    plain = re.sub(r"\s*\b(?:vs\.?|versus|gegen)(?![A-Za-z]).*$", "", text.translate(_SUPERSCRIPTS)).strip()
    plain = _without_brackets(plain)
    if not plain or len(plain) > 40:
        return None
    power = 0
    if (match := _POWER.match(plain)) is not None:
        power = int(next(one for one in match.groups() if one is not None))
        plain = plain[match.end() :]
    factor = Fraction(10) ** power
    if (match := _PER.fullmatch(plain)) is not None:
        return _density(match, factor, text)
    if power == 0 and (plain.casefold() in _OTHERS or plain in _OTHERS) and plain not in {"s", "A"}:
        return None if plain in {"M", "mS"} else Unit(OTHER, Fraction(1), text)
    match = _BASE.fullmatch(plain)
    known = _simple(match[1]) if match is not None else None
    return None if known is None else Unit(known[0], known[1] * factor, text)


def _without_brackets(text: str) -> str:
    while len(text) > 2 and (text[0], text[-1]) in {("(", ")"), ("[", "]"), ("{", "}"), ("<", ">")}:
        text = text[1:-1].strip()
    return text


def _simple(word: str) -> tuple[str, Fraction] | None:
    """Return quantity and scale of a unit that is one word."""
    if word.casefold() in _TIME_WORDS and word not in {"S", "H", "D"}:
        return TIME, Fraction(_TIME_WORDS[word.casefold()])
    for quantity, bases in ((VOLTAGE, _VOLT), (CURRENT, _AMPERE), (TIME, ("s", "sec", "second", "seconds"))):
        for base in bases:
            if not word.casefold().endswith(base):
                continue
            prefix, symbol = word[: len(word) - len(base)], word[len(word) - len(base) :]
            power = _PREFIXES.get(prefix)
            if power is None and len(base) > 1:
                power = _PREFIXES.get(prefix.casefold())
            if power is not None and not (quantity == TIME and (symbol == "S" or power > 0)):
                return quantity, Fraction(10) ** power
    return None


def _density(match: re.Match[str], factor: Fraction, text: str) -> Unit | None:
    current = _simple(match[1])
    if current is None or current[0] != CURRENT:
        return None
    if area := match[2] or match[3]:
        return Unit(PER_AREA, current[1] * factor / _AREAS[f"{area}2"], text)
    mass = (match[4] or match[5]).replace("µ", "u")
    return Unit(PER_MASS, current[1] * factor / _MASSES[mass], text)
