"""Figures of the referee's table against closed forms, on exact currents of cells that are known in closed form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pymittagleffler import mittag_leffler
from scipy.constants import e, epsilon_0, k
from scipy.optimize import brentq
from scipy.special import gamma

from fitting import CellModel, FitResult, RefereeTable, Tracer, fit, referee_table
from protocols import FitError, PulseSequence, Sample
from tests.fitting.bounds import bounds

DRIVE = PulseSequence.pump_probe(0.02, 0.2, 0.03, before=0.01, after=0.2)
T = (np.arange(15_000) + 0.5) * 3e-5
SAMPLE = replace(Sample(), thickness_m=1e-3, area_m2=5e-5, temperature_K=300.0)
PER_M = 1e-3 / 5e-5
G, W, TAU = 5e-4, 0.3, 2e-3


def fitted(record: Any, step: Any, circuit: str, seed: int = 1, fixed: dict[str, float] | None = None) -> FitResult:
    """Return the fit of a record whose response to a unit step is known, with noise of a thousandth."""
    current = np.zeros(len(T))
    for edge, height in zip(*DRIVE.jumps(), strict=True):
        after = edge < T
        current[after] += height * step(T[after] - edge)
    noise = 1e-3 * np.sqrt(np.mean(current**2)) * np.random.default_rng(seed).standard_normal(len(T))
    found = fit(record(T, current + noise, DRIVE), CellModel(circuit, fixed))
    assert isinstance(found, FitResult)
    return found


def debye(record: Any, W_inf: float = W, rate: float = 1.0, seed: int = 1) -> FitResult:
    """Conductance G (W + (1 - W) exp(-t / tau)), both made faster by a rate."""
    return fitted(record, lambda t: G * rate * (W_inf + (1.0 - W_inf) * np.exp(-rate * t / TAU)), "De1", seed)


def holds(table: RefereeTable, name: str, truth: float) -> None:
    """Check that an interval is short and holds the truth within three of its halves."""
    one = table[name]
    low, high = bounds(one)
    assert one.determined
    assert high - low < 0.1 * truth
    assert abs(one.value - truth) < 1.5 * (high - low) + 2e-4 * truth


def test_a_debye_conductor_has_the_figures_of_its_closed_form(record: Any) -> None:
    table = referee_table([debye(record)], [SAMPLE], [Tracer(2e-12, 1e28)])
    holds(table, "sigma_dc", G * W * PER_M)
    holds(table, "sigma_inf", G * PER_M)
    holds(table, "delta_eps", G * (1.0 - W) * TAU * PER_M / epsilon_0)
    # Re Y = G [W + (1 - W) x^2 / (1 + x^2)] is 2 G W at x = omega tau = sqrt(W / (1 - 2 W)).
    holds(table, "hop_rate", np.sqrt(W / (1.0 - 2.0 * W)) / TAU)
    # The loss peak lies at 1 / tau, so that the figure is G W / (G (1 - W)).
    holds(table, "bnn_figure", W / (1.0 - W))
    holds(table, "haven_ratio", 2e-12 * 1e28 * e**2 / (G * W * PER_M * k * 300.0))
    # d ln Re Y / d ln x = 2 x^2 (1 - W) / [(1 + x^2) (W + x^2)], greatest at x^2 = sqrt(W).
    holds(table, "exponent", 2.0 * (1.0 - W) / (1.0 + np.sqrt(W)) ** 2)
    assert "single relaxation time" in table["coupling"].note
    assert "no capacitor beside" in table["eps_inf"].note
    assert not table["eps_inf"].determined


def test_a_stretched_exponential_has_its_own_strength_and_coupling(record: Any) -> None:
    b = 0.6
    found = fitted(record, lambda t: G * (W + (1.0 - W) * np.exp(-((t / TAU) ** b))), "Kww1")
    table = referee_table([found], [SAMPLE])
    holds(table, "coupling", 1.0 - b)
    holds(table, "delta_eps", G * (1.0 - W) * TAU / b * gamma(1.0 / b) * PER_M / epsilon_0)


def test_the_field_of_a_conductor_beside_a_capacitor_decays_by_their_partial_fractions(record: Any) -> None:
    # p(De1,C1) behind R0: the current of a step is a sum of three terms, by the roots of its own denominator.
    R, C = 500.0, 2e-7
    # Y = G (W + s tau) / (1 + s tau) + s C;  Y / (1 + R Y) / s by partial fractions.
    top = np.array([C * TAU, C + G * TAU, G * W])
    bottom = np.polyadd(np.array([0.0, TAU, 1.0]), R * top)
    poles = np.roots(bottom)
    residues = np.polyval(top, poles) / (poles * np.polyval(np.polyder(bottom), poles))
    constant = G * W / (1.0 + R * G * W)
    found = fitted(
        record,
        lambda t: constant + np.real(np.exp(np.multiply.outer(t, poles)) @ residues),
        "R0-p(De1,C1)",
        fixed={"R0": R},
    )
    table = referee_table([found], [SAMPLE])
    holds(table, "eps_inf", C * PER_M / epsilon_0)
    # phi(s) = C / (Y + s C): its poles are those of Y without R, its residues C (1 + s tau) over the derivative.
    decays = np.roots(top)
    shares = C * np.polyval([TAU, 1.0], decays) / np.polyval(np.polyder(top), decays)

    def phi(ln_t: float) -> float:
        return float(np.real(np.exp(decays * np.exp(ln_t)) @ shares))

    def stretched(ln_t: float) -> float:
        return float(np.log(-np.log(phi(ln_t))))

    middle = brentq(stretched, np.log(1e-6), np.log(1.0))
    beta = (stretched(middle + 1e-4) - stretched(middle - 1e-4)) / 2e-4
    holds(table, "coupling", 1.0 - beta)
    assert "of the field" in table["coupling"].note


def test_a_cole_cole_conductor_has_no_plateau_and_no_bnn_figure(record: Any) -> None:

    a = 0.7
    found = fitted(record, lambda t: G * (W + (1.0 - W) * np.real(mittag_leffler(-((t / TAU) ** a), a, 1.0))), "Cc1")
    table = referee_table([found], [SAMPLE])

    def doubled(ln_omega: float) -> float:
        x = (1j * np.exp(ln_omega) * TAU) ** a
        return float((W + (1.0 - W) * x / (1.0 + x)).real - 2.0 * W)

    holds(table, "hop_rate", np.exp(brentq(doubled, np.log(1.0), np.log(1e5))))
    assert not table["bnn_figure"].determined
    assert not table["delta_eps"].determined
    assert "no plateau" in table["bnn_figure"].note


def test_without_a_geometry_there_are_conductances_and_it_is_said(record: Any) -> None:
    found = debye(record)
    table = referee_table([found])
    holds(table, "steady_conductance", G * W)
    holds(table, "relaxing_capacitance", G * (1.0 - W) * TAU)
    assert "thickness and area of the sample are not known" in str(table).replace("\n", " ")
    with_tracer = referee_table([found], [replace(SAMPLE, area_m2=None)], [Tracer(1e-12)])
    assert "thickness and the area" in with_tracer["carriers_over_haven_ratio"].note
    n_over_ratio = referee_table([found], [SAMPLE], [Tracer(1e-12, charge_number=2)])
    holds(n_over_ratio, "carriers_over_haven_ratio", G * W * PER_M * k * 300.0 / (4.0 * e**2 * 1e-12))


def test_a_conductivity_that_never_doubles_has_no_hop_rate(record: Any) -> None:
    table = referee_table([debye(record, W_inf=0.6)], [SAMPLE])
    assert "never doubles" in table["hop_rate"].note
    assert "–" in str(table)


def activated(energy_eV: float, kelvin: float) -> float:
    """Return a rate over that at 300 K."""
    return float(np.exp(-energy_eV * e / k * (1.0 / kelvin - 1.0 / 300.0)))


def test_several_temperatures_have_activation_energies_and_a_master_curve(record: Any) -> None:
    kelvin = [285.0, 300.0, 315.0]
    # Conductance and rate are both faster by exp(-E/kT) / T, so that sigma T has the energy E.
    rates = [activated(0.3, one) * 300.0 / one for one in kelvin]
    results = [debye(record, rate=rate, seed=n) for n, rate in enumerate(rates)]
    table = referee_table(results, [replace(SAMPLE, temperature_K=one) for one in kelvin])
    low, high = table.activations["sigma_dc"].energy_ci95_eV
    assert low - 2e-4 <= 0.3 <= high + 2e-4
    assert high - low < 0.01
    curve = table.superposition
    assert curve is not None
    assert curve.reference == 1
    assert curve.superposed is True
    for one, rate in zip(curve.spectra, rates, strict=True):
        assert one.shift.value == pytest.approx(1.0 / rate, rel=2e-3)
    document = table.to_document()
    assert {row["name"] for row in document["figures"]} >= {"sigma_dc", "hop_rate", "coupling"}
    assert all(row["equation"] and row["source"] for row in document["figures"])
    assert "activation energy" in str(table)


def test_spectra_that_change_their_shape_do_not_superpose(record: Any) -> None:
    kelvin = [285.0, 300.0, 315.0]
    results = [
        debye(record, W_inf=one, rate=activated(0.3, T_K), seed=n)
        for n, (one, T_K) in enumerate(zip((0.2, 0.3, 0.4), kelvin, strict=True))
    ]
    curve = referee_table(results, [replace(SAMPLE, temperature_K=one) for one in kelvin]).superposition
    assert curve is not None
    assert curve.superposed is False
    # High above the rate of the hops, the reduced conductivities end at 1 / W_inf: 0.18 decades apart, then 0.12.
    largest = max(abs(one.largest_difference or 0.0) for one in curve.spectra)
    assert 0.05 < largest < 0.2


def test_what_cannot_be_put_in_a_table_is_refused(record: Any) -> None:
    found = debye(record)
    without = fitted(record, lambda t: np.full(len(t), 1e-3), "R0")
    with pytest.raises(FitError, match="no hopping conductor"):
        referee_table([without])
    with pytest.raises(FitError, match="one circuit"):
        referee_table([found, without])
    with pytest.raises(FitError, match="1 runs need as many samples, not 2"):
        referee_table([found], [None, None])
    with pytest.raises(FitError, match="needs a run"):
        referee_table([])
