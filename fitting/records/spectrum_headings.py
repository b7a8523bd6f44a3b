"""Headings of impedance spectra: frequency, parts of the impedance, its magnitude and phase, and their units."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from daq.files.readers.tables import Wanted

FREQUENCY, REAL, IMAGINARY, MAGNITUDE, PHASE = "frequency", "real", "imaginary", "magnitude", "phase"
_PRIMES = str.maketrans(
    {"\N{PRIME}": "'", "\N{DOUBLE PRIME}": "''", '"': "''", "’": "'", "´": "'", "`": "'", "”": "''"}
)
_NAMES = {
    FREQUENCY: re.compile(r"freq|frequency|frequenz|frq|f|fhz|ω|omega|w"),
    REAL: re.compile(
        r"re|rez|z'|z'a|zre|zreal|real|realz|rezω?|realteil|realpart|realteilz|zrealteil|r(?:e)?\|?z\|?|z'real"
    ),
    IMAGINARY: re.compile(
        r"im|imz|z''|z''b|zim|zimag|zimg|imag|imagz|imaginary|imaginär|imaginärteil|imaginarypart|zimaginär|z''imag"
    ),
    MAGNITUDE: re.compile(
        r"\|z\||z|zmod|modz|zabs|absz|magnitude|modulus|mag|impedance|impedanz|betrag|betragz|zbetrag"
    ),
    PHASE: re.compile(r"phase|phasez|zphz|phz|theta|θ|phi|φ|phaseangle|phasenwinkel|phasez?winkel|phaseofz|argz|angle"),
}
# What numbers in a unit are multiplied by for hertz or degrees.
_SCALES = {
    FREQUENCY: {"hz": 1.0, "khz": 1e3, "rad/s": 0.5 / np.pi, "1/s": 1.0, "s-1": 1.0, "rads-1": 0.5 / np.pi},
    PHASE: {
        "deg": 1.0,
        "°": 1.0,
        "degree": 1.0,
        "degrees": 1.0,
        "grad": 1.0,
        "rad": 180.0 / np.pi,
        "mrad": 0.18 / np.pi,
    },
}
# Ohms and hertz by prefix; capital M is mega, small m is milli, since both are measured.
_OHM = re.compile(r"(?P<prefix>[mkMGµuμ]?)(?:ohms?|Ohms?|OHMS?|Ω|Ω)\.?")
_HERTZ = re.compile(r"(?P<prefix>[mMG])[hH][zZ]")
_PREFIXES = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "µ": 1e-6, "u": 1e-6, "μ": 1e-6}
_UNIT_BRACKET = re.compile(r"[(\[{]\s*([^()\[\]{}]*)\s*[)\]}]\s*$")


@dataclass(frozen=True)
class SpectrumHeading:
    """Heading of a column of a spectrum.

    Attributes
    ----------
    quantity : str or None
        None if it names none.
    scale : float or None
        What numbers are multiplied by for Hz, ohm, degrees, signs included; None if the unit is not known.
    unit : str
        As it is written; empty if there is none.
    """

    quantity: str | None
    scale: float | None
    unit: str


def spectrum_heading(text: str) -> SpectrumHeading:
    """Take a heading apart: ``-Im(Z)/Ohm``, ``Z' (Ω)``, ``neg. Phase / °``, ``Zphz``, ``|Z|``."""
    plain = text.strip().strip('"').strip().translate(_PRIMES)
    negative = re.match(r"(?:-|\N{MINUS SIGN}|–|neg(?:ative)?\b\.?)\s*", plain, re.IGNORECASE)
    sign = -1.0 if negative else 1.0
    plain = plain[negative.end() :] if negative else plain
    name, unit = _unit_of(plain)
    key = re.sub(r"[\s_.()\[\]{}-]", "", name).casefold()
    for quantity, pattern in _NAMES.items():
        if pattern.fullmatch(key):
            scale = _scale(quantity, unit, key)
            return SpectrumHeading(quantity, None if scale is None else sign * scale, unit)
    return SpectrumHeading(None, None, unit)


def _unit_of(text: str) -> tuple[str, str]:
    """Return name and unit; ``Re(Z)`` and ``Z'(a)`` have none."""
    bracket = _UNIT_BRACKET.search(text)
    if bracket is not None and _is_unit(bracket[1]):
        return text[: bracket.start()].strip(" /"), bracket[1]
    name, slash, behind = text.partition("/")
    if slash:
        return name.strip(), behind.strip().strip("()[]")
    words = re.split(r"[\s_,]+", text)
    if len(words) > 1 and _is_unit(words[-1]):
        return text[: len(text) - len(words[-1])].strip(" _,"), words[-1]
    return text, ""


def _is_unit(text: str) -> bool:
    plain = text.strip()
    return (
        _OHM.match(plain) is not None
        or _HERTZ.fullmatch(plain) is not None
        or any(plain.casefold().replace(" ", "") in one for one in _SCALES.values())
    )


def _scale(quantity: str, unit: str, name: str) -> float | None:
    plain = unit.strip()
    if quantity in _SCALES:
        if quantity == FREQUENCY and (match := _HERTZ.fullmatch(plain)) is not None:
            return _PREFIXES[match["prefix"]]
        if not plain:
            return _SCALES[FREQUENCY]["rad/s"] if name in {"ω", "omega", "w"} else 1.0
        return _SCALES[quantity].get(plain.casefold().replace(" ", "").replace("^", ""))
    if not plain:
        return 1.0
    match = _OHM.fullmatch(plain)
    return None if match is None else _PREFIXES[match["prefix"]]


def _quantities_of(heading: str) -> set[str]:
    quantity = spectrum_heading(heading).quantity
    return set() if quantity is None else {quantity}


SPECTRUM = Wanted(_quantities_of, frozenset({FREQUENCY}), "a frequency and an impedance", fewest=2)
"""Table of a spectrum."""
