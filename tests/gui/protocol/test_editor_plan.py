"""What the editor draws of a plan, against the plan's own times and voltages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drivers import driver_named
from drivers.planning.campaign import plan_campaign
from gui.protocol.editor_check import Fault, Reading, read_document
from gui.protocol.editor_plan import MOST_POINTS, MOST_SAMPLES, level_at, preview
from protocols import Protocol

EXAMPLES = Path(__file__).parents[3] / "examples" / "protocols"


def reading_of(name: str) -> Reading:
    file = EXAMPLES / f"{name}.toml"
    return read_document((file if file.exists() else Path(name)).read_text("utf-8"), None)


@pytest.mark.parametrize("name", ["18_steps_and_pulse_lengths", "20_fast_after_the_edge", "29_write_and_read_ramps"])
def test_planned_levels_and_samples_are_those_of_the_plan(name: str) -> None:
    reading = reading_of(name)
    made = preview(reading, "keithley2461")
    assert reading.protocol is not None
    plan = driver_named("keithley2461").plan(reading.protocol)
    assert made.planned is not None
    assert made.planned.voltage is not None
    assert made.samples is not None
    draw = np.random.default_rng(17)
    times = draw.uniform(0.0, plan.duration_s, 200)
    away = np.abs(times[:, None] - plan.sequence.times_s[None, :]).min(axis=1) > 1e-6  # not at an edge
    for time in times[away]:
        near = made.planned.voltage_within(time - 0.01, time + 0.01)
        assert near is not None
        np.testing.assert_allclose(level_at(near, np.array([time])), plan.sequence.voltage_at(time), atol=1e-9)
    every = (
        plan.grid.times_s
        if plan.grid is not None
        else plan.interval_s * np.arange(plan.n_samples) + plan.aperture_s / 2
    )
    for start in draw.uniform(0.0, plan.duration_s, 20):
        for width in (0.01, 0.1, plan.duration_s):
            inside = every[(every >= start) & (every <= start + width)]
            shown = made.samples.within(start, start + width)
            if len(inside) > MOST_SAMPLES:
                assert shown is None
            else:
                assert shown is not None
                np.testing.assert_allclose(shown, inside, atol=1e-9)


def test_wanted_and_planned_begin_with_the_same_edge() -> None:
    made = preview(reading_of("13_repeating_amperometry"), "keithley2461")
    assert made.planned is not None
    assert made.planned.voltage is not None
    assert made.wanted.voltage is not None
    for curve in (made.wanted.voltage, made.planned.voltage):
        time, level = curve
        assert time[np.flatnonzero(np.diff(level))[0]] == pytest.approx(0.1)  # the rest that the instrument adds
    assert any("rest of 100 ms" in change for change in made.changes)


def test_currents_open_circuits_and_levels_against_it_are_drawn_apart() -> None:
    titration = preview(reading_of("21_titration_with_relaxation"), "emstat4")
    assert titration.wanted.voltage is None
    assert titration.wanted.current is not None
    time, current = titration.wanted.current
    assert time[-1] == pytest.approx(4 * (2 + 20))
    assert current[0] == 5e-6
    assert np.isnan(level_at((time, current), np.array([10.0, 25.0])))[0]
    start = preview(reading_of("04_start_phase"), "emstat4")
    assert start.wanted.against_open is not None
    np.testing.assert_allclose(level_at(start.wanted.against_open, np.array([11.0, 15.0])), [0.05, 0.1])
    assert start.faults == ()


def test_what_an_instrument_cannot_do_is_said_with_its_line_and_drawn_as_wanted() -> None:
    made = preview(reading_of("14_three_part_current_step"), "keithley2461")
    assert made.planned is None
    assert made.wanted.current is not None
    (fault,) = made.faults
    assert isinstance(fault, Fault)
    assert fault.by_instrument
    assert (fault.line, fault.path_text) == (7, "sequence.steps[0]")


def test_the_time_of_a_long_campaign_is_estimated_from_its_first_points() -> None:
    base = Protocol.load("single_pulse").to_toml()
    n = MOST_POINTS + 100
    text = f'{base}\n[[sweep]]\nfield = "sequence.level"\nfrom = "1 mV"\nto = "20 mV"\ncount = {n}\n'
    reading = read_document(text, None)
    assert reading.campaign is not None
    made = preview(reading, "keithley2461", point=3)
    assert (len(made.rows), made.n_points) == (MOST_POINTS, n)
    whole = plan_campaign(reading.campaign, driver_named("keithley2461"))
    assert made.duration_s == pytest.approx(sum(whole.duration_s) / 2, rel=0.01)
    assert made.wanted.voltage is not None
    assert made.wanted.voltage[1].max() == pytest.approx(reading.campaign.points[2].protocol.sequence.max_abs_V)
