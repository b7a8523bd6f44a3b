"""Printed results: a table with names, values, intervals and units, in a terminal and in a notebook."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fitting import Estimate, FitResult, fit
from fitting.results.titles import title_of
from protocols import PulseSequence

T = 1e-3 * np.arange(2000)
DRIVE = PulseSequence.pump_probe("20 mV", "300 ms", wait="100 ms", before="50 ms", after="1.25 s")


@pytest.fixture
def result(cells: Any, record: Any) -> FitResult:
    noise = 2e-9 * np.random.default_rng(5).standard_normal(len(T))
    cell = cells.debye(R=100.0, G=1e-3, W=0.4, tau=0.05, C=1e-4)
    found: FitResult = fit(record(T, cell.current(T, DRIVE) + noise, DRIVE), "R0-De1-C1")
    return found


def test_print_shows_a_table(result: FitResult) -> None:
    shown = str(result)
    assert "R0-De1-C1 on synthetic.nxs" in shown
    for name in ("De1.G_inf", "De1.tau", "Steady-state fraction W_inf", "Residual charge ratio", "95 % interval"):
        assert name in shown
    assert max(map(len, shown.splitlines())) <= 100
    assert "\x1b" not in shown
    assert str(result.table()) == shown


def test_the_representation_is_one_line(result: FitResult) -> None:
    assert repr(result) == "<FitResult: R0-De1-C1 on synthetic.nxs>"


def test_a_notebook_shows_the_table(result: FitResult) -> None:
    html = result._repr_html_()
    assert html.startswith("<pre>")
    assert "Median memory time" in html


def test_figures_are_found_by_their_names(result: FitResult) -> None:
    assert result["De1.tau"] is result.estimates[3]
    assert result["W_inf"] is result.memory[0]
    assert str(result["De1.tau"]).startswith("De1.tau: ")
    with pytest.raises(KeyError, match=r"no 'tau' here; there are: R0, De1\.G_inf"):
        result["tau"]


def test_what_is_not_determined_says_so() -> None:
    one = Estimate("W_inf", "", 0.4, (None, None), determined=False, note="any value fits as well")
    assert str(one) == "Steady-state fraction W_inf: 0.4 (95 %: open … open); not determined: any value fits as well"


def test_numbered_quantities_have_the_title_of_their_plain_name() -> None:
    assert title_of("reversal_charge_ratio_2") == "Residual charge ratio 2"
    assert title_of("mode_capacitance_11") == "Relaxation capacitance 11"
    assert title_of("De1.W_inf") == "De1.W_inf"


@pytest.mark.parametrize(
    ("ci95", "shown"),
    [
        ((3.8e-5, 0.2623), "< 0.27"),
        ((0.0, 0.003), "< 0.003"),
        ((0.7008, 0.9999), "> 0.7"),
        ((0.955, 1.0), "> 0.95"),
        ((0.2, 0.3), "0.25"),
        ((1e-5, 0.99999), "0.25"),  # says nothing, which is no bound
    ],
)
def test_a_share_whose_interval_reaches_an_end_is_a_bound(ci95: tuple[float, float], shown: str) -> None:
    one = Estimate("W_inf", "", 0.25, ci95, determined=True, is_share=True)
    assert one.shown()[0] == shown
    assert Estimate.from_document("W_inf", one.to_document()) == one


def test_a_time_is_never_a_bound() -> None:
    assert Estimate("memory_time", "s", 0.25, (1e-5, 0.3), determined=True).shown()[0] == "250 ms"
