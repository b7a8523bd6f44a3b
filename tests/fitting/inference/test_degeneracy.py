"""Parameters that enter only in combination: named, with the combinations at their true values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fitting import CellModel, FitResult, fit, referee_table
from fitting.inference.combinations import combinations_of
from fitting.results.remarks import RemarkKind
from protocols import PulseSequence
from tests.fitting.bounds import bounds

DRIVE = PulseSequence.pump_probe(0.02, 0.05, 0.03, before=0.01, after=0.1)
T = np.arange(0.0, 0.185, 1e-4) + 3e-5


def fitted(record: Any, current: np.ndarray, circuit: str, fixed: dict[str, float] | None = None) -> FitResult:
    noise = 1e-3 * np.sqrt(np.mean(current**2)) * np.random.default_rng(3).standard_normal(len(T))
    found = fit(record(T, current + noise, DRIVE), CellModel(circuit, fixed))
    assert isinstance(found, FitResult)
    return found


def of_steps(step: Any) -> np.ndarray:
    current = np.zeros(len(T))
    for edge, height in zip(*DRIVE.jumps(), strict=True):
        after = edge < T
        current[after] += height * step(T[after] - edge)
    return current


def holds(found: FitResult, name: str, truth: float) -> None:
    """Check that a combination's interval is short and holds the truth within two of its halves."""
    low, high = bounds(found[name])
    assert high - low < 0.02 * truth
    assert abs(found[name].value - truth) < high - low


def kinds(found: FitResult) -> set[RemarkKind]:
    return {one.kind for one in found.remarks}


def test_a_resistor_before_a_debye_bulk_enters_with_its_plateau_only(record: Any, cells: Any) -> None:
    R, G, W, tau = 300.0, 5e-4, 0.3, 2e-3
    current = cells.debye(R, G, W, tau, 1e-5).current(T, DRIVE)
    found = fitted(record, current, "R0-De1-C1")
    # Z = R + 1/G + [(1/W - 1)/G] / (1 + s tau/W) + 1/(s C)
    holds(found, "R0 + 1/De1.G_inf", R + 1.0 / G)
    holds(found, "De1.tau/De1.W_inf", tau / W)
    holds(found, "(1/De1.W_inf - 1)/De1.G_inf", (1.0 / W - 1.0) / G)
    assert RemarkKind.DEGENERATE in kinds(found)
    for name in ("R0", "De1.G_inf", "De1.tau"):
        assert not found[name].determined
        assert "only in combination" in found[name].note
    assert found["C1"].determined
    # A bound stays what it is: R0 cannot be negative.
    assert found["De1.W_inf"].bound.startswith("<")
    assert "R0 + 1/De1.G_inf" in str(found).replace("\n", " ")
    again = FitResult.from_document(found.to_document(), found.arrays())
    assert again.combinations == found.combinations


def test_with_the_resistor_held_there_is_nothing_to_combine(record: Any, cells: Any) -> None:
    current = cells.debye(300.0, 5e-4, 0.3, 2e-3, 1e-5).current(T, DRIVE)
    found = fitted(record, current, "R0-De1-C1", {"R0": 300.0})
    assert found.combinations == ()
    assert not kinds(found) & {RemarkKind.DEGENERATE, RemarkKind.ONLY_COMBINED}
    assert all(one.determined for one in found.estimates)


def test_a_leak_beside_a_debye_bulk_enters_with_its_conductances_only(record: Any) -> None:
    R, G, W, tau = 3000.0, 5e-4, 0.3, 2e-3
    found = fitted(record, of_steps(lambda t: 1.0 / R + G * (W + (1.0 - W) * np.exp(-t / tau))), "p(R1,De1)")
    holds(found, "1/R1 + De1.G_inf", 1.0 / R + G)
    holds(found, "De1.G_inf (1 - De1.W_inf)", G * (1.0 - W))
    assert found["De1.tau"].determined
    # Its own interval is closed, since no conductance is negative; its value is anything within.
    assert not found["De1.G_inf"].determined
    assert not referee_table([found])["instant_conductance"].determined


@pytest.mark.parametrize(
    ("circuit", "name", "truth", "kind"),
    [
        ("R0-C1-C2", "1/C1 + 1/C2", 1e5 + 1e5 / 3.0, RemarkKind.DEGENERATE),
        ("R0-R1-C1", "R0 + R1", 700.0, RemarkKind.DEGENERATE),
    ],
)
def test_like_parts_in_series_enter_as_their_sum(
    circuit: str, name: str, truth: float, kind: RemarkKind, record: Any, cells: Any
) -> None:
    R, C = (700.0, 1e-5) if circuit == "R0-R1-C1" else (300.0, 7.5e-6)
    found = fitted(record, cells.rc(R, C).current(T, DRIVE), circuit)
    holds(found, name, truth)
    assert kind in kinds(found)


def test_arcs_of_one_time_are_told_as_one(record: Any) -> None:
    # R0 = 300 and two arcs of 500 and 700 ohm, both of 5 ms, are one of 1200 ohm: Y = (1 + s t)/(1500 + 300 s t).
    R0, R, tau = 300.0, 1200.0, 5e-3
    fast = tau * R0 / (R0 + R)
    found = fitted(
        record,
        of_steps(lambda t: 1.0 / (R0 + R) + (1.0 / R0 - 1.0 / (R0 + R)) * np.exp(-t / fast)),
        "R0-p(R1,C1)-p(R2,C2)",
    )
    assert RemarkKind.ONLY_COMBINED in kinds(found)
    assert not any(one.determined for one in found.estimates if one.name != "R0")
    sums = [one for one in found.combinations if {"R1", "R2"} <= set(one.name.split(" + "))]
    truth = R0 + R if "R0" in sums[0].name else R
    assert sums[0].value == pytest.approx(truth, rel=5e-3)


def test_combinations_name_each_parameter_once() -> None:
    model = CellModel("R0-p(De1,C1)-p(R2,C2)")
    names = frozenset(one.name for one in model.parameters)
    texts = [one.text for one in combinations_of(model.parameters, names)]
    assert len(texts) == len(set(texts))
    assert "R0 + 1/De1.G_inf" in texts
    assert not any("1/De1.G_inf + 1/(De1.G_inf De1.W_inf)" in text for text in texts)


def test_a_figure_beyond_what_numbers_hold_is_no_number_and_no_fault() -> None:
    """At the wall of a valley ``W^(-1/a)`` is 1e10000: pytest makes an error of a warning."""
    names = frozenset({"Cc1.tau", "Cc1.W_inf", "Cc1.a"})
    [time] = [one for one in combinations_of(CellModel("R0-Cc1-CPE1").parameters, names) if one.unit == "s"]
    values = {"Cc1.tau": np.array([1e-3, 1e-3]), "Cc1.W_inf": np.array([1e-100, 0.25]), "Cc1.a": np.array([1e-2, 0.5])}
    assert time.logarithm(values).tolist() == [np.inf, pytest.approx(np.log(16e-3))]
