"""Schemes of circuits, and bounds of parameters that somebody knows."""

from __future__ import annotations

import numpy as np
import pytest

from fitting import CellModel
from fitting.inference.parameter_transform import ParameterTransform
from fitting.model.bounds import bounded
from fitting.model.circuit import CircuitError
from fitting.model.scheme import Part, Row, Stack, Symbol, element_titles, scheme_of
from protocols import FitError


def named(scheme: object) -> object:
    if isinstance(scheme, Part):
        return scheme.name
    if isinstance(scheme, Stack):
        return {"beside": [named(one) for one in scheme.branches]}
    assert isinstance(scheme, Row)
    return [named(one) for one in scheme.members]


def test_a_scheme_stands_in_series_and_side_by_side_as_the_circuit_does() -> None:
    scheme = scheme_of(CellModel("R0-p(Cc1-R2,C1,p(L1,W1))-CPE3@Lag1"))
    assert named(scheme) == ["R0", {"beside": [["Cc1", "R2"], "C1", {"beside": ["L1", "W1"]}]}, "CPE3", "Lag1"]
    symbols = [one.symbol for one in scheme.members if isinstance(one, Part)]
    assert symbols == [Symbol.RESISTOR, Symbol.CONSTANT_PHASE, Symbol.LAG]
    assert named(scheme_of(CellModel("R0"))) == ["R0"]
    assert {"R", "Mig", "Pr", "Lag"} <= set(element_titles())


@pytest.mark.parametrize(
    ("text", "at"), [("R0-Xx1", 3), ("R0-p(C1,R1", 4), ("R0-", 3), ("R0-R0", 3), ("R0)", 2), ("C", 1)]
)
def test_a_text_that_is_no_circuit_says_at_which_character(text: str, at: int) -> None:
    with pytest.raises(CircuitError) as caught:
        CellModel(text)
    assert caught.value.at == at
    assert caught.value.reason in str(caught.value)


def test_a_bounded_parameter_never_leaves_its_bounds() -> None:
    model = bounded(CellModel("R0-C1"), {"R0": "100 ohm .. 1 kohm", "C1": ".. 1e-6"})
    far = np.array([[-50.0, -50.0], [0.0, 0.0], [50.0, 50.0]])
    values = ParameterTransform(model.parameters).from_unbounded(far)
    assert values[:, 0].min() == pytest.approx(100.0, rel=1e-4)
    assert values[:, 0].max() == pytest.approx(1000.0, rel=1e-4)
    assert np.all(values[:, 1] <= 1e-6)
    assert CellModel("R0-C1").parameters[0].upper == float("inf"), "the circuit itself keeps its own"


@pytest.mark.parametrize(
    "bounds", [{"R1": "1 .. 2"}, {"R0": "2 .. 1"}, {"R0": "5 V .. 6 V"}, {"R0": "7"}, {"R0": ".."}, {"R0": "-1 .. 2"}]
)
def test_bounds_that_are_none_are_refused(bounds: dict[str, str]) -> None:
    with pytest.raises(FitError):
        bounded(CellModel("R0-C1"), bounds)
