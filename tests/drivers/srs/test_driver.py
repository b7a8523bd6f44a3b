"""Does the driver play programs on a simulated EC301 and read its stream; are broken streams refused?"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
import pytest

from drivers import DrivePlan, Status, open_potentiostat
from drivers.srs.driver import EC301
from ionecho.demo.run_demo import simulated_instrument
from protocols import InstrumentError, Limits, Protocol, ProtocolError, PulseSequence, Sampling
from protocols.library import names
from tests.drivers.conformance import Truth, played
from tests.patience import slowed

RESISTOR = 10_000.0


@pytest.fixture(scope="module")
def resource() -> Iterator[str]:
    with simulated_instrument("ec301", 1, slowed(5.0, 0.5), "resistor") as served:
        yield served


@pytest.fixture
def driver(resource: str) -> Iterator[EC301]:
    opened = open_potentiostat(resource)
    assert isinstance(opened, EC301)
    yield opened
    opened.safe_state()
    opened.close()


def noise(plan: DrivePlan) -> float:
    """The simulator's stated noise: 1e-4 of the range in 4 us."""
    return 1e-4 * plan.current_range_A / float(np.sqrt(plan.interval_s / 4e-6))


@pytest.mark.parametrize("name", names())
def test_library_protocols_give_ohms_law_on_a_resistor(driver: EC301, name: str) -> None:
    plan = EC301.plan(Protocol.load(name))
    Truth(RESISTOR, noise(plan)).holds(plan, played(driver, plan))


def test_edges_are_rounded_to_4_us_and_said_so() -> None:
    sequence = PulseSequence.pulse(0.0204, 0.1000011, before=0.05, after=0.1)
    plan = EC301.plan(Protocol("x", sequence, Sampling(1e-5), Limits(voltage_V=0.1, current_A=1e-5)))
    np.testing.assert_allclose(np.rint(plan.sequence.times_s / 4e-6) * 4e-6, plan.sequence.times_s, atol=1e-12)
    told = "; ".join(map(str, plan.roundings))
    assert "20.4 mV becomes 20 mV" in told
    assert plan.interval_s == pytest.approx(8e-6)
    assert any("no current limit" in remark for remark in plan.remarks)


def test_more_levels_than_a_program_holds_are_refused() -> None:
    train = PulseSequence.train(0.01, 1e-3, 2e-3, 200, before=0.01, after=0.01)
    with pytest.raises(ProtocolError, match="a program holds 256"):
        EC301.plan(Protocol("x", train, Sampling(1e-5), Limits(voltage_V=0.1, current_A=1e-5)))


def test_a_current_beyond_the_range_is_nan_and_flagged(driver: EC301) -> None:
    limits = Limits(voltage_V=1.0, current_A=1e-4)
    sequence = PulseSequence.pulse(0.1, 0.02, before=0.01, after=0.02)
    plan = EC301.plan(Protocol("x", sequence, Sampling(1.6e-5, current_range_A=1e-6), limits))
    record = played(driver, plan)
    during = (record.t_s > 0.0101) & (record.t_s < 0.0299)
    assert np.isnan(record.current_A[during]).all()
    assert (record.status[during] & Status.OVERLOAD).all()
    assert not np.isnan(record.current_A[~during & (record.status == 0)]).any()


def test_a_run_can_be_aborted_and_the_cell_is_open_then(driver: EC301) -> None:
    sequence = PulseSequence.pulse(0.02, 30.0, before=0.01, after=30.0)
    plan = EC301.plan(Protocol("x", sequence, Sampling(1e-3), Limits(voltage_V=0.1, current_A=1e-5)))
    driver.arm(plan)
    driver.start()
    driver.read()
    driver.abort()
    assert driver.safe_state().answer == "0"
    assert driver.safe_state().off


class Scripted:
    """A link whose stream is given."""

    resource = "scripted"

    def __init__(self, stream: bytes) -> None:
        self._stream = stream

    def write(self, _message: str) -> None: ...

    def poll_bytes(self, limit: int) -> bytes:
        data, self._stream = self._stream[:limit], self._stream[limit:]
        return data


def packet(counter: int, payload: int = 32) -> bytes:
    return struct.pack("<xxHI8x", counter, payload) + bytes(payload) + bytes(24)


@pytest.mark.parametrize(
    "stream", [packet(0) + packet(2), packet(0) + packet(1, 33), packet(0) + b"\xff" * 80], ids=["lost", "odd", "noise"]
)
def test_a_broken_stream_is_an_error(stream: bytes) -> None:
    driver = EC301(Scripted(stream))  # type: ignore[arg-type]
    sequence = PulseSequence.pulse(0.02, 0.1, before=0.05, after=0.1)
    driver.armed = EC301.plan(Protocol("x", sequence, Sampling(1e-5), Limits(voltage_V=0.1, current_A=1e-5)))
    with pytest.raises(InstrumentError, match="stream is broken"):
        driver.read()
