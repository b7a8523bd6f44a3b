"""Is it said of each of several records what is wrong with it, and which does not share what is shared?"""

from __future__ import annotations

from typing import Any

import numpy as np

from fitting import CellModel, ImpedanceSpectrum, diagnose_joint
from fitting.inference.disturbances import CauseKind
from protocols import PulseSequence

DRIVE = PulseSequence.pump_probe(0.02, 0.05, 0.03, before=0.01, after=0.1)
T = np.arange(0.0, 0.185, 2e-4) + 3e-5
R, G, W, C, TAU = 300.0, 5e-4, 0.3, 1e-5, 2e-3
NOISE_A = 2e-9
CELL = CellModel("R0-De1-C1", {"R0": R})


def run(cells: Any, record: Any, seed: int, tau: float = TAU, hum_A: float = 0.0) -> Any:
    current = cells.debye(R, G, W, tau, C).current(T, DRIVE) + hum_A * np.sin(2.0 * np.pi * 150.0 * T)
    return record(T, current + NOISE_A * np.random.default_rng(seed).standard_normal(len(T)), DRIVE)


def test_each_record_has_its_own_diagnosis(cells: Any, record: Any) -> None:
    clean, humming = diagnose_joint([run(cells, record, 1), run(cells, record, 2, hum_A=4.0 * NOISE_A)], CELL)
    assert clean.is_clean
    assert "nothing but noise is left" in str(clean)
    assert not humming.is_clean
    assert not humming.disagrees
    assert humming.diagnosis is not None
    first = humming.diagnosis.causes[0]
    assert first.kind is CauseKind.HUM
    assert np.isclose(first.values["frequency_Hz"], 150.0, rtol=1e-3)


def test_what_records_do_not_share_is_named_and_is_no_disturbance(cells: Any, record: Any) -> None:
    found = diagnose_joint([run(cells, record, 3), run(cells, record, 4, tau=1.2 * TAU)], CELL)
    assert all(one.disagrees for one in found)
    for one, tau in zip(found, (TAU, 1.2 * TAU), strict=True):
        by_name = {value.name: value for value in one.own_values}
        assert np.isclose(by_name["De1.tau"].own, tau, rtol=0.02)
        assert TAU < by_name["De1.tau"].joint < 1.2 * TAU
        assert one.left_together > 2.0 * one.left_alone
        assert one.diagnosis is not None
        assert one.diagnosis.causes == ()
        assert "does not share what is shared" in str(one)
    # Where each may have its own, nothing is wrong.
    own = diagnose_joint(
        [run(cells, record, 3), run(cells, record, 4, tau=1.2 * TAU)], CELL, shared=["C1", "De1.G_inf", "De1.W_inf"]
    )
    assert all(one.is_clean for one in own)


def test_a_spectrum_beside_a_run_is_judged_without_samples(cells: Any, record: Any) -> None:
    f = np.geomspace(1e4, 1.0, 41)
    s = 2j * np.pi * f
    Z = R + 1.0 / (G * (W + s * TAU) / (1.0 + s * TAU)) + 1.0 / (s * C)
    parts = np.random.default_rng(5).standard_normal((2, len(f)))
    spectrum = ImpedanceSpectrum(f, Z * (1.0 + 1e-3 * (parts[0] + 1j * parts[1])), "eis")
    _, of_spectrum = diagnose_joint([run(cells, record, 6), spectrum], CELL)
    assert of_spectrum.is_clean
    assert of_spectrum.diagnosis is None
    assert np.isclose(of_spectrum.left_alone, 1e-3, rtol=0.2)
    assert of_spectrum.to_document()["unit"] == "share of abs(Z)"
