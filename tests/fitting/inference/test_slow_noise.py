"""Is noise that grows towards low frequencies known, and are intervals as wide as it makes them?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import gammaincinv

from fitting import CellModel, fit_reduced, reduce_run
from fitting.inference.observations import observation_of
from fitting.inference.problem import Problem
from fitting.inference.slow_noise import noise_power, with_slow_noise
from fitting.inference.solution import solve
from protocols import PulseSequence

N, N_DRAWS = 10_000, 40


def coloured(seed: int, white: float, slow: float, exponent: float, n: int = N) -> Any:
    """Return noise whose power is ``white + slow f^-exponent`` (f in cycles a sample), cut from a longer stretch."""
    random = np.random.default_rng(seed)
    frequency = np.fft.rfftfreq(8 * n)
    spectrum = np.fft.rfft(random.standard_normal(8 * n))
    spectrum[1:] *= np.sqrt(slow * frequency[1:] ** -exponent)
    spectrum[0] = 0.0
    return np.fft.irfft(spectrum)[:n] + np.sqrt(white) * random.standard_normal(n)


def chi_squared(probability: float, n: int) -> float:
    """Return the quantile of chi-square for n degrees of freedom."""
    return float(2.0 * gammaincinv(n / 2.0, probability))


@pytest.mark.parametrize("exponent", [0.75, 1.0, 1.5])
def test_the_power_of_slow_noise_is_carried_down_to_what_a_record_lasts(exponent: float) -> None:
    slow = 10.0 * 0.01**exponent  # ten times the white noise at a hundredth of a cycle a sample
    known = [noise_power(coloured(seed, 1.0, slow, exponent), 60) for seed in range(6)]
    found = [one.at(np.array([1.0 / N]))[0] for one in known if one is not None]
    assert len(found) == len(known)
    # Exponents are tried in steps of a quarter: an eighth off is a factor of 1.7 over two decades.
    assert 0.5 < np.exp(np.mean(np.log(found))) / (1.0 + slow * N**exponent) < 2.0


def test_white_noise_and_a_line_of_hum_do_not_grow() -> None:
    hum = 5.0 * np.sin(2.0 * np.pi * 0.05 * np.arange(N))
    for seed in range(20):
        noise = np.random.default_rng(seed).standard_normal(N)
        assert noise_power(noise, 60) is None
        assert noise_power(noise + hum, 60) is None


def test_deviations_under_1_over_f_noise_are_what_the_intervals_of_a_slow_electrode_say(
    cells: Any, record: Any
) -> None:
    """The mean misfit of all modes alone leaves a capacitance off by four deviations."""
    drive = PulseSequence.pump_probe(0.02, 1.0, 0.8, before=0.1, after=2.0)
    t = (np.arange(4000) + 0.37) * 1e-3
    clean = cells.debye(R=1e3, G=5e-4, W=0.3, tau=0.05, C=2e-3).current(t, drive)
    cell = CellModel("R0-De1-C1", fixed={"R0": 1e3})
    before, after = [], []
    for seed in range(N_DRAWS):
        run = record(t, clean + 1e-8 * coloured(seed, 0.1, 0.2, 1.0, len(t)), drive)
        solution = solve(Problem.single(observation_of(run), cell))
        k = [one.name for one in cell.parameters].index("C1")
        off = np.log(solution.values["C1"] / 2e-3) ** 2
        before.append(off / solution.covariance[k, k])
        after.append(off / with_slow_noise(run, solution).covariance[k, k])
    most = chi_squared(0.999, N_DRAWS) / N_DRAWS
    assert np.mean(before) > 5.0 * most
    assert chi_squared(0.001, N_DRAWS) / N_DRAWS < np.mean(after) < most


def test_a_fit_from_a_whitened_reduction_has_the_intervals_of_the_fit_that_whitened_it(cells: Any, record: Any) -> None:
    drive = PulseSequence.pump_probe(0.02, 1.0, 0.8, before=0.1, after=2.0)
    t = (np.arange(4000) + 0.37) * 1e-3
    clean = cells.debye(R=1e3, G=5e-4, W=0.3, tau=0.05, C=2e-3).current(t, drive)
    run = record(t, clean + 1e-8 * coloured(1, 0.1, 0.2, 1.0, len(t)), drive)
    whitened, first = fit_reduced(run, reduce_run(run), "R0-De1-C1")
    assert whitened.terms.correlation_s > 0.0
    _, again = fit_reduced(run, whitened, "R0-De1-C1")
    assert again.interval_inflation == pytest.approx(first.interval_inflation, rel=1e-3)
    for one, other in zip(again.estimates, first.estimates, strict=True):
        ends, earlier = (np.array(which.ci95, dtype=np.float64) for which in (one, other))  # nan where there is none
        np.testing.assert_allclose(ends, earlier, rtol=1e-3, err_msg=one.name)
