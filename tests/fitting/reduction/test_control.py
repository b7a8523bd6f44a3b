"""Records whose current was controlled: their voltage is fitted by the impedance.

Voltages are closed forms: a step of 1 A gives R0, R1 (1 - exp(-t / R1 C1)) and t / C, or t^n / (Q Gamma(1 + n)).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import gamma

from fitting import (
    FitResult,
    Nuisance,
    ResistanceSpectrum,
    fit,
    fit_joint,
    fit_spectrum,
    ohms_law,
    predict,
    reduce_run,
    reduced_alike,
    spectrum_band,
    superposition,
)
from fitting.api import diagnose_run
from fitting.reduction.control import controlled, in_words_of, named_for
from fitting.reduction.held_current import held_current
from fitting.results.remarks import RemarkKind
from protocols import FitError, PulseSequence
from tests.fitting.conftest import MemoryRecord

Floats = NDArray[np.float64]

DT, N = 1e-2, 3000
T = np.arange(N, dtype=np.float64) * DT
EDGES, LEVELS = (1.0, 8.0, 14.0, 20.0), (1e-5, 0.0, -1e-5, 0.0)
OCV, NOISE = 3.3, 2e-5
ARC = {"R0": 1e3, "R1": 5e3, "C1": 1e-4, "C2": 2e-3}
CIRCUIT = "R0-p(R1,C1)-C2"
# Each jump comes right after a sample, which does not see it.
GALVANIC = Nuisance(control="current", edges="sample")


def arc(t: Floats) -> Floats:
    R0, R1, C1, C2 = ARC.values()
    return R0 + R1 * -np.expm1(-t / (R1 * C1)) + t / C2


def blocked(t: Floats) -> Floats:
    return 1e3 + t**0.8 / (1e-3 * gamma(1.8))


def galvanostatic(
    step: Any = arc, sigma: float = NOISE, reading: float = 0.0, first: int = 0, late_s: float = 0.0
) -> MemoryRecord:
    volts, amperes = np.full(N, OCV), np.zeros(N)
    for edge, before, after in zip(EDGES, (0.0, *LEVELS), LEVELS, strict=False):
        late = edge + 1e-9 < T
        volts[late] += (after - before) * step(T[late] - edge - late_s)
        amperes[late] = after
    rng = np.random.default_rng(7)
    volts += sigma * rng.standard_normal(N)
    amperes += reading * rng.standard_normal(N)
    return MemoryRecord(T[first:], amperes[first:], None, volts[first:], np.zeros(N - first, np.uint8))


def test_impedance_of_a_record_without_noise_is_that_of_its_cell() -> None:
    result = fit(galvanostatic(sigma=0.0), CIRCUIT, terms=GALVANIC)
    assert {name: pytest.approx(value, rel=1e-5) for name, value in ARC.items()} == result.values
    assert result.nuisance[0] == pytest.approx(OCV, abs=1e-6)


@pytest.mark.parametrize("reading", [0.0, 1e-9, 5e-9])
def test_intervals_hold_the_truth_whatever_the_noise_of_the_current(reading: float) -> None:
    result = fit(galvanostatic(reading=reading), CIRCUIT, terms=GALVANIC)
    for one in result.estimates:
        low, high = one.ci95
        assert one.determined
        assert low is not None
        assert high is not None
        assert low < ARC[one.name] < high
        assert high - low < 0.02 * ARC[one.name]
    assert result.interval_inflation == 1.0
    assert result.noise_A == pytest.approx(NOISE, rel=0.05)


def test_a_constant_phase_element_charges_by_its_power_of_time_wherever_its_jumps_are() -> None:
    result = fit(galvanostatic(blocked, sigma=0.0, late_s=3e-3), "R0-CPE1", terms=Nuisance(control="current"))
    assert list(result.values.values()) == pytest.approx([1e3, 1e-3, 0.8], rel=1e-5)
    lead = next(one for one in result.remarks if one.kind is RemarkKind.EDGE_LEAD)
    assert lead.values["lead_s"] == pytest.approx(7e-3, rel=1e-3)
    assert str(lead).startswith("the current was only sampled: by the voltage, it jumped 7")


def test_a_record_that_begins_with_its_step_is_told_what_flowed_before() -> None:
    first = int(np.searchsorted(T, EDGES[0])) + 1
    record = galvanostatic(first=first)
    result = fit(record, CIRCUIT, terms=replace(GALVANIC, before=0.0))
    assert {name: pytest.approx(value, rel=0.03) for name, value in ARC.items()} == result.values
    constant = replace(record, current_A=np.full(record.n_samples, 1e-5))
    with pytest.raises(FitError, match=r"the current never moves.*--before '0 A'"):
        fit(constant, CIRCUIT, terms=GALVANIC)


def test_a_rest_at_open_circuit_after_an_unseen_pulse_is_not_taken_for_rest() -> None:
    record = galvanostatic(first=int(np.searchsorted(T, EDGES[1])) + 20)
    result = fit(record, CIRCUIT, terms=GALVANIC)
    assert any(one.kind is RemarkKind.NOT_AT_REST for one in result.remarks)
    for one in result.estimates:
        low, high = one.ci95
        assert (low or 0.0) < ARC[one.name] < (high or np.inf)


def test_fitted_voltage_is_predicted() -> None:
    record = galvanostatic()
    result = fit(record, CIRCUIT, terms=GALVANIC)
    clean = galvanostatic(sigma=0.0).voltage_V
    assert np.max(np.abs(predict(record, result) - clean)) < NOISE


def test_spectrum_has_the_arc_its_resistance_and_what_charges_without_an_end() -> None:
    found = fit_spectrum(reduce_run(galvanostatic(), GALVANIC))
    assert isinstance(found, ResistanceSpectrum)
    big = [one for one in found.peaks if one.seen and one.resistance_ohm > 500.0]
    assert [one.relaxation_time_s for one in big] == pytest.approx([0.5], rel=0.05)
    assert [one.resistance_ohm for one in big] == pytest.approx([5e3], rel=0.05)
    assert [one.capacitance_F for one in big] == pytest.approx([1e-4], rel=0.1)
    assert found.instant_ohm == pytest.approx(1e3, rel=0.05)
    assert found.resistance(np.array([20.0])) == pytest.approx(arc(np.array([20.0])), rel=1e-2)
    document = json.loads(json.dumps(found.to_dict()))
    assert document["rms_residual_V"] < 1e-3 * document["rms_voltage_V"]
    assert found.table().row_count == len(found.peaks) + 1 + np.isfinite(found.capacitance_F)
    with pytest.raises(FitError, match="no band"):
        spectrum_band(reduce_run(galvanostatic(), GALVANIC))


def test_document_is_in_volts_and_read_again() -> None:
    result = fit(galvanostatic(), CIRCUIT, terms=GALVANIC)
    document = json.loads(json.dumps(result.to_document()))
    assert document["rms_residual_V"] == pytest.approx(NOISE, rel=0.05)
    assert document["drive"] == "measured current"
    assert not [name for name in document if name.endswith("_A") and "current" not in name]
    assert "weights_ohm" in result.arrays()
    again = FitResult.from_document(document, result.arrays())
    assert again.rms_residual_A == result.rms_residual_A
    assert again.drive_is_measured
    assert [str(one) for one in again.remarks] == [str(one) for one in result.remarks]
    assert " µV, 3,000 samples" in str(result)


def test_voltage_and_current_driven_records_of_a_cell_are_fitted_together() -> None:
    drive = PulseSequence.pulse(0.02, 10.0, before=1.0, after=20.0)
    # 1 / (R0 + R1 / (1 + R1 C1 s) + 1 / (s C2)) by partial fractions
    R0, R1, C1, C2 = ARC.values()
    bottom = np.polynomial.Polynomial([1.0, R1 * C1 + (R0 + R1) * C2, R0 * R1 * C1 * C2])
    poles = np.real(bottom.roots()).tolist()
    shares = [(C2 + R1 * C1 * C2 * p) / bottom.deriv()(p) for p in poles]
    current = np.zeros(N)
    for edge, step in zip(*drive.jumps(), strict=True):
        late = edge + 1e-9 < T
        for share, pole in zip(shares, poles, strict=True):
            current[late] += step * share * np.exp(pole * (T[late] - edge))
    current += 1e-9 * np.random.default_rng(3).standard_normal(N)
    by_voltage = MemoryRecord(T, current, drive, drive.voltage_at(T), np.zeros(N, np.uint8))
    result = fit_joint([reduce_run(by_voltage), reduce_run(galvanostatic(), GALVANIC)], CIRCUIT)
    assert {name: pytest.approx(value, rel=0.01) for name, value in ARC.items()} == result.values
    assert [part.noise_unit for part in result.parts] == ["A", "V"]


@dataclass(eq=False)
class ImportedRecord(MemoryRecord):
    control: str = "current"
    current_drive: PulseSequence | None = None
    stated_edges: str = ""

    def stated_before(self, control: str = "") -> str | float:
        del control
        return ""


def test_the_record_says_what_was_controlled_unless_its_user_does() -> None:
    record = galvanostatic()
    imported = ImportedRecord(record.t_s, record.current_A, None, record.voltage_V, record.status)
    assert controlled(imported, Nuisance())[1].is_current_driven
    assert not controlled(imported, Nuisance(control="voltage"))[1].is_current_driven
    assert not controlled(record, Nuisance())[1].is_current_driven
    by_voltage = replace(record, voltage_V=record.current_A, current_A=record.voltage_V)
    with pytest.raises(FitError, match="of one kind"):
        reduced_alike([imported, by_voltage])
    drive = PulseSequence.pulse(0.02, 1.0, before=0.1, after=2.0)
    with pytest.raises(FitError, match="commanded or stated"):
        fit(replace(record, drive=drive), CIRCUIT, terms=GALVANIC)


@pytest.mark.parametrize(("gain", "is_linear"), [(2.0, True), (2.02, False)])
def test_linearity_is_tested_of_voltages_that_answer_currents(gain: float, is_linear: bool) -> None:
    runs = []
    for factor, answer in ((1.0, 1.0), (2.0, gain)):
        one = galvanostatic(lambda t, answer=answer: answer * arc(t))
        runs.append(ImportedRecord(T, factor * one.current_A, None, one.voltage_V, one.status, stated_edges="sample"))
    reductions = reduced_alike(runs)
    added = superposition(reductions)
    assert added.linear is is_linear
    document = added.to_dict()
    assert (document["misfit_V"] > 20e-6) is not is_linear
    assert "of the voltage" in str(added)
    ohm = ohms_law(reductions, [1e-5, 2e-5], thickness_m=1e-3, temperature_K=300.0)
    assert ohm.linear is is_linear
    assert ohm.hop_length_m is None
    # gain 2 (1 + 4 a) / (1 + a) = 2.02 with a = c (10 uA)^2
    expected = {2.0: 0.0, 2.02: (0.01 / 2.99) / 1e-10}[gain]
    low, high = ohm.to_dict()["ci95_per_A2"]
    assert low < expected < high


def test_a_commanded_current_drives_whatever_was_read_of_it() -> None:
    record = galvanostatic()
    commanded = ImportedRecord(record.t_s, np.zeros(N), None, record.voltage_V, record.status)
    # The current jumps right after the sample at each edge, as `galvanostatic` has it.
    commanded.current_drive = PulseSequence.from_arrays([0.0, *EDGES], [0.0, *LEVELS], N * DT, rest_V=0.0)
    result = fit(commanded, CIRCUIT)
    assert {name: pytest.approx(value, rel=0.01) for name, value in ARC.items()} == result.values
    assert result.unit == "V"
    assert not [one.name for one in result.memory if one.name.startswith("reversal_charge")]


def test_a_bare_constant_phase_element_is_fitted_and_an_inductance_refused() -> None:
    bare = galvanostatic(lambda t: blocked(t) - 1e3, sigma=0.0)
    assert list(fit(bare, "CPE1", terms=GALVANIC).values.values()) == pytest.approx([1e-3, 0.8], rel=1e-5)
    with pytest.raises(FitError, match="inductance in series"):
        fit(galvanostatic(), f"L1-{CIRCUIT}", terms=GALVANIC)


def test_a_lag_of_the_ammeter_is_not_fitted_to_a_controlled_current() -> None:
    with pytest.raises(FitError, match="leave @Lag out"):
        fit(galvanostatic(), f"{CIRCUIT}@Lag1", terms=GALVANIC)


def test_a_wrong_circuit_is_diagnosed_in_words_of_the_voltage() -> None:
    hum = galvanostatic()
    hum.voltage_V += 1e-4 * np.sin(2.0 * np.pi * 13.0 * T)
    diagnosis = diagnose_run(hum, CIRCUIT, GALVANIC)
    assert str(diagnosis.causes[0]).startswith("a sine of 13 Hz and 100 µV")
    assert diagnosis.causes[0].to_document()["values"]["amplitude_V"] == pytest.approx(1e-4, rel=0.05)
    assert diagnosis.to_document()["residual_V"] == pytest.approx(np.hypot(NOISE, 1e-4 / np.sqrt(2.0)), rel=0.05)
    assert "ammeter" not in str(diagnosis)


def test_words_and_names_are_exchanged_and_back() -> None:
    assert in_words_of("current", "the current per volt changes") == "the voltage per ampere changes"
    assert in_words_of("", "the voltage") == "the voltage"
    figures = {"rms_current_A": 1.0, "weights_S": 2.0, "W_t_s": 3.0, "voltage_noise_V": 4.0}
    exchanged = named_for("current", figures)
    assert list(exchanged) == ["rms_voltage_V", "weights_ohm", "W_t_s", "current_noise_A"]
    assert named_for("current", exchanged) == figures


def test_a_held_current_loses_the_noise_of_its_reading_only() -> None:
    noisy, clean = galvanostatic(reading=1e-8), galvanostatic()
    held = held_current(T, noisy.current_A, noisy.voltage_V)
    assert np.max(np.abs(held - clean.current_A)) < 1e-9
    assert np.all(held[clean.current_A == 0.0] == 0.0)
    np.testing.assert_array_equal(held_current(T, clean.current_A, clean.voltage_V), clean.current_A)
    wandering = clean.current_A + 1e-7 * np.sin(T)
    np.testing.assert_array_equal(held_current(T, wandering, clean.voltage_V), wandering)
    # A current that really scatters: the voltage follows by R0.
    followed = clean.voltage_V + 1e3 * (noisy.current_A - clean.current_A)
    np.testing.assert_array_equal(held_current(T, noisy.current_A, followed), noisy.current_A)
