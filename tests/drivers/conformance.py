"""What must hold of every driver on its simulator, over whichever transport? Used by the tests of each family."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from daq.execution.read_pace import ReadPace
from drivers import Block, DrivePlan, Potentiostat, Status
from sim_instruments.serving.in_process import served_here
from tests.patience import patience

SHORT_PROTOCOLS = ("bipolar", "prbs", "pulse_train", "pump_probe", "single_pulse", "staircase")
"""Ready protocols that every instrument plays at some stretch, and that are over in a few seconds."""


@contextmanager
def simulated_instrument(
    kind: str, speed: float, cell: str = "resistor", transport: str = "", faults: Sequence[str] = ()
) -> Iterator[str]:
    """Serve a simulated instrument from a thread; gives its VISA resource.

    A process of its own would first load for half a second of processor time what is loaded here.
    """
    with served_here(kind, transport, cell, speed, seed=1, faults=faults) as served:
        yield served.resource


def played(driver: Potentiostat, plan: DrivePlan, timeout_s: float = 60.0, poll_s: float = 0.005) -> Block:
    """Run a plan to its end; the output is off afterwards."""
    driver.arm(plan)
    try:
        driver.start()
        return rest_of(driver, timeout_s, poll_s)
    finally:
        assert driver.safe_state().off


def rest_of(driver: Potentiostat, timeout_s: float = 60.0, poll_s: float = 0.005) -> Block:
    """Read a started program to its end, at a runner's pace; what came before an error is lost, as it is raised."""
    blocks = []
    pace = ReadPace()
    deadline = time.monotonic() + patience(timeout_s)
    begun = time.monotonic()
    while (block := driver.read()) is not None:
        blocks.append(block)
        now = time.monotonic()
        assert now < deadline, "the instrument does not come to its end"
        time.sleep(pace.rest_s(block, begun, now) if len(block) else poll_s)
        begun = time.monotonic()
    return joined(blocks)


def joined(blocks: list[Block]) -> Block:
    parts = (np.concatenate([getattr(b, name) for b in blocks]) for name in Block.__dataclass_fields__)
    return Block(*parts)


@dataclass(frozen=True)
class Truth:
    """A resistor: what every sample must read.

    Attributes
    ----------
    ohm : float
    noise_A : float
        Stated rms noise of one sample.
    """

    ohm: float
    noise_A: float

    def holds(self, plan: DrivePlan, record: Block) -> None:
        """Check all samples: number, times, voltages, currents within the noise."""
        assert len(record) == plan.n_samples
        assert (np.diff(record.t_s) > 0.0).all()
        good = record.status == 0
        assert good.mean() > 0.5
        excused = Status.EDGE | Status.TIMING if plan.jitter_s else Status.EDGE
        assert not (record.status & ~np.uint8(excused)).any()
        # While source and ammeter settle, a reading is not yet Ohm's.
        edges = np.append(plan.sequence.jumps()[0], np.inf)
        since = record.t_s - 0.5 * plan.aperture_s - np.append(-np.inf, edges)[np.searchsorted(edges, record.t_s)]
        good &= since > 20.0 * sum(plan.response_s)
        wanted = plan.sequence.voltage_at(record.t_s[good]) / self.ohm
        off = record.current_A[good] - wanted
        assert np.abs(off).max() < 6.0 * self.noise_A
        assert 0.5 < off.std() / self.noise_A < 1.5
