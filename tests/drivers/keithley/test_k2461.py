"""Does the 2461 driver do what its plan says, on a simulated instrument behind a real connection?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from drivers import Keithley2461, VisaSession, open_potentiostat
from protocols import InstrumentError, Limits, OutputStateUnknown, Protocol, PulseSequence, Sampling
from tests.drivers.conformance import SHORT_PROTOCOLS, rest_of, simulated_instrument
from tests.patience import slowed, timeout

OHM = 10_000.0
# 1e-4 of the 10 uA range at 1 us, averaged over 9 us: 0.33 nA; five sigma and a converter step.
NOISE_A = 5 * 0.34e-9 + 0.1e-9


@pytest.fixture(scope="module")
def resource(request: pytest.FixtureRequest) -> Iterator[str]:
    with simulated_instrument("keithley2461", slowed(10.0, 1.0), "resistor") as served:
        yield served


@pytest.fixture
def potentiostat(resource: str) -> Iterator[Keithley2461]:
    driver = open_potentiostat(resource, timeout(2.0))
    assert isinstance(driver, Keithley2461)
    yield driver
    driver.safe_state()
    driver.close()


def asked(resource: str, query: str) -> str:
    with VisaSession(resource) as session:
        return session.query(query)


@pytest.mark.parametrize("name", SHORT_PROTOCOLS)
def test_library_protocols_give_ohms_law_on_a_resistor(potentiostat: Keithley2461, resource: str, name: str) -> None:
    plan = Keithley2461.plan(Protocol.load(name))
    potentiostat.arm(plan)
    assert asked(resource, ":OUTP?") == "0", "arming leaves the output off"
    potentiostat.start()
    block = rest_of(potentiostat)
    assert len(block) == plan.n_samples
    assert not block.status.any()
    np.testing.assert_allclose(block.t_s, np.arange(plan.n_samples) * plan.interval_s + plan.aperture_s / 2, atol=2e-6)
    np.testing.assert_allclose(block.voltage_V, plan.sequence.voltage_at(block.t_s), atol=1e-9)
    # The first samples after an edge still see the instrument settle (1 us).
    times, _ = plan.sequence.jumps()
    since = block.t_s - np.concatenate([[-1.0], times])[np.searchsorted(times, block.t_s)]
    settled = since > 20e-6
    noise = NOISE_A * plan.current_range_A / 1e-5
    assert np.abs(block.current_A - block.voltage_V / OHM)[settled].max() < noise
    assert asked(resource, ":OUTP?") == "0", "the program itself ends in output off"
    assert asked(resource, ":SYST:ERR:COUN?") == "0"


def test_an_edge_within_a_sample_is_flagged_and_no_other_sample_is(potentiostat: Keithley2461) -> None:
    sequence = PulseSequence.from_arrays([0, 0.010005, 0.020003], [0, 0.02, 0], 0.03)
    plan = Keithley2461.plan(Protocol("x", sequence, Sampling(1e-5), Limits(voltage_V=0.1, current_A=1e-5)))
    potentiostat.arm(plan)
    potentiostat.start()
    status = rest_of(potentiostat).status
    assert np.flatnonzero(status).tolist() == [1000, 2000]


def test_repeats_play_the_same_levels_again(potentiostat: Keithley2461) -> None:
    sequence = PulseSequence.bipolar("10 mV", "2 ms", before="1 ms", after="1 ms", bias="5 mV")
    limits = Limits(voltage_V=0.1, current_A=1e-5)
    plan = Keithley2461.plan(Protocol("x", sequence, Sampling(1e-5), limits, repeats=7))
    potentiostat.arm(plan)
    potentiostat.start()
    block = rest_of(potentiostat)
    assert len(block) == 7 * 600
    np.testing.assert_allclose(block.voltage_V.reshape(7, -1), np.tile(block.voltage_V[:600], (7, 1)))


def test_a_current_at_its_compliance_is_flagged(potentiostat: Keithley2461) -> None:
    sequence = PulseSequence.pulse("100 mV", "10 ms", before="10 ms", after="10 ms")  # wants 10 uA
    limits = Limits(voltage_V=0.2, current_A=5e-6)
    plan = Keithley2461.plan(Protocol("x", sequence, Sampling(1e-5, 1e-5), limits))
    potentiostat.arm(plan)
    potentiostat.start()
    block = rest_of(potentiostat)
    limited = (block.status & 2) != 0
    np.testing.assert_array_equal(limited, block.voltage_V > 0.0)
    assert np.abs(block.current_A).max() < 1.02 * 5e-6


def test_a_current_beyond_the_range_is_nan_and_flagged(potentiostat: Keithley2461) -> None:
    sequence = PulseSequence.pulse("100 mV", "10 ms", before="10 ms", after="10 ms")  # 10 uA on the 1 uA range
    limits = Limits(voltage_V=0.2, current_A=1e-3)
    plan = Keithley2461.plan(Protocol("x", sequence, Sampling(1e-5, 1e-6), limits))
    assert plan.current_range_A == 1e-6
    potentiostat.arm(plan)
    potentiostat.start()
    block = rest_of(potentiostat)
    beyond = np.isnan(block.current_A)
    assert beyond.any()
    assert (block.status[beyond] & 1).all()
    # The first sample after the fall begins at the range's end, where noise alone decides.
    assert not beyond[(block.voltage_V == 0.0) & (np.abs(block.t_s - 0.02) > 20e-6)].any()


def test_safe_state_may_be_called_at_any_time_and_reads_back(potentiostat: Keithley2461, resource: str) -> None:
    assert potentiostat.safe_state().off
    potentiostat.arm(Keithley2461.plan(Protocol.load("single_pulse")))
    potentiostat.start()
    while not len(potentiostat.read() or ()):
        pass
    assert asked(resource, ":OUTP?") == "1"
    assert potentiostat.safe_state().off
    assert asked(resource, ":OUTP?;:SOUR:VOLT?").split(";")[0] == "0"
    assert potentiostat.safe_state().off


def test_reading_without_a_program_is_a_clear_error(potentiostat: Keithley2461) -> None:
    with pytest.raises(InstrumentError, match="arm it first"):
        potentiostat.read()


def test_what_the_instrument_refuses_is_told_with_its_number(
    potentiostat: Keithley2461, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.keithley.source_meter._NAME", "no such")
    monkeypatch.setattr(Keithley2461, "_load_levels", lambda *_: None)
    with pytest.raises(InstrumentError, match="refused") as caught:
        potentiostat.arm(Keithley2461.plan(Protocol.load("single_pulse")))
    assert caught.value.number is not None


def test_an_output_that_says_it_is_on_is_unknown(potentiostat: Keithley2461, monkeypatch: pytest.MonkeyPatch) -> None:
    say_on: Callable[[VisaSession, str], str] = lambda *_: "1"  # noqa: E731
    with monkeypatch.context() as patch:
        patch.setattr(VisaSession, "query", say_on)
        with pytest.raises(OutputStateUnknown, match="Press the OUTPUT key"):
            potentiostat.safe_state()


@pytest.mark.parametrize("disturbance", ["*RST", ":TRAC:CLE"])
def test_another_programs_reset_or_clear_in_mid_run_is_noticed(
    potentiostat: Keithley2461, resource: str, disturbance: str
) -> None:
    # Long enough to be running still when the other program has connected, on a slow machine too; and read so far that
    # a buffer which fills again from nothing does not hold as much before the next look.
    plan = Keithley2461.plan(Protocol.load("pump_probe").stretched(20.0))
    potentiostat.arm(plan)
    potentiostat.start()
    while potentiostat.n_read < plan.n_samples // 3:
        potentiostat.read()
    with VisaSession(resource) as other:
        other.write(disturbance if disturbance == "*RST" else f'{disturbance} "{potentiostat.buffer_name}"')
        other.query(":OUTP?")
    with pytest.raises(InstrumentError, match="another program"):
        rest_of(potentiostat)
    assert potentiostat.safe_state().off


def test_a_program_whose_end_is_not_told_yet_is_no_lost_output(
    potentiostat: Keithley2461, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The state is told every 100 ms (p. 6-234): at the end of a program whose buffer was cleared the output is off, the
    # state still says RUNNING, and readings are missing.
    potentiostat.arm(Keithley2461.plan(Protocol.load("pump_probe")))
    states = iter(["1;RUNNING;RUNNING;8;100", *["0;RUNNING;RUNNING;8;100"] * 2, "0;IDLE;IDLE;13;100"])

    def rows(query: str, count: int, _kind: str) -> np.ndarray:
        first = int(query.split("? ")[1].split(",", maxsplit=1)[0])
        time_s = np.arange(first - 1, first - 1 + count // 3) * 1e-5
        return np.column_stack([1e-9 * np.sin(time_s * 1e6), time_s, np.zeros(count // 3)]).ravel()

    with monkeypatch.context() as patch:
        patch.setattr(potentiostat.session, "query", lambda query: '0,"No error"' if "ERR" in query else next(states))
        patch.setattr(potentiostat.session, "query_block", rows)
        assert [len(potentiostat.read() or ()) for _ in range(3)] == [100, 0, 0]
        with pytest.raises(InstrumentError, match="its program ended after 100 of"):
            potentiostat.read()


def test_a_cleared_buffer_that_has_refilled_before_the_next_look_is_noticed(
    potentiostat: Keithley2461, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readings are counted from the clear again and fall into few converter steps: one that is equal proves nothing."""
    potentiostat.arm(Keithley2461.plan(Protocol.load("pump_probe")))
    rng = np.random.default_rng(4)

    def rows(query: str, count: int, _kind: str) -> np.ndarray:
        n = count // 3
        first = int(query.split("? ")[1].split(",", maxsplit=1)[0])
        time_s = np.arange(first - 1, first - 1 + n) * 1e-5
        return np.column_stack([rng.integers(-1, 2, n) * 8e-11, time_s, np.zeros(n)]).ravel()

    made = iter([1000, 2000])
    with monkeypatch.context() as patch:
        patch.setattr(potentiostat.session, "query", lambda _: f"1;RUNNING;RUNNING;8;{next(made)}")
        patch.setattr(potentiostat.session, "query_block", rows)
        assert len(potentiostat.read() or ()) == 1000
        with pytest.raises(InstrumentError, match="another program"):
            potentiostat.read()


def test_two_programs_never_share_a_buffer(resource: str) -> None:
    drivers = [open_potentiostat(resource) for _ in range(2)]
    names = set()
    for driver in drivers:
        assert isinstance(driver, Keithley2461)
        driver.arm(Keithley2461.plan(Protocol.load("pump_probe")))
        names.add(driver.buffer_name)
        driver.safe_state()
        driver.close()
    assert len(names) == 2


def test_an_output_switched_off_by_hand_in_mid_run_is_an_error_and_what_was_measured_is_kept(
    potentiostat: Keithley2461, resource: str
) -> None:
    plan = Keithley2461.plan(Protocol.load("pump_probe"))
    potentiostat.arm(plan)
    potentiostat.start()
    while not len(potentiostat.read() or ()):
        pass
    assert asked(resource, ":OUTP OFF;:OUTP?") == "0"
    with pytest.raises(InstrumentError, match="output was switched off at the instrument") as caught:
        rest_of(potentiostat)
    n_named = int(str(caught.value).split("before sample ")[1].split()[0])
    assert 0 < potentiostat.n_read == n_named < plan.n_samples, "all that came before is fetched first"
