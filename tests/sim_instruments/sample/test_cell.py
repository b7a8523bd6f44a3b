"""Is the step response of a cell that of closed forms that know nothing of the Volterra solver?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from pymittagleffler import mittag_leffler

from sim_instruments.sample.cell import Cell, CellError, load_cell
from sim_instruments.sample.relaxation import Relaxation, constant

if TYPE_CHECKING:
    from pathlib import Path

T = np.geomspace(1e-7, 1e3, 997)  # ten decades, not the solver's own mesh


def test_resistor_and_capacitor_charge_exponentially() -> None:
    R, C = 1e4, 1e-6
    cell = Cell("rc", {"R_s": 1e3, "G_inf": 1 / 9e3, "Q": C, "n": 1.0}, constant())
    expected = np.exp(-T / (R * C)) / R
    assert np.abs(cell.step_response(T) - expected).max() < 1e-7 / R


@pytest.mark.parametrize("n", [0.5, 0.7, 0.87])
def test_resistor_and_constant_phase_element_follow_mittag_leffler(n: float) -> None:
    # 1/(s (R + 1/(Q s^n))) is the transform of E_n(-t^n / (R Q)) / R.
    R, Q = 5200.0, 8e-5
    cell = Cell("cpe", {"R_s": 200.0, "G_inf": 1 / 5000.0, "Q": Q, "n": n}, constant())
    expected = np.real(mittag_leffler(-(T**n) / (R * Q) + 0j, n, 1.0)) / R
    assert np.abs(cell.step_response(T) - expected).max() < 1e-7 / R


@pytest.mark.parametrize(("R_s", "W_inf"), [(0.1, 0.2), (200.0, 0.25), (5000.0, 0.05)])
def test_debye_bulk_between_capacitors_is_two_exponentials(R_s: float, W_inf: float) -> None:
    G, tau, C = 2e-4, 1e-3, 1e-4
    relaxation = Relaxation.sampled(
        lambda t: W_inf + (1 - W_inf) * np.exp(-t / tau),
        lambda t: -(1 - W_inf) * t / tau * np.exp(-t / tau),
        1e-13,
        1.0,
    )
    cell = Cell("debye", {"R_s": R_s, "G_inf": G, "Q": C, "n": 1.0}, relaxation)
    # 1/(s Z), Z = R_s + (1 + s tau) / (G (W_inf + s tau)) + 1/(s C), as partial fractions.
    numerator = C * G * np.array([tau, W_inf])
    denominator = np.array([R_s * C * G * tau + C * tau, R_s * C * G * W_inf + C + G * tau, G * W_inf])
    poles = np.roots(denominator)
    residues = np.polyval(numerator, poles) / np.polyval(np.polyder(denominator), poles)
    expected = (residues * np.exp(np.outer(T, poles))).sum(axis=1)
    assert np.abs(cell.step_response(T) - expected).max() < 1.5e-7 * expected.max()


def test_the_shipped_debye_cell_is_its_formula() -> None:
    cell = load_cell("debye")
    t = np.geomspace(1e-6, 1e-2, 50)
    np.testing.assert_allclose(cell.relaxation(t), 0.25 + 0.75 * np.exp(-t / 1e-3), atol=2e-6)


def test_demo_cell_starts_at_the_series_conductance_and_blocks_in_the_end() -> None:
    cell = load_cell("demo")
    p = cell.parameters
    assert float(cell.step_response(0.0)) == pytest.approx(1.0 / (p["R_s"] + 1.0 / p["G_inf"]), rel=1e-7)
    assert float(cell.step_response(1e4)) < 1e-3 * float(cell.step_response(0.0))
    assert cell.dc_conductance_S == 0.0
    assert float(cell.step_response(-1e-9)) == 0.0


def test_step_charge_is_the_integral_of_the_step_response() -> None:
    cell = load_cell("rc")
    t = np.array([1e-12, 1e-5, 1e-2, 1.0])
    np.testing.assert_allclose(cell.step_charge(t), 1e-6 * -np.expm1(-t / 1e-2), rtol=1e-7)


def test_resistor_passes_V_over_R_for_ever() -> None:
    cell = load_cell("resistor")
    np.testing.assert_allclose(cell.step_response([0.0, 1e-6, 1.0, 1e6]), 1e-4, rtol=1e-9)
    assert cell.dc_conductance_S == pytest.approx(1e-4)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[series]\nR_s = '1 ohm'", "bulk"),
        ("[series]\nR_s = '1 V'\n[bulk]\nG_inf = '1 S'", "ohm"),
        ("[series]\nR_s = '-1 ohm'\n[bulk]\nG_inf = '1 S'", "positive"),
        ("[series]\nR_s = '1 ohm'\n[bulk]\nG_inf = '1 S'\nkind = 'glass'", "glass"),
        ("[series]\nR_s = '1 ohm'\n[bulk]\nG_inf = '1 S'\n[electrode]\nQ = 1e-6\nn = 1.2", "at most 1"),
        ("R_s = ", "TOML|Invalid"),
    ],
)
def test_a_file_that_describes_no_cell_says_why(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(CellError, match=what):
        load_cell(path)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(CellError, match=r"debye, demo, lattice-gas, randles, rc, resistor, thermal"):
        load_cell("glass")


def test_randles_dummy_is_its_closed_form() -> None:
    t = np.geomspace(1e-7, 1e-1, 300)
    expected = 0.1e-3 + 0.9e-3 * np.exp(-t / 0.9e-3)  # 1 kohm + (9 kohm || 1 uF) at 1 V
    assert np.abs(load_cell("randles").step_response(t) - expected).max() < 1e-6 * 1e-3


def test_a_table_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    t = np.geomspace(1e-6, 1e-1, 200)
    np.savetxt(
        tmp_path / "w.csv", np.column_stack([t, 0.25 + 0.75 * np.exp(-t / 1e-3)]), delimiter=",", header="t/s, W"
    )
    (tmp_path / "mine.toml").write_text(
        "[series]\nR_s = '200 ohm'\n[electrode]\nQ = '100 uF'\n"
        "[bulk]\nkind = 'table'\nG_inf = '200 uS'\nfile = 'w.csv'\n"
    )
    times = np.geomspace(1e-5, 1.0, 200)
    ours, shipped = load_cell(tmp_path / "mine.toml"), load_cell("debye")
    np.testing.assert_allclose(ours.step_response(times), shipped.step_response(times), rtol=1e-3)


def test_warmth_multiplies_bulk_conductance_and_divides_its_times_by_the_arrhenius_factor() -> None:
    cell = load_cell("thermal")
    warm = cell.at_temperature(318.0)
    factor = np.exp(-0.35 / 8.617333262e-5 * (1 / 318.0 - 1 / 298.0))
    assert warm.parameters["G_inf"] == pytest.approx(factor * 200e-6, rel=1e-12)
    assert warm.parameters["tau"] == pytest.approx(1.5e-3 / factor, rel=1e-12)
    assert warm.parameters["R_s"] == 200.0
    t = np.geomspace(1e-7, 1.0, 50)
    np.testing.assert_allclose(warm.relaxation(t / factor), cell.relaxation(t), rtol=1e-9)
    assert cell.at_temperature(298.0).step_response(t) == pytest.approx(load_cell("demo").step_response(t), rel=1e-9)


def test_a_cell_in_a_cryostat_is_that_of_the_moment() -> None:
    cell = load_cell("thermal")
    assert cell.at_time(5.0) is cell
    cell.put_into(lambda t_s: 298.0 + t_s)
    assert cell.at_time(20.0).parameters == cell.at_temperature(318.0).parameters
    assert cell.at_time(20.0) is cell.at_time(20.0)


def test_a_cell_without_activation_energy_has_no_other_temperature() -> None:
    with pytest.raises(CellError, match="no activation energy"):
        load_cell("demo").at_temperature(310.0)


def test_the_response_in_a_cryostat_is_worked_out_quickly_and_is_the_same() -> None:
    cell = load_cell("thermal")
    cell.put_into(lambda _: 305.0)
    t = np.geomspace(1e-8, 1e4, 500)
    exact = cell.at_temperature(305.0).step_response(t)
    assert np.abs(cell.at_time(0.0).step_response(t) - exact).max() < 3e-6 * exact[0]
