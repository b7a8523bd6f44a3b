from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fitting import CellModel, attribute, fit, reduce_run
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
