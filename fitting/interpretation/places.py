"""Places of a memory, and the capacitances that each may have by the sample's geometry.

Could a relaxation of this size be the bulk's own, a grain boundary's, or an interface's at an electrode? What is the
bulk's grows with the volume between the electrodes, ``eps = C L / (eps_0 A)``; what is an electrode's grows with its
area, ``C / A``; and grain boundaries lie in series as often as the thickness holds grains.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from fitting.constants import VACUUM_PERMITTIVITY_F_m
from protocols import Sample, format_number, format_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Range = tuple[float, float]

# Where a sample does not give a figure, it may be anything within these ranges.
_LENGTHS_m: Range = (1e-8, 1e-2)
"""From the thinnest films that do not leak to the thickest pellets. Doubled, hardly more is left undecided."""
_AREAS_m2: Range = (1e-8, 1e-3)
"""From a microelectrode of 0.1 mm to a disk of 36 mm. Doubled, hardly more is left undecided."""
_PERMITTIVITIES: Range = (10.0, 100.0)
"""Of solid electrolytes (decision 072): sulphides and glasses about 10, perovskites 100. Doubled at the upper end, more
relaxations may be the bulk's."""
_STRENGTH = 5.0
"""Largest factor between the strength of the bulk's relaxation and its permittivity: by Barton, Nakajima and Namikawa's
relation they are alike, within a factor of three for most conductors. Doubled, more is left undecided."""
_BOUNDARY_PERMITTIVITY = 2.0
"""Largest factor between the permittivity of a grain boundary and that of the grains, which are of one compound.
Doubled, bulk of a known permittivity is told from fine grains less often."""
_GRAINS_PER_WIDTH: Range = (10.0, 1e4)
"""Size of grains over width of boundaries where the grains are not known: 10 nm and 10 um over 1 nm, the width of a
grain boundary's core. Together with permittivities from 10 on, 1e-11 F at 1 /cm is where grain boundaries begin, as
Irvine, Sinclair and West have it (Adv. Mater. 2, 132 (1990), table 1). Halved, bulk of a permittivity of 30 is told
from finer grains only where its permittivity or its grains are known."""
_BOUNDARY_WIDTHS_m: Range = (5e-10, 5e-9)
"""From a bare core to one with thick space charges on both sides, where the grains are known. Doubled at the upper end,
grains of twice the size are taken for possible bulk."""
_INTERPHASE_PERMITTIVITIES: Range = (5.0, 100.0)
"""Of products of decomposition and surface layers: polymers and fluorides 5, oxides up to 100. Halved at the lower end,
bulk is named in films of twice the thickness only."""
_INTERPHASE_WIDTHS_m: Range = (1e-9, 1e-6)
"""From a layer of three atoms to thick corrosion. Doubled at the upper end, thin pellets are left undecided, too."""
THIN_FILM_m = 1e-5
"""Thickness from which down an interphase may be any share of the sample: bulk and interfaces hold the same number of
farads, and no single run distinguishes them. Doubled, films of 20 um are left undecided."""
_DOUBLE_LAYERS_F_m2: Range = (0.01, 1.0)
"""Of smooth electrodes, 1 to 100 uF/cm2. Halved at the lower end, the same: interphases reach as far."""
_STORAGE_F_m2: Range = (1.0, 1e7)
"""Beyond double layers: porous electrodes, intercalation, up to 100 um of a storage material. Doubled at the upper end,
nothing changes."""


_PER_AREA = "F/m2"
_TYPESET = {_PER_AREA: "F/m²"}
"""Units as they are printed, by their codes in documents."""


class Verdict(StrEnum):
    """Where a memory sits."""

    BULK = "bulk"
    GRAIN_BOUNDARY = "grain boundary"
    ELECTRODE = "electrode"
    UNDECIDED = "undecided"


class Place(StrEnum):
    """Hypotheses on where a memory sits; the values are the codes in documents."""

    BULK = "bulk"
    GRAIN_BOUNDARY = "grain boundary"
    INTERPHASE = "interphase"
    DOUBLE_LAYER = "double layer"
    STORAGE = "storage in an electrode"
    FIXTURE = "leads and fixture"
    """Not judged by size: leads have picofarads, as samples do. Only a run without a sample tells."""

    @property
    def verdict(self) -> Verdict:
        """What is said of a memory that is there."""
        if self is Place.BULK:
            return Verdict.BULK
        if self is Place.GRAIN_BOUNDARY:
            return Verdict.GRAIN_BOUNDARY
        return Verdict.UNDECIDED if self is Place.FIXTURE else Verdict.ELECTRODE

    @property
    def is_electrode(self) -> bool:
        """Whether it grows with the area of the electrodes and does not depend on the thickness of the sample."""
        return self.verdict is Verdict.ELECTRODE


@dataclass(frozen=True)
class Hypothesis:
    """A place that a memory might have, and whether its size allows that.

    Attributes
    ----------
    place : Place
    unit : str
        Of the figures: ``F/m2`` for interfaces, empty for a relative permittivity, ``F`` where the geometry is not
        known.
    found : tuple of float
        95 % interval of what the record shows, read as this place has it.
    expected : tuple of float or None
        What such a place has; None where the sample has no such place.
    """

    place: Place
    unit: str
    found: Range
    expected: Range | None

    @property
    def possible(self) -> bool:
        """Whether the intervals meet."""
        return self.expected is not None and self.found[0] <= self.expected[1] and self.found[1] >= self.expected[0]

    def __str__(self) -> str:
        what = {"": "relative permittivity", "F": "capacitance", _PER_AREA: "capacitance per area"}[self.unit]
        if self.expected is None:
            return f"{self.place}: the sample is one grain"
        found, expected = (_shown(ends, self.unit) for ends in (self.found, self.expected))
        return f"{self.place} {'possible' if self.possible else 'excluded'}: {what} {found}, expected {expected}"

    def to_document(self) -> dict[str, Any]:
        """Return plain data (JSON)."""
        return {
            "place": str(self.place),
            "unit": self.unit,
            "found": list(self.found),
            "expected": None if self.expected is None else list(self.expected),
            "possible": self.possible,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Hypothesis:
        """Read what `to_document` wrote."""
        found, expected = document["found"], document["expected"]
        return cls(
            Place(document["place"]),
            document["unit"],
            (found[0], found[1]),
            None if expected is None else (expected[0], expected[1]),
        )


def format_length(length_m: float) -> str:
    """Return a thickness with the unit that the field uses for it: nm, um or mm."""
    for scale, unit in ((1e-9, "nm"), (1e-6, "µm")):
        if length_m < 0.9995e3 * scale:
            return f"{length_m / scale:.3g} {unit}"
    return f"{1e3 * length_m:.3g} mm"


def _shown(ends: Range, unit: str) -> str:
    low, high = (format_quantity(end, unit) if unit == "F" else format_number(end) for end in ends)
    text = f"about {low}" if low == high else f"{low} to {high}"
    return f"{text} {_TYPESET[unit]}" if unit in _TYPESET else text


@dataclass(frozen=True)
class Geometry:
    """What is known of a sample, as ranges.

    Attributes
    ----------
    length_m, area_m2 : tuple of float
    permittivity, grain_m : float or None
    """

    length_m: Range
    area_m2: Range
    permittivity: float | None = None
    grain_m: float | None = None

    @classmethod
    def of(cls, sample: Sample | None) -> Geometry:
        """Return what a sample tells."""
        known = sample or Sample()
        L, A = known.thickness_m, known.area_m2
        return cls(
            (L, L) if L else _LENGTHS_m, (A, A) if A else _AREAS_m2, known.permittivity or None, known.grain_size_m
        )

    @property
    def is_known(self) -> bool:
        """Whether both thickness and area are."""
        return self.length_m[0] == self.length_m[1] and self.area_m2[0] == self.area_m2[1]

    @property
    def unit_permittivity_F(self) -> Range:
        """Capacitance of a relative permittivity of 1 between the electrodes."""
        return (
            VACUUM_PERMITTIVITY_F_m * self.area_m2[0] / self.length_m[1],
            VACUUM_PERMITTIVITY_F_m * self.area_m2[1] / self.length_m[0],
        )

    @property
    def is_thin(self) -> bool:
        """Whether bulk and interfaces hold the same number of farads; an unknown thickness may be small."""
        return self.length_m[0] < THIN_FILM_m

    def bulk_permittivity(self) -> Range:
        """Return the strengths that the bulk's own relaxation may have."""
        low, high = _PERMITTIVITIES if self.permittivity is None else (self.permittivity, self.permittivity)
        return low / _STRENGTH, high * _STRENGTH

    def boundary_permittivity(self) -> Range | None:
        """Return the relative permittivity that grain boundaries in series show by the sample's outer geometry.

        A brick-layer sample of L / D grains has as many boundaries of width w in series, so that it holds ``D / w``
        times what a boundary's own material between the electrodes would. None for a sample of one grain.
        """
        if self.grain_m is not None and self.grain_m >= self.length_m[1]:
            return None
        low, high = _PERMITTIVITIES
        if self.permittivity is not None:
            low, high = self.permittivity / _BOUNDARY_PERMITTIVITY, self.permittivity * _BOUNDARY_PERMITTIVITY
        elif self.grain_m is not None:
            low /= _BOUNDARY_PERMITTIVITY
        if self.grain_m is None:
            least, most = _GRAINS_PER_WIDTH
            most = min(most, self.length_m[1] / _BOUNDARY_WIDTHS_m[0])
        else:
            least, most = self.grain_m / _BOUNDARY_WIDTHS_m[1], self.grain_m / _BOUNDARY_WIDTHS_m[0]
        return low * max(least, 1.0), high * max(most, 1.0)

    def interphase_F_m2(self) -> Range:
        """Return the capacitances per area that a layer at an electrode may have."""
        thinnest, thickest = _INTERPHASE_WIDTHS_m
        if self.is_thin:
            thickest = max(min(self.length_m[1], THIN_FILM_m), thinnest)
        low, high = _INTERPHASE_PERMITTIVITIES
        return VACUUM_PERMITTIVITY_F_m * low / thickest, VACUUM_PERMITTIVITY_F_m * high / thinnest


def hypotheses(dielectric_F: Range, interface_F: Range, geometry: Geometry) -> tuple[Hypothesis, ...]:
    """Return all places, and what each would make of a relaxation.

    Parameters
    ----------
    dielectric_F : tuple of float
        95 % interval of the capacitance if the relaxation is the bulk's own, parallel to its conductance.
    interface_F : tuple of float
        The same if it is an interface in series.
    geometry : Geometry
    """
    unit_F, area = geometry.unit_permittivity_F, geometry.area_m2
    return (
        _judged(Place.BULK, "", dielectric_F, unit_F, geometry.bulk_permittivity()),
        _judged(Place.GRAIN_BOUNDARY, "", interface_F, unit_F, geometry.boundary_permittivity()),
        _judged(Place.INTERPHASE, _PER_AREA, interface_F, area, geometry.interphase_F_m2()),
        _judged(Place.DOUBLE_LAYER, _PER_AREA, interface_F, area, _DOUBLE_LAYERS_F_m2),
        _judged(Place.STORAGE, _PER_AREA, interface_F, area, _STORAGE_F_m2),
    )


def _judged(place: Place, unit: str, found_F: Range, scale: Range, expected: Range | None) -> Hypothesis:
    """Compare in the place's own unit where its scale is known, else in farads."""
    if scale[0] == scale[1]:
        return Hypothesis(place, unit, (found_F[0] / scale[0], found_F[1] / scale[0]), expected)
    range_F = None if expected is None else (expected[0] * scale[0], expected[1] * scale[1])
    return Hypothesis(place, "F", found_F, range_F)


def possible_places(judged: Sequence[Hypothesis]) -> tuple[Place, ...]:
    """Return the places that a size allows."""
    return tuple(one.place for one in judged if one.possible)
