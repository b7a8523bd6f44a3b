"""Does the host-timed driver keep a simulated PP212 within its jitter and its limits?"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from drivers import VisaSession
from drivers.zahner import Zahner
from ionecho.demo import simulated_instrument
from protocols import LimitError, Limits, Protocol, ProtocolError, PulseSequence, Sampling
from protocols.library import names
from tests.drivers.conformance import Truth, played

RESISTOR, SPEED = 10_000.0, 10.0


class Fast:
    """The simulator's clock runs so much faster than ours, and so must the driver's."""

    def monotonic(self) -> float:
        return SPEED * time.monotonic()


@pytest.fixture(scope="module")
def resource() -> Iterator[str]:
    with simulated_instrument("zahner-pp212", 1, SPEED, "resistor", "pty") as served:
        yield served


@pytest.fixture
def driver(resource: str) -> Iterator[Zahner]:
    with VisaSession(resource, dialect=Zahner.dialect) as session:
        made = Zahner(session, Fast())
        yield made
        made.safe_state()


def slow(name: str) -> Protocol:
    """A library protocol with its shortest dwell at 1 s."""
    protocol = Protocol.load(name)
    bounds = np.append(protocol.sequence.times_s, protocol.sequence.duration_s)
    return protocol.stretched(1.0 / np.diff(bounds).min())


@pytest.mark.parametrize("name", names())
def test_library_protocols_give_ohms_law_on_a_resistor(driver: Zahner, name: str) -> None:
    plan = Zahner.plan(slow(name))
    assert plan.jitter_s == 0.05
    Truth(RESISTOR, 2e-5 * plan.current_range_A).holds(plan, played(driver, plan))


def test_it_is_the_same_over_a_socket() -> None:
    with (
        simulated_instrument("zahner-pp212", 1, SPEED, "resistor", "socket") as served,
        VisaSession(served, dialect=Zahner.dialect) as session,
    ):
        plan = Zahner.plan(slow("single_pulse"))
        Truth(RESISTOR, 2e-5 * plan.current_range_A).holds(plan, played(Zahner(session, Fast()), plan))


def test_a_dwell_below_a_second_is_refused() -> None:
    with pytest.raises(ProtocolError, match="shorter than the shortest time of the PP212"):
        Zahner.plan(Protocol.load("single_pulse"))


def test_the_instruments_own_limit_ends_the_run(driver: Zahner) -> None:
    limits = Limits(voltage_V=1.0, current_A=2e-6)
    sequence = PulseSequence.pulse(0.1, 2.0, before=1.0, after=1.0)
    plan = Zahner.plan(Protocol("x", sequence, Sampling(0.1), limits))
    with pytest.raises(LimitError, match="switched itself off"):
        played(driver, plan)
    assert driver.safe_state().off
