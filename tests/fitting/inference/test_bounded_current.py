"""Which circuits answer a step of a measured voltage without bound, however their parameters are fitted?"""

from __future__ import annotations

from collections.abc import Iterator
from math import gamma
from typing import Any, cast

import numpy as np
import pytest

from fitting import CellModel, Element, Nuisance, Quantity, StartScale, fit, reduce_run
from fitting.model import circuit as circuit_file
from fitting.results.remarks import RemarkKind
from protocols import FitError
from protocols.plugins import Plugins

N, DT = 1500, 1e-3
T = np.arange(N) * DT
HIGHEST = np.array([1e12, 3e13], dtype=np.complex128)


def constant_phase_record(record: Any, n: float) -> Any:
    """A bare constant phase element of 1e-4 S s^n; its voltage goes in straight lines from sample to sample."""
    volts = np.where((T > 0.1) & (T < 0.6), 0.02, 0.0)
    current = np.zeros(N)
    bends = np.diff(np.diff(volts) / DT, prepend=0.0, append=0.0)
    for k in np.flatnonzero(bends):
        current[k:] += bends[k] * 1e-4 * (T[k:] - T[k]) ** (1.0 - n) / gamma(2.0 - n)
    noise = 1e-3 * float(np.sqrt(np.mean(current**2)))
    return record(T, current + noise * np.random.default_rng(0).standard_normal(N), None, voltage_V=volts)


def test_a_resistance_fitted_at_nothing_is_not_a_missing_one(record: Any) -> None:
    """From where the record does not see it, 1e-6 ohm, the search stays: R0 n = 0.4 does not count at any frequency."""
    result = fit(reduce_run(constant_phase_record(record, 0.4), Nuisance(edges="ramp")), "R0-CPE1", start={"R0": 1e-6})
    low, high = result["R0"].ci95
    assert not result["R0"].determined
    assert low is None
    # The element's own impedance at the shortest time is 0.6 kohm, the noise a thousandth.
    assert high is not None
    assert 1e-3 < high < 10.0
    assert result["CPE1.n"].value == pytest.approx(0.4, abs=2e-3)
    assert RemarkKind.INSTANT_RESPONSE in {remark.kind for remark in result.remarks}


def test_a_missing_resistance_is_named(record: Any) -> None:
    with pytest.raises(FitError, match="CPE1 has no resistance in series"):
        fit(reduce_run(constant_phase_record(record, 0.4), Nuisance(edges="ramp")), "CPE1")


@pytest.mark.parametrize(
    ("circuit", "bounded"),
    [
        ("R0-CPE1", True),
        ("CPE1", False),
        ("C1", False),
        ("W1-CPE1", False),
        ("R0-Wo1", True),
        ("Ws1", False),
        ("L1-C1", True),
        ("Mig1-CPE1", True),
        ("Rbm1-CPE1", False),
        ("p(R1,CPE1)-CPE2", False),
        ("R0-p(R1,CPE1)-CPE2", True),
        ("p(R1-C1,R2-CPE1)", True),
        ("p(R1,C1)-De1", True),
        ("CPE1@Lag1", True),
    ],
)
def test_the_circuit_decides_whatever_its_values(circuit: str, bounded: bool) -> None:
    model = CellModel(circuit)
    middle = np.full(model.n_all, 0.5)
    for size in (1e-12, 1.0, 1e12):
        theta = model.start(StartScale(size, 1e-3, 1.0), middle)
        assert model.is_bounded(theta, HIGHEST) is bounded


@pytest.mark.parametrize(("n", "bounded"), [(0.02, True), (0.04, False), (1.0, False)])
def test_a_constant_phase_of_next_to_no_angle_is_a_resistor(n: float, bounded: bool) -> None:
    assert CellModel("CPE1").is_bounded(np.array([1e-4, n]), HIGHEST) is bounded


class Skin(Element):
    """An element of another package that knows nothing of bounds: ``Y = k sqrt(s)``."""

    code = "Sk"
    quantities = (Quantity("k", "S·s^1/2"),)

    def evaluate(self, s: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return p[0] * np.sqrt(s), np.sqrt(s)[None]

    def start(self, scale: StartScale, draw: np.ndarray) -> tuple[float, ...]:
        return (scale.conductance_S * (1.0 + draw[0]),)


class _Point:
    name, value, dist = "skin", "some.package:Skin", None

    def load(self) -> type[Element]:
        return Skin


@pytest.fixture
def skin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    points = cast("Any", (_Point(),))
    monkeypatch.setattr("fitting.model.plugin_elements.plugins_of", lambda _: Plugins(points))
    circuit_file.installed_elements.cache_clear()
    yield
    monkeypatch.undo()
    circuit_file.installed_elements.cache_clear()


@pytest.mark.usefixtures("skin")
def test_an_element_of_another_package_is_asked_far_out() -> None:
    assert not CellModel("Sk1").is_bounded(np.array([1e-3]), HIGHEST)
    assert CellModel("R0-Sk1").is_bounded(np.array([1e-9, 1e-3]), HIGHEST)
