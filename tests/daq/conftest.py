"""Tools of the tests of runs: a potentiostat of a few lines of Python, and a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from daq.execution.run_request import NO_CAMPAIGN, CampaignPlace, RunRequest
from daq.execution.runner import Runner
from daq.state import Phase, RunStatus
from drivers import Block, DrivePlan, Identity, Keithley2461, OutputReadback, Potentiostat
from protocols import Limits, Protocol, PulseSequence, Sampling


class HandClock:
    """Clock whose time passes only in `sleep`; `wall` is what a wall clock shows beyond that time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.wall = 1.8e9

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.wall + self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Listener:
    """Supervisor that keeps what a runner reports, and may tell it to stop."""

    def __init__(self) -> None:
        self.heard: list[RunStatus] = []
        self.reason: str | None = None
        self.problem: str | None = None
        self.refusal: str | None = None
        self.on_permission: Callable[[], None] = lambda: None

    def report(self, status: RunStatus) -> None:
        assert status.phase.may_follow(self.heard[-1].phase if self.heard else Phase.CONNECTING)
        self.heard.append(status)

    def stop_reason(self) -> str | None:
        return self.reason

    def may_start(self) -> str | None:
        self.on_permission()
        return self.refusal

    def switch_off(self) -> str | None:
        return self.problem


class ResistorPotentiostat(Potentiostat):
    """Plans like a 2461 and measures V / R, `block_samples` a read.

    Attributes
    ----------
    output_on : bool
    fail_at : dict
        Which call raises what: ``{"arm": error, "read 3": error, "safe_state": error}``.
    flags : dict
        Status of samples, by their index.
    """

    capabilities = Keithley2461.capabilities
    planner = Keithley2461.planner

    @classmethod
    def matches(cls, identity: Identity) -> bool:
        return identity.model == "resistor"

    def __init__(self, ohm: float = 10_000.0, block_samples: int = 500) -> None:
        self.ohm = ohm
        self.block_samples = block_samples
        self.output_on = False
        self.calls: list[str] = []
        self.fail_at: dict[str, Exception] = {}
        self.on_read: Callable[[int], None] = lambda _: None
        self.total: int | None = None
        self.flags: dict[int, int] = {}
        self._reads = 0
        self._next = 0
        self._plan: DrivePlan | None = None

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.fail_at:
            raise self.fail_at[name]

    def identify(self) -> Identity:
        self._called("identify")
        return Identity("MAKER", "RESISTOR", "1", "0")

    def arm(self, plan: DrivePlan) -> None:
        self._called("arm")
        self._plan = plan

    def start(self) -> None:
        self.output_on = True
        self._called("start")

    def read(self) -> Block | None:
        assert self._plan is not None
        self._reads += 1
        self.on_read(self._reads)
        self._called(f"read {self._reads}")
        last = self._plan.n_samples if self.total is None else self.total
        index = np.arange(self._next, min(self._next + self.block_samples, last))
        if len(index) == 0 and self.block_samples:
            self.output_on = False
            return None
        self._next += len(index)
        t = np.asarray((index + 0.5) * self._plan.interval_s, np.float64)
        v = self._plan.sequence.voltage_at(t)
        status = np.array([self.flags.get(int(k), 0) for k in index], dtype=np.uint8)
        return Block(t, v, v / self.ohm, status)

    def abort(self) -> None:
        self._called("abort")

    def safe_state(self) -> OutputReadback:
        self._called("safe_state")
        self.output_on = False
        return OutputReadback(off=True)

    def close(self) -> None:
        self._called("close")


@pytest.fixture
def potentiostat() -> ResistorPotentiostat:
    return ResistorPotentiostat()


@pytest.fixture
def protocol() -> Protocol:
    """0.4 s, 4000 samples, 10 mV and 20 mV on 10 kohm: 1 and 2 uA."""
    sequence = PulseSequence.from_arrays([0, 0.1, 0.2, 0.3], [0, 0.01, 0.02, 0], 0.4)
    return Protocol("two levels", sequence, Sampling(1e-4), Limits(voltage_V=0.1, current_A=1e-5))


@pytest.fixture
def make_runner(
    tmp_path: Path, potentiostat: ResistorPotentiostat
) -> Callable[..., tuple[Runner, Listener, Path, HandClock]]:
    def make(
        protocol: Protocol, limits: Limits | None = None, place: CampaignPlace = NO_CAMPAIGN
    ) -> tuple[Runner, Listener, Path, HandClock]:
        path, listener, clock = tmp_path / "run.nxs", Listener(), HandClock()
        request = RunRequest("FAKE", protocol.to_toml(), limits or Limits(), str(path), place=place)
        return Runner(potentiostat, request, listener, clock), listener, path, clock

    return make


def blocks_of(t: Sequence[float], v: Sequence[float], i: Sequence[float], status: int = 0) -> Block:
    return Block(np.array(t), np.array(v), np.array(i), np.full(len(t), status, dtype=np.uint8))
