"""Do instruments sample where their plans say, for 12 h, and do steps that end by themselves end when they should?

By an injected clock, which is the simulators' and the drivers' own.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from drivers import Block, DrivePlan, Keithley2602B, driver_named, driver_names
from drivers.palmsens.driver import EmStat4
from drivers.zahner.driver import Zahner
from protocols import InstrumentError, Limits, Protocol, ProtocolError, PulseSequence, Sampling
from protocols.acts import Until
from protocols.library import names
from protocols.records import Record
from protocols.sampling_rules import Logarithmic
from protocols.single_steps import Current, Hold, OpenCircuit, Ramp
from sim_instruments.sample.cell import load_cell
from tests.drivers.conformance import SHORT_PROTOCOLS
from tests.drivers.wireless import Wireless, played_by_clock

OHM = 10_000.0
EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "protocols").glob("*.toml"))
POTENTIOSTATS = [name for name in driver_names() if not name.startswith("lakeshore")]
ALL = bool(os.environ.get("IONECHO_ALL_PLAYED"))  # `just played-steps`


@pytest.fixture
def emstat(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Wireless, EmStat4]]:
    """An EmStat4 on a clock of its own, and its driver."""

    def make(cell: str = "resistor") -> tuple[Wireless, EmStat4]:
        link = Wireless("emstat4", cell)
        monkeypatch.setattr("drivers.palmsens.driver.time", link)
        return link, EmStat4(link)  # type: ignore[arg-type]

    return make


def of(*steps: Record, interval_s: float = 0.02, limits: Limits | None = None) -> Protocol:
    limits = limits or Limits(voltage_V=1.0, current_A=1e-4)
    return Protocol("x", PulseSequence.steps(steps), Sampling(interval_s), limits)


def is_ohmic(record: Block, plan: DrivePlan) -> None:
    driven = record.current_A[record.status == 0] - record.voltage_V[record.status == 0] / OHM
    assert np.abs(driven).max() < 3e-3 * plan.current_range_A


# -- 12 h with logarithmic sampling -----------------------------------------------------------------------------------


def half_a_day(interval_s: float) -> Protocol:
    return of(Hold(0.0, 1.0), Hold(0.02, 43_200.0, sampling=Logarithmic()), interval_s=interval_s)


def is_where_planned(record: Block, plan: DrivePlan, tolerance_s: float) -> None:
    assert plan.grid is not None
    assert len(record) == plan.n_samples
    np.testing.assert_allclose(record.t_s, plan.grid.times_s, rtol=0.0, atol=tolerance_s)
    assert record.t_s[-1] > 39_000.0
    is_ohmic(record, plan)


def test_12_h_on_an_emstat_every_sample_where_the_plan_says(emstat: Callable[..., tuple[Wireless, EmStat4]]) -> None:
    link, driver = emstat()
    plan = EmStat4.plan(half_a_day(0.01))
    is_where_planned(played_by_clock(link, driver, plan, 5.0), plan, 1e-9)


def test_12_h_on_a_2602b_every_sample_where_the_plan_says(monkeypatch: pytest.MonkeyPatch) -> None:
    # The script's looks at the sweep cost the simulator most; samples do not depend on them.
    monkeypatch.setattr("drivers.keithley.k2600.LOOKS", 500)
    monkeypatch.setattr("drivers.keithley.k2600.LOOK_S", (0.01, 100.0))
    link = Wireless("keithley2602b")
    plan = Keithley2602B.plan(half_a_day(1e-3))
    record = played_by_clock(link, Keithley2602B(link), plan, 9.0)  # type: ignore[arg-type]
    is_where_planned(record, plan, 1e-9)
    assert not record.status.any()


def test_12_h_on_a_zahner_every_sample_where_the_plan_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.zahner.driver.GUARD_S", 600.0)  # readings between samples are tested elsewhere
    link = Wireless("zahner-pp212")
    driver = Zahner(link, link)  # type: ignore[arg-type]
    plan = Zahner.plan(half_a_day(0.1))
    assert plan.grid is not None
    events = np.concatenate([plan.grid.begins_s, plan.sequence.times_s, [plan.duration_s]])
    driver.arm(plan)
    driver.start()
    began, blocks = link.monotonic(), []
    while (block := driver.read()) is not None:
        blocks.append(block)
        if not len(block):  # sleep until the next thing that is due
            waits = events - (link.monotonic() - began)
            link.sleep(min([wait for wait in waits if wait > 0.0], default=1.0) + 1e-3)
    assert driver.safe_state().off
    record = Block(*(np.concatenate([getattr(one, name) for one in blocks]) for name in Block.__dataclass_fields__))
    is_where_planned(record, plan, plan.jitter_s)


# -- what other instruments refuse ------------------------------------------------------------------------------------


def an_rc() -> tuple[float, float]:
    p = load_cell("rc").parameters
    return p["R_s"] + 1.0 / p["G_inf"], p["Q"]


def test_a_hold_ends_when_its_current_has_died_away(emstat: Callable[..., tuple[Wireless, EmStat4]]) -> None:
    resistance, capacitance = an_rc()
    tau, level, over = resistance * capacitance, 0.02, 0.1
    # The current of a capacitor behind a resistor: I = V/R exp(-t/tau); its slope over `over` falls below x at t_x.
    t_x = 3.0 * tau
    slope = level / resistance * (math.exp(-(t_x - over) / tau) - math.exp(-t_x / tau)) / over
    link, driver = emstat("rc")
    plan = EmStat4.plan(of(Hold(level, 100.0 * tau, until=Until(over, current_slope=slope)), Hold(0.0, 0.2)))
    record = played_by_clock(link, driver, plan, 0.05)
    on = record.t_s[record.voltage_V > 0.5 * level]
    assert plan.may_end_early
    assert len(record) < plan.n_samples
    assert t_x - 0.05 < on[-1] < t_x + over + 0.05
    assert np.count_nonzero(np.abs(record.voltage_V) < 1e-3) == 10  # the next step begins at once, and is whole


def test_levels_against_open_circuit_count_from_what_was_measured(
    emstat: Callable[..., tuple[Wireless, EmStat4]], monkeypatch: pytest.MonkeyPatch
) -> None:
    link, driver = emstat()
    potentiostat = link.device.potentiostat  # type: ignore[attr-defined]
    measured = potentiostat.rest_potential

    def resting() -> object:
        value = measured()
        value.number = 0.3
        return value

    monkeypatch.setattr(potentiostat, "rest_potential", resting)
    plan = EmStat4.plan(
        of(OpenCircuit(0.2), Hold(0.05, 0.2, vs="open circuit"), Ramp(-0.05, duration=0.4, vs="open circuit"))
    )
    record = played_by_clock(link, driver, plan, 0.05)
    np.testing.assert_allclose(record.voltage_V[:10], 0.3, atol=1e-4)
    np.testing.assert_array_equal(record.current_A[:10], 0.0)
    np.testing.assert_allclose(record.voltage_V[10:20], 0.35, atol=2e-4)
    stairs = 0.35 - 0.1 * (np.arange(20) + 0.5) / 20
    np.testing.assert_allclose(record.voltage_V[20:], stairs, atol=3e-4)
    np.testing.assert_allclose(record.current_A[10:], record.voltage_V[10:] / OHM, atol=1e-7)


@pytest.mark.parametrize(
    "step",
    [
        Hold(0.1, 0.2, vs="open circuit"),
        Ramp(0.1, duration=0.4, start=0.0, vs="open circuit"),
        Ramp(-0.1, duration=0.4, start=0.1, vs="open circuit"),
    ],
    ids=["hold", "ramp up", "ramp down"],
)
def test_a_level_against_open_circuit_beyond_the_limit_is_not_set(
    step: Hold | Ramp, emstat: Callable[..., tuple[Wireless, EmStat4]], monkeypatch: pytest.MonkeyPatch
) -> None:
    link, driver = emstat()
    potentiostat = link.device.potentiostat  # type: ignore[attr-defined]
    measured = potentiostat.rest_potential

    def resting() -> object:
        value = measured()
        value.number = 0.3
        return value

    monkeypatch.setattr(potentiostat, "rest_potential", resting)
    applied: list[float] = []
    really = potentiostat.apply

    def apply(t_s: float, level_V: float) -> object:
        applied.append(level_V)
        return really(t_s, level_V)

    monkeypatch.setattr(potentiostat, "apply", apply)
    plan = EmStat4.plan(of(OpenCircuit(0.2), step, limits=Limits(voltage_V=0.35, current_A=1e-4)))
    with pytest.raises(InstrumentError, match="aborted"):
        played_by_clock(link, driver, plan, 0.05)
    assert all(abs(level) <= 0.35 for level in applied)
    assert driver.safe_state().off


def test_currents_give_the_potentials_of_ohms_law(emstat: Callable[..., tuple[Wireless, EmStat4]]) -> None:
    link, driver = emstat()
    plan = EmStat4.plan(of(Current(2e-6, 0.5), OpenCircuit(0.2), Current(-5e-6, 0.5), Hold(0.01, 0.2)))
    record = played_by_clock(link, driver, plan, 0.05)
    assert not record.status.any()
    currents = np.repeat([2e-6, 0.0, -5e-6, 1e-6], [25, 10, 25, 10])
    np.testing.assert_allclose(record.current_A, currents, atol=5e-9)
    np.testing.assert_allclose(record.voltage_V, currents * OHM, atol=2e-4)
    assert (np.diff(record.t_s) > 0.0).all()


def test_a_current_beyond_the_limit_is_refused_at_planning() -> None:
    with pytest.raises(ProtocolError, match="over the current limit"):
        EmStat4.plan(of(Current(2e-3, 0.5)))


def test_lost_lines_of_steps_are_not_taken_for_an_early_end(emstat: Callable[..., tuple[Wireless, EmStat4]]) -> None:
    link, driver = emstat()
    plan = EmStat4.plan(of(OpenCircuit(1.0), Hold(0.01, 1.0)))
    driver.arm(plan)
    driver.start()
    kept, lost = link.poll_line, iter([False] * 30 + [True])

    def losing() -> str | None:
        line = kept()
        return kept() if line is not None and line.startswith("P") and next(lost, False) else line

    link.poll_line = losing  # type: ignore[method-assign]

    def read_all() -> None:
        while driver.read() is not None:
            link.advance(0.05)

    with pytest.raises(InstrumentError, match="lines were lost"):
        read_all()


# -- ready and example protocols --------------------------------------------------------------------------------------


DEAR = {"13_repeating_amperometry", "22_wagner_polarisation", "multisine", "paired_pulse", "pump_probe_waits"}
"""What costs a second and more of processor time: run by `just played-steps`, which takes a minute."""


def planned(name: str, protocol: Protocol) -> DrivePlan | ProtocolError:
    try:
        return driver_named(name).plan(protocol)
    except ProtocolError as error:
        return error


@pytest.mark.parametrize(
    "path", [path for path in EXAMPLES if ALL or path.stem not in DEAR], ids=lambda path: path.stem
)
def test_an_example_is_planned_on_every_instrument_that_can_do_it_and_runs_on_a_simulator(
    path: Path, emstat: Callable[..., tuple[Wireless, EmStat4]]
) -> None:
    protocol = Protocol.load(path)
    plans = [plan for name in POTENTIOSTATS if isinstance(plan := planned(name, protocol), DrivePlan)]
    assert plans
    for plan in plans:
        assert plan.n_recorded > 0
        assert plan.duration_s >= protocol.duration_s * (1 - 1e-3)
    link, driver = emstat()
    plan = EmStat4.plan(protocol)
    record = played_by_clock(link, driver, plan, max(0.02, plan.duration_s / 1000.0))
    assert len(record) == plan.n_samples or (plan.may_end_early and len(record) > 0)
    assert not record.status.any()
    is_ohmic(record, plan)


def test_there_are_thirty_examples_and_the_reference_lists_each() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/example-protocols.md").read_text(encoding="utf-8")
    assert len(EXAMPLES) == 30
    assert [path.stem for path in EXAMPLES if f"`{path.stem}`" not in page] == []


@pytest.mark.parametrize(
    "name", [name for name in names() if name not in SHORT_PROTOCOLS and (ALL or name not in DEAR)]
)
def test_a_ready_protocol_of_the_field_runs_on_a_simulator_and_is_planned_on_most(
    name: str, emstat: Callable[..., tuple[Wireless, EmStat4]]
) -> None:
    protocol = Protocol.load(name)
    plans = [plan for one in POTENTIOSTATS if isinstance(plan := planned(one, protocol), DrivePlan)]
    assert len(plans) >= 9
    if not ALL:  # fewer samples: they are no part of what is tested
        protocol = replace(protocol, sampling=replace(protocol.sampling, interval_s=0.01))
    link, driver = emstat()
    plan = EmStat4.plan(protocol)
    record = played_by_clock(link, driver, plan, max(0.02, plan.duration_s / 1000.0))
    assert len(record) == plan.n_samples
    assert not record.status.any()
    is_ohmic(record, plan)
