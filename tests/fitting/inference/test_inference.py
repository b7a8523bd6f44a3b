from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fitting import CellModel, fit, reduce_run
from fitting.results.remarks import RemarkKind
from protocols import FitError, PulseSequence
from tests.fitting.bounds import bounds

DEBYE = {"R": 300.0, "G": 5e-4, "W": 0.3, "tau": 2e-3, "C": 1e-5}
# R0 and the plateau 1/G_inf of a Debye bulk only ever appear as their sum: one of them has to be known.
CELL = CellModel("R0-De1-C1", {"R0": 300.0})
NAMES = ["De1.G_inf", "De1.W_inf", "De1.tau", "C1"]
TRUTH = [5e-4, 0.3, 2e-3, 1e-5]
DRIVE = PulseSequence.pump_probe(0.02, 0.05, 0.03, before=0.01, after=0.1)
T = np.arange(0.0, 0.185, 1e-4) + 3e-5


def white(seed: int, size: int, sigma: float) -> np.ndarray:
    return sigma * np.random.default_rng(seed).standard_normal(size)


def test_exact_record_gives_back_the_truth(cells: Any, record: Any) -> None:
    found = fit(reduce_run(record(T, cells.debye(**DEBYE).current(T, DRIVE), DRIVE)), CELL)
    assert found.theta == pytest.approx(TRUTH, rel=1e-4)


def test_intervals_hold_the_truth_as_often_as_they_say(cells: Any, record: Any) -> None:
    current, held = cells.debye(**DEBYE).current(T, DRIVE), []
    for seed in range(40):
        found = fit(record(T, current + white(seed, len(T), 2e-8), DRIVE), CELL)
        for estimate, truth in zip(found.estimates, TRUTH, strict=True):
            if estimate.determined:
                low, high = bounds(estimate)
                held.append(low <= truth <= high)
    # 40 runs of four parameters that hang together: the share scatters by some 2.5 %.
    assert len(held) == 160
    assert 0.885 <= np.mean(held) <= 0.995


def test_noise_is_that_which_was_put_in(cells: Any, record: Any) -> None:
    current = cells.debye(**DEBYE).current(T, DRIVE) + white(7, len(T), 2e-8)
    found = fit(record(T, current, DRIVE), CELL)
    assert found.noise_A == pytest.approx(2e-8, rel=0.06)
    assert found.rms_residual_A == pytest.approx(2e-8, rel=0.06)
    assert found.interval_inflation == 1.0
    assert found.remarks == ()


def test_coloured_noise_is_said_and_widens(cells: Any, record: Any) -> None:
    noise = white(5, len(T), 2e-8)
    for n in range(1, len(noise)):
        noise[n] += 0.9 * noise[n - 1]
    # From a reduction alone the noise can only be counted wider.
    found = fit(reduce_run(record(T, cells.debye(**DEBYE).current(T, DRIVE) + noise, DRIVE)), CELL)
    # AR(1) with rho = 0.9: sqrt((1 + rho)/(1 - rho)) = 4.36
    assert found.interval_inflation == pytest.approx(4.36, rel=0.15)
    assert found.remarks[0].kind is RemarkKind.NOISE_NOT_WHITE


def test_plateau_of_a_debye_bulk_is_not_told_from_a_series_resistor(cells: Any, record: Any) -> None:
    current = cells.debye(**DEBYE).current(T, DRIVE) + white(2, len(T), 2e-9)
    found = {e.name: e for e in fit(record(T, current, DRIVE), "R0-De1-C1").estimates}
    assert not any(found[name].determined for name in ("R0", "De1.G_inf"))
    assert "made up by" in found["R0"].note
    assert found["C1"].determined


def test_plateau_faster_than_the_samples_is_not_identifiable(cells: Any, record: Any) -> None:
    # The bulk relaxes within 0.1 us, the first sample after an edge is at 30 us.
    current = cells.debye(300.0, 5e-4, 0.3, 1e-7, 1e-5).current(T, DRIVE) + white(2, len(T), 2e-9)
    found = {e.name: e for e in fit(record(T, current, DRIVE), "R0-De1-C1").estimates}
    assert not any(found[name].determined for name in ("R0", "De1.G_inf", "De1.tau"))
    assert all(found[name].note for name in ("R0", "De1.G_inf", "De1.tau"))


def test_record_shorter_than_the_memory_does_not_tell_its_end(cells: Any, record: Any) -> None:
    # 0.18 s of a relaxation of 50 s
    current = cells.debye(300.0, 5e-4, 0.3, 50.0, 1.0).current(T, DRIVE) + white(2, len(T), 2e-8)
    found = fit(record(T, current, DRIVE), "R0-De1-C1")
    estimates = {e.name: e for e in found.estimates}
    assert not estimates["De1.W_inf"].determined
    assert not estimates["De1.tau"].determined
    assert not {q.name: q for q in found.memory}["W_inf"].determined


def test_parameter_that_does_nothing_has_open_ends(cells: Any, record: Any) -> None:
    current = cells.rc(2000.0, 1e-5).current(T, DRIVE) + white(2, len(T), 2e-9)
    found = fit(record(T, current, DRIVE), "R0-p(C1,R2)")
    leak = found.estimates[2]
    assert (leak.name, leak.determined) == ("R2", False)
    assert leak.ci95[1] is None
    assert leak.note.startswith("anything above")
    assert found.to_document()["parameters"]["R2"]["ci95"][1] is None


def test_two_resistors_in_series_are_one(cells: Any, record: Any) -> None:
    current = cells.rc(2000.0, 1e-5).current(T, DRIVE) + white(2, len(T), 2e-9)
    found = {e.name: e for e in fit(record(T, current, DRIVE), "R0-R1-C2").estimates}
    assert not found["R0"].determined
    assert not found["R1"].determined
    assert found["C2"].determined
    assert found["C2"].value == pytest.approx(1e-5, rel=1e-3)


def test_fixed_parameter_stays(cells: Any, record: Any) -> None:
    current = cells.debye(**DEBYE).current(T, DRIVE) + white(2, len(T), 2e-9)
    found = fit(record(T, current, DRIVE), CellModel("R0-De1-C1", {"De1.W_inf": 0.3}))
    assert "De1.W_inf" not in found.values
    assert found.values["De1.tau"] == pytest.approx(2e-3, rel=0.01)
    assert found.to_document()["fixed"] == {"De1.W_inf": 0.3}


def test_given_start_is_used_and_misnamed_start_refused(cells: Any, record: Any) -> None:
    run = record(T, cells.debye(**DEBYE).current(T, DRIVE) + white(2, len(T), 2e-9), DRIVE)
    start = dict(zip(NAMES, TRUTH, strict=True))
    assert fit(run, CELL, start=start).values["De1.tau"] == pytest.approx(2e-3, rel=0.01)
    with pytest.raises(FitError, match=r"no free parameter is called tau; there are De1"):
        fit(run, CELL, start={"tau": 1.0})


def test_current_of_the_wrong_sign_is_refused(cells: Any, record: Any) -> None:
    with pytest.raises(FitError, match="sign of the current"):
        fit(record(T, -cells.debye(**DEBYE).current(T, DRIVE), DRIVE), "R0-De1-C1")


def test_fewer_samples_than_parameters_are_refused(cells: Any, record: Any) -> None:
    few = T[100:105]
    with pytest.raises(FitError, match="cannot determine 5 parameters"):
        fit(record(few, cells.debye(**DEBYE).current(few, DRIVE), DRIVE), "R0-De1-C1")


def test_result_is_plain_data_and_a_table(cells: Any, record: Any) -> None:
    import io
    import json

    from rich.console import Console

    found = fit(record(T, cells.debye(**DEBYE).current(T, DRIVE) + white(2, len(T), 2e-9), DRIVE), CELL)
    document = json.loads(json.dumps(found.to_document(), allow_nan=False))
    assert list(document["parameters"]) == NAMES
    assert document["attribution"] is None
    assert "electrode" in str(found)
    text = io.StringIO()
    console = Console(width=160, file=text)
    console.print(found.table())
    shown = text.getvalue()
    assert "De1.tau" in shown
    assert "electrode" in shown
    assert np.allclose(np.diag(found.correlation), 1.0)
