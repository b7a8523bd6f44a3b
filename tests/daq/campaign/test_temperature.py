"""The owner of a temperature: the rule of stability, the limit, links that fail, heaters that somebody switched off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from daq.campaign.temperature import ControllerThread, Stability
from drivers import TemperatureController, TemperatureReading
from protocols import ConnectionLost, InstrumentError
from protocols.campaigns import TemperatureRule
from tests.patience import until

RULE = TemperatureRule(
    controller="cryostat", tolerance_K=0.1, stable_for_s=0.02, at_most_s=10.0, limit_K=320.0, set_points_K=(300.0,)
)


class Controller:
    """A controller whose temperature is given."""

    def __init__(self) -> None:
        self.kelvin = 290.0
        self.setpoints: list[float] = []
        self.off, self.closed = 0, 0
        self.error: Exception | None = None

    def set_setpoint(self, temperature_K: float) -> None:
        self.setpoints.append(temperature_K)

    def read(self) -> TemperatureReading:
        if self.error is not None:
            error = self.error
            raise error
        return TemperatureReading(self.kelvin, (self.setpoints or [0.0])[-1], stable=False)

    def safe_state(self) -> None:
        self.off += 1

    def close(self) -> None:
        self.closed += 1


def wait_for_readings(owner: ControllerThread) -> None:
    """Wait until some more readings have come; each call hands them out once."""
    come = 0

    def enough() -> bool:
        nonlocal come
        come += len(owner.readings())
        return come > 3

    until(enough)


@pytest.fixture
def controller() -> Controller:
    return Controller()


@pytest.fixture
def owner(controller: Controller) -> Iterator[ControllerThread]:
    def opened(_rule: TemperatureRule) -> TemperatureController:
        return controller  # type: ignore[return-value] # a stand-in

    one = ControllerThread(RULE, opened, read_every_s=0.005)
    yield one
    one.end()


@pytest.mark.parametrize(
    ("readings", "stable_at"),
    [
        ([(0, 300.0), (5, 300.05), (10, 299.95)], 10),
        ([(0, 300.0), (5, 300.2), (9, 300.0), (18, 300.0), (19, 300.0)], 19),
        ([(0, 299.0), (20, 299.8), (40, 299.89)], None),
    ],
    ids=["near for long enough", "an excursion begins anew", "never near"],
)
def test_stable_is_what_was_near_for_long_enough(readings: list[tuple[int, float]], stable_at: int | None) -> None:
    rule = Stability(tolerance_K=0.1, stable_for_s=10.0)
    stable = [at_s for at_s, kelvin in readings if rule.take(at_s, kelvin, 300.0)]
    assert stable == ([] if stable_at is None else [stable_at])


def test_a_set_point_is_set_once_and_reached_by_the_rule(owner: ControllerThread, controller: Controller) -> None:
    owner.go_to(300.0)
    until(lambda: controller.setpoints == [300.0])
    stable = [owner.is_stable]
    controller.kelvin = 300.05
    until(lambda: owner.is_stable)
    owner.go_to(300.0)  # the same set point changes nothing
    stable.append(owner.is_stable)
    owner.go_to(305.0)
    stable.append(owner.is_stable)
    assert stable == [False, True, False]
    until(lambda: controller.setpoints == [300.0, 305.0])
    assert {row.setpoint_K for row in owner.readings()} >= {300.0}


def test_above_the_limit_the_heaters_go_off_first(owner: ControllerThread, controller: Controller) -> None:
    owner.go_to(300.0)
    until(lambda: controller.setpoints == [300.0])
    controller.kelvin = 320.5
    until(lambda: owner.problem != "")
    assert owner.is_limit
    assert controller.off >= 1
    assert owner.problem == "the cell was at 320.5 K, above the limit of 320 K: the heaters were switched off"
    owner.go_to(310.0)
    wait_for_readings(owner)
    assert controller.setpoints == [300.0], "it is not heated again"


def test_a_link_that_fails_is_opened_again(owner: ControllerThread, controller: Controller) -> None:
    until(lambda: owner.temperature_K is not None)
    controller.error = ConnectionLost("the cable was pulled")
    until(lambda: controller.closed > 2)
    controller.error = None
    owner.readings()
    until(lambda: owner.readings() != [])
    assert owner.problem == ""


def test_a_heater_that_somebody_switched_off_is_not_switched_on_again(
    owner: ControllerThread, controller: Controller
) -> None:
    owner.go_to(300.0)
    until(lambda: controller.setpoints == [300.0])
    controller.error = InstrumentError("output 1 is off: switched off at the instrument")
    until(lambda: owner.problem != "")
    controller.error = None
    wait_for_readings(owner)
    assert controller.setpoints == [300.0]
    assert not owner.is_limit


def test_at_the_end_the_heaters_are_off(owner: ControllerThread, controller: Controller) -> None:
    until(lambda: owner.temperature_K is not None)
    assert owner.end() == ""
    assert controller.off == 1
