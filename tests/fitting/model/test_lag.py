"""Is an instrument of unknown time constant told from the cell?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fitting import CellModel, ImpedanceSpectrum, fit, fit_impedance, fit_joint, rank, reversal_course
from protocols import FitError, PulseSequence

DT = 1e-5
DRIVE = PulseSequence.pulse(0.02, 0.02, before=0.002, after=0.03)
T = (np.arange(5_200) + 0.5) * DT
R, C, TAU = 1e3, 5e-6, 40e-6
F = np.geomspace(1e5, 1.0, 41)


@pytest.fixture
def lagging(cells: Any, record: Any) -> Callable[..., Any]:
    """A run of a cell in closed form behind lags of an instrument."""

    def run(*taus_s: float, cell: Any = None) -> Any:
        seen = cells.rc(R, C) if cell is None else cell
        for tau in taus_s:
            seen = seen.seen_through(tau)
        noise = 2e-9 * np.random.default_rng(4).standard_normal(len(T))
        return record(T, seen.current(T, DRIVE) + noise, DRIVE)

    return run


def test_a_lag_is_found_beside_the_cell(lagging: Any, cells: Any) -> None:
    truth = {"De1.G_inf": 2e-3, "De1.W_inf": 0.3, "De1.tau": 1e-3, "C1": 1e-5, "Lag1": TAU}
    run = lagging(TAU, cell=cells.debye(300.0, 2e-3, 0.3, 1e-3, 1e-5))
    found = fit(run, CellModel("R0-De1-C1@Lag1", {"R0": 300.0}))
    assert found.interval_inflation == 1.0
    for one in found.estimates:
        low, high = one.ci95
        assert low is not None
        assert high is not None
        assert low < truth[one.name] < high
        assert high - low < 0.03 * truth[one.name]


@pytest.mark.parametrize("lag_s", [TAU, R * C])
def test_where_lag_and_cell_may_change_places_the_faster_is_the_instrument(lag_s: float, lagging: Any) -> None:
    # exp(-t/RC) - exp(-t/tau) does not say which of the two is the cell's: 1 kohm and 5 ms, or 8 ohm and 40 us.
    found = fit(lagging(TAU), "R0-C1@Lag1", start={"Lag1": lag_s, "R0": R * TAU / lag_s})
    assert found.values == pytest.approx({"R0": R, "C1": C, "Lag1": TAU}, rel=1e-3)


def test_a_held_lag_is_what_an_instrument_says_of_itself(lagging: Any) -> None:
    run = lagging(TAU)
    held = fit(run, CellModel("R0-C1@Lag1", {"Lag1": TAU}))
    run.response_s = (TAU,)
    assert fit(run, "R0-C1").values == pytest.approx(held.values, rel=1e-7)


def test_two_lags_are_two_poles(lagging: Any) -> None:
    found = fit(lagging(TAU, 2.0 * TAU), CellModel("R0-C1@Lag1@Lag2", {"Lag2": 2.0 * TAU, "R0": R}))
    assert found.values == pytest.approx({"C1": C, "Lag1": TAU}, rel=1e-3)


def test_a_lag_too_fast_to_be_seen_is_not_identifiable(lagging: Any) -> None:
    lag = fit(lagging(1e-3 * DT), CellModel("R0-C1@Lag1", {"R0": R})).estimates[-1]
    assert not lag.determined
    assert lag.ci95[0] is None


def test_ranking_asks_whether_there_is_a_lag(lagging: Any) -> None:
    ranking = rank(lagging(TAU), ["R0-C1", "R0-C1@Lag1"])
    assert ranking.decided
    assert ranking.best.model.circuit == "R0-C1@Lag1"


def test_what_comes_back_is_the_cells_not_the_instruments(lagging: Any) -> None:
    through = fit(lagging(TAU), CellModel("R0-C1@Lag1", {"R0": R}))
    without = fit(lagging(), CellModel("R0-C1", {"R0": R}))
    peaks = [reversal_course(one, 0.02, 0.02)[1].value for one in (through, without)]
    assert peaks[0] == pytest.approx(peaks[1], rel=2e-3)


def test_a_spectrum_has_no_lag_in_it(lagging: Any) -> None:
    spectrum = ImpedanceSpectrum(F, np.asarray(R + 1.0 / (2j * np.pi * F * C), np.complex128))
    both = fit_joint([lagging(TAU), spectrum], "R0-C1@Lag1")
    assert both.values == pytest.approx({"R0": R, "C1": C, "Lag1": TAU}, rel=1e-3)
    assert both.impedance(F) == pytest.approx(spectrum.impedance_ohm, rel=1e-3)
    with pytest.raises(FitError, match="leave @Lag out"):
        fit_impedance(spectrum, "R0-C1@Lag1")


@pytest.mark.parametrize(("circuit", "at"), [("R0-Lag1-C1", 3), ("R0-C1@C2", 6), ("R0-C1@Lag1-C2", 10), ("@Lag1", 0)])
def test_a_lag_stands_behind_the_cell_and_nothing_else_does(circuit: str, at: int) -> None:
    with pytest.raises(FitError) as refused:
        CellModel(circuit)
    assert str(refused.value).splitlines()[-1].index("^") == at + 2
