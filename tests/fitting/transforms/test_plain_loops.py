from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from fitting.model.elements import migration
from fitting.reduction.drive import ModeCursor, modes_at
from fitting.transforms import mismatch_loop, plain_loops
from protocols import PulseSequence

GAUSS_NODES, GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(8)
GAUSS = np.stack([0.5 * (GAUSS_NODES + 1.0), 0.5 * GAUSS_WEIGHTS])
# Panels of uneven width, as the element has them.
EDGES = 60.0 * np.linspace(0.0, 1.0, 161) ** 1.2
NODES = EDGES[:-1, None] + np.diff(EDGES)[:, None] * GAUSS[0]
NODES = np.stack([NODES, -np.expm1(-NODES)])
TIMES = np.concatenate([[0.0], np.geomspace(1e-3, 1e8, 199)])


@pytest.mark.parametrize(
    ("B", "K"), [(0.1, 1.0), (0.5, 1.5), (2.0, 2.0), (8.0, 2.5), (5.0, 1.0), (20.0, 3.9), (25.0, 1.1)]
)
def test_mismatch_is_that_of_the_compiled_loop(B: float, K: float) -> None:
    solved = []
    for home in (mismatch_loop, plain_loops):
        out = np.empty((4, len(TIMES)))
        home.mismatch_of_times(TIMES, B, K, EDGES, NODES, 60, GAUSS, np.empty((3, len(EDGES))), out)
        solved.append(out)
    assert solved[1] == pytest.approx(solved[0], rel=1e-12)


DRIVES = {
    "jumps": PulseSequence.bipolar("20 mV", "100 ms", before="50 ms", after="200 ms"),
    "ramps that bend within samples": PulseSequence.from_arrays(
        [0.0, 0.0503, 0.1501, 0.15045, 0.2], [0.0, 0.02, -0.02, 0.0, 0.0], 0.45, ramp=[True] * 4 + [False]
    ),
}


@pytest.mark.parametrize("aperture_s", [0.0, 1e-3])
@pytest.mark.parametrize("drive", DRIVES.values(), ids=DRIVES)
def test_modes_of_a_drive_are_those_of_the_compiled_walk(drive: PulseSequence, aperture_s: float) -> None:
    rates = np.append(0.0, np.geomspace(0.1, 3e3, 40))
    times = (np.arange(400, dtype=np.float64) + 0.5) * 1e-3
    walked, keep = ModeCursor(rates, drive, 1e-3, aperture_s).rows(times, np.zeros(len(times)))
    at_once = modes_at(drive, rates, times, interval_s=1e-3, aperture_s=aperture_s)
    assert keep.sum() > 390
    assert at_once[keep] == pytest.approx(walked[keep], rel=1e-11, abs=1e-14)


def test_a_ramp_moves_the_modes_as_its_closed_form_says() -> None:
    segments = np.array([[0.1, 0.6], [0.0, 0.0], [2.0, 0.0]])
    rates, times = np.array([0.0, 5.0]), np.array([0.3, 0.8])
    seen = plain_loops.modes_of_drive(times, rates, segments, np.stack([np.ones(2), np.zeros(2)]), 0.0)
    # z' = -5 z + 2 from 0.1 s to 0.6 s, then free
    top = 2.0 / 5.0 * -np.expm1(-5.0 * 0.5)
    expected = [[0.4, 2.0 / 5.0 * -np.expm1(-5.0 * 0.2)], [1.0, top * np.exp(-5.0 * 0.2)]]
    assert seen == pytest.approx(np.array(expected), rel=1e-13)


def test_a_short_fit_loads_no_compiler() -> None:
    script = (
        "import sys, numpy as np; from fitting.model.elements.migration import mismatch;"
        " mismatch(np.array([0.0, 1.0]), 2.0, 2.0); print('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "False"


def test_a_long_fit_loads_the_compiled_loops_once_they_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("loops", "mismatch_loop"):
        monkeypatch.delitem(sys.modules, f"fitting.transforms.{name}", raising=False)
    monkeypatch.setattr(plain_loops, "_calls", 0)
    homes = [plain_loops.loops_for_call() for _ in range(2001)]
    assert {id(one) for one in homes[:2000]} == {id(plain_loops)}
    assert homes[-1] is not plain_loops
    assert migration.mismatch(np.array([1.0]), 2.0, 2.0)[0] < 1.0
