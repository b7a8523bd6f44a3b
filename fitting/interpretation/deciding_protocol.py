"""Protocol of an experiment that would decide whose a memory is: that of the run, with what is to be varied varied."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting.interpretation.deciding_experiments import Experiment, Setting
from protocols import FitError, Limits, Protocol, PulseSequence, Sample, Sampling

if TYPE_CHECKING:
    from daq import Run

_ABOVE = 1.2
"""Limits over what was seen, for a run that has none of its own. Doubled, a cell may see twice as much."""
_SAMPLES = 5000
"""Samples of a pulse and its rest, where the run's own interval would give more: fits need no more of an even record.
Doubled, files are twice as long."""


def protocol_of(experiment: Experiment, run: Run) -> Protocol:
    """Return the protocol of an experiment: that of a run, in which what is to be varied is another.

    Parameters
    ----------
    experiment : Experiment
    run : Run

    Raises
    ------
    FitError
        If the drive of the run is not known.
    """
    base = _protocol_of(run)
    notes = f"{experiment}. After {run.path.name}. {base.notes}".strip()
    name = f"{base.name}: {experiment.setting}"
    sample = base.sample
    if experiment.setting is Setting.THICKNESS:
        thickness = experiment.value
        if thickness is None and sample.thickness_m is not None and experiment.factor is not None:
            thickness = sample.thickness_m * experiment.factor
        return replace(base, name=name, notes=notes, sample=replace(sample, thickness_m=thickness))
    if experiment.setting is Setting.TEMPERATURE:
        return replace(base, name=name, notes=notes, sample=replace(sample, temperature_K=experiment.value))
    if experiment.setting is Setting.EMPTY_FIXTURE:
        return replace(base, name=name, notes=notes, sample=Sample(name="empty fixture"))
    width = experiment.value or base.sequence.duration_s
    level = base.sequence.max_abs_V
    rest = base.sequence.rest_V
    before = 0.1 * width
    sequence = PulseSequence.pulse(level, width, before=before, after=width, bias=rest)
    interval = max(base.sampling.interval_s or 0.0, sequence.duration_s / _SAMPLES)
    return replace(base, name=name, notes=notes, sequence=sequence, repeats=1, sampling=Sampling(interval_s=interval))


def _protocol_of(run: Run) -> Protocol:
    """Return the protocol of a run; of another program's record one that does what was done."""
    if run.protocol is not None:
        return run.protocol
    drive = run.drive
    if drive is None:
        raise FitError(
            f"{run.path.name}: what drove it is not known: state it (ionecho note --drive), or load a protocol"
        )
    current = np.asarray(run.current_A)
    largest = float(np.nanmax(np.abs(current))) if run.n_samples else 0.0
    interval = run.sample_interval_s or drive.duration_s / _SAMPLES
    limits = Limits(voltage_V=_ABOVE * max(drive.max_abs_V, 1e-3), current_A=_ABOVE * max(largest, 1e-12))
    return Protocol(
        name=run.path.stem, sequence=drive, sampling=Sampling(interval_s=interval), limits=limits, sample=run.sample
    )
