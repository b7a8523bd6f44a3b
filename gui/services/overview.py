"""Finished runs made ready for drawing, whatever their length: at once, and then exactly, piece by piece.

The extremes of a very long run are read once, in pieces between which views are answered, and kept beside it
(`daq.files.kept_extremes`). Without Qt.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from gui.common.pyramid import BIN, FAN, Level
from gui.common.run_pyramid import COLUMNS, RunPyramid
from gui.common.traces import RunTraces

if TYPE_CHECKING:
    from daq import Run

LONG_RUN = 10_000_000
"""Samples from which on a finished run is read piece by piece, and its extremes are kept: shorter ones take a quarter
of a second. Doubled, the window waits twice as long for a run that is just shorter."""
_PIECE = 8192 * BIN
"""Samples of a column that are read at once: 16 MB, some 20 ms. Doubled, a view waits twice as long for its turn."""


class Overview:
    """A finished run made ready for drawing.

    Parameters
    ----------
    run : Run
        Only read.

    Attributes
    ----------
    traces : RunTraces
        What it draws is exact once `is_complete`.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._keeper: threading.Thread | None = None
        if run.n_samples < LONG_RUN:
            self.traces = RunTraces(run)
            return
        pyramid = RunPyramid(run.n_samples, _kept(run))
        samples = run.written(scattered=True)
        pyramid.hold(samples.t_s, samples.voltage_V, samples.current_A)
        self.traces = RunTraces(run, pyramid)

    @property
    def is_complete(self) -> bool:
        """Whether all of the run is known."""
        return self.traces.pyramid.share >= 1.0

    def read_on(self) -> bool:
        """Read the next piece of the run, some 50 ms; return whether all of it is known now."""
        pyramid = self.traces.pyramid
        if self.is_complete:
            return True
        first = pyramid.n_binned
        for name in COLUMNS:
            pyramid.add(name, self._run.read_column(name, first, first + _PIECE))
        if pyramid.share < 1.0:
            return False
        self._keeper = threading.Thread(target=_keep, args=(self._run, pyramid), name="keeping extremes", daemon=True)
        self._keeper.start()
        return True

    def wait_until_kept(self) -> None:
        """Wait until what was read is kept, if it is to be."""
        if self._keeper is not None:
            self._keeper.join()


def _bins(pyramid: RunPyramid) -> list[int]:
    return [BIN * FAN**k for k in range(len(pyramid.levels[COLUMNS[0]]))]


def _keep(run: Run, pyramid: RunPyramid) -> None:
    from daq.files.kept_extremes import write_extremes

    extremes = {name: [(one.lowest, one.highest) for one in levels] for name, levels in pyramid.levels.items()}
    write_extremes(run, extremes, _bins(pyramid))


def _kept(run: Run) -> dict[str, list[Level]] | None:
    from daq.files.kept_extremes import read_extremes

    kept = read_extremes(run, COLUMNS, _bins(RunPyramid(run.n_samples)))
    if kept is None:
        return None
    return {name: [Level(lowest, highest, len(lowest)) for lowest, highest in pairs] for name, pairs in kept.items()}
