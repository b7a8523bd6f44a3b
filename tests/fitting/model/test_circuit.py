from __future__ import annotations

import mpmath
import numpy as np
import pytest

from fitting import CellModel
from protocols import FitError

S = np.array([0.3 + 40.0j, 1e3 + 2e4j, -5.0 + 8.0j])


def bulk(s: mpmath.mpc, G: float, W: float, tau: float, a: float = 1.0) -> mpmath.mpc:
    x = (s * tau) ** a
    return G * (W + (1 - W) * x / (1 + x))


# Written out by hand from the definitions, in arbitrary precision.
BY_HAND = {
    "R0-De1-C1": lambda s, p: 1 / (p[0] + 1 / bulk(s, p[1], p[2], p[3]) + 1 / (s * p[4])),
    "R0-p(Cc1,C1)-CPE3": lambda s, p: (
        1 / (p[0] + 1 / (bulk(s, p[1], p[2], p[3], p[4]) + s * p[5]) + 1 / (p[6] * s ** p[7]))
    ),
    "p(R0-C1,Pr1:3)": lambda s, p: (
        1 / (p[0] + 1 / (s * p[1]))
        + sum(
            g / (1 + p[4] + p[5]) * bulk(s, p[2], p[3], tau)
            for g, tau in zip((1, p[4], p[5]), (p[6], p[7], p[8]), strict=True)
        )
    ),
}
VALUES = {
    "R0-De1-C1": [300.0, 5e-4, 0.3, 2e-3, 1e-6],
    "R0-p(Cc1,C1)-CPE3": [300.0, 5e-4, 0.3, 2e-3, 0.7, 1e-9, 1e-5, 0.87],
    "p(R0-C1,Pr1:3)": [300.0, 1e-6, 5e-4, 0.3, 2.0, 0.4, 1e-4, 3e-3, 0.2],
}


@pytest.mark.parametrize("circuit", BY_HAND)
def test_admittance_is_that_written_by_hand(circuit: str) -> None:
    expected = [complex(BY_HAND[circuit](mpmath.mpc(s), VALUES[circuit])) for s in S]
    assert CellModel(circuit).admittance(S, np.array(VALUES[circuit])) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("circuit", BY_HAND)
def test_derivatives_are_those_of_arbitrary_precision(circuit: str) -> None:
    p = VALUES[circuit]
    found = CellModel(circuit).admittance_jacobian(S, np.array(p))
    with mpmath.workdps(40):
        for k in range(len(p)):
            for n, s in enumerate(S):
                h = mpmath.mpf(p[k]) * mpmath.mpf("1e-12")
                up, down = ([mpmath.mpf(x) for x in p] for _ in range(2))
                up[k], down[k] = up[k] + h, down[k] - h
                value = complex((BY_HAND[circuit](mpmath.mpc(s), up) - BY_HAND[circuit](mpmath.mpc(s), down)) / (2 * h))
                assert found[k, n] == pytest.approx(value, rel=1e-9)


def test_parameters_are_named_by_element_and_symbol() -> None:
    names = [parameter.name for parameter in CellModel("R0-Mig1-p(C2,Pr3:2)-CPE4").parameters]
    assert names == [
        *("R0", "Mig1.G_inf", "Mig1.B", "Mig1.K", "Mig1.tau", "C2"),
        *("Pr3.G_inf", "Pr3.W_inf", "Pr3.r_2", "Pr3.tau_1", "Pr3.tau_2", "CPE4.Q", "CPE4.n"),
    ]


def test_fixed_parameter_is_not_free() -> None:
    free, whole = CellModel("R0-De1", {"De1.tau": 2e-3}), CellModel("R0-De1")
    assert [p.name for p in free.parameters] == ["R0", "De1.G_inf", "De1.W_inf"]
    theta = np.array([300.0, 5e-4, 0.3])
    assert free.admittance(S, theta) == pytest.approx(whole.admittance(S, np.append(theta, 2e-3)))
    assert free.admittance_jacobian(S, theta).shape == (3, len(S))


@pytest.mark.parametrize(
    ("circuit", "fault", "column"),
    [
        ("R0-Xx1", "no element 'Xx'", 3),
        ("R0-p(Cc1,C1", "never closed", 4),
        ("R0-p(Cc1)-C2", "at least two branches", 3),
        ("R0--C1", "expected an element", 3),
        ("R0-C1)", "not expected", 5),
        ("R-C1", "needs a label", 1),
        ("R0-C1-R0", "used twice", 6),
        ("R0-Pr1:9", "1 to 4 modes", 7),
        ("R0-De1:2", "only Pr", 6),
        ("p(R0,C1;R2)", "expected '-', ',' or ')'", 7),
        ("", "expected an element", 0),
    ],
)
def test_error_points_at_the_character(circuit: str, fault: str, column: int) -> None:
    with pytest.raises(FitError) as caught:
        CellModel(circuit)
    message, text, pointer = str(caught.value).split("\n")
    assert fault in message
    assert text == f"  {circuit}"
    assert pointer.index("^") == column + 2


def test_unknown_or_impossible_fixed_parameter_is_refused() -> None:
    with pytest.raises(FitError, match="the circuit has R0, C1"):
        CellModel("R0-C1", {"R1": 2.0})
    with pytest.raises(FitError, match="from 0 to 1"):
        CellModel("R0-CPE1", {"CPE1.n": 1.5})
