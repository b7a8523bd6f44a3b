"""Does the 2600B driver do what its plan says, on a simulated 2602B behind real connections?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from drivers import (
    Block,
    Identity,
    Keithley2602B,
    Keithley2612B,
    Keithley2636B,
    Status,
    VisaSession,
    open_potentiostat,
)
from protocols import (
    ConnectionLost,
    InstrumentError,
    Limits,
    OutputStateUnknown,
    Protocol,
    ProtocolError,
    PulseSequence,
    Sampling,
)
from tests.drivers.conformance import SHORT_PROTOCOLS, rest_of, simulated_instrument
from tests.patience import patience, slowed, timeout

OHM = 10_000.0


def noise_A(range_A: float, aperture_s: float) -> float:
    """Five sigma of the simulated electronics: 4e-4 of range at 1 us, white."""
    return 5 * range_A * 4e-4 * math.sqrt(1e-6 / aperture_s)


@pytest.fixture(scope="module", params=["socket", "vxi11"])
def resource(request: pytest.FixtureRequest) -> Iterator[str]:
    with simulated_instrument("keithley2602b", slowed(4.0, 0.5), "resistor", request.param) as served:
        yield served


@pytest.fixture
def potentiostat(resource: str) -> Iterator[Keithley2602B]:
    driver = open_potentiostat(resource, timeout(2.0))
    assert isinstance(driver, Keithley2602B)
    yield driver
    driver.safe_state()
    driver.close()


def asked(resource: str, what: str) -> str:
    with VisaSession(resource) as session:
        return session.query(f"print({what})")


def run(driver: Keithley2602B, sequence: PulseSequence, limits: Limits, **sampling: Any) -> Block:
    plan = Keithley2602B.plan(Protocol("x", sequence, Sampling(**sampling), limits))
    driver.arm(plan)
    driver.start()
    return rest_of(driver)


@pytest.mark.parametrize("name", SHORT_PROTOCOLS)
def test_library_protocols_give_ohms_law_on_a_resistor(potentiostat: Keithley2602B, resource: str, name: str) -> None:
    plan = Keithley2602B.plan(Protocol.load(name))
    potentiostat.arm(plan)
    assert float(asked(resource, "smua.source.output")) == 0, "arming leaves the output off"
    potentiostat.start()
    block = rest_of(potentiostat)
    assert len(block) == plan.n_samples
    assert not (block.status & ~np.uint8(Status.EDGE)).any()
    # Time stamps have a resolution of 1 us.
    np.testing.assert_allclose(block.t_s, np.arange(plan.n_samples) * plan.interval_s + plan.aperture_s / 2, atol=1e-6)
    np.testing.assert_allclose(block.voltage_V, plan.sequence.voltage_at(block.t_s), atol=1e-9)
    # The first samples after an edge still see the instrument settle (10 us).
    times, _ = plan.sequence.jumps()
    since = block.t_s - np.concatenate([[-1.0], times])[np.searchsorted(times, block.t_s)]
    settled = (since > 150e-6) & (block.status == 0)
    assert settled.sum() > 0.95 * len(block)
    error = np.abs(block.current_A - block.voltage_V / OHM)[settled]
    assert error.max() < noise_A(plan.current_range_A, plan.aperture_s)
    assert float(asked(resource, "smua.source.output")) == 0, "the program itself ends in output off"
    assert float(asked(resource, "errorqueue.count")) == 0


def test_a_capacitor_is_charged_and_discharged_as_its_time_constant_says() -> None:
    with simulated_instrument("keithley2602b", 4.0, "rc") as served:
        driver = open_potentiostat(served)
        assert isinstance(driver, Keithley2602B)
        sequence = PulseSequence.pulse("20 mV", "33 ms", before="11 ms", after="44 ms")
        block = run(driver, sequence, Limits(voltage_V=0.1, current_A=1e-5), interval_s=110e-6)
        driver.close()
    true = np.zeros(len(block))
    for edge_s, step_V in ((11e-3, 0.02), (44e-3, -0.02)):  # 10 kohm, 1 uF
        since = block.t_s - edge_s
        true += np.where(since > 0, step_V / OHM * np.exp(-since / 10e-3), 0.0)
    # 10 us of settling shift the decay by a thousandth of its time constant; the first samples see it in full.
    late = 2e-6 * 1.5e-3
    error = np.abs(block.current_A - true)
    assert np.sort(error)[:-4].max() < noise_A(1e-5, 20e-6) + late


def test_edges_between_samples_are_flagged_and_no_others(potentiostat: Keithley2602B) -> None:
    # Samples of 110 us with an aperture of 20 us: an edge 5 us after the start of one, and one between two.
    sequence = PulseSequence.from_arrays([0, 90 * 110e-6 + 5e-6, 180 * 110e-6 + 60e-6], [0, 0.02, 0], 0.03)
    block = run(potentiostat, sequence, Limits(voltage_V=0.1, current_A=1e-5), interval_s=110e-6)
    assert np.flatnonzero(block.status).tolist() == [90]


def test_repeats_play_the_same_levels_again(potentiostat: Keithley2602B) -> None:
    sequence = PulseSequence.bipolar("10 mV", "11 ms", before="11 ms", after="11 ms", bias="5 mV")
    limits = Limits(voltage_V=0.1, current_A=1e-5)
    plan = Keithley2602B.plan(Protocol("x", sequence, Sampling(110e-6), limits, repeats=5))
    potentiostat.arm(plan)
    potentiostat.start()
    block = rest_of(potentiostat)
    once = len(block) // 5
    np.testing.assert_allclose(block.voltage_V.reshape(5, -1), np.tile(block.voltage_V[:once], (5, 1)))
    assert not block.status.any()


def test_a_current_at_its_compliance_is_flagged(potentiostat: Keithley2602B) -> None:
    sequence = PulseSequence.pulse("100 mV", "11 ms", before="11 ms", after="11 ms")  # wants 10 uA
    limits = Limits(voltage_V=0.2, current_A=5e-6)
    block = run(potentiostat, sequence, limits, interval_s=110e-6, current_range_A=1e-5)
    limited = (block.status & Status.COMPLIANCE) != 0
    np.testing.assert_array_equal(limited, block.voltage_V > 0.0)


def test_a_current_beyond_the_range_is_nan_and_flagged(potentiostat: Keithley2602B) -> None:
    sequence = PulseSequence.pulse("100 mV", "11 ms", before="11 ms", after="11 ms")  # 10 uA on the 1 uA range
    limits = Limits(voltage_V=0.2, current_A=1e-3)
    plan = Keithley2602B.plan(Protocol("x", sequence, Sampling(110e-6, 1e-6), limits))
    assert plan.current_range_A == 1e-6
    potentiostat.arm(plan)
    potentiostat.start()
    block = rest_of(potentiostat)
    np.testing.assert_array_equal(np.isnan(block.current_A), (block.status & Status.OVERLOAD) != 0)
    # The first sample after the pulse still sees the instrument settle.
    assert np.flatnonzero(np.isnan(block.current_A) != (block.voltage_V > 0.0)).tolist() in ([], [200])


def test_safe_state_may_be_called_at_any_time_and_from_another_link(potentiostat: Keithley2602B, resource: str) -> None:
    spare = open_potentiostat(resource)
    assert potentiostat.safe_state().off
    potentiostat.arm(Keithley2602B.plan(Protocol.load("single_pulse").stretched(3)))
    potentiostat.start()
    while not len(potentiostat.read() or ()):
        pass
    assert spare.safe_state().off, "although the script on board is running"
    assert float(asked(resource, "smua.source.output")) == 0
    with pytest.raises(InstrumentError, match=r"ended|does not answer|lost"):
        rest_of(potentiostat)
    spare.close()
    potentiostat.close()
    potentiostat.session = VisaSession(resource)  # for the fixture's farewell


def test_abort_ends_the_program_at_once(potentiostat: Keithley2602B, resource: str) -> None:
    potentiostat.arm(Keithley2602B.plan(Protocol.load("pump_probe").stretched(3)))
    potentiostat.start()
    potentiostat.read()
    potentiostat.abort()
    assert potentiostat.read() is None
    assert potentiostat.safe_state().off
    assert float(asked(resource, "errorqueue.count")) == 0


def test_a_computer_that_falls_silent_leaves_the_output_off(
    potentiostat: Keithley2602B, resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keithley2602B, "silence_s", 1.0)
    potentiostat.arm(Keithley2602B.plan(Protocol.load("pump_probe").stretched(3)))
    potentiostat.start()
    potentiostat.read()
    potentiostat.session.close()  # the run goes on for another 8 s, unless it is missed
    with VisaSession(resource, timeout_s=patience(10.0)) as session:  # answered as soon as the script has ended
        assert float(session.query("print(smua.source.output)")) == 0
        assert float(session.query("print(status.operation.sweeping.condition)")) == 0
    potentiostat.session = VisaSession(resource)


def test_an_output_switched_off_in_mid_run_is_an_error() -> None:
    with simulated_instrument(
        "keithley2602b", slowed(4.0, 0.5), "resistor", "socket", ["interlock-open@command=*TRG"]
    ) as hurt:
        driver = open_potentiostat(hurt)
        assert isinstance(driver, Keithley2602B)
        driver.arm(Keithley2602B.plan(Protocol.load("pump_probe").stretched(3)))
        driver.start()
        with pytest.raises(InstrumentError, match="switched off at the instrument"):
            rest_of(driver)
        assert driver.safe_state().off
        driver.close()


def test_what_the_instrument_refuses_is_told_with_its_number(
    potentiostat: Keithley2602B, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.keithley.k2600.PROGRAM", "x = = 1")
    with pytest.raises(InstrumentError, match="refused the script") as caught:
        potentiostat.arm(Keithley2602B.plan(Protocol.load("single_pulse")))
    assert caught.value.number == -285


@pytest.mark.parametrize("answer", ["", "off", "nil\tnil", "off0\t0"])
def test_an_output_that_is_not_read_back_as_off_is_unknown(
    potentiostat: Keithley2602B, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(VisaSession, "query", lambda *_: answer)
        with pytest.raises(OutputStateUnknown, match="Press the OUTPUT ON/OFF key"):
            potentiostat.safe_state()


@pytest.mark.parametrize("answer", ["1 1 0", "a b c d", "1 1 0 5 6", ""])
def test_garbled_answers_are_errors(potentiostat: Keithley2602B, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    potentiostat.arm(Keithley2602B.plan(Protocol.load("single_pulse")))
    with monkeypatch.context() as patch:
        patch.setattr(VisaSession, "query", lambda *_: answer)
        with pytest.raises(InstrumentError, match="was answered"):
            potentiostat.read()


def test_reading_without_a_program_is_a_clear_error(potentiostat: Keithley2602B) -> None:
    with pytest.raises(InstrumentError, match="arm it first"):
        potentiostat.read()


def test_a_lost_link_ends_within_the_timeout() -> None:
    with simulated_instrument("keithley2602b", slowed(4.0, 0.5), "resistor", "socket", ["drop-fin@40000"]) as hurt:
        driver = open_potentiostat(hurt)
        assert isinstance(driver, Keithley2602B)
        driver.arm(Keithley2602B.plan(Protocol.load("pump_probe")))
        driver.start()
        with pytest.raises(ConnectionLost):
            rest_of(driver)
        with pytest.raises(OutputStateUnknown):
            driver.safe_state()


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("garble@20011", "garbled"),
        ("truncate@20000", "no answer"),
        ("buffer-overrun@command=*TRG", "refused the program while it ran: error 5042|ended after sample"),
        ("reboot@command=*TRG", "does not answer"),
    ],
)
def test_what_goes_wrong_on_the_way_is_an_error_and_nothing_wrong_is_accepted(fault: str, says: str) -> None:
    with simulated_instrument("keithley2602b", slowed(4.0, 0.5), "resistor", "socket", [fault]) as hurt:
        driver = open_potentiostat(hurt, timeout_s=1.0)
        assert isinstance(driver, Keithley2602B)
        plan = Keithley2602B.plan(Protocol.load("pump_probe").stretched(3))
        driver.arm(plan)
        driver.start()
        with pytest.raises(InstrumentError, match=says):
            read_truly(driver)
        driver.close()


def read_truly(driver: Keithley2602B) -> None:
    """Read to the end; what is read obeys Ohm's law but just after an edge."""
    while (block := driver.read()) is not None:
        true = np.abs(block.current_A - block.voltage_V / OHM) < 1e-7
        assert true.sum() >= len(block) - 2


def test_plans_state_what_the_models_cannot_do() -> None:
    limits = Limits(voltage_V=300.0, current_A=1e-3)
    high = Protocol("x", PulseSequence.pulse("100 V", "10 ms", before="10 ms", after="10 ms"), Sampling(1e-3), limits)
    with pytest.raises(ProtocolError, match="beyond the highest range, 40 V"):
        Keithley2602B.plan(high)
    assert Keithley2612B.plan(high).voltage_range_V == 200.0
    with pytest.raises(ProtocolError, match="shorter than the shortest"):
        Keithley2602B.plan(
            Protocol("x", PulseSequence.pulse("10 mV", "50 us", before="10 ms", after="10 ms"), Sampling(1e-3), limits)
        )
    long = Protocol("x", PulseSequence.pulse("10 mV", "30 s", before="10 ms", after="10 ms"), Sampling(1e-4), limits)
    with pytest.raises(ProtocolError, match="sample more slowly"):
        Keithley2602B.plan(long)
    assert any("110" in str(rounding) for rounding in Keithley2602B.plan(Protocol.load("prbs")).roundings)


def test_each_class_is_for_its_models() -> None:
    for model, driver in (("2604B", Keithley2602B), ("2611B", Keithley2612B), ("2635B", Keithley2636B)):
        identity = Identity.from_idn(f"Keithley Instruments Inc., Model {model}, 1, 3.0")
        assert [d for d in (Keithley2602B, Keithley2612B, Keithley2636B) if d.matches(identity)] == [driver]
