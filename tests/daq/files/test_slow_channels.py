"""Slow channels: readings that another process writes beside the samples."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from daq import open_run
from daq.files.finalize import finalize_run_file
from daq.files.layout import Layout, create_run_file
from daq.files.open_file import RunFileBytes
from daq.files.seal import write_seal
from daq.files.slow_channels import MOST_SLOW_CHANNELS, TEMPERATURE, SlowChannel, slow_parts, slow_rows
from daq.files.slow_writer import SlowChannelWriter
from daq.state import RunState
from protocols import RunFileError
from tests.daq.files.test_run_file import block, header


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "run.nxs"
    create_run_file(path, replace(header(), slow=(TEMPERATURE,)))
    return path


def in_steps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let the monotonic clock stand still until its only element is changed."""
    now = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "monotonic_ns", lambda: round(now[0] * 1e9))
    return now


@pytest.mark.parametrize("trimmed", [True, False])
def test_readings_beside_the_samples_are_read_back_with_the_time_of_the_run(
    path: Path, monkeypatch: pytest.MonkeyPatch, trimmed: bool
) -> None:
    now = in_steps(monkeypatch)
    file = RunFileBytes(path)
    with SlowChannelWriter(path, "temperature") as writer:
        assert not writer.add(300.0), "the run has not started"
        file.set_state(RunState.RUNNING)
        file.add_event("start")
        for k in range(4):
            now[0] += 2.0
            assert writer.add(300.0 + k)
            file.write_samples(100 * k, k, [block(100 * k, 100)])
        t_s, kelvin = open_run(path).slow("temperature")
        np.testing.assert_allclose(t_s, [2.0, 4.0, 6.0, 8.0], atol=1e-6)
        np.testing.assert_array_equal(kelvin, [300.0, 301.0, 302.0, 303.0])
        if not trimmed:
            file.write_samples(400, 4, [block(400, 600)])
        file.add_event("stopped", output="off", warnings=())
        file.set_state(RunState.STOPPED)
        now[0] += 2.0
        assert not writer.add(310.0), "the run has ended"
    file.close()
    finalize_run_file(path, RunState.STOPPED)
    run = open_run(path)
    run.require_intact()
    assert run.n_samples == (400 if trimmed else 1000)
    np.testing.assert_array_equal(run.slow("temperature")[1], [300.0, 301.0, 302.0, 303.0])


def test_readings_that_come_too_fast_or_too_late_are_left_out(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = in_steps(monkeypatch)
    file = RunFileBytes(path)
    file.set_state(RunState.RUNNING)
    file.add_event("start")
    with SlowChannelWriter(path, "temperature") as writer:
        taken = 0
        for _ in range(5 * slow_rows(1.0)):
            now[0] += 0.5
            taken += writer.add(300.0)
    file.close()
    assert taken == slow_rows(1.0) == len(open_run(path).slow("temperature")[0])


def test_a_damaged_reading_is_left_out_and_the_samples_stay_right(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = in_steps(monkeypatch)
    file = RunFileBytes(path)
    file.set_state(RunState.RUNNING)
    file.add_event("start")
    file.write_samples(0, 0, [block(0, 100)])
    with SlowChannelWriter(path, "temperature") as writer:
        for k in range(3):
            now[0] += 2.0
            writer.add(300.0 + k)
    at = file.layout.offsets["slow/temperature/value"] + 8
    file.close()
    with path.open("r+b") as raw:
        raw.seek(at)
        raw.write(np.float64(999.0).tobytes())
    run = open_run(path)
    run.require_intact()
    np.testing.assert_array_equal(run.slow("temperature")[1], [300.0, 302.0])


def test_a_run_without_the_channel_has_no_readings_and_takes_none(tmp_path: Path) -> None:
    path = tmp_path / "run.nxs"
    create_run_file(path, header())
    assert len(open_run(path).slow("temperature")[0]) == 0
    with pytest.raises(RunFileError, match="no room"):
        SlowChannelWriter(path, "temperature")
    with h5py.File(path, "r") as file:
        assert "slow" not in file["entry"]


def test_more_channels_than_the_seal_has_room_for_are_refused(tmp_path: Path) -> None:
    channels = (TEMPERATURE, SlowChannel("humidity", ""))
    with pytest.raises(RunFileError, match="1 slow channel"):
        create_run_file(tmp_path / "run.nxs", replace(header(), slow=channels))


def test_a_seal_has_room_for_the_places_of_a_channel_in_the_largest_file(tmp_path: Path) -> None:
    slow = {TEMPERATURE.name: slow_rows(1e6)}
    parts = ["time", "voltage", "current", "status", "blocks", "written", "events", "state"]
    parts += [part for channel in slow for part in slow_parts(channel)]
    largest = Layout(dict.fromkeys(parts, 10**12), 10**10, 10**7, slow, (10**12, 10**4), (10**12, 10**5))
    assert len(slow) == MOST_SLOW_CHANNELS
    about = {"run_id": "0" * 16, "trimmed": False, **asdict(largest)}
    path = tmp_path / "file"
    path.write_bytes(b"")
    with path.open("r+b") as file:
        write_seal(file.fileno(), "run", about, list(largest.growing.values()))


def test_nexus_software_plots_the_temperature(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = in_steps(monkeypatch)
    file = RunFileBytes(path)
    file.set_state(RunState.RUNNING)
    file.add_event("start")
    with SlowChannelWriter(path, "temperature") as writer:
        now[0] += 2.0
        writer.add(300.0)
    file.close()
    from nexusformat.nexus import nxload

    log = nxload(str(path))["entry/slow/temperature"]
    assert log.nxclass == "NXlog"
    assert log["value"].attrs["units"] == "K"
    values = log["value"].nxvalue
    assert values[0] == 300.0
    assert np.isnan(values[1:]).all()


def test_a_second_writer_goes_on_behind_the_readings_of_one_that_died(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = in_steps(monkeypatch)
    file = RunFileBytes(path)
    file.set_state(RunState.RUNNING)
    file.add_event("start")
    for kelvin in (300.0, 301.0):
        now[0] += 2.0
        with SlowChannelWriter(path, "temperature") as writer:
            assert writer.add(kelvin)
    np.testing.assert_array_equal(open_run(path).slow("temperature")[1], [300.0, 301.0])
