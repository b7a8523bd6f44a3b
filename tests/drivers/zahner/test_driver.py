"""Does the host-timed driver keep a simulated PP212 within jitter and limits? By injected clock and over real links."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from drivers import DrivePlan, Status, VisaSession
from drivers.zahner.driver import Zahner
from ionecho.demo.run_demo import simulated_instrument
from protocols import LimitError, Limits, OutputStateUnknown, Protocol, ProtocolError, PulseSequence, Sampling
from sim_instruments.core.clock import ManualClock
from sim_instruments.sample.cell import load_cell
from sim_instruments.zahner.instrument import PP212
from tests.drivers.conformance import SHORT_PROTOCOLS, Truth, joined, played
from tests.patience import slowed

RESISTOR = 10_000.0
LATENCY_S = 0.004


class InTime:
    """A link without a wire: the simulator's clock and the driver's are one, and each exchange takes some time."""

    resource = "PP212"
    idn = PP212.identity

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.device = PP212(self.clock, load_cell("resistor"), seed=2)
        self._talk = self.device.client_session()
        self.lies: dict[str, str] = {}

    def monotonic(self) -> float:
        return self.clock.now()

    def query(self, message: str) -> str:
        self._talk.receive(message.encode() + b"\n")
        self.clock.advance(LATENCY_S)
        self._talk.run()
        while not self._talk.output:
            self.clock.advance(0.001)
            self._talk.run()
        answer = bytes(self._talk.output).decode().strip()
        self._talk.output.clear()
        return self.lies.get(message, answer)


def record(link: InTime, driver: Zahner, plan: DrivePlan) -> None:
    driver.arm(plan)
    driver.start()
    blocks = []
    while (block := driver.read()) is not None:
        blocks.append(block)
        link.clock.advance(0.01)
    assert driver.safe_state().off
    assert not link.device.engine.on
    Truth(RESISTOR, 2e-5 * plan.current_range_A).holds(plan, joined(blocks))


@pytest.fixture
def link() -> InTime:
    return InTime()


@pytest.fixture
def driver(link: InTime) -> Zahner:
    return Zahner(link, link)  # type: ignore[arg-type]


def slow(name: str) -> Protocol:
    """A library protocol with its shortest dwell at 1 s."""
    protocol = Protocol.load(name)
    bounds = np.append(protocol.sequence.times_s, protocol.sequence.duration_s)
    return protocol.stretched(1.0 / np.diff(bounds).min())


@pytest.mark.parametrize("name", SHORT_PROTOCOLS)
def test_on_time_every_sample_of_a_library_protocol_is_ohms_law(link: InTime, driver: Zahner, name: str) -> None:
    plan = Zahner.plan(slow(name))
    assert plan.jitter_s == 0.05
    record(link, driver, plan)


def test_levels_are_absolute_though_another_program_has_left_them_relative_to_the_open_circuit(
    link: InTime, driver: Zahner
) -> None:
    link.device.engine.settings.ocv_V = 0.005  # of a cell that was there before
    assert link.query(":SESO:UREL OCV") == "ok"
    plan = Zahner.plan(slow("single_pulse"))
    driver.arm(plan)
    driver.start()
    assert float(link.query(":MEAS:VOLT?")) == pytest.approx(plan.sequence.rest_V, abs=1e-3)
    assert driver.safe_state().off


class Faster:
    """The clock of a computer whose instrument lives some times faster."""

    def __init__(self, speed: float) -> None:
        self.speed = speed

    def monotonic(self) -> float:
        return time.monotonic() * self.speed

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self.speed)


@pytest.fixture(scope="module", params=["pty", "socket"])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[str, float]]:
    """Resource and speed of a simulator that the machine, as loaded as it is now, can keep up with."""
    speed = slowed(20.0, 1.0)
    with simulated_instrument("zahner-pp212", 1, speed, "resistor", request.param) as resource:
        yield resource, speed


def begin_of(protocol: Protocol, seconds: float) -> Protocol:
    """What a protocol plays first; played in time, the whole of it differs by its length alone."""
    whole = protocol.sequence
    first = whole.times_s < seconds - 1.0
    sequence = PulseSequence.from_arrays(whole.times_s[first], whole.start_V[first], seconds)
    return replace(protocol, sequence=sequence)


@pytest.mark.realtime  # this computer times the levels, and the plan says how well
@pytest.mark.parametrize("name", SHORT_PROTOCOLS)
def test_library_protocols_give_ohms_law_over_real_links_at_the_jitter_that_the_plan_says(
    served: tuple[str, float], name: str
) -> None:
    plan = Zahner.plan(begin_of(slow(name), 16.0))
    resource, speed = served
    with VisaSession(resource, dialect=Zahner.dialect) as session:
        measured = played(Zahner(session, Faster(speed)), plan, poll_s=5e-4)
    assert len(measured) == plan.n_samples
    # A busy computer does not slow down as its instrument is sped up: what comes late is flagged, and is right for the
    # level that it says it belongs to.
    assert not (measured.status & ~np.uint8(Status.EDGE | Status.TIMING)).any()
    clear = (measured.status & Status.EDGE) == 0
    off = measured.current_A[clear] - measured.voltage_V[clear] / 10_000.0
    assert np.abs(off).max() < 6.0 * 2e-5 * plan.current_range_A
    in_time = measured.status == 0
    np.testing.assert_allclose(measured.voltage_V[in_time], plan.sequence.voltage_at(measured.t_s[in_time]), atol=1e-4)
    levels = plan.sequence.start_V[np.append(True, np.diff(plan.sequence.start_V) != 0.0)]
    played_V = measured.voltage_V[np.append(True, np.diff(measured.voltage_V) != 0.0)]
    # A computer that stood still for a whole level leaves that one out, and says so of its samples.
    assert in_time.mean() > 0.1
    assert len(played_V) == len(levels) or (measured.status & Status.TIMING).any()
    remaining = iter(levels)
    assert all(any(abs(level - planned) <= 1e-4 for planned in remaining) for level in played_V)


def test_a_dwell_below_a_second_is_refused_with_the_stretch_that_would_do() -> None:
    with pytest.raises(ProtocolError, match=r"shorter than the shortest time of the PP212.*--stretch 20"):
        Zahner.plan(Protocol.load("single_pulse"))


@pytest.mark.parametrize("interval_s", [0.1, 5.0])
def test_a_current_beyond_the_limit_switches_off_whether_a_sample_is_due_or_not(
    link: InTime, driver: Zahner, interval_s: float
) -> None:
    # The instrument's own limits do not watch while only the potentiostat is on (vendor's documentation).
    limits = Limits(voltage_V=1.0, current_A=2e-6)
    sequence = PulseSequence.pulse(0.1, 4.0, before=1.0, after=15.0)
    plan = Zahner.plan(Protocol("x", sequence, Sampling(interval_s), limits))
    driver.arm(plan)
    driver.start()

    def to_the_end() -> None:
        while driver.read() is not None:
            link.clock.advance(0.01)

    with pytest.raises(LimitError, match=r"flowed, more than the limit of 2 .A: the potentiostat was switched off"):
        to_the_end()
    assert link.clock.now() < 1.0 + 1.0, "within a second of the edge"
    assert not link.device.engine.on
    assert driver.safe_state().off


def test_a_sample_that_comes_late_is_flagged(link: InTime, driver: Zahner) -> None:
    sequence = PulseSequence.pulse(0.02, 2.0, before=2.0, after=2.0)
    plan = Zahner.plan(Protocol("x", sequence, Sampling(0.1), Limits(voltage_V=0.1, current_A=1e-5)))
    driver.arm(plan)
    driver.start()
    assert driver.read() is not None
    link.clock.advance(0.5)  # the computer was busy
    late = driver.read()
    assert late is not None
    assert late.status[0] & Status.TIMING


def test_a_potentiostat_that_does_not_say_off_is_unknown(link: InTime, driver: Zahner) -> None:
    link.lies[":SESO:STAT?"] = "1"
    with pytest.raises(OutputStateUnknown, match="Unplug the cell"):
        driver.safe_state()
