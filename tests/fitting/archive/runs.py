"""Run files of an archive, of a Debye conductor and a capacitor in series, whose response is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from daq.files.finalize import finalize_run_file
from daq.files.header import Header
from daq.files.layout import create_run_file
from daq.files.open_file import RunFileBytes
from daq.state import RunState
from drivers import Block
from protocols import PulseSequence, Sample
from tests.fitting.conftest import SumOfExponentials

if TYPE_CHECKING:
    from fitting.transforms.laplace import Floats

N = 2000
DRIVE = PulseSequence.pump_probe(0.02, 0.3, 0.1, before=0.05, after=0.65)
INTERVAL_S = DRIVE.duration_s / N
NOISE_A = 2e-8
CIRCUIT = "De1-C1"
G_INF_S, CAPACITANCE_F = 2e-4, 2e-4


def write_run(
    path: Path,
    *,
    run_id: str,
    W_inf: float = 0.3,
    tau_s: float = 0.02,
    state: RunState | None = RunState.COMPLETE,
    sample: Sample | None = None,
    seed: int = 1,
    n: int = N,
) -> Path:
    """Write a run by the product's own writer; without a state it is still growing."""
    cell = SumOfExponentials.debye(0.0, G_INF_S, W_inf, tau_s, CAPACITANCE_F)
    t = (np.arange(n, dtype=np.float64) + 0.5) * INTERVAL_S
    noise = NOISE_A * np.random.default_rng(seed).standard_normal(n)
    about = sample or Sample("pellet", 1e-3, 5e-5, temperature_K=300.0)
    return write_samples(
        path,
        t,
        cell.current(t, DRIVE, INTERVAL_S) + noise,
        DRIVE,
        about,
        run_id=run_id,
        aperture_s=INTERVAL_S,
        state=state,
    )


def write_samples(
    path: Path,
    t_s: Floats,
    current_A: Floats,
    drive: PulseSequence,
    sample: Sample,
    *,
    run_id: str,
    aperture_s: float = 0.0,
    state: RunState | None = RunState.COMPLETE,
) -> Path:
    """Write a run whose drive was commanded, by the product's own writer; without a state it is still growing."""
    n = len(t_s)
    plan = {"interval_s": float(np.mean(np.diff(t_s))), "aperture_s": aperture_s}
    create_run_file(path, Header("pump probe", "", sample, None, "none", plan, drive, n, drive.duration_s, run_id))
    file = RunFileBytes(path)
    file.write_samples(0, 0, [Block(t_s, drive.voltage_at(t_s), current_A, np.zeros(n, np.uint8))])
    file.close()
    if state is not None:
        finalize_run_file(path, state)
    return path
