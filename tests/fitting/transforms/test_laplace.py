from __future__ import annotations

import numpy as np
import pytest
from pymittagleffler import mittag_leffler

from fitting.transforms.laplace import step_response

TIMES = np.geomspace(1e-6, 1e3, 60)


def test_exponential_comes_back_from_its_transform() -> None:
    assert step_response(lambda s: s / (s + 2.0), TIMES) == pytest.approx(np.exp(-2.0 * TIMES), abs=1e-10)


@pytest.mark.parametrize("a", [0.3, 0.6, 0.95])
def test_mittag_leffler_comes_back_from_its_transform(a: float) -> None:
    expected = np.real(mittag_leffler(-(TIMES**a), a, 1.0))
    assert step_response(lambda s: s**a / (1.0 + s**a), TIMES) == pytest.approx(expected, abs=1e-10)


def test_constant_phase_element_gives_its_power_law() -> None:
    from math import gamma

    response = step_response(lambda s: 1e-5 * s**0.7, TIMES)
    assert response == pytest.approx(1e-5 * TIMES**-0.7 / gamma(0.3), rel=1e-9)
