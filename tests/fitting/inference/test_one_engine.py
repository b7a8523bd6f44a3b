"""Is the fit of a record the joint fit of that one record? Parameters, intervals, refusals, remarks, memory.

Records are made by independent means: partial fractions, the scaled error function, powers of time, closed impedances.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import gamma
from typing import Any

import numpy as np
import pytest
from scipy.special import erfcx

from benchmarks.campaigns.truth import noise as noise_of
from fitting import (
    CellModel,
    ConductivitySpectrum,
    ImpedanceSpectrum,
    Nuisance,
    fit,
    fit_impedance,
    fit_joint,
    reduce_run,
)
from fitting.results.remarks import RemarkKind
from protocols import FitError, PulseSequence

DRIVE = PulseSequence.pump_probe(0.02, 0.05, 0.03, before=0.01, after=0.1)
DT = 1e-4
T = np.arange(0.0, 0.185, DT) + 3e-5
EVEN = (np.arange(1850) + 0.5) * DT
F = np.geomspace(1e5, 0.1, 49)
S = 2j * np.pi * F
DEBYE = {"R": 300.0, "G": 5e-4, "W": 0.3, "tau": 2e-3, "C": 1e-5}
KNOWN = CellModel("R0-De1-C1", {"R0": 300.0})


@dataclass(frozen=True)
class Case:
    """A record, the circuit that is fitted to it, the truth that must be found, and what must be said or refused."""

    make: Callable[[Any, Any], Any]
    model: CellModel | str
    truth: dict[str, float] = field(default_factory=dict)
    says: tuple[RemarkKind, ...] = ()
    refused: str = ""


def white(sigma: float, seed: int, n: int = len(T)) -> np.ndarray:
    return sigma * np.random.default_rng(seed).standard_normal(n)


def debye(sigma: float, seed: int = 1, aperture_s: float = 0.0, **other: float) -> Callable[[Any, Any], Any]:
    """A Debye bulk behind a resistor and before a capacitor, by partial fractions."""

    def make(cells: Any, record: Any) -> Any:
        current = cells.debye(**{**DEBYE, **other}).current(T, DRIVE, aperture_s)
        return record(T, current + white(sigma, seed), DRIVE, aperture_s=aperture_s)

    return make


def coloured(cells: Any, record: Any) -> Any:
    """The same under AR(1) noise, which is three times as slow as the samples."""
    noise = noise_of(np.random.default_rng(5), len(T), 2e-8, 0.7)
    return record(T, cells.debye(**DEBYE).current(T, DRIVE) + noise, DRIVE)


def rc(sigma: float, tau: float = 0.0) -> Callable[[Any, Any], Any]:
    """A resistor and a capacitor, behind an instrument's lag."""

    def make(cells: Any, record: Any) -> Any:
        cell = cells.rc(2e3, 1e-5)
        return record(T, (cell.seen_through(tau) if tau else cell).current(T, DRIVE) + white(sigma, 2), DRIVE)

    return make


def steps(response: Callable[[np.ndarray], np.ndarray], t: np.ndarray) -> np.ndarray:
    total = np.zeros(len(t))
    for edge, step in zip(*DRIVE.jumps(), strict=True):
        late = t > edge
        total[late] += step * response(t[late] - edge)
    return total


def half_order(cells: Any, record: Any) -> Any:
    """A Cole-Cole bulk of order 1/2: E_1/2(-x) = erfcx(x)."""
    del cells
    current = steps(lambda t: 2e-4 * (0.3 + 0.7 * erfcx(np.sqrt(t / 5e-3))), T)
    return record(T, current + white(3e-9, 3), DRIVE)


def resistor_and_warburg(cells: Any, record: Any) -> Any:
    """A resistor before a constant phase element of n = 1/2."""
    del cells
    return record(T, steps(lambda t: 1e-3 * erfcx(np.sqrt(t) / (1e3 * 2e-5)), T) + white(5e-9, 4), DRIVE)


def ringing(cells: Any, record: Any) -> Any:
    """Resistor, inductor and capacitor in series, a quality of ten."""
    del cells
    R, L, omega = 10.0, 1.0, 100.0
    damping = R / (2.0 * L)
    shift = np.sqrt(omega**2 - damping**2)
    current = steps(lambda t: np.exp(-damping * t) * np.sin(shift * t) / (L * shift), T)
    return record(T, current + white(1e-9, 6), DRIVE)


def measured(noise_V: float) -> Callable[[Any, Any], Any]:
    """A Debye cell under a voltage that jumps between two samples, read with noise."""

    def make(cells: Any, record: Any) -> Any:
        volts, current = DRIVE.voltage_at(EVEN), cells.debye(**DEBYE).current(EVEN, DRIVE)
        return record(EVEN, current + white(2e-9, 7), None, voltage_V=volts + white(noise_V, 8))

    return make


def measured_constant_phase(cells: Any, record: Any) -> Any:
    """A bare constant phase element: the current of a jump is a power of time."""
    del cells
    Q, n = 1e-6, 0.9
    current = steps(lambda t: Q * t**-n / gamma(1.0 - n), EVEN)
    return record(EVEN, current + white(1e-3 * float(np.std(current)), 3), None, voltage_V=DRIVE.voltage_at(EVEN))


def ramped_constant_phase(cells: Any, record: Any) -> Any:
    """The same under a voltage that goes straight from sample to sample: the current of a ramp is a power of time."""
    del cells
    Q, n, volts = 1e-6, 0.9, DRIVE.voltage_at(EVEN)
    current = np.zeros(len(EVEN))
    bends = np.diff(np.diff(volts) / DT, prepend=0.0, append=0.0)
    for k in np.flatnonzero(bends):
        current[k:] += bends[k] * Q * (EVEN[k:] - EVEN[k]) ** (1.0 - n) / gamma(2.0 - n)
    run = record(EVEN, current + white(1e-4 * float(np.std(current)), 3), None, voltage_V=volts)
    return reduce_run(run, Nuisance(edges="ramp"))


def zarc(cells: Any, record: Any) -> ImpedanceSpectrum:
    """100 ohm, an arc, an electrode, with 0.2 % of noise."""
    del cells, record
    Z = 100.0 + 1.0 / (1e-3 + 1e-7 * S**0.9) + 1.0 / (1e-5 * S**0.85)
    parts = np.random.default_rng(9).standard_normal((2, len(F)))
    return ImpedanceSpectrum(F, Z * (1.0 + 2e-3 * (parts[0] + 1j * parts[1])), "arc")


def debye_spectrum(cells: Any, record: Any) -> ImpedanceSpectrum:
    """The Debye cell in the frequency domain."""
    del cells, record
    bulk = 5e-4 * (0.3 + S * 2e-3) / (1.0 + S * 2e-3)
    parts = np.random.default_rng(10).standard_normal((2, len(F)))
    Z = 300.0 + 1.0 / bulk + 1.0 / (1e-5 * S)
    return ImpedanceSpectrum(F, Z * (1.0 + 1e-3 * (parts[0] + 1j * parts[1])), "debye")


def conductivity(cells: Any, record: Any) -> ConductivitySpectrum:
    """Real part of a Cole-Cole conductivity, with 0.5 % of noise."""
    del cells, record
    f = F[::-1]
    x = (2j * np.pi * f * 1e-3) ** 0.7
    sigma = (1e-3 * (0.2 + 0.8 * x / (1.0 + x))).real
    return ConductivitySpectrum(f, sigma * (1.0 + white(5e-3, 11, len(f))), "sigma")


def backwards(cells: Any, record: Any) -> Any:
    return record(T, -cells.debye(**DEBYE).current(T, DRIVE), DRIVE)


def short(cells: Any, record: Any) -> Any:
    few = T[100:105]
    return record(few, cells.debye(**DEBYE).current(few, DRIVE), DRIVE)


FOUND = {"De1.G_inf": 5e-4, "De1.W_inf": 0.3, "De1.tau": 2e-3, "C1": 1e-5}
ARC = {"R0": 100.0, "R1": 1e3, "CPE1.Q": 1e-7, "CPE1.n": 0.9, "CPE2.Q": 1e-5, "CPE2.n": 0.85}

CASES = {
    "commanded": Case(debye(2e-8), KNOWN, FOUND),
    "commanded, means over an aperture": Case(debye(2e-8, 12, DT), KNOWN, FOUND),
    "commanded, exact": Case(debye(0.0), KNOWN, FOUND),
    "plateau and resistor as one": Case(debye(2e-8, 13), "R0-De1-C1", {"C1": 1e-5}),
    "memory too fast to see": Case(debye(2e-9, 2, tau=1e-7), "R0-De1-C1"),
    "memory too slow to end": Case(debye(2e-8, 2, tau=50.0, C=1.0), "R0-De1-C1"),
    "resistor and capacitor": Case(rc(2e-9), "R0-C1", {"R0": 2e3, "C1": 1e-5}),
    "leak that does nothing": Case(rc(2e-9), "R0-p(C1,R2)", {"R0": 2e3, "C1": 1e-5}),
    "through a lag": Case(rc(2e-9, 1e-3), CellModel("R0-C1@Lag1", {"R0": 2e3}), {"C1": 1e-5, "Lag1": 1e-3}),
    "half order": Case(half_order, "Cc1", {"Cc1.G_inf": 2e-4, "Cc1.W_inf": 0.3, "Cc1.tau": 5e-3, "Cc1.a": 0.5}),
    "resistor and Warburg": Case(resistor_and_warburg, "R0-CPE1", {"R0": 1e3, "CPE1.Q": 2e-5, "CPE1.n": 0.5}),
    "noise that is correlated": Case(coloured, KNOWN, FOUND, (RemarkKind.WHITENED,)),
    "the same, of a reduction": Case(
        lambda cells, record: reduce_run(coloured(cells, record)), KNOWN, FOUND, (RemarkKind.NOISE_NOT_WHITE,)
    ),
    "wrong circuit": Case(debye(2e-8), "R0-C1", {}, (RemarkKind.NOT_DESCRIBED,)),
    "measured voltage": Case(measured(1e-7), KNOWN, FOUND),
    "measured voltage with noise": Case(measured(2e-5), KNOWN, FOUND, (RemarkKind.VOLTAGE_NOISE,)),
    "measured voltage, no resistor": Case(measured_constant_phase, "CPE1", {"CPE1.Q": 1e-6, "CPE1.n": 0.9}),
    "measured ramps, no resistor": Case(ramped_constant_phase, "CPE1", refused="put R0- before it"),
    "measured ramps, hardly a resistor": Case(ramped_constant_phase, "R0-CPE1", {}, (RemarkKind.INSTANT_RESPONSE,)),
    "rings": Case(ringing, "R0-L1-C1", refused="rings where it fits"),
    "current of the wrong sign": Case(backwards, "R0-De1-C1", refused="sign of the current"),
    "too short": Case(short, "R0-De1-C1", refused="cannot determine 5 parameters"),
    "impedance": Case(zarc, "R0-p(R1,CPE1)-CPE2", ARC),
    "impedance with a memory": Case(debye_spectrum, KNOWN, FOUND),
    "impedance of another circuit": Case(zarc, "R0-p(R1,C1)-CPE2", {}, (RemarkKind.SPECTRUM_MISFIT,)),
    "impedance has no lag": Case(zarc, "R0-CPE1@Lag1", refused="leave @Lag out"),
    "conductivity": Case(conductivity, "Cc1", {"Cc1.G_inf": 1e-3, "Cc1.tau": 1e-3, "Cc1.a": 0.7}),
}


def close(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else one == pytest.approx(other, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("name", list(CASES))
def test_fit_of_a_record_is_the_joint_fit_of_it_alone(name: str, cells: Any, record: Any) -> None:
    case = CASES[name]
    observed = case.make(cells, record)
    is_spectrum = isinstance(observed, ImpedanceSpectrum | ConductivitySpectrum)
    if case.refused:
        refusals = []
        for question in (lambda: fit(observed, case.model), lambda: fit_joint([observed], case.model)):
            with pytest.raises(FitError, match=case.refused) as refusal:
                question()
            refusals.append(str(refusal.value))
        assert refusals[0] == refusals[1]
        return
    one, joint = fit(observed, case.model), fit_joint([observed], case.model)
    for mine, theirs in zip(one.estimates, joint.estimates, strict=True):
        assert (mine.name, mine.unit, mine.determined, mine.note) == (
            theirs.name,
            theirs.unit,
            theirs.determined,
            theirs.note,
        )
        assert close(mine.value, theirs.value)
        assert all(close(*ends) for ends in zip(mine.ci95, theirs.ci95, strict=True))
    assert one.covariance == pytest.approx(joint.covariance, rel=1e-9)
    assert one.remarks == joint.remarks
    assert {remark.kind for remark in one.remarks} >= set(case.says)
    memory = one.memory if hasattr(one, "memory") else one.parts[0].memory
    for mine, theirs in zip(memory, joint.parts[0].memory, strict=True):
        assert (mine.name, mine.determined, mine.note) == (theirs.name, theirs.determined, theirs.note)
        assert close(mine.value, theirs.value)
        assert all(close(*ends) for ends in zip(mine.ci95, theirs.ci95, strict=True))
    assert_truth_is_found(one.estimates, case)
    if is_spectrum:
        assert fit_impedance(observed, case.model).to_dict() == joint.to_dict()


def assert_truth_is_found(estimates: Any, case: Case) -> None:
    """Twice the interval holds the truth: 3.9 deviations, for some 60 figures."""
    found = {one.name: one for one in estimates}
    for name, truth in case.truth.items():
        one = found[name]
        assert one.determined, f"{name} is not determined: {one.note}"
        low, high = one.ci95
        # Records without noise are met to what the mode grid allows.
        slack = 1e-4 * truth
        assert one.value - 2.0 * (one.value - low) - slack <= truth <= one.value + 2.0 * (high - one.value) + slack


def test_a_memory_that_no_run_sees_stays_open_in_a_joint_fit(cells: Any, record: Any) -> None:
    """A cell without a memory, fitted with one: its time may lie before, within or after what both runs show."""
    runs = [record(T, cells.rc(2e3, 1e-5).current(T, DRIVE) + white(2e-8, seed), DRIVE) for seed in (1, 2)]
    tau = {one.name: one for one in fit_joint(runs, CellModel("R0-De1-C1", {"R0": 1e3})).estimates}["De1.tau"]
    assert not tau.determined
    low, high = tau.ci95
    assert low is None or low < 1e-5
    assert high is None or high > 1.0


def test_what_one_run_cannot_tell_of_its_circuit_refuses_the_joint_fit(cells: Any, record: Any) -> None:
    f = np.geomspace(1e3, 1.0, 21)
    impedance = np.asarray(1.0 / (1e-6 * (2j * np.pi * f) ** 0.9), dtype=np.complex128)
    spectrum = ImpedanceSpectrum(f, impedance)
    with pytest.raises(FitError, match="put R0- before it"):
        fit_joint([ramped_constant_phase(cells, record), spectrum], "CPE1")


def test_a_run_with_correlated_noise_is_whitened_among_others(cells: Any, record: Any) -> None:
    found = fit_joint([coloured(cells, record), debye(2e-8, 3)(cells, record)], KNOWN)
    assert [remark.kind for remark in found.remarks] == [RemarkKind.WHITENED]
    assert found.parts[0].terms.correlation_s == pytest.approx(-DT / np.log(0.7), rel=0.2)
    assert found.parts[1].terms.correlation_s == 0.0
    assert [part.noise for part in found.parts] == pytest.approx([2e-8, 2e-8], rel=0.1)
    assert_truth_is_found(found.estimates, Case(coloured, KNOWN, FOUND))


def test_joint_fit_of_the_same_run_twice_has_its_parameters_and_root_two_its_certainty(cells: Any, record: Any) -> None:
    run = reduce_run(debye(2e-8)(cells, record))
    once, twice = fit(run, KNOWN), fit_joint([run, run], KNOWN)
    assert twice.values == pytest.approx(once.values, rel=1e-6)
    assert 2.0 * twice.covariance == pytest.approx(once.covariance, rel=1e-4)
