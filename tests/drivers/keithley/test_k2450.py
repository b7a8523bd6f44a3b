"""Do the drivers of the 2450 and 2460 do what their plans say, on simulated instruments behind a real connection?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from drivers import Keithley2450, Keithley2460, Potentiostat, Status, VisaSession, open_potentiostat
from drivers.keithley.integrating import IntegratingSourceMeter
from drivers.keithley.source_meter import KeithleySourceMeter
from protocols import InstrumentError, Limits, Protocol, ProtocolError, PulseSequence, Sampling
from tests.drivers.conformance import SHORT_PROTOCOLS, played, rest_of, simulated_instrument
from tests.patience import slowed, timeout, until

OHM = 10_000.0
# White noise of the simulated front end, 1e-4 of the range at 1 us: five sigma at 200 us, and a converter step.
NOISE_SHARE = 5 * 1e-4 * np.sqrt(1e-6 / 200e-6) + 1e-6
DRIVERS = {"keithley2450": Keithley2450, "keithley2460": Keithley2460}


@pytest.fixture(scope="module", params=DRIVERS)
def resource(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    with simulated_instrument(request.param, slowed(20.0, 1.0), "resistor") as served:
        yield request.param, served


@pytest.fixture
def potentiostat(resource: tuple[str, str]) -> Iterator[Potentiostat]:
    kind, address = resource
    driver = open_potentiostat(address, timeout(2.0))
    assert type(driver) is DRIVERS[kind]
    yield driver
    driver.safe_state()
    driver.close()


def asked(address: str, query: str) -> str:
    with VisaSession(address) as session:
        return session.query(query)


@pytest.mark.parametrize("name", SHORT_PROTOCOLS)
def test_library_protocols_give_ohms_law_on_a_resistor(
    potentiostat: Potentiostat, resource: tuple[str, str], name: str
) -> None:
    # 2 ms a level on the 2450's 10 uA range; 40 ms on the 2460's up to 100 uA.
    protocol = Protocol.load(name).stretched(4.0 if resource[0] == "keithley2460" else 1.0)
    plan = potentiostat.plan(protocol)
    jumps, _ = protocol.whole_sequence.jumps()
    np.testing.assert_allclose(plan.sequence.jumps()[0], jumps, atol=1e-9)
    block = played(potentiostat, plan)
    assert len(block) == plan.n_samples
    # Readings come every 353 us (153 us of the simulated firmware), not every 350 us, as the plan supposes.
    assert np.diff(block.t_s) == pytest.approx(plan.aperture_s + 153e-6, abs=2e-6)
    assert block.t_s[-1] > 0.99 * protocol.duration_s
    over_edge = (block.status & Status.EDGE) != 0
    inside = (jumps[:, None] > block.t_s - 1e-4) & (jumps[:, None] < block.t_s + 1e-4)
    np.testing.assert_array_equal(over_edge, inside.any(axis=0))
    assert not block.status[~over_edge].any()
    np.testing.assert_allclose(block.voltage_V[~over_edge], plan.sequence.voltage_at(block.t_s[~over_edge]), atol=1e-9)
    # 50 us of settling: after a millisecond all is over.
    since = block.t_s - np.concatenate([[-1.0], jumps])[np.searchsorted(jumps, block.t_s)]
    settled = ~over_edge & (since > 1e-3)
    assert np.abs(block.current_A - block.voltage_V / OHM)[settled].max() < NOISE_SHARE * plan.current_range_A
    assert asked(resource[1], ":SYST:ERR:COUN?") == "0"


def test_the_program_itself_ends_in_output_off(potentiostat: Potentiostat, resource: tuple[str, str]) -> None:
    plan = potentiostat.plan(Protocol.load("single_pulse"))
    potentiostat.arm(plan)
    assert asked(resource[1], ":OUTP?") == "0", "arming leaves the output off"
    potentiostat.start()
    until(lambda: asked(resource[1], ":TRIG:STAT?").split(";")[0] == "IDLE" and asked(resource[1], ":OUTP?") == "0")
    assert isinstance(potentiostat, KeithleySourceMeter)
    assert int(asked(resource[1], f':TRAC:ACT? "{potentiostat.buffer_name}"')) >= plan.n_samples


def test_repeats_play_the_same_levels_and_one_rest_follows(potentiostat: Potentiostat) -> None:
    sequence = PulseSequence.bipolar("10 mV", "100 ms", before="50 ms", after="50 ms")
    limits = Limits(voltage_V=0.1, current_A=1e-5)
    plan = potentiostat.plan(Protocol("x", sequence, Sampling(1e-3), limits, repeats=3))
    block = played(potentiostat, plan)
    clean = (block.status & Status.EDGE) == 0
    expected = np.array([0.0, 0.01, -0.01, 0.0])[np.searchsorted([0.05, 0.15, 0.25], block.t_s % 0.3)]
    np.testing.assert_allclose(block.voltage_V[clean], expected[clean], atol=1e-9)
    assert plan.sequence.duration_s > 0.9
    assert plan.sequence.voltage_at(np.array([plan.sequence.duration_s - 1e-3]))[0] == 0.0


def test_compliance_is_told_of_each_sample(potentiostat: Potentiostat) -> None:
    sequence = PulseSequence.pulse("100 mV", "100 ms", before="50 ms", after="50 ms")  # wants 10 uA
    plan = potentiostat.plan(Protocol("x", sequence, Sampling(1e-3, 1e-5), Limits(voltage_V=0.2, current_A=5e-6)))
    block = played(potentiostat, plan)
    clean = (block.status & Status.EDGE) == 0
    limited = (block.status & Status.COMPLIANCE) != 0
    np.testing.assert_array_equal(limited[clean], block.voltage_V[clean] > 0.0)
    assert np.abs(block.current_A).max() < 1.02 * 5e-6


def test_a_current_beyond_the_range_is_nan_and_flagged(potentiostat: Potentiostat) -> None:
    sequence = PulseSequence.pulse("100 mV", "1 s", before="100 ms", after="100 ms")  # 10 uA on the 1 uA range
    plan = potentiostat.plan(Protocol("x", sequence, Sampling(1e-2, 1e-6), Limits(voltage_V=0.2, current_A=1e-3)))
    assert plan.current_range_A == 1e-6
    block = played(potentiostat, plan)
    beyond = np.isnan(block.current_A)
    assert beyond.any()
    np.testing.assert_array_equal((block.status & Status.OVERLOAD) != 0, beyond)
    # The limit is where the range ends, 105 %: noise decides which of the two a reading meets.
    clean = (block.status & Status.EDGE) == 0
    told = (block.status & (Status.OVERLOAD | Status.COMPLIANCE)) != 0
    np.testing.assert_array_equal(told[clean], block.voltage_V[clean] > 0.0)


def test_an_output_switched_off_by_hand_in_mid_run_ends_the_run_and_no_later_sample_counts(
    potentiostat: Potentiostat, resource: tuple[str, str]
) -> None:
    plan = potentiostat.plan(Protocol.load("single_pulse").stretched(4.0))
    potentiostat.arm(plan)
    potentiostat.start()
    while not len(potentiostat.read() or ()):
        pass
    assert asked(resource[1], ":OUTP OFF;:OUTP?") == "0"
    with pytest.raises(InstrumentError, match="output was switched off at the instrument") as caught:
        rest_of(potentiostat)
    n_named = int(str(caught.value).split("before sample ")[1].split()[0])
    assert 0 < n_named < plan.n_samples


@pytest.mark.parametrize("disturbance", ["*RST", ":TRAC:CLE"])
def test_another_programs_reset_or_clear_in_mid_run_is_noticed(
    potentiostat: Potentiostat, resource: tuple[str, str], disturbance: str
) -> None:
    potentiostat.arm(potentiostat.plan(Protocol.load("pump_probe").stretched(4.0)))
    potentiostat.start()
    while not len(potentiostat.read() or ()):
        pass
    with VisaSession(resource[1]) as other:
        assert isinstance(potentiostat, KeithleySourceMeter)
        name = potentiostat.buffer_name
        other.write(disturbance if disturbance == "*RST" else f'{disturbance} "{name}"')
        other.query(":OUTP?")
    with pytest.raises(InstrumentError, match="another program"):
        rest_of(potentiostat)
    assert potentiostat.safe_state().off


def test_garbled_readings_are_an_error_and_no_values(
    potentiostat: Potentiostat, monkeypatch: pytest.MonkeyPatch
) -> None:
    potentiostat.arm(potentiostat.plan(Protocol.load("single_pulse")))
    potentiostat.start()
    query = VisaSession.query

    def garbled(session: VisaSession, message: str) -> str:
        answer = query(session, message)
        return answer[: len(answer) // 2] if ":TRAC:DATA?" in message else answer

    with monkeypatch.context() as patch:
        patch.setattr(VisaSession, "query", garbled)
        with pytest.raises(InstrumentError, match=r"are not \d+ readings"):
            rest_of(potentiostat)


@pytest.mark.parametrize(
    ("driver", "range_A", "shortest"),
    [
        (Keithley2450, 1e-6, "100 ms"),
        (Keithley2450, 1e-5, "2 ms"),
        (Keithley2460, 1e-4, "40 ms"),
        (Keithley2460, 1e-3, "5 ms"),
    ],
)
def test_the_shortest_dwell_depends_on_the_current_range(
    driver: type[Potentiostat], range_A: float, shortest: str
) -> None:
    sequence = PulseSequence.pulse("10 mV", "1 ms", before="1 s", after="1 s")
    asked_for = Protocol("x", sequence, Sampling(1e-3), Limits(voltage_V=1.0, current_A=range_A))
    with pytest.raises(ProtocolError, match=rf"held for 1 ms, shorter .*, {shortest}; stretch the protocol by \d+"):
        driver.plan(asked_for)


def test_an_edge_that_comes_late_is_told_by_the_recorded_source_values(
    potentiostat: Potentiostat, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequence = PulseSequence.pulse("10 mV", "200 ms", before="100 ms", after="100 ms")
    plan = potentiostat.plan(Protocol("x", sequence, Sampling(1e-5), Limits(voltage_V=1.0, current_A=1e-5)))
    assert isinstance(potentiostat, IntegratingSourceMeter)
    rows = IntegratingSourceMeter.read_rows

    def late(self: IntegratingSourceMeter, first: int, last: int) -> np.ndarray:
        """Return readings of an instrument whose second edge comes 1 ms late."""
        found = rows(self, first, last)
        held = (found[:, 1] > 0.3) & (found[:, 1] < 0.301)
        found[held, 2] = 0.01
        return found

    monkeypatch.setattr(IntegratingSourceMeter, "read_rows", late)
    block = played(potentiostat, plan)
    doubted = block.t_s[(block.status & Status.TIMING) != 0]
    assert len(doubted) in {2, 3}, "readings of 0.35 ms"
    assert ((doubted > 0.3) & (doubted < 0.3012)).all()
    np.testing.assert_allclose(block.voltage_V[(block.status & Status.TIMING) != 0], 0.01)
    assert any("late" in remark for remark in plan.remarks)


def test_sampling_is_what_integration_allows() -> None:
    sequence = PulseSequence.pulse("10 mV", "1 s", before="1 s", after="1 s")
    for asked_s, aperture_s in ((1e-5, 200e-6), (1e-2, 9.85e-3), (1.0, 10 / 60)):
        plan = Keithley2450.plan(Protocol("x", sequence, Sampling(asked_s), Limits(voltage_V=1.0, current_A=1e-5)))
        assert plan.aperture_s == pytest.approx(aperture_s, rel=1e-5)
        assert plan.interval_s == pytest.approx(aperture_s + 150e-6, rel=1e-5)
        assert ("sampling interval" in str(plan.roundings)) == (plan.interval_s != asked_s)


def test_the_power_envelope_is_kept() -> None:
    sequence = PulseSequence.pulse("50 V", "1 s", before="1 s", after="1 s")
    with pytest.raises(ProtocolError, match="1 A range does not go with the 200 V range"):
        Keithley2450.plan(Protocol("x", sequence, Sampling(1e-2), Limits(voltage_V=60.0, current_A=0.5)))


def test_four_wire_sensing_is_verified_by_read_back(potentiostat: Potentiostat, resource: tuple[str, str]) -> None:
    sequence = PulseSequence.pulse("10 mV", "1 s", before="1 s", after="1 s")
    limits = Limits(voltage_V=1.0, current_A=1e-5)
    potentiostat.arm(potentiostat.plan(Protocol("x", sequence, Sampling(1e-2, four_wire=True), limits)))
    assert asked(resource[1], ":SENS:CURR:RSEN?") == "1"


def test_a_run_of_a_2450_gives_the_memory_of_its_cell_back(tmp_path: Path) -> None:
    # Readings come at their own pace, none on the edges: the times in the run file must be right to find tau = 1.5 ms.
    from daq import Bench
    from fitting import fit, reduce_run
    from sim_instruments import load_cell

    with simulated_instrument("keithley2450", 20.0, "demo") as served:
        run = Bench(served, tmp_path).run(Protocol.load("pump_probe").stretched(4.0))
    assert np.diff(run.t_s).max() < 2 * run.plan["interval_s"]
    found = fit(reduce_run(run), "R0-Mig1-CPE1").to_document()["parameters"]
    true = load_cell("demo").parameters
    for name, truth in (("Mig1.B", "B"), ("Mig1.K", "K"), ("Mig1.tau", "tau"), ("CPE1.Q", "Q"), ("CPE1.n", "n")):
        assert found[name]["value"] == pytest.approx(true[truth], rel=5e-3), name
