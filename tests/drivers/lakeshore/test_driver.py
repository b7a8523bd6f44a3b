"""Does the Lake Shore driver keep a cell at a temperature, on simulated controllers behind real connections?"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import cast

import pytest

from drivers import Regulation, TemperatureController, VisaSession, open_temperature_controller
from drivers.lakeshore.driver import LakeShore335, LakeShore336
from protocols import InstrumentError, LimitError, OutputStateUnknown
from sim_instruments.core.clock import ManualClock
from sim_instruments.lakeshore.instrument import LakeShore336 as SimulatedLakeShore
from sim_instruments.sample.cell import load_cell
from tests.drivers.conformance import simulated_instrument
from tests.patience import patience, promised, slowed

SPEED = slowed(200.0, 10.0)


def simulated_clock() -> float:
    return time.monotonic() * SPEED


def simulated_sleep(seconds: float) -> None:
    time.sleep(seconds / SPEED)


@pytest.fixture(scope="module")
def resource() -> Iterator[str]:
    with simulated_instrument("lakeshore336", SPEED, "thermal") as served:
        yield served


@pytest.fixture
def controller(resource: str) -> Iterator[LakeShore336]:
    driver = LakeShore336(
        VisaSession(resource, 2.0, LakeShore336.dialect),
        Regulation(settling_s=30.0),
        clock=simulated_clock,
        sleep=simulated_sleep,
    )
    yield driver
    driver.safe_state()
    driver.close()


def asked(resource: str, query: str) -> str:
    with VisaSession(resource, 2.0, LakeShore336.dialect) as session:
        return session.query(query)


def test_it_goes_to_a_set_point_and_says_when_it_is_stable(controller: LakeShore336, resource: str) -> None:
    controller.set_setpoint(300.0)
    assert not controller.read().stable
    began = simulated_clock()
    reading = controller.wait_until_stable(timeout_s=3000.0, every_s=2.0)
    assert reading.stable
    assert reading.temperature_K == pytest.approx(300.0, abs=0.05)
    assert reading.setpoint_K == 300.0
    assert simulated_clock() - began >= 30.0, "stable is what has been in the band for the settling time"
    assert asked(resource, "TLIMIT? A;RANGE? 1") == "+0400;3", "the controller itself switches off above the limit"


def test_a_ramp_is_stable_only_at_its_end(controller: LakeShore336) -> None:
    controller.regulate(Regulation(ramp_K_min=30.0, settling_s=10.0))
    controller.set_setpoint(305.0)
    reading = controller.wait_until_stable(timeout_s=3000.0, every_s=1.0)
    assert reading.setpoint_K == 305.0


def test_safe_state_switches_the_heaters_off_any_number_of_times(controller: LakeShore336, resource: str) -> None:
    controller.set_setpoint(310.0)
    assert asked(resource, "RANGE? 1") == "3"
    for _ in range(2):
        assert controller.safe_state().off
    assert asked(resource, "RANGE? 1;RANGE? 2") == "0;0"
    assert not controller.read().stable, "without a set point nothing is stable"


def test_the_controllers_own_limit_is_never_above_the_one_that_was_given(
    controller: LakeShore336, resource: str
) -> None:
    controller.regulate(Regulation(highest_K=330.7))
    controller.set_setpoint(300.0)
    assert float(asked(resource, "TLIMIT? A")) == 330.0
    with pytest.raises(LimitError, match="330 K"):
        controller.set_setpoint(330.5)
    controller.safe_state()


@pytest.mark.parametrize("rate", [0.04, 101.0])
def test_a_ramp_that_the_controller_would_not_make_is_refused(controller: LakeShore336, rate: float) -> None:
    with pytest.raises(InstrumentError, match=r"0\.1 to 100 K/min"):
        controller.regulate(Regulation(ramp_K_min=rate))


def test_a_set_point_beyond_the_limits_is_refused_and_nothing_is_sent(controller: LakeShore336, resource: str) -> None:
    for temperature in (5.0, 401.0, float("nan")):
        with pytest.raises(LimitError, match="nothing was set"):
            controller.set_setpoint(temperature)
    assert asked(resource, "RANGE? 1") == "0"


def test_a_temperature_that_does_not_come_is_an_error_in_time(controller: LakeShore336) -> None:
    controller.set_setpoint(200.0)
    with pytest.raises(InstrumentError, match="not stable at 200 K"):
        controller.wait_until_stable(timeout_s=10.0)


def test_a_heater_that_is_switched_off_by_hand_is_noticed(controller: LakeShore336, resource: str) -> None:
    controller.set_setpoint(310.0)
    assert asked(resource, "RANGE 1,0;RANGE? 1") == "0"
    with pytest.raises(InstrumentError, match="switched off at the instrument, or by its temperature limit"):
        controller.read()


class Bench:
    """A simulated controller, spoken to without a link, on a clock that only the driver's waiting moves."""

    resource = "simulated"

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.device = SimulatedLakeShore(self.clock, load_cell("thermal"), 1)
        self.driver = LakeShore336(cast("VisaSession", self), clock=self.clock.now, sleep=self.clock.advance)

    def query(self, message: str) -> str:
        return ";".join(self.device.answers(message))

    def write(self, message: str) -> None:
        self.device.answers(message)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("cell-open", "the sensor is open"),
        ("cell-short", "the sensor is shorted"),
        ("compliance", "the heater is open"),
        ("overtemperature", "switched off at the instrument, or by its temperature limit"),
        ("reboot", "switched off at the instrument, or by its temperature limit"),
    ],
)
def test_faults_of_sensor_and_heater_are_told_and_safe_state_still_works(fault: str, message: str) -> None:
    bench = Bench()
    bench.driver.set_setpoint(310.0)
    bench.clock.advance(5.0)
    bench.device.inject(fault)
    with pytest.raises(InstrumentError, match=message):
        bench.driver.wait_until_stable(timeout_s=100.0)
    assert bench.driver.safe_state().off


def test_the_controllers_own_limit_switches_off_where_the_computer_does_not() -> None:
    bench = Bench()
    bench.driver.regulate(Regulation(highest_K=300.0))
    bench.driver.set_setpoint(299.9)
    bench.device.answers("SETP 1,320")  # somebody at the panel
    bench.clock.advance(60.0)
    with pytest.raises(InstrumentError, match="limit of 300 K"):
        bench.driver.read()


@pytest.mark.parametrize("ramp_K_min", [0.0, 60.0])
def test_a_set_point_that_somebody_else_changes_is_noticed(ramp_K_min: float) -> None:
    bench = Bench()
    bench.driver.regulate(Regulation(ramp_K_min=ramp_K_min))
    bench.driver.set_setpoint(310.0)
    bench.clock.advance(5.0)
    bench.driver.read()
    bench.device.answers("RAMP 1,0,0;SETP 1,290")
    with pytest.raises(InstrumentError, match="goes to 290 K, not to 310 K"):
        bench.driver.read()
    assert bench.driver.safe_state().off


def test_a_setting_that_reads_back_otherwise_is_refused() -> None:
    bench = Bench()
    bench.device.controller.outputs[1].error = 2  # a shorted heater does not go on
    with pytest.raises(InstrumentError, match=r"after 'RANGE 1,3', RANGE\? 1 says 0"):
        bench.driver.set_setpoint(310.0)


@pytest.mark.realtime  # within its timeout is what a session promises
@pytest.mark.parametrize("answer", [b"garbage\r\n", b"1;2\r\n", b"nan;0;1;1;0\r\n", b"+3", b""])
def test_garbled_or_missing_answers_are_clear_errors_within_the_timeout(answer: bytes) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        client, _ = listener.accept()
        with client:
            client.recv(1000)
            client.sendall(b"LSCI,MODEL336,LSA1/1,2.9\r\n")
            while client.recv(1000):
                client.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    session = VisaSession(f"TCPIP::127.0.0.1::{listener.getsockname()[1]}::SOCKET", 0.3, LakeShore336.dialect)
    driver = LakeShore336(session)
    began = time.monotonic()
    with pytest.raises(InstrumentError):
        driver.read()
    with pytest.raises(OutputStateUnknown, match="ALL OFF"):
        driver.safe_state()
    assert time.monotonic() - began < promised(5.0)
    driver.close()
    thread.join(patience(10))
    listener.close()


@pytest.mark.parametrize(
    ("kind", "transport", "driver"),
    [
        ("lakeshore336", "socket", LakeShore336),
        ("lakeshore336", "pty", LakeShore336),
        ("lakeshore335", "pty", LakeShore335),
    ],
)
def test_models_are_told_apart_over_each_transport(kind: str, transport: str, driver: type) -> None:
    with simulated_instrument(kind, 1.0, "thermal", transport) as resource:
        controller = open_temperature_controller(resource)
        assert type(controller) is driver
        assert isinstance(controller, TemperatureController)
        assert controller.identify().maker == "LSCI"
        controller.set_setpoint(300.0)
        assert controller.read().temperature_K == pytest.approx(295.0, abs=1.0)
        assert controller.safe_state().off
        controller.close()


def test_an_input_that_the_model_does_not_have_is_refused(controller: LakeShore336) -> None:
    with pytest.raises(InstrumentError, match="inputs A, B, C, D"):
        controller.regulate(Regulation(sensor="E"))


def test_safe_state_switches_the_voltage_outputs_of_a_336_off_too() -> None:
    bench = Bench()
    bench.query("OUTMODE 3,3,1,0;MOUT 3,50;RANGE 3,1;OUTMODE 4,1,1,0;RANGE 4,1")
    assert bench.device.output_is_on
    assert bench.driver.safe_state().off
    assert bench.query("RANGE? 3;RANGE? 4") == "0;0"
    assert not bench.device.output_is_on
