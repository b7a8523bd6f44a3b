"""Does the driver play programs as one finite script, and is every line that comes back understood or refused?"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from drivers import DrivePlan, OutputReadback, Status, VisaSession, open_potentiostat, probe
from drivers.palmsens.driver import EmStat, EmStat4, EmStatPico
from drivers.palmsens.methodscript import Progress, Segment, segments, si, variables_of
from protocols import InstrumentError, Limits, OutputStateUnknown, Protocol, ProtocolError, PulseSequence, Sampling
from sim_instruments.palmsens.emstat import EmStat as SimulatedEmStat
from sim_instruments.palmsens.model import EMSTAT4, PICO
from sim_instruments.serving.in_process import InProcess, served_here
from tests.drivers.conformance import SHORT_PROTOCOLS, Truth, played, simulated_instrument
from tests.patience import patience, slowed

pytestmark = pytest.mark.waits

RESISTOR = 10_000.0
CATALOGUE = {"emstat-pico": EmStatPico, "emstat4": EmStat4}


@pytest.fixture(
    scope="module", params=[(kind, transport) for kind in CATALOGUE for transport in ("pty", "socket")], ids="-".join
)
def resource(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    kind, transport = request.param
    with simulated_instrument(kind, slowed(30.0, 2.0), "resistor", transport) as served:
        yield kind, served


@pytest.fixture
def driver(resource: tuple[str, str]) -> Iterator[EmStat]:
    kind = CATALOGUE[resource[0]]
    opened = kind(VisaSession(resource[1], dialect=kind.dialect))
    yield opened
    opened.safe_state()
    opened.close()


def stretched(driver: EmStat, name: str) -> Protocol:
    protocol = Protocol.load(name)
    bounds = np.append(protocol.sequence.times_s, protocol.sequence.duration_s)
    return protocol.stretched(max(1.0, driver.capabilities.min_dwell_s / np.diff(bounds).min()))


def noise(plan: DrivePlan) -> float:
    """The simulator's stated white noise and converter steps."""
    model = PICO if plan.model == "EmStat Pico" else EMSTAT4
    white = plan.current_range_A * model.noise_1us * math.sqrt(1e-6 / plan.aperture_s)
    return math.hypot(white, 2.0 * model.overrange * plan.current_range_A / 2**model.converter_bits / math.sqrt(12.0))


@pytest.mark.parametrize("name", SHORT_PROTOCOLS)
def test_library_protocols_give_ohms_law_on_a_resistor(driver: EmStat, name: str) -> None:
    plan = driver.plan(stretched(driver, name))
    record = played(driver, plan)
    assert not record.status.any()
    Truth(RESISTOR, noise(plan)).holds(plan, record)


def test_it_is_known_by_its_firmware_and_nobody_minds_the_greeting_of_others(resource: tuple[str, str]) -> None:
    found = probe(resource[1])
    assert found.driver == resource[0]
    assert found.identity is not None
    assert found.identity.maker == "PalmSens"
    opened = open_potentiostat(resource[1])
    assert isinstance(opened, CATALOGUE[resource[0]])
    opened.close()


def test_repeats_are_a_loop_on_the_instrument(driver: EmStat) -> None:
    sequence = PulseSequence.pulse(0.02, 0.1, before=0.1, after=0.1)
    plan = driver.plan(Protocol("x", sequence, Sampling(5e-3), Limits(voltage_V=0.1, current_A=1e-5), repeats=5))
    record = played(driver, plan)
    assert len(record) == plan.n_samples == 5 * 3 * 19
    assert not record.status.any()


def test_a_current_beyond_the_range_is_nan_and_flagged(driver: EmStat) -> None:
    sequence = PulseSequence.pulse(0.1, 0.1, before=0.1, after=0.1)
    limits = Limits(voltage_V=1.0, current_A=1e-4)
    plan = driver.plan(Protocol("x", sequence, Sampling(5e-3, current_range_A=1e-6), limits))
    record = played(driver, plan)
    during = record.voltage_V > 0.05
    assert np.isnan(record.current_A[during]).all()
    assert (record.status[during] & Status.OVERLOAD).all()
    assert not np.isnan(record.current_A[~during]).any()


def test_an_abort_ends_with_the_cell_off_at_any_time(driver: EmStat) -> None:
    sequence = PulseSequence.pulse(0.02, 60.0, before=1.0, after=60.0)
    plan = driver.plan(Protocol("x", sequence, Sampling(0.01), Limits(voltage_V=0.1, current_A=1e-5)))
    driver.arm(plan)
    driver.start()
    driver.read()
    driver.abort()
    off: OutputReadback = driver.safe_state()
    assert off.answer == "cell is off"
    assert driver.safe_state().off


def test_potentials_outside_the_window_are_refused_at_planning() -> None:
    sequence = PulseSequence.bipolar(1.5, 0.1, before=0.1, after=0.1)
    with pytest.raises(ProtocolError, match=r"within 2\.6 V"):
        EmStatPico.plan(Protocol("x", sequence, Sampling(5e-3), Limits(voltage_V=2.0, current_A=1e-5)))


def test_a_script_that_does_not_fit_is_refused_at_planning() -> None:
    train = PulseSequence.train(0.02, 0.02, 0.04, 200, before=0.1, after=0.1)
    with pytest.raises(ProtocolError, match="16384 fit"):
        EmStatPico.plan(Protocol("x", train, Sampling(5e-3), Limits(voltage_V=0.1, current_A=1e-5)))


def test_a_prbs_of_127_bits_fits_the_smaller_script_memory() -> None:
    sequence = PulseSequence.prbs(0.01, 0.02, 7, before=0.1, after=0.1)
    plan = EmStatPico.plan(Protocol("x", sequence, Sampling(2e-3), Limits(voltage_V=0.1, current_A=1e-5)))
    assert plan.base_points >= 64


def on_resistor(levels_V: float, limit_A: float, range_A: float | None = None, repeats: int = 1) -> Protocol:
    sequence = PulseSequence.pulse(levels_V, 0.1, before=0.1, after=0.1)
    return Protocol("x", sequence, Sampling(5e-3, range_A), Limits(voltage_V=1.0, current_A=limit_A), repeats)


@dataclass
class Bench:
    """A driver and the very instrument behind it."""

    driver: EmStat
    instrument: SimulatedEmStat
    do: Callable[[Callable[[], object]], None]


@pytest.fixture(scope="module")
def served() -> Iterator[InProcess]:
    with served_here("emstat4", "socket", speed=slowed(5.0, 0.5)) as one:
        yield one


@pytest.fixture
def bench(served: InProcess) -> Iterator[Bench]:
    opened = EmStat4(VisaSession(served.resource, dialect=EmStat4.dialect))
    device = served.served.host.device
    assert isinstance(device, SimulatedEmStat)
    yield Bench(opened, device, served.do)
    opened.close()
    served.do(lambda: device.inject("reboot"))


def followed(driver: EmStat) -> tuple[int, InstrumentError]:
    """Read until the driver raises; return how many samples came before, and what it raised."""
    n, deadline = 0, time.monotonic() + patience(20.0)
    while time.monotonic() < deadline:
        try:
            block = driver.read()
        except InstrumentError as fault:
            return n, fault
        assert block is not None, "the run ended as if all were well"
        n += len(block)
        time.sleep(0.002)
    raise AssertionError("nothing was raised")


def test_edges_come_when_planned_and_lateness_does_not_add_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    applied: list[tuple[float, float]] = []
    really = bench.instrument.potentiostat.apply

    def noted(t_s: float, potential_V: float) -> float:
        potential = really(t_s, potential_V)
        if (applied and potential != applied[-1][1]) or not applied:
            applied.append((t_s, potential))
        return potential

    plan = bench.driver.plan(on_resistor(0.02, 1e-5, repeats=20))
    bench.driver.arm(plan)
    monkeypatch.setattr(bench.instrument.potentiostat, "apply", noted)
    bench.driver.start()
    while bench.driver.read() is not None:
        time.sleep(0.005)
    times, steps = plan.sequence.jumps()
    came = np.array([t for t, _ in applied[1:]])
    assert len(came) == len(times) == 40
    np.testing.assert_allclose(np.diff([potential for _, potential in applied]), steps, atol=1e-9)
    # Between any two edges: what commands take is the same each time, within some of them (3 us each).
    np.testing.assert_allclose(came - came[0], times - times[0], atol=50e-6)
    assert bench.driver.safe_state().off


def test_the_script_aborts_itself_at_the_current_limit_with_the_cell_off(bench: Bench) -> None:
    bench.driver.arm(bench.driver.plan(on_resistor(0.1, 5e-6, 1e-5)))
    bench.driver.start()
    n, fault = followed(bench.driver)
    assert n == 20, "19 at rest, and the one that was too much"
    assert "passed 5 µA" in str(fault) or "other than" in str(fault)
    assert not bench.instrument.potentiostat.cell_on


def test_a_fault_of_the_run_keeps_what_came_before_and_is_told_with_its_number(bench: Bench) -> None:
    bench.driver.arm(bench.driver.plan(on_resistor(0.02, 1e-5, repeats=100)))
    bench.driver.start()
    n = 0
    while n < 20:
        n += len(bench.driver.read() or ())
    bench.do(lambda: bench.instrument.inject("compliance"))
    more, fault = followed(bench.driver)
    assert fault.number == 0x0032
    assert more >= 0
    # After a fault `on_finished:` does not run (manual 10.1).
    assert bench.instrument.potentiostat.cell_on
    assert bench.driver.safe_state().off
    assert not bench.instrument.potentiostat.cell_on


def test_an_instrument_that_restarts_is_noticed_by_its_silence(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.palmsens.driver._SILENCE_S", 0.3)
    bench.driver.arm(bench.driver.plan(on_resistor(0.02, 1e-5, repeats=100)))
    bench.driver.start()
    bench.do(lambda: bench.instrument.inject("reboot"))
    _, fault = followed(bench.driver)
    assert "restarted" in str(fault)
    assert bench.driver.safe_state().off


def test_a_cell_that_stays_on_is_not_called_off(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.driver.arm(bench.driver.plan(on_resistor(0.02, 1e-5, repeats=100)))
    bench.driver.start()
    while not len(bench.driver.read() or ()):
        pass
    with monkeypatch.context() as patch:
        patch.setattr(bench.instrument.potentiostat, "switch_off", lambda _: None)
        with pytest.raises(OutputStateUnknown, match=r"0014.*its cell is on.*Unplug"):
            bench.driver.safe_state()
    time.sleep(0.1)
    assert bench.driver.safe_state().off


def test_an_old_firmware_is_told_to_be_updated(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.instrument, "model", replace(bench.instrument.model, script_version="01.03.00"))
    with pytest.raises(InstrumentError, match="update its firmware"):
        bench.driver.arm(bench.driver.plan(on_resistor(0.02, 1e-5)))


def test_a_lost_or_doubled_line_is_never_taken_for_another_time() -> None:
    progress = Progress([Segment(0.0, 0.0, 0.1, 0.02, 4), Segment(0.02, 0.1, 0.2, 0.02, 4)], 1)
    with pytest.raises(InstrumentError, match="lost"):
        progress.next_sample("x")
    progress.begin_level("x", 5.02)
    for k in range(4):
        end_s, loop, late = progress.next_sample("x")
        assert (round(end_s, 9), loop.level_V, late) == (0.02 * (k + 1), 0.0, False)
    with pytest.raises(InstrumentError, match="lost"):
        progress.next_sample("x")
    progress.end_level("x")
    progress.begin_level("x", 5.125)  # 5 ms late
    end_s, loop, late = progress.next_sample("x")
    assert (round(end_s, 9), loop.level_V, late) == (0.125, 0.02, True)
    with pytest.raises(InstrumentError, match="lost"):
        progress.end_level("x")
    with pytest.raises(InstrumentError, match="lost"):
        progress.begin_level("x", 5.2)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.02, "20m"), (-0.5, "-500m"), (0.0, "0"), (1e-5, "10u"), (0.0123456, "12346u"), (200e3, "200000"), (2e-3, "2m")],
)
def test_numbers_are_written_as_the_manual_has_them(value: float, text: str) -> None:
    assert si(value) == text


def test_a_package_is_read_as_the_manual_defines_it() -> None:
    # MethodSCRIPT manual, chapter 5: seven hexadecimal digits less 2^27, and an SI prefix.
    potential, current = variables_of("Pda7F85F3Fu;ba48D503Dp,10,288")
    assert (potential.kind, round(potential.value, 9)) == ("da", -0.499905)
    assert current.kind == "ba"
    assert current.value == pytest.approx((0x48D503D - 2**27) * 1e-12)
    assert current.status == 0


@pytest.mark.parametrize("line", ["P", "Pba", "Pba800000", "PbaXXXXXXXp", "Pba8000000q", "Pba80000000p"])
def test_a_garbled_package_is_refused(line: str) -> None:
    with pytest.raises(InstrumentError, match="garbled"):
        variables_of(line)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait refusals out for as long as twenty of them take on this machine: 1.3 s where it is idle."""
    monkeypatch.setattr("drivers.palmsens.driver._REFUSALS_S", patience(3.0))
    monkeypatch.setattr("drivers.visa.session._GREETING_S", patience(3.0))


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("is_running", [True, False])
def test_an_error_storm_is_waited_out_and_the_cell_goes_off(bench: Bench, *, is_running: bool) -> None:
    """Twenty commands in a row are refused, aborts among them; each refusal is an answer, so the link is good."""
    if is_running:
        bench.driver.arm(bench.driver.plan(on_resistor(0.02, 1e-5, repeats=100)))
        bench.driver.start()
        while not len(bench.driver.read() or ()):
            pass
        assert bench.instrument.potentiostat.cell_on
    bench.do(lambda: bench.instrument.inject("error-storm"))
    assert bench.driver.safe_state().off
    assert not bench.instrument.potentiostat.cell_on
    assert bench.instrument.storm == 0


@pytest.mark.usefixtures("unhurried")
def test_an_abort_that_is_heard_late_switches_the_cell_off_all_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a script still measures comes in place of the answer to the next command, as on a computer that is slow."""
    bench.driver.arm(bench.driver.plan(on_resistor(0.02, 1e-5, repeats=100)))
    bench.driver.start()
    while not len(bench.driver.read() or ()):
        pass
    missed, write = ["Z", "Z"], bench.driver.session.write

    def lose_two(text: str) -> None:
        if text == "Z" and missed:
            missed.pop()
            text = ""
        write(text)

    monkeypatch.setattr(bench.driver.session, "write", lose_two)
    monkeypatch.setattr(bench.driver.session, "timeout_s", 0.1, raising=False)
    assert bench.driver.safe_state().off
    assert not bench.instrument.potentiostat.cell_on
    assert not missed


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("late", ["Pda7F85F3Fu;ba48D503Dp,10,288", "M0007", "M000B", "*", "L", "+", "Z", "Toff", ""])
def test_whatever_a_script_still_sends_in_place_of_an_answer_is_waited_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, late: str
) -> None:
    bench.driver.arm(bench.driver.plan(on_resistor(0.02, 1e-5, repeats=100)))
    bench.driver.start()
    waiting, read_line = [late], bench.driver.session.read_line
    monkeypatch.setattr(bench.driver.session, "read_line", lambda: waiting.pop() if waiting else read_line())
    assert bench.driver.safe_state().off
    assert not bench.instrument.potentiostat.cell_on
    assert not waiting


def test_a_line_that_no_script_sends_is_an_unknown_output(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    read_line, garbled = bench.driver.session.read_line, ["M00\x7f7"]
    monkeypatch.setattr(bench.driver.session, "read_line", lambda: garbled.pop() if garbled else read_line())
    with pytest.raises(OutputStateUnknown, match="M00"):
        bench.driver.safe_state()


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize("kind", CATALOGUE)
@pytest.mark.parametrize("transport", ["pty", "socket"])
def test_a_session_that_is_opened_in_a_storm_brings_the_cell_off(kind: str, transport: str) -> None:
    with served_here(kind, transport, speed=slowed(5.0, 0.5)) as one:
        device = one.served.host.device
        assert isinstance(device, SimulatedEmStat)
        one.do(lambda: device.inject("error-storm"))
        opened = open_potentiostat(one.resource)
        try:
            assert isinstance(opened, CATALOGUE[kind])
            one.do(lambda: device.inject("error-storm"))
            assert opened.safe_state().off
        finally:
            opened.close()


def test_refusals_without_end_are_an_unknown_output(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.palmsens.driver._REFUSALS_S", 0.5)
    bench.do(lambda: setattr(bench.instrument, "storm", 10**6))
    with pytest.raises(OutputStateUnknown, match="error 0001"):
        bench.driver.safe_state()
    bench.do(lambda: setattr(bench.instrument, "storm", 0))


@pytest.mark.parametrize(
    ("interval_s", "dwells_s"),
    [
        (0.01, [0.1, 0.25]),
        (0.003, [0.1]),
        (0.01, [0.1, 0.101]),
        (0.007, [0.02, 0.05]),
        (1.0, [7.0, 3.5]),
    ],
)
def test_the_interval_is_the_nearest_that_divides_all_dwells(interval_s: float, dwells_s: list[float]) -> None:
    """By trying every whole number of the grid, 0.1 ms; up to four times the interval asked for."""
    ends = np.cumsum(dwells_s)
    sequence = PulseSequence.from_arrays([0.0, *ends[:-1]], [0.0, *[0.01] * (len(ends) - 1)], float(ends[-1]))
    dwells = [round(dwell / 1e-4) for dwell in dwells_s]
    unit = round(interval_s / 1e-4)
    fitting = [k for k in range(unit, 4 * unit + 1) if all(dwell % k == 0 for dwell in dwells)]
    rate = EmStat4.planner.rate(interval_s, 1e-5, sequence)
    if fitting:
        assert rate.interval_s == pytest.approx(fitting[0] * 1e-4, rel=1e-12)
    else:
        assert rate.interval_s >= interval_s * (1 - 1e-9)


@pytest.mark.parametrize(("interval_s", "dwell_s"), [(0.02, 0.01), (0.02, 0.02), (0.02, 0.03), (0.004, 0.005)])
def test_every_level_has_a_sample_and_an_interval_to_make_the_next_one_ready(interval_s: float, dwell_s: float) -> None:
    sequence = PulseSequence.pulse(0.02, dwell_s, before=0.06, after=0.06)
    plan = EmStat4.plan(Protocol("x", sequence, Sampling(interval_s), Limits(voltage_V=0.1, current_A=1e-5)))
    assert [loop.count for loop in segments(plan) if loop.count < 1] == []
    assert plan.interval_s <= 0.5 * dwell_s * (1 + 1e-9)


def test_a_rest_of_a_day_is_planned_at_once() -> None:
    """Trying every divisor of it up to the rest itself would take a minute."""
    sequence = PulseSequence.pulse(0.02, 2.0, before=99_998.0, after=99_998.0)
    begun = time.process_time()
    plan = EmStat4.plan(Protocol("x", sequence, Sampling(1.0), Limits(voltage_V=0.1, current_A=1e-5)))
    assert plan.interval_s == 1.0
    assert time.process_time() - begun < 5.0
