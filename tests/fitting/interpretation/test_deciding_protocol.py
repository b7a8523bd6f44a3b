"""Protocols of experiments that would decide: the run's own, with what is to be varied varied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from daq import open_run
from fitting.interpretation.deciding_experiments import Experiment, Setting
from fitting.interpretation.deciding_protocol import protocol_of
from protocols import Protocol
from tests.fitting.archive.runs import DRIVE, write_run

if TYPE_CHECKING:
    from pathlib import Path

    from daq import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A record of which only drive and sample are known, as of an imported one."""
    return open_run(write_run(tmp_path / "pellet.nxs", run_id="a"))


def made(setting: Setting, value: float | None, run: Run, factor: float | None = None) -> Protocol:
    experiment = Experiment(setting, value, factor, "W_inf", "", ())
    # As the editor gets it: by its text.
    return Protocol.from_toml(protocol_of(experiment, run).to_toml())


def test_what_is_to_be_varied_is_varied_and_the_rest_stays(run: Run) -> None:
    thicker = made(Setting.THICKNESS, 3e-3, run)
    assert thicker.sample.thickness_m == 3e-3
    assert thicker.sample.area_m2 == run.sample.area_m2
    assert thicker.sequence.duration_s == pytest.approx(DRIVE.duration_s)
    assert thicker.sequence.jumps()[0] == pytest.approx(DRIVE.jumps()[0])
    assert made(Setting.THICKNESS, None, run, 3.0).sample.thickness_m == pytest.approx(3e-3)
    assert made(Setting.TEMPERATURE, 330.0, run).sample.temperature_K == 330.0
    assert made(Setting.EMPTY_FIXTURE, None, run).sample.thickness_m is None


def test_a_longer_pulse_has_its_rest_and_samples_enough(run: Run) -> None:
    longer = made(Setting.PULSE_WIDTH, 13.5, run)
    edges, steps = longer.sequence.jumps()
    assert edges[1] - edges[0] == pytest.approx(13.5)
    assert longer.sequence.duration_s - edges[1] == pytest.approx(13.5)
    assert steps == pytest.approx([0.02, -0.02])
    assert 1000 < longer.duration_s / longer.sampling.interval_s < 100_000
    assert longer.limits.voltage_V is not None
    assert longer.limits.voltage_V > 0.02
