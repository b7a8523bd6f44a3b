"""Does the driver play programs on a simulated EC301 and read its stream; are broken streams refused?"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from drivers import Block, DrivePlan, Status, open_potentiostat
from drivers.srs.driver import EC301
from drivers.srs.plan import program_of
from drivers.srs.program import ArbProgram, PulseProgram, RampProgram
from protocols import ConnectionLost, InstrumentError, Limits, Protocol, ProtocolError, PulseSequence, Sampling
from sim_instruments.serving.in_process import served_here
from sim_instruments.srs.syntax import Command
from tests.drivers.conformance import SHORT_PROTOCOLS, Truth, played, simulated_instrument
from tests.drivers.srs.direct import DirectSession
from tests.patience import slowed

if TYPE_CHECKING:
    from drivers import VisaSession

pytestmark = pytest.mark.waits

RESISTOR = 10_000.0


@pytest.fixture(scope="module")
def resource() -> Iterator[str]:
    with simulated_instrument("ec301", slowed(5.0, 0.5), "resistor") as served:
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


@pytest.mark.parametrize("name", SHORT_PROTOCOLS)
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


@pytest.fixture(scope="module")
def sessions() -> dict[int, DirectSession]:
    return {first: DirectSession(first_arb_type=first) for first in (0, 1)}


@pytest.fixture
def numbered(sessions: dict[int, DirectSession]) -> Iterator[dict[int, DirectSession]]:
    yield sessions
    for session in sessions.values():
        assert directly(session).safe_state().off


def rest_of(driver: EC301) -> list[Block]:
    """Read to the end."""
    blocks = []
    while (block := driver.read()) is not None:
        blocks.append(block)
    return blocks


def directly(session: DirectSession) -> EC301:
    return EC301(cast("VisaSession", session))


STAIRS = Protocol(
    "stairs",
    PulseSequence.staircase(0.01, 0.08, 8, 0.01, before=0.01, after=0.02),
    Sampling(6.4e-5),
    Limits(voltage_V=0.1, current_A=1e-5),
)
PULSES = Protocol(
    "pulses",
    PulseSequence.train(0.02, 0.01, 0.02, 8, before=0.01, after=0.01),
    Sampling(6.4e-5),
    Limits(voltage_V=0.1, current_A=1e-5),
)


@pytest.mark.parametrize("first", [0, 1])
def test_an_arbitrary_waveform_is_one_of_potentials_whichever_page_is_right(
    numbered: dict[int, DirectSession], first: int
) -> None:
    # P. 125 numbers the potentiostatic type 0, p. 132 numbers it 1, which is 1 A on p. 125.
    session = numbered[first]
    driver, plan = directly(session), EC301.plan(STAIRS)
    Truth(RESISTOR, noise(plan)).holds(plan, played(driver, plan))
    assert session.device.engine.arb.type == first
    assert not session.device.engine.settings.ecmode


def test_it_opens_the_cell_at_its_end_without_a_computer(numbered: dict[int, DirectSession]) -> None:
    session = numbered[1]
    driver, plan = directly(session), EC301.plan(STAIRS)
    driver.arm(plan)
    driver.start()
    was_on = session.device.output_is_on
    session.clock.advance(plan.duration_s + 0.1)
    assert (was_on, session.device.output_is_on) == (True, False)
    assert any("opens the cell at its end" in remark for remark in plan.remarks)


def test_pulses_end_at_the_rest_level_without_a_computer(numbered: dict[int, DirectSession]) -> None:
    session = numbered[1]
    driver, plan = directly(session), EC301.plan(PULSES)
    driver.arm(plan)
    driver.start()
    session.clock.advance(plan.duration_s + 0.1)
    assert session.device.output_is_on
    assert session.device.engine.newest().potential_V[0] == pytest.approx(0.0, abs=1e-3)
    assert driver.safe_state().off


def test_a_program_that_ends_too_early_is_an_error_after_what_it_played(numbered: dict[int, DirectSession]) -> None:
    session = numbered[1]
    driver, plan = directly(session), EC301.plan(PULSES)
    driver.arm(plan)
    # The other reading of p. 115: the program ends with the increment that reaches the limit.
    session.device.engine.pulses.limit -= 1
    driver.start()
    with pytest.raises(InstrumentError, match="ended after 150 ms, before its last edge at 160 ms"):
        rest_of(driver)


def test_a_program_of_single_points_plays_whole_by_either_reading(numbered: dict[int, DirectSession]) -> None:
    session = numbered[1]
    sequence = PulseSequence.pump_probe(0.02, 0.01, wait=0.02, before=0.01, after=0.02)
    plan = EC301.plan(Protocol("x", sequence, Sampling(6.4e-5), Limits(voltage_V=0.1, current_A=1e-5)))
    driver = directly(session)
    driver.arm(plan)
    session.device.engine.pulses.limit -= 1
    driver.start()
    assert not any((block.status & Status.TIMING).any() for block in rest_of(driver))


def test_a_cell_that_is_opened_at_the_front_panel_ends_the_run_with_an_error(
    numbered: dict[int, DirectSession],
) -> None:
    session = numbered[1]
    driver, plan = directly(session), EC301.plan(PULSES)
    driver.arm(plan)
    driver.start()
    assert driver.read() is not None
    session.device.engine.switch_cell(on=False)
    with pytest.raises(InstrumentError, match=r"the cell was opened .* after the start"):
        rest_of(driver)
    session.device.engine.switch_cell(on=True)


def test_a_program_that_does_not_start_is_an_error(
    numbered: dict[int, DirectSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = numbered[1]
    driver = directly(session)
    driver.arm(EC301.plan(PULSES))
    monkeypatch.setitem(session.device.table, "pstart", Command("", lambda: None))
    monkeypatch.setattr("drivers.srs.driver._STARTS_WITHIN_S", 0.0)
    driver.start()
    with pytest.raises(InstrumentError, match="has not started its program"):
        rest_of(driver)


@pytest.mark.parametrize("refused", ["irange", "pholdt", "arbdiv"])
def test_a_command_that_is_refused_is_found_although_later_ones_clear_the_error(
    numbered: dict[int, DirectSession], refused: str
) -> None:
    session = numbered[1]
    kept = dict(session.device.table)
    session.device.table[refused] = Command("iiiiii", kept[refused].act)
    try:
        with pytest.raises(InstrumentError, match=rf"refused|{refused}"):
            directly(session).arm(EC301.plan(STAIRS if refused.startswith("arb") else PULSES))
    finally:
        session.device.table[refused] = kept[refused]
    assert not session.device.output_is_on


def test_rising_pulses_are_pulses_on_a_moving_baseline() -> None:
    # The manual's normal pulse voltammetry, p. 129, at a tenth of its levels, one pass after the other.
    ends = np.cumsum([0.0, 2.0, *[0.25, 1.0] * 6])
    levels = [0.01, *np.ravel([(0.04 + 0.02 * k, 0.01) for k in range(6)])]
    sequence = PulseSequence.from_arrays(ends[:-1].tolist(), levels, float(ends[-1]), rest_V=0.01)
    plan = EC301.plan(Protocol("normal", sequence, Sampling(1e-3), Limits(voltage_V=0.2, current_A=1e-4)))
    program = program_of(plan)
    assert isinstance(program, PulseProgram)
    assert program.levels_mV == (10, 40, 10)
    assert program.holds == (500_000, 62_500, 250_000)
    assert program.adds == (False, True, False)
    assert program.moves == (False, False, True)
    assert (program.step_mV, program.limit) == (20, 5)


def test_long_pulses_are_made_by_the_ramp_generator_which_opens_the_cell(numbered: dict[int, DirectSession]) -> None:
    sequence = PulseSequence.pulse(0.02, 600.00003, before=100.0, after=200.0)
    plan = EC301.plan(Protocol("x", sequence, Sampling(1e-3), Limits(voltage_V=0.1, current_A=1e-5)))
    assert program_of(plan) == RampProgram(0, 20, (1_000_000, 6_000_000, 2_000_000), 1, opens=True)
    assert [f"{one.done:g}" for one in plan.roundings if "grid of its generator" in one.what] == ["700"]
    assert any("opens the cell" in remark for remark in plan.remarks)


def test_a_ramp_program_plays_its_levels_and_opens_the_cell(
    numbered: dict[int, DirectSession], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The ramp generator is made to play what the pulse generator would: minutes would cost minutes.
    monkeypatch.setattr("drivers.srs.plan.pulse_program", lambda *_: None)
    monkeypatch.setattr("drivers.srs.plan.arb_program", lambda *_: None)
    session = numbered[1]
    driver, plan = directly(session), EC301.plan(PULSES)
    assert program_of(plan) == RampProgram(0, 20, (100, 100, 100), 8, opens=False)
    Truth(RESISTOR, noise(plan)).holds(plan, played(driver, plan))
    single = PulseSequence.pulse(0.02, 0.01, before=0.01, after=0.01)
    plan = EC301.plan(Protocol("x", single, Sampling(6.4e-5), Limits(voltage_V=0.1, current_A=1e-5)))
    driver.arm(plan)
    driver.start()
    session.clock.advance(0.1)
    assert not session.device.output_is_on


def test_levels_that_no_generator_plays_are_refused_with_what_it_plays() -> None:
    levels = [0.01, 0.03, 0.0, 0.02, 0.05, 0.01, 0.04, 0.0]
    sequence = PulseSequence.from_arrays((0.5 * np.arange(8)).tolist(), levels, 4.0)
    with pytest.raises(ProtocolError, match=r"neither pulses \(.*67\.1 s.* nor an arbitrary waveform"):
        EC301.plan(Protocol("x", sequence, Sampling(1e-3), Limits(voltage_V=0.1, current_A=1e-5)))


def test_a_long_level_is_made_of_several_points() -> None:
    sequence = PulseSequence.pulse(0.02, 150.0, before=1.0, after=1000.0)
    plan = EC301.plan(Protocol("x", sequence, Sampling(1e-3), Limits(voltage_V=0.1, current_A=1e-5)))
    program = program_of(plan)
    assert isinstance(program, PulseProgram)
    assert program.levels_mV == (0, 20, 20, 20, 0, 0)
    assert sum(program.holds[1:4]) * 4e-6 == pytest.approx(150.0)
    assert max(program.holds) <= 2**24 - 1


def test_edges_between_the_points_of_an_arbitrary_waveform_are_rounded_and_said_so() -> None:
    ends = np.array([0.0, 0.0100031, 0.1234567, 0.3, 0.51, 0.7000009, 0.9, 1.1, 1.3])
    sequence = PulseSequence.from_arrays(ends[:-1].tolist(), [0, 0.01, 0.03, 0, 0.02, 0.05, 0.01, 0], float(ends[-1]))
    plan = EC301.plan(Protocol("x", sequence, Sampling(1e-3), Limits(voltage_V=0.1, current_A=1e-5)))
    program = program_of(plan)
    assert isinstance(program, ArbProgram)
    assert len(program.levels_mV) <= 1599
    moved = np.abs(plan.sequence.times_s - ends[:-1])
    assert 0.0 < moved.max() <= 0.5 * program.divider * 1e-6 + 2e-6
    told = [one for one in plan.roundings if "grid of its generator" in one.what]
    assert len(told) == 1


def test_a_plan_says_what_no_page_says() -> None:
    told = {name: [str(one) for one in EC301.plan(Protocol.load(name)).assumed] for name in ("pulse_train", "prbs")}
    assert any("baseline step of 0 mV" in one for one in told["pulse_train"])
    assert not any("baseline" in one for one in told["prbs"])
    assert any("takes 15 V" in one for one in told["prbs"])
    assert all(any("begins together with a sample" in one for one in found) for found in told.values())


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


def test_a_second_link_that_a_jammed_interface_does_not_hear_is_an_error_and_the_first_one_works_on() -> None:
    with served_here("ec301", speed=0.1) as simulator:  # so that 1 s of the instrument's is 10 s of the test's
        simulator.do(lambda: simulator.served.host.device.inject("reconnect-jam"))
        first = open_potentiostat(simulator.resource)
        with pytest.raises(ConnectionLost, match="no answer"):
            open_potentiostat(simulator.resource)
        assert first.safe_state().off
        first.close()


class Scripted:
    """A link whose stream is given."""

    resource = "scripted"

    def __init__(self, stream: bytes) -> None:
        self._stream = stream

    def write(self, _message: str) -> None: ...

    def poll_bytes(self, limit: int) -> bytes:
        data, self._stream = self._stream[:limit], self._stream[limit:]
        return data


def packet(counter: int, payload: int = 32, overloads: int = 0, marker: int = 0x1F, flags: int = 1 << 19) -> bytes:
    """A packet of figure 33, with frames of 0 A and 0 V whose pulse generator runs (table 4)."""
    frames = struct.pack("<ifff", flags, 0.0, 0.0, 0.0) * (payload // 16) + bytes(payload % 16)
    header = struct.pack("<BBHI6x", marker, 0x10, counter, payload) + b"\r\n"
    return header + frames + struct.pack("<4fB7x", 0.0, 0.0, 0.0, 0.0, overloads)


def reading(stream: bytes) -> EC301:
    driver = EC301(cast("VisaSession", Scripted(stream)))
    sequence = PulseSequence.pulse(0.0, 0.1, before=0.05, after=0.1)
    driver.armed = EC301.plan(Protocol("x", sequence, Sampling(1e-5), Limits(voltage_V=0.1, current_A=1e-5)))
    return driver


@pytest.mark.parametrize(
    "stream",
    [packet(0) + packet(2), packet(0) + packet(1, 33), packet(0) + b"\xff" * 80, packet(0) + packet(1, marker=0x1E)],
    ids=["lost", "odd", "noise", "marker"],
)
def test_a_broken_stream_is_an_error(stream: bytes) -> None:
    with pytest.raises(InstrumentError, match="stream is broken"):
        reading(stream).read()


def test_an_overload_that_no_sample_shows_flags_its_packet() -> None:
    block = reading(packet(7) + packet(8, overloads=1 << 3) + packet(9)).read()
    assert block is not None
    assert (block.status & Status.OVERLOAD).astype(bool).tolist() == [False, False, True, True, False, False]


def test_a_limit_at_work_is_told_as_compliance() -> None:
    block = reading(packet(7) + packet(8, flags=1 << 19 | 1 << 3)).read()
    assert block is not None
    assert (block.status & Status.COMPLIANCE).astype(bool).tolist() == [False, False, True, True]
