"""Places of a memory: what bulk, boundaries and interfaces of a given make would show is what is expected of them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.campaigns.truth import SimulatedRecord, current_of
from fitting import fit, reduce_run
from fitting.interpretation.places import Geometry, Hypothesis, Place, format_length, hypotheses, possible_places
from fitting.interpretation.relaxation_size import relaxation_capacitances
from protocols import PulseSequence, Sample

EPS0 = 8.854e-12
A = 1e-4


def places_of(C_F: float, sample: Sample | None) -> set[Place]:
    """Return the places of a capacitance that is the same in both readings, to a hundredth."""
    ends = (0.995 * C_F, 1.005 * C_F)
    return set(possible_places(hypotheses(ends, ends, Geometry.of(sample))))


@pytest.mark.parametrize("grain_m", [1e-8, 1e-7, 1e-6, 1e-5])
@pytest.mark.parametrize("width_m", [5e-10, 1e-9, 5e-9])
def test_a_brick_layer_may_be_a_grain_boundary(grain_m: float, width_m: float) -> None:
    L, epsilon = 1e-3, 20.0
    # L / D boundaries in series
    C_gb = EPS0 * epsilon * A / width_m / (L / grain_m)
    assert Place.GRAIN_BOUNDARY in places_of(C_gb, Sample(thickness_m=L, area_m2=A, grain_size_m=grain_m))
    known = Sample(thickness_m=L, area_m2=A, permittivity=epsilon, grain_size_m=grain_m)
    assert Place.GRAIN_BOUNDARY in places_of(C_gb, known)
    # Boundaries of 1 nm at most need no knowledge of the grains.
    if width_m <= 1e-9:
        assert Place.GRAIN_BOUNDARY in places_of(C_gb, Sample(thickness_m=L, area_m2=A, permittivity=epsilon))


@pytest.mark.parametrize("thickness_m", [1e-8, 1e-7, 1e-6, 1e-5, 1e-3])
def test_layers_and_double_layers_are_found_at_any_thickness_of_the_sample(thickness_m: float) -> None:
    sample = Sample(thickness_m=thickness_m, area_m2=A)
    for C_per_area in (0.01, 0.1, 1.0):
        assert Place.DOUBLE_LAYER in places_of(C_per_area * A, sample)
    for share in (0.001, 0.1, 1.0):
        width = min(max(share * thickness_m, 1e-9), 1e-6)
        assert Place.INTERPHASE in places_of(EPS0 * 10.0 / width * A, sample)


@pytest.mark.parametrize(("thickness_m", "is_overlapping"), [(1e-7, True), (1e-6, True), (1e-5, False), (1e-3, False)])
def test_below_ten_micrometres_bulk_and_interphase_overlap(thickness_m: float, is_overlapping: bool) -> None:
    C_bulk = 20.0 * EPS0 * A / thickness_m
    found = places_of(C_bulk, Sample(thickness_m=thickness_m, area_m2=A, grain_size_m=1.0))
    assert found == ({Place.BULK, Place.INTERPHASE} if is_overlapping else {Place.BULK})


def test_without_a_geometry_only_the_largest_capacitances_are_anybodys_in_particular() -> None:
    # 18 pF: a pellet's bulk, a microelectrode's double layer, or grain boundaries
    assert {Place.BULK, Place.GRAIN_BOUNDARY, Place.INTERPHASE} <= places_of(1.8e-11, None)
    # 0.1 F: more than 10 nm of a permittivity of 100 hold on 36 mm
    assert Place.BULK not in places_of(0.1, None)
    # An area alone gives F/m2.
    one = hypotheses((1e-5, 1e-5), (1e-5, 1e-5), Geometry.of(Sample(area_m2=A)))[3]
    assert (one.place, one.unit) == (Place.DOUBLE_LAYER, "F/m2")
    assert one.found[0] == pytest.approx(0.1)


def test_a_single_crystal_has_no_grain_boundary() -> None:
    crystal = Sample(thickness_m=1e-3, area_m2=A, grain_size_m=1e-3)
    assert Place.GRAIN_BOUNDARY not in places_of(1e-9, crystal)
    boundary = hypotheses((1e-9, 1e-9), (1e-9, 1e-9), Geometry.of(crystal))[1]
    assert Hypothesis.from_document(boundary.to_document()) == boundary
    assert str(boundary) == "grain boundary: the sample is one grain"


def test_lengths_are_shown_as_the_field_has_them() -> None:
    assert [format_length(x) for x in (2e-7, 3e-6, 1.2e-3)] == ["200 nm", "3 µm", "1.2 mm"]


def test_capacitance_in_series_is_that_of_the_arc() -> None:
    """A resistor, then a resistor beside a constant phase element: C = tau / R at the peak of its arc."""
    R_b, R_i, tau, n = 2e6, 3e6, 5e-3, 0.8
    drive = PulseSequence.pump_probe(0.02, 0.25, 0.15, before=0.02, after=0.43)
    t = (np.arange(8000) + 0.5) / 8000
    current = current_of(lambda _, s: 1.0 / (R_b + R_i / (1.0 + (s * tau) ** n)), t, drive)
    noise = 1e-3 * np.sqrt(np.mean(current**2)) * np.random.default_rng(1).standard_normal(len(t))
    _, interface = relaxation_capacitances(fit(reduce_run(SimulatedRecord.of(t, current + noise, drive)), "Cc1"))
    assert interface.determined
    low, high = interface.ci95
    assert low is not None
    assert high is not None
    assert 0.99 * low < tau / R_i < 1.01 * high
    assert interface.value == pytest.approx(tau / R_i, rel=0.05)


def test_units_are_typeset_and_ends_that_are_alike_are_one_number() -> None:
    per_area = Hypothesis(Place.DOUBLE_LAYER, "F/m2", (0.1, 0.4), (0.01, 1.0))
    assert str(per_area) == "double layer possible: capacitance per area 0.1 to 0.4 F/m², expected 0.01 to 1 F/m²"
    farads = Hypothesis(Place.GRAIN_BOUNDARY, "F", (1.08101e-6, 1.08102e-6), (1e-12, 1e-9))
    assert str(farads) == "grain boundary excluded: capacitance about 1.081 µF, expected 1 pF to 1 nF"
    bulk = Hypothesis(Place.BULK, "", (12.3401, 12.3402), (10.0, 10.0))
    assert str(bulk) == "bulk excluded: relative permittivity about 12.3, expected about 10"
