"""A long sequence reaches the runner and the run file as it was planned."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from daq import open_run
from daq.execution.run_request import CampaignPlace, RunRequest, StopThreshold, request_from_json, request_to_json
from daq.execution.runner import Runner
from daq.files.header import Header
from daq.files.layout import create_run_file
from drivers import Identity
from protocols import Limits, Protocol, PulseSequence, Sampling


def long_protocol(n: int) -> Protocol:
    """Return `n` segments of 1 ms, of which every second is a ramp that starts with a jump."""
    level: NDArray[np.float64] = 0.01 * np.sin(np.arange(n))
    start = np.where(np.arange(n) % 2, level + 1e-3, level)
    sequence = PulseSequence(1e-3 * np.arange(float(n)), start, level, n * 1e-3)
    return Protocol("long drive", sequence, Sampling(1e-3), Limits(voltage_V=0.1, current_A=1e-5))


def test_a_request_says_the_same_on_the_other_side() -> None:
    ends_at = (StopThreshold("charge", -1e-3, False, "charge below -1 mC"),)
    request = RunRequest("FAKE", "", Limits(current_A=1e-3), "run.nxs", place=CampaignPlace("a", 7, True, ends_at))
    assert request_from_json(request_to_json(request)) == request


def test_a_million_edges_with_jumps_at_ramps_reach_the_run_file(tmp_path: Path) -> None:
    protocol = long_protocol(1_100_000)
    line = request_to_json(RunRequest("FAKE", protocol.to_toml(), Limits(), "run.nxs"))
    assert "\n" not in line, "a guardian reads one line"
    asked = Protocol.from_toml(request_from_json(line).protocol_text)
    path = tmp_path / "run.nxs"
    identity = Identity("A", "B", "C", "D")
    create_run_file(
        path, Header(asked.name, asked.to_toml(), asked.sample, identity, "R", {}, asked.sequence, 1000, 1.0)
    )
    run = open_run(path)
    assert run.protocol == protocol
    assert run.drive == protocol.sequence


def test_a_ramp_that_starts_with_a_jump_is_measured_and_kept(
    make_runner: Callable[..., tuple[Runner, Any, Path, Any]],
) -> None:
    sequence = PulseSequence(np.array([0, 0.1, 0.2]), np.array([0, 0.01, 0]), np.array([0, 0.02, 0]), 0.4)
    protocol = Protocol("jump and ramp", sequence, Sampling(1e-4), Limits(voltage_V=0.1, current_A=1e-5))
    runner, _, path, _ = make_runner(protocol)
    assert runner.run().state == "complete"
    run = open_run(path)
    assert run.protocol == protocol
    # 10 kohm: the charge of the trapezium between 10 and 20 mV over 0.1 s is 0.15 uC.
    charge_C = np.sum(run.current_A) * 1e-4
    np.testing.assert_allclose(charge_C, 0.015 * 0.1 / 1e4, rtol=2e-3)
