"""Modes of a grid against responses that are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from fitting import ModeGrid
from fitting.transforms.modes import ModeMap, exponentials


@pytest.mark.parametrize("decades", np.linspace(1.5, 6.0, 19))
def test_the_ramp_of_an_inductance_is_met_over_any_window(decades: float) -> None:
    # L/R far beyond the record: the current of a step rises as t / L, of which a mode grid has nothing.
    grid = ModeGrid.covering(1e-3, 1e-3 * 10.0**decades)
    mode_map = ModeMap(grid)
    t = np.geomspace(grid.shortest_s, grid.longest_s, 200)
    found = exponentials(t, grid.rates) @ mode_map.weights(1.0 / (50.0 * mode_map.s))
    assert found == pytest.approx(t / 50.0, abs=6e-7 * grid.longest_s / 50.0)
