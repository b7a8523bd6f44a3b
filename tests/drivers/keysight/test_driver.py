"""Does the B2900 driver do what its plan says, on a simulated B2912A behind a real connection?"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from drivers import Block, Identity, Status, VisaSession, open_potentiostat
from drivers.keysight.driver import B2901, B2911
from protocols import (
    InstrumentError,
    Limits,
    OutputStateUnknown,
    Protocol,
    ProtocolError,
    PulseSequence,
    Sampling,
)
from tests.drivers.conformance import SHORT_PROTOCOLS, rest_of, simulated_instrument
from tests.patience import patience, promised, slowed, timeout

OHM = 10_000.0
LIMITS = Limits(voltage_V=0.2, current_A=1e-5)


@pytest.fixture(scope="module")
def resource() -> Iterator[str]:
    with simulated_instrument("b2912a", slowed(10.0, 1.0), "resistor") as served:
        yield served


@pytest.fixture
def potentiostat(resource: str) -> Iterator[B2911]:
    driver = open_potentiostat(resource, timeout(2.0))
    assert isinstance(driver, B2911)
    yield driver
    driver.safe_state()
    driver.close()


def until_error(driver: B2911) -> tuple[list[Block], InstrumentError]:
    """Read a started program until it fails."""
    blocks: list[Block] = []
    try:
        while (block := driver.read()) is not None:
            blocks.append(block)
    except InstrumentError as fault:
        return blocks, fault
    raise AssertionError("the run did not fail")


def asked(resource: str, query: str) -> str:
    with VisaSession(resource) as session:
        return session.query(query)


@pytest.mark.parametrize("name", SHORT_PROTOCOLS)
def test_library_protocols_give_ohms_law_on_a_resistor(potentiostat: B2911, resource: str, name: str) -> None:
    plan = B2911.plan(Protocol.load(name))
    potentiostat.arm(plan)
    assert asked(resource, ":OUTP?") == "0", "arming leaves the output off"
    potentiostat.start()
    block = rest_of(potentiostat)
    assert len(block) == plan.n_samples
    assert not block.status.any()
    np.testing.assert_allclose(block.t_s, np.arange(plan.n_samples) * plan.interval_s + plan.aperture_s / 2, atol=2e-6)
    np.testing.assert_allclose(block.voltage_V, plan.sequence.voltage_at(block.t_s), atol=1e-9)
    # The first samples after an edge still see the instrument settle (10 us).
    times, _ = plan.sequence.jumps()
    since = block.t_s - np.concatenate([[-1.0], times])[np.searchsorted(times, block.t_s)]
    settled = since > 200e-6
    # 1e-4 of the range at 1 us, falling with the root of the aperture; five sigma.
    noise = 5e-4 * plan.current_range_A / np.sqrt(plan.aperture_s / 1e-6)
    assert np.abs(block.current_A - block.voltage_V / OHM)[settled].max() < noise
    assert asked(resource, ":OUTP?") == "0", "the program itself ends in output off"
    assert asked(resource, ":SYST:ERR?").startswith("+0,")


def test_more_samples_than_the_trace_holds_are_taken_more_slowly_and_said(potentiostat: B2911) -> None:
    protocol = Protocol.load("pump_probe")
    plan = B2911.plan(protocol)
    assert protocol.duration_s / protocol.sampling.interval_s > 100_000
    assert plan.n_samples <= 100_000
    assert [str(rounding) for rounding in plan.roundings] == ["sampling interval: 10 µs becomes 20 µs"]


def test_an_edge_within_a_sample_is_flagged_and_no_other_sample_is(potentiostat: B2911) -> None:
    sequence = PulseSequence.from_arrays([0, 0.00503, 0.01006], [0, 0.02, 0], 0.01509)
    plan = B2911.plan(Protocol("x", sequence, Sampling(1e-4), LIMITS))
    potentiostat.arm(plan)
    potentiostat.start()
    block = rest_of(potentiostat)
    assert np.flatnonzero(block.status).tolist() == [50, 100]
    assert set(block.status[[50, 100]]) == {Status.EDGE}


def test_repeats_play_the_same_levels_again(potentiostat: B2911) -> None:
    sequence = PulseSequence.bipolar("10 mV", "2 ms", before="1 ms", after="1 ms", bias="5 mV")
    plan = B2911.plan(Protocol("x", sequence, Sampling(1e-5), LIMITS, repeats=7))
    potentiostat.arm(plan)
    potentiostat.start()
    block = rest_of(potentiostat)
    assert len(block) == 7 * 600
    np.testing.assert_allclose(block.voltage_V.reshape(7, -1), np.tile(block.voltage_V[:600], (7, 1)))
    assert not block.status.any()


def test_the_current_limit_switches_off_and_the_run_says_why(potentiostat: B2911, resource: str) -> None:
    sequence = PulseSequence.pulse("100 mV", "10 ms", before="10 ms", after="10 ms")  # wants 10 uA
    plan = B2911.plan(Protocol("x", sequence, Sampling(1e-4, 1e-5), Limits(voltage_V=0.2, current_A=5e-6)))
    potentiostat.arm(plan)
    potentiostat.start()
    blocks, fault = until_error(potentiostat)
    assert "current limit was reached" in str(fault)
    status = np.concatenate([block.status for block in blocks])
    assert np.flatnonzero(status & Status.COMPLIANCE).tolist() == [len(status) - 1], "nothing comes after the trip"
    assert len(status) in {101, 102}, "the first sample of the pulse, or the second while it settles"
    assert asked(resource, ":OUTP?") == "0"


def test_a_current_beyond_the_range_is_nan_and_flagged(potentiostat: B2911) -> None:
    sequence = PulseSequence.pulse("100 mV", "10 ms", before="10 ms", after="10 ms")  # 10 uA on the 1 uA range
    limits = Limits(voltage_V=0.2, current_A=1e-3)
    plan = B2911.plan(Protocol("x", sequence, Sampling(1e-4, 1e-6), limits))
    assert (plan.current_range_A, plan.compliance_A) == (1e-6, 1.05e-6)
    # The limit is 105 % of the range, so that the protection comes first: switched off by hand to see the overload.
    potentiostat.arm(plan)
    potentiostat.session.write(":OUTP1:PROT OFF;:SENS1:CURR:PROT 1e-3")
    potentiostat.start()
    block = rest_of(potentiostat)
    beyond = np.isnan(block.current_A)
    # Settling from 10 uA with 10 us, the mean over the first 80 us after the pulse is 1.25 uA: beyond 1.05 uA as well.
    assert beyond.sum() == 101
    assert (block.status[beyond] & Status.OVERLOAD).all()
    assert not (block.status[~beyond] & Status.OVERLOAD).any()


def test_safe_state_may_be_called_at_any_time_and_reads_back(potentiostat: B2911, resource: str) -> None:
    assert potentiostat.safe_state().off
    potentiostat.arm(B2911.plan(Protocol.load("single_pulse").stretched(20.0)))
    potentiostat.start()
    while not len(potentiostat.read() or ()):
        pass
    assert asked(resource, ":OUTP?") == "1"
    assert potentiostat.safe_state().off
    assert asked(resource, ":OUTP?") == "0"
    assert potentiostat.safe_state().off


def test_abort_ends_with_the_output_off(potentiostat: B2911, resource: str) -> None:
    potentiostat.arm(B2911.plan(Protocol.load("single_pulse").stretched(20.0)))
    potentiostat.start()
    potentiostat.abort()
    assert asked(resource, ":OUTP?;:STAT:OPER:COND?").startswith("0;")


def test_an_output_that_is_switched_off_by_hand_ends_the_run_with_a_clear_error(
    potentiostat: B2911, resource: str
) -> None:
    potentiostat.arm(B2911.plan(Protocol.load("single_pulse").stretched(20.0)))
    potentiostat.start()
    while not len(potentiostat.read() or ()):
        pass
    with VisaSession(resource) as other:
        other.write(":OUTP OFF")
        other.query("*IDN?")
    assert "switched off at the instrument" in str(until_error(potentiostat)[1])


def test_another_program_that_resets_the_instrument_is_noticed(potentiostat: B2911, resource: str) -> None:
    potentiostat.arm(B2911.plan(Protocol.load("single_pulse")))
    potentiostat.start()
    while not len(potentiostat.read() or ()):
        pass
    with VisaSession(resource) as other:
        other.write("*RST")
        other.query("*IDN?")
    assert "another program has reset" in str(until_error(potentiostat)[1])


def test_reading_or_starting_without_a_program_is_a_clear_error(potentiostat: B2911) -> None:
    for act in (potentiostat.read, potentiostat.start):
        with pytest.raises(InstrumentError, match="arm it first"):
            act()


def test_what_the_instrument_refuses_is_told_with_its_number(potentiostat: B2911) -> None:
    plan = B2911.plan(Protocol.load("single_pulse"))
    with pytest.raises(InstrumentError, match="refused the settings") as caught:
        potentiostat.arm(replace(plan, compliance_A=50.0))
    assert caught.value.number == -222


def test_a_setting_that_reads_back_otherwise_is_refused(potentiostat: B2911, resource: str) -> None:
    plan = B2911.plan(Protocol.load("single_pulse"))
    with pytest.raises(InstrumentError, match=r"APER.* reads back .* the output is still off"):
        potentiostat.arm(replace(plan, aperture_s=5.0))  # 2 s is the longest: the instrument takes that without a word
    assert asked(resource, ":OUTP?") == "0"


# -- a link that fails ------------------------------------------------------------------------------------------------


@pytest.mark.realtime  # within its timeout is what a session promises
@pytest.mark.parametrize("answer", [b"garbage\n", b"1;2\n", b"1;x;3\n", b"#", b""])
def test_garbled_or_missing_answers_are_clear_errors_within_the_timeout(answer: bytes) -> None:
    plan = B2911.plan(Protocol.load("single_pulse"))
    with _mute_instrument(answer) as port:
        driver = B2911(VisaSession(f"TCPIP::127.0.0.1::{port}::SOCKET", timeout_s=0.3))
        driver.armed = plan
        began = time.monotonic()
        with pytest.raises(InstrumentError):
            driver.read()
        with pytest.raises(OutputStateUnknown, match="Press the On/Off key"):
            driver.safe_state()
        assert time.monotonic() - began < promised(5.0)
        driver.close()


class _mute_instrument:  # noqa: N801 - a context manager
    """Says who it is, and after that always the same."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def __enter__(self) -> int:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return int(self._listener.getsockname()[1])

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client:
            client.recv(1000)
            client.sendall(b"Keysight Technologies,B2912A,MY1,1\n")
            while client.recv(1000):
                client.sendall(self._answer)

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._thread.join(patience(10))


# -- plans, without an instrument -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("idn", "driver"),
    [
        ("Keysight Technologies,B2912A,MY51143912,3.4", B2911),
        ("Agilent Technologies,B2911A,MY51140001,1.0", B2911),
        ("Keysight Technologies,B2902B,MY1,5.0", B2901),
        ("Keysight Technologies,B2901BL,MY1,5.0", None),
        ("KEITHLEY INSTRUMENTS,MODEL 2461,1,1", None),
    ],
)
def test_models_are_told_apart_by_their_minima(idn: str, driver: type | None) -> None:
    found = [kind for kind in (B2901, B2911) if kind.matches(Identity.from_idn(idn))]
    assert found == ([driver] if driver else [])


def test_the_smaller_models_sample_half_as_fast() -> None:
    sequence = PulseSequence.pulse("100 mV", "10 ms", before="10 ms", after="10 ms")
    protocol = Protocol("x", sequence, Sampling(1e-5), LIMITS)
    assert B2911.plan(protocol).interval_s == 1e-5
    assert B2901.plan(protocol).interval_s == 2e-5


def test_uneven_dwells_go_on_their_greatest_common_step() -> None:
    # 1.5, 2.5 and 7 ms: half a millisecond, 22 points.
    sequence = PulseSequence.from_arrays([0, 0.0015, 0.004], [0, 0.02, 0], 0.011)
    plan = B2911.plan(Protocol("x", sequence, Sampling(1e-5), LIMITS))
    assert not plan.roundings
    np.testing.assert_allclose(plan.sequence.times_s, [0, 0.0015, 0.004])


def test_dwells_without_a_common_step_are_moved_a_little_and_that_is_said() -> None:
    # 1 ms and 0.999 s + 1 us: their common step is 1 us, a million points; by 1 us in a second they fit.
    sequence = PulseSequence.from_arrays([0, 0.001, 0.002], [0, 0.02, 0], 1.000001)
    plan = B2911.plan(Protocol("x", sequence, Sampling(1e-4), LIMITS))
    assert plan.sequence.duration_s == pytest.approx(1.0, abs=1e-9)
    assert "to fit a list of" in str(plan.roundings)


def test_dwells_that_no_list_of_2500_points_holds_are_refused() -> None:
    sequence = PulseSequence.from_arrays([0, 0.01, 0.0101], [0, 0.02, 0], 10.0)  # 100 us in 10 s: 100,000 points
    with pytest.raises(ProtocolError, match="a list of 2500 points"):
        B2911.plan(Protocol("x", sequence, Sampling(1e-3), LIMITS))


def test_a_pulse_that_is_too_short_is_told_the_stretch_that_would_do() -> None:
    sequence = PulseSequence.pulse("100 mV", "20 us", before="1 ms", after="1 ms")
    with pytest.raises(ProtocolError, match=r"stretch 2\.5"):
        B2911.plan(Protocol("x", sequence, Sampling(1e-5), LIMITS))


def test_currents_and_voltages_beyond_the_ranges_are_refused() -> None:
    sequence = PulseSequence.pulse("1 V", "10 ms", before="10 ms", after="10 ms")
    with pytest.raises(ProtocolError, match="beyond the highest range, 3 A"):
        B2911.plan(Protocol("x", sequence, Sampling(1e-4, 5.0), Limits(voltage_V=2, current_A=5.0)))
    high = PulseSequence.pulse("30 V", "10 ms", before="10 ms", after="10 ms")
    with pytest.raises(ProtocolError, match="does not go with"):
        B2911.plan(Protocol("x", high, Sampling(1e-4), Limits(voltage_V=50, current_A=1.0)))
