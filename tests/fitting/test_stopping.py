"""Is a run stopped when a quantity is known, at rest, and after few looks?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.campaigns.adaptive import GrowingRecord
from benchmarks.campaigns.truth import SimulatedRecord
from fitting import CellModel, Estimate, KnownTo, fit
from fitting.stopping import GROWTH, Stopping, planned_looks, rests, rule_for
from protocols import FitError, PulseSequence

TRAIN = PulseSequence.train("20 mV", "30 ms", "70 ms", 40, before="10 ms")
RAMP: Any = {"kind": "ramp", "start": "0 V", "level": "20 mV", "duration": "10 ms"}
OPEN: Any = {"kind": "open_circuit", "duration": "1 s"}
CELL, THETA = "De1-C1", [5e-4, 0.3, 2e-3, 1e-5]


def hold(level: str, duration: str) -> Any:  # a record, as a document has it
    return {"kind": "hold", "level": level, "duration": duration}


@pytest.mark.parametrize(
    "drive", [TRAIN, PulseSequence.pump_probe("20 mV", "50 ms", "30 ms", before="10 ms", after="10 s")]
)
def test_looks_are_few_at_rest_and_planned_beforehand(drive: PulseSequence) -> None:
    looks = planned_looks(drive)
    assert np.all(drive.voltage_at(looks) == drive.rest_V)
    since = looks - drive.jumps()[0][0]
    assert np.all(since[1:] >= GROWTH * since[:-1] * (1 - 1e-12))
    assert len(looks) <= 1 + np.log(since[-1] / since[0]) / np.log(GROWTH)
    # None that is a quarter longer was missed, but for the time within a pulse.
    longest_pulse = 0.05
    assert np.all(since[1:] <= GROWTH * since[:-1] + longest_pulse)


def test_a_drive_that_never_rests_is_refused_before_the_run() -> None:
    stairs = PulseSequence.staircase("10 mV", "50 mV", 5, "10 ms")
    assert len(planned_looks(stairs)) == 0
    with pytest.raises(FitError, match="never rests"):
        rule_for("Mig1.tau known to 5 %", stairs)


@pytest.mark.parametrize(
    ("rule", "drive", "why"),
    [
        ("sigma_dc known to 5 %", TRAIN, "no look at a run tells 'Steady-state conductivity'"),
        ("Haven ratio known to 5 %", TRAIN, "memory_time"),
        ("memory time known to 5 % by R0-p(R1,C1)-CPE1", TRAIN, "has no hopping conductor"),
        (
            "reversal_charge_ratio known to 5 %",
            PulseSequence.steps((RAMP, hold("0 V", "1 s"), RAMP, hold("0 V", "5 s"))),
            "no pulse of this sequence is held",
        ),
        (
            "Mig1.tau known to 5 %",
            PulseSequence.steps((OPEN, hold("20 mV", "5 s"))),
            r"has open circuit \(.*steps\[0\]\)",
        ),
    ],
)
def test_a_rule_that_no_run_can_follow_is_refused_before_the_run(rule: str, drive: PulseSequence, why: str) -> None:
    with pytest.raises(FitError, match=why):
        rule_for(rule, drive)


def test_rests_are_where_the_voltage_is_that_of_before() -> None:
    drive = PulseSequence.pulse("20 mV", "1 s", before="0.5 s", after="2 s", bias="5 mV")
    np.testing.assert_allclose(rests(drive), [[0.0, 0.5], [1.5, 3.5]])


@pytest.mark.parametrize(
    ("text", "name", "precision", "circuit"),
    [
        ("Mig1.tau known to 5 %", "Mig1.tau", 0.05, "R0-Mig1-CPE1"),
        ("memory time known to 2.5%", "memory_time", 0.025, "R0-Mig1-CPE1"),
        ("back_hop_fraction Known to 10 % by R0-Cc1-CPE1", "back_hop_fraction", 0.1, "R0-Cc1-CPE1"),
    ],
)
def test_rules_are_sentences(text: str, name: str, precision: float, circuit: str) -> None:
    rule = KnownTo.from_text(text)
    assert (rule.name, rule.cell.circuit) == (name, circuit)
    assert rule.precision == pytest.approx(precision)
    assert KnownTo.from_text(str(rule)).to_document() == rule.to_document()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stop soon", "does not say when to stop"),
        ("Mig1.tau known to 5 ms", "not a share in percent"),
        ("Cc1.tau known to 5 %", "by CIRCUIT"),
        ("Mig1.tau known to 0 %", "between 0 and"),
        ("Mig1.tau known to 5 % by R0-", "circuit"),
    ],
)
def test_a_rule_that_means_nothing_is_refused_with_what_would(text: str, message: str) -> None:
    with pytest.raises(FitError, match=message):
        KnownTo.from_text(text)


def test_a_rule_keeps_what_its_circuit_holds_fixed() -> None:
    rule = KnownTo("Cc1.tau", 0.05, CellModel("R0-Cc1-CPE1", {"R0": "300 ohm"}))
    again = KnownTo.from_document(rule.to_document())
    assert again.cell.fixed == {"R0": 300.0}


def test_the_half_width_is_that_of_the_logarithm_and_of_a_share_that_of_itself() -> None:
    rule = KnownTo("Mig1.tau", 0.05)
    time = Estimate("Mig1.tau", "s", 1e-3, (1e-3 / 1.05, 1.05e-3), determined=True)
    assert rule.half_width(time) == pytest.approx(0.05)
    share = Estimate("W_inf", "", 0.4, (0.38, 0.42), determined=True, is_share=True)
    assert rule.half_width(share) == pytest.approx(0.05)
    for open_one in (
        Estimate("Mig1.tau", "s", 1e-3, (None, 2e-3), determined=True),
        Estimate("Mig1.tau", "s", 1e-3, (0.99e-3, 1.01e-3), determined=False, note="twin"),
    ):
        assert rule.half_width(open_one) == np.inf


@pytest.fixture
def growing(cells: Any) -> GrowingRecord:
    t = (np.arange(20_000) + 0.5) * TRAIN.duration_s / 20_000
    current = cells.debye(0.0, *THETA).current(t, TRAIN)
    current += 2e-7 * np.random.default_rng(4).standard_normal(len(t))
    return GrowingRecord(SimulatedRecord.of(t, current, TRAIN))


def test_a_run_is_stopped_when_its_time_is_known_and_the_cell_rests(growing: GrowingRecord) -> None:
    stopping = Stopping(growing, KnownTo("De1.tau", 0.05, CELL))
    while not stopping.is_met:
        growing.n_samples += 100
        assert growing.n_samples < growing.n_planned
        stopping.look()
    last = stopping.looks[-1]
    assert last.half_width <= 0.05 < stopping.looks[-2].half_width
    assert last.n_samples < 0.8 * growing.n_planned
    assert TRAIN.voltage_at(last.planned_s) == 0.0
    for growing.n_samples in range(last.n_samples, last.n_samples + 2000, 50):
        assert stopping.is_at_rest() == (TRAIN.voltage_at(growing.t_s[-1]) == 0.0)


def test_what_a_look_is_said_to_tell_is_what_a_fit_tells(growing: GrowingRecord) -> None:
    growing.n_samples = growing.n_planned
    told = {one.name for one in fit(growing, CELL).memory}
    for name in ("W_inf", "back_hop_fraction", "memory_time", "median_memory_time", "mode_capacitance"):
        assert rule_for(f"{name} known to 5 % by {CELL}", TRAIN).name in told
    assert rule_for(f"residual charge ratio known to 5 % by {CELL}", TRAIN).name in told
