"""Facts of a run that are known from its first moment. Without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gui.common.instrument import instrument_title

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from daq import Run


@dataclass(frozen=True, eq=False)
class RunFacts:
    """What is known of a run from its first moment.

    Attributes
    ----------
    path : Path
    title : str
    instrument : str
        Maker, model and serial number.
    duration_s : float
    n_planned : int
    edges_s, steps_V : ndarray, shape (n,)
        When the voltage jumps, and by how much.
    resource : str
        VISA resource of the instrument.
    """

    path: Path
    title: str
    instrument: str
    duration_s: float
    n_planned: int
    edges_s: NDArray[np.float64]
    steps_V: NDArray[np.float64]
    resource: str = ""

    @classmethod
    def of(cls, run: Run) -> RunFacts:
        """Return the facts of an open run."""
        from gui.common.traces import edge_times  # with arrays: the window paints before they are there

        drive = run.drive
        steps = edge_times(None) if drive is None else drive.jumps()[1]
        planned_s = run.plan.get("duration_s", run.n_planned * (run.sample_interval_s or 0.0))
        duration = planned_s if drive is None else drive.duration_s
        of_instrument = run.instrument
        title = instrument_title(of_instrument.get("maker", ""), of_instrument.get("model", ""))
        who = f"{title} {of_instrument.get('serial', '')}".strip()
        edges = edge_times(drive)
        return cls(run.path, run.title, who, duration, run.n_planned, edges, steps, of_instrument.get("resource", ""))
