"""Do the Keithley drivers work over each of their transports, and end clearly whatever happens to the instrument?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from drivers import Block, DrivePlan, Status, open_potentiostat
from protocols import InstrumentError, Limits, Protocol, PulseSequence, Sampling
from sim_instruments.core.instrument import DEVICE_FAULTS
from tests.drivers.conformance import played, rest_of, simulated_instrument
from tests.patience import slowed, timeout

OHM = 10_000.0
CATALOGUE = ("keithley2450", "keithley2460", "keithley2461")
STRETCH = {"keithley2450": 1.0, "keithley2460": 4.0, "keithley2461": 1.0}
LONGEST_AND_MOST_EDGES = ("bipolar", "prbs")
"""Programs and records that a link carries in the most pieces; all ready protocols are played over sockets."""
_SPEED = 1.0
"""Of the instrument that has a fault: the first question for readings must come before its program of 1.2 s has ended,
on a busy machine too."""


@pytest.fixture(scope="module", params=[(kind, transport) for kind in CATALOGUE for transport in ("hislip", "vxi11")])
def linked(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    kind, transport = request.param
    with simulated_instrument(kind, slowed(20.0, 1.0), "resistor", transport) as resource:
        assert ("hislip0" if transport == "hislip" else "inst0") in resource
        yield kind, resource


@pytest.mark.parametrize("name", LONGEST_AND_MOST_EDGES)
def test_library_protocols_give_ohms_law_over_hislip_and_vxi11(linked: tuple[str, str], name: str) -> None:
    kind, resource = linked
    driver = open_potentiostat(resource, timeout(2.0))
    try:
        plan = driver.plan(Protocol.load(name).stretched(STRETCH[kind]))
        block = played(driver, plan)
        assert len(block) == plan.n_samples
        clean = block.status == 0
        assert clean.mean() > 0.9
        assert not block.status[~clean & ((block.status & Status.EDGE) == 0)].any()
        times, _ = plan.sequence.jumps()
        since = block.t_s - np.concatenate([[-1.0], times])[np.searchsorted(times, block.t_s)]
        settled = clean & (since > 1e-3)
        # 1e-4 of the range at 1 us; apertures are 9 us and longer: six sigma.
        noise = 6e-4 / 3 * plan.current_range_A
        assert np.abs(block.current_A - block.voltage_V / OHM)[settled].max() < noise
    finally:
        assert driver.safe_state().off
        driver.close()


SEQUENCE = PulseSequence.train("20 mV", "100 ms", "200 ms", 4, before="200 ms", after="200 ms")
PROTOCOL = Protocol("x", SEQUENCE, Sampling(1e-3), Limits(voltage_V=0.1, current_A=1e-5))


TOLD = {
    "interlock-open": "switched off at the instrument .its interlock is open",
    "overtemperature": "switched off at the instrument .it is too hot inside",
    "reboot": "another program has reset or cleared",
    "buffer-overrun": "its buffer is full",
}


@pytest.mark.parametrize(
    ("kind", "fault"),
    [("keithley2461", fault) for fault in DEVICE_FAULTS]
    + [("keithley2450", fault) for fault in ("compliance", "reboot", "overtemperature")],
)
def test_what_happens_to_the_instrument_in_mid_run_is_told_and_the_output_goes_off(kind: str, fault: str) -> None:
    # With the first reading, or (a buffer that is gone answers nothing) with the first question for readings.
    when = "TRAC:ACT" if fault == "reboot" else "TRAC:DATA"
    with simulated_instrument(kind, _SPEED, "resistor", faults=[f"{fault}@command={when}"]) as resource:
        driver = open_potentiostat(resource, timeout(2.0))
        try:
            plan = driver.plan(PROTOCOL)
            driver.arm(plan)
            driver.start()
            if fault in TOLD:
                with pytest.raises(InstrumentError, match=TOLD[fault]):
                    rest_of(driver)
            else:
                block = rest_of(driver)
                check(fault, block, plan)
        finally:
            assert driver.safe_state().off
            driver.close()


def check(fault: str, block: Block, plan: DrivePlan) -> None:
    """Where a fault leaves readings: the readings tell it."""
    flags = int(np.bitwise_or.reduce(block.status)) & ~Status.EDGE
    if fault in {"compliance", "cell-short"}:
        assert flags & (Status.COMPLIANCE | Status.OVERLOAD)
    elif fault == "cell-open":
        assert np.abs(block.current_A[-10:]).max() < 1e-8
    else:
        assert len(block) == plan.n_samples
        assert flags == 0
