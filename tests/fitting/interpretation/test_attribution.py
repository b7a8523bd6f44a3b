from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fitting import Attribution, CellModel, Estimates, Remark, RemarkKind, attribute, fit, reduce_run
from protocols import PulseSequence, Sample

DRIVE = PulseSequence.pump_probe(0.02, 0.05, 0.03, before=0.01, after=0.1)
T = np.arange(0.0, 0.185, 1e-4) + 3e-5
# The plateau of a Debye bulk and a series resistor only appear as their sum: R0 is taken as known.
CELL = CellModel("R0-De1-C1", {"R0": 300.0})
PELLET = Sample(thickness_m=1e-3, area_m2=1e-4)
CELLS = 12


def noisy(current: np.ndarray, seed: int) -> np.ndarray:
    sigma = 1e-3 * np.sqrt(np.mean(current**2))
    total: np.ndarray = current + sigma * np.random.default_rng(seed).standard_normal(len(current))
    return total


def verdict_on(record: Any, current: np.ndarray, seed: int, sample: Sample | None = PELLET) -> Any:
    reduction = reduce_run(record(T, noisy(current, seed), DRIVE))
    return attribute(reduction, fit(reduction, CELL), sample)


@pytest.mark.parametrize("seed", range(CELLS))
def test_double_layer_alone_is_never_bulk(cells: Any, record: Any, seed: int) -> None:
    # 0.2 to 20 uF behind 1 to 100 kohm, from blocked within the pulse to hardly charged
    draw = np.random.default_rng(seed).random(2)
    cell = cells.rc(10.0 ** (3.0 + 2.0 * draw[0]), 2e-7 * 100.0 ** draw[1])
    assert verdict_on(record, cell.current(T, DRIVE), seed).verdict != "bulk"


@pytest.mark.parametrize("seed", range(CELLS))
def test_charge_transfer_beside_a_double_layer_is_never_bulk(cells: Any, record: Any, seed: int) -> None:
    # R_b - (R_ct || C_dl) - C is R0-De1-C1 in other letters: G = 1/R_b, W = R_b/(R_b + R_ct), tau = W R_ct C_dl.
    draw = np.random.default_rng(100 + seed).random(3)
    R_b, C_dl = 10.0 ** (4.0 + 2.0 * draw[0]), 1e-7 * 30.0 ** draw[1]
    R_ct = 10.0 ** (-2.5 + draw[2]) / C_dl
    W = R_b / (R_b + R_ct)
    cell = cells.debye(300.0, 1.0 / R_b, W, W * R_ct * C_dl, 1e-4)
    assert verdict_on(record, cell.current(T, DRIVE), seed).verdict != "bulk"


def test_resolved_memory_of_a_poor_conductor_is_bulk(cells: Any, record: Any) -> None:
    found = []
    for seed in range(CELLS):
        draw = np.random.default_rng(200 + seed).random(3)
        tau, W = 10.0 ** (-3.0 + draw[0]), 0.2 + 0.25 * draw[1]
        # relative permittivity of the relaxation between 10 and 30: even in series below 10 pF at 1 /cm
        epsilon = 10.0 * 3.0 ** draw[2]
        G = epsilon * 8.854e-12 * 0.1 / (tau * (1.0 - W))
        current = cells.debye(300.0, G, W, tau, 1e-6).current(T, DRIVE)
        one = verdict_on(record, current, seed)
        found.append(one.verdict)
        if one.verdict == "bulk":
            assert one.permittivity[0] <= 1.05 * epsilon <= 1.1 * one.permittivity[1]
    assert set(found) <= {"bulk", "undecided"}
    assert found.count("bulk") >= 0.9 * CELLS


def boundary_verdict(cells: Any, record: Any, C_gb: float, sample: Sample | None) -> Any:
    """2 Mohm, then 12 Mohm beside a capacitance: R0-De1-C1 in other letters."""
    R_b, R_gb = 2e6, 12e6
    W = R_b / (R_b + R_gb)
    return verdict_on(record, cells.debye(300.0, 1.0 / R_b, W, W * R_gb * C_gb, 1e-5).current(T, DRIVE), 3, sample)


def test_grain_boundary_is_named_by_its_capacitance(cells: Any, record: Any) -> None:
    # At the pellet's 0.1 /cm: a relative permittivity of 2800, more than any bulk's within a factor of five, and less
    # than the 5000 of a layer of 1 um and permittivity 5 at an electrode of this pellet of 1 mm.
    found = boundary_verdict(cells, record, 2.5e-9, PELLET)
    assert found.verdict == "grain boundary"
    assert found.possible_places == ("grain boundary",)
    # Without a geometry the same run says less.
    assert boundary_verdict(cells, record, 2.5e-9, None).verdict == "undecided"
    # A sample of one grain has no grain boundary.
    assert boundary_verdict(cells, record, 2.5e-9, replace(PELLET, grain_size_m=1e-3)).reason == "no_place"


def test_a_surface_layer_is_not_told_from_grain_boundaries_by_its_size(cells: Any, record: Any) -> None:
    # 1e-4 F/m2 are a layer of 0.9 um with a permittivity of 10, too.
    found = boundary_verdict(cells, record, 1e-8, PELLET)
    assert (found.verdict, found.reason) == ("undecided", "several_places")
    assert found.possible_places == ("grain boundary", "interphase")
    assert [one.setting for one in found.experiments] == ["thickness"]


def test_relaxation_of_microfarads_is_the_electrode(cells: Any, record: Any) -> None:
    found = verdict_on(record, cells.debye(300.0, 5e-4, 0.3, 5e-3, 1e-4).current(T, DRIVE), 4)
    assert found.verdict == "electrode"


def test_memory_outside_the_window_is_undecided(cells: Any, record: Any) -> None:
    found = verdict_on(record, cells.debye(300.0, 1e-9, 0.3, 50.0, 1e-6).current(T, DRIVE), 5)
    assert found.verdict == "undecided"


def test_reversal_is_shared_out_between_bulk_and_double_layer(cells: Any, record: Any) -> None:
    # A double layer of 1 mF behind 1e8 ohm gives nothing back within 0.1 s: the bulk gives all.
    bulk = verdict_on(record, cells.debye(300.0, 1e-8, 0.4, 3e-3, 1e-3).current(T, DRIVE), 6)
    assert bulk.reversal_by_bulk == pytest.approx(1.0, abs=0.05)
    assert bulk.reversal_by_electrode == pytest.approx(0.0, abs=0.05)
    # 2 kohm and 10 uF discharge within the rest, the bulk's 0.1 ms with a tenth of the conductance hardly counts.
    layer = verdict_on(record, cells.debye(300.0, 5e-4, 0.9, 1e-4, 1e-5).current(T, DRIVE), 7)
    assert layer.reversal_by_electrode > 0.9
    assert abs(layer.reversal_by_bulk) < 0.1
    assert layer.verdict != "bulk"


def test_circuit_without_memory_is_undecided(cells: Any, record: Any) -> None:
    reduction = reduce_run(record(T, cells.rc(2e3, 1e-5).current(T, DRIVE), DRIVE))
    assert attribute(reduction, fit(reduction, "R0-C1")).verdict == "undecided"


EPS0 = 8.854e-12
FILM_AREA = 1e-6


def film_current(cells: Any, C_i: float, R_b: float, R_i: float) -> np.ndarray:
    """A bulk without memory, an interphase, and a double layer of 10 uF/cm2: R0-De1-C1 in other letters."""
    W = R_b / (R_b + R_i)
    current: np.ndarray = cells.debye(300.0, 1.0 / R_b, W, W * R_i * C_i, 0.1 * FILM_AREA).current(T, DRIVE)
    return current


@pytest.mark.parametrize("thickness", [1e-6, 2e-7])
def test_an_interphase_in_a_thin_film_is_not_bulk(cells: Any, record: Any, thickness: float) -> None:
    # 20 nm of a permittivity of 10: by the film's geometry a permittivity of 500 or 100 in series, 125 or 25 parallel.
    C_i = EPS0 * 10.0 * FILM_AREA / 2e-8
    R_b = R_i = 6e-3 / C_i
    film = Sample(thickness_m=thickness, area_m2=FILM_AREA)
    reduction = reduce_run(record(T, noisy(film_current(cells, C_i, R_b, R_i), 8), DRIVE))
    found = attribute(reduction, fit(reduction, "De1-CPE1"), film)
    assert found.verdict == "undecided"
    # As it is an order of magnitude away from its double layer, R0 known or not makes no difference.
    found = verdict_on(record, film_current(cells, C_i, R_b, R_i), 8, film)
    assert (found.verdict, found.reason) == ("undecided", "several_places")
    assert {"bulk", "interphase"} <= set(found.possible_places)
    assert any("only another thickness" in line for line in found.evidence)
    # What it says of a thicker film is what a thicker film shows.
    experiment = found.experiments[0]
    assert (experiment.setting, experiment.figure) == ("thickness", "median_memory_time")
    assert experiment.value == pytest.approx(experiment.factor * thickness)
    expected = {one.place: one.value for one in experiment.expected}
    thicker = reduce_run(record(T, noisy(film_current(cells, C_i, experiment.factor * R_b, R_i), 9), DRIVE))
    assert expected["interphase"] == pytest.approx(fit(thicker, CELL)["median_memory_time"].value, rel=0.02)
    assert expected["bulk"] == pytest.approx(np.log(2.0) * 3e-3, rel=0.02)


@pytest.mark.parametrize(("thickness", "verdict"), [(1e-6, "undecided"), (1e-3, "electrode")])
def test_a_leaky_double_layer_is_no_grain_boundary(cells: Any, record: Any, thickness: float, verdict: str) -> None:
    # 5 uF/cm2 that leak, behind a bulk without memory
    C_dl = 0.05 * FILM_AREA
    R_b = R_ct = 8e-3 / C_dl
    cell = cells.debye(300.0, 1.0 / R_b, 0.5, 0.5 * R_ct * C_dl, 1.0)
    sample = Sample(thickness_m=thickness, area_m2=FILM_AREA)
    found = verdict_on(record, cell.current(T, DRIVE), 10, sample)
    assert found.verdict == verdict
    assert "double layer" in found.possible_places


def bulk_current(cells: Any, epsilon: float, W: float, tau: float, C: float) -> np.ndarray:
    """A bulk of the pellet that remembers, and an electrode."""
    G = epsilon * EPS0 * 0.1 / (tau * (1.0 - W))
    current: np.ndarray = cells.debye(300.0, G, W, tau, C).current(T, DRIVE)
    return current


def test_a_known_permittivity_tells_bulk_from_grain_boundaries(cells: Any, record: Any) -> None:
    # 60 / 0.6^2 = 167 in series: grains of 17 nm with boundaries of 1 nm and a permittivity of 10 hold as much.
    current = bulk_current(cells, 60.0, 0.4, 3e-3, 1e-5)
    unknown = verdict_on(record, current, 11)
    assert (unknown.verdict, unknown.reason) == ("undecided", "several_places")
    assert unknown.possible_places == ("bulk", "grain boundary")
    # Boundaries of a compound of permittivity 60 hold more, in grains of ten times their width.
    assert verdict_on(record, current, 11, replace(PELLET, permittivity=60.0)).verdict == "bulk"
    assert verdict_on(record, current, 11, replace(PELLET, grain_size_m=2e-6)).verdict == "bulk"
    # A bulk of permittivity 5 does not relax by 60.
    assert verdict_on(record, current, 11, replace(PELLET, permittivity=5.0)).verdict != "bulk"


def test_what_warmth_does_to_a_grain_boundary_is_what_is_expected_of_it(cells: Any, record: Any) -> None:
    sample = replace(PELLET, temperature_K=300.0)
    found = verdict_on(record, bulk_current(cells, 60.0, 0.4, 3e-3, 1e-5), 11, sample)
    experiment = next(one for one in found.experiments if one.setting == "temperature")
    expected = {one.place: one.value for one in experiment.expected}
    assert experiment.value == 330.0
    assert expected["bulk"] == pytest.approx(0.4, rel=0.01)
    # R_gb / R_b = 1.5, times exp(-0.1 eV / k (1/300 K - 1/330 K)) = 0.703
    assert expected["grain boundary"] == pytest.approx(1.0 / (1.0 + 1.5 * 0.7035), rel=0.01)


def test_bulk_is_to_be_measured_against_the_empty_fixture(cells: Any, record: Any) -> None:
    found = verdict_on(record, bulk_current(cells, 20.0, 0.4, 3e-3, 1e-5), 12)
    assert found.verdict == "bulk"
    assert [one.setting for one in found.experiments] == ["empty fixture"]
    expected = {one.place: one.value for one in found.experiments[0].expected}
    # Air between the electrodes, or all that was found: 20 / 0.36 times as much
    assert expected["bulk"] == pytest.approx(0.1 * EPS0, rel=1e-3)
    assert expected["leads and fixture"] == pytest.approx(20.0 / 0.36 * 0.1 * EPS0, rel=0.02)


def test_bulk_that_gives_hardly_anything_back_is_not_called_so(cells: Any, record: Any) -> None:
    # An electrode that charges within half a second gives back most after a pulse of 50 ms.
    epsilon, W, tau = 20.0, 0.45, 3e-4
    G = epsilon * EPS0 * 0.1 / (tau * (1.0 - W))
    C = 0.5 * G * W
    found = verdict_on(record, bulk_current(cells, epsilon, W, tau, C), 13)
    assert found.reversal_by_bulk < 0.05
    assert (found.verdict, found.reason) == ("undecided", "small_share")
    (experiment,) = found.experiments
    assert experiment.setting == "pulse width"
    expected = {one.place: one.value for one in experiment.expected}
    # The charges of that pulse and rest, by the partial fractions of the cell with and without memory
    w = experiment.value
    for place, cell in (
        ("bulk", cells.debye(300.0, G, W, tau, C)),
        ("double layer", cells.rc(300.0 + 1.0 / (G * W), C)),
    ):
        once, twice = (float(cell.step_integral(np.array([n * w]))[0]) for n in (1, 2))
        assert expected[place] == pytest.approx((2.0 * once - twice) / once, rel=0.02)


def test_no_verdict_while_a_remark_questions_the_model_or_a_figure_is_not_determined(cells: Any, record: Any) -> None:
    # An electrode that charges within 5 s: it is seen, so that no simpler cell can be judged in place of this one.
    G = 20.0 * EPS0 * 0.1 / (3e-3 * 0.6)
    reduction = reduce_run(record(T, noisy(bulk_current(cells, 20.0, 0.4, 3e-3, 5.0 * 0.4 * G), 12), DRIVE))
    result = fit(reduction, CELL)
    assert attribute(reduction, result, PELLET).verdict == "bulk"
    for kind, values in (
        (RemarkKind.NOT_DESCRIBED, {"interval_inflation": 3.0}),
        (RemarkKind.NOISE_NOT_WHITE, {"residual_ratio": 3.0, "interval_inflation": 3.0}),
        (RemarkKind.INSTANT_RESPONSE, {}),
    ):
        questioned = attribute(reduction, replace(result, remarks=(Remark(kind, values),)), PELLET)
        assert (questioned.verdict, questioned.reason) == ("undecided", "model_questioned")
    # A remark that questions nothing changes nothing, whatever it says.
    harmless = Remark(RemarkKind.UNCODED, {"text": "the model does not describe this record"})
    assert attribute(reduction, replace(result, remarks=(harmless,)), PELLET).verdict == "bulk"
    for name in ("W_inf", "median_memory_time", "De1.G_inf"):
        memory, estimates = (
            Estimates(replace(one, determined=one.name != name) for one in figures)
            for figures in (result.memory, result.estimates)
        )
        doubtful = attribute(reduction, replace(result, memory=memory, estimates=estimates), PELLET)
        assert (doubtful.verdict, doubtful.reason) == ("undecided", "not_determined")


def test_an_electrode_that_the_record_does_not_show_blurs_no_verdict(cells: Any, record: Any) -> None:
    # 10 uF/cm2 behind a gigaohm charge within hours: a constant phase element may be anything there.
    reduction = reduce_run(record(T, noisy(bulk_current(cells, 20.0, 0.4, 3e-3, 1e-5), 15), DRIVE))
    result = fit(reduction, CellModel("R0-De1-CPE1", {"R0": 300.0}))
    assert not result["CPE1.n"].determined
    assert attribute(reduction, result, PELLET).verdict == "bulk"


def test_a_resistance_in_series_that_nobody_knows_leaves_the_bulk_a_range(cells: Any, record: Any) -> None:
    # R0 and the plateau of a Debye conductor only appear as their sum. Whatever R0 takes of it, the capacitance in
    # series stays 20 / 0.36 times that of the vacuum, and the bulk's own lies between 20 (without R0) and that.
    reduction = reduce_run(record(T, noisy(bulk_current(cells, 20.0, 0.4, 3e-3, 1e-5), 16), DRIVE))
    found = attribute(reduction, fit(reduction, "R0-De1-CPE1"), PELLET)
    assert found.verdict == "bulk"
    bulk = found.hypotheses[0]
    assert bulk.found == pytest.approx((20.0, 20.0 / 0.36), rel=0.03)
    assert found.hypotheses[1].found == pytest.approx((20.0 / 0.36, 20.0 / 0.36), rel=0.03)


def test_a_measured_voltage_shares_out_the_reversal_too(cells: Any, record: Any) -> None:
    current = noisy(bulk_current(cells, 20.0, 0.4, 3e-3, 1e-5), 14)
    reduction = reduce_run(record(T, current, None, voltage_V=DRIVE.voltage_at(T)))
    found = attribute(reduction, fit(reduction, CELL), PELLET)
    assert found.reversal_by_bulk == pytest.approx(1.0, abs=0.05)


def test_an_attribution_is_read_back_from_its_document(cells: Any, record: Any) -> None:
    found = verdict_on(record, bulk_current(cells, 60.0, 0.4, 3e-3, 1e-5), 11)
    document = json.loads(json.dumps(found.to_document(), allow_nan=False))
    assert Attribution.from_document(document) == found
    assert {one["setting"] for one in document["experiments"]} == {"temperature", "empty fixture"}
    # The printed result ends with them.
    assert str(found).splitlines()[-1].startswith("  - would decide: the same run on the empty fixture")
    # Documents of before have neither reason nor hypotheses.
    for key in ("reason", "hypotheses", "experiments", "area_capacitance_F_m2"):
        del document[key]
    before = Attribution.from_document(document)
    assert (before.verdict, before.evidence, before.hypotheses) == (found.verdict, found.evidence, ())
