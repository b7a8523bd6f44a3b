"""Documents of other fits as they are shown: rankings, diagnoses, comparisons, made by hand from known truths."""

from __future__ import annotations

import math
from typing import Any

import pytest

from gui.fit.documents import comparison_of, diagnosis_of, families_of, joint_of
from gui.fit.kept_model import side_by_side


def figure(value: float, spread: float = 0.01, *, determined: bool = True, unit: str = "") -> dict[str, object]:
    ends = [value * (1 - spread), value * (1 + spread)]
    return {"value": value, "ci95": ends, "unit": unit, "determined": determined, "note": ""}


def test_a_ranking_says_first_whether_it_is_decided() -> None:
    one = {
        "model": "R0-Mig1-CPE1",
        "free_parameters": 7,
        "delta_aicc": 0.0,
        "delta_bic": 0.0,
        "weight": 0.9,
        "whiteness": 1.01,
        "rms_residual_A": 2e-9,
        "not_determined": ["R0"],
    }
    other = one | {"model": "R0-De1-CPE1", "delta_aicc": 4.0, "weight": 0.1, "whiteness": None, "not_determined": []}
    shown = families_of({"ranking": [one, other], "decided": False})
    assert shown.sentence == "R0-Mig1-CPE1 comes first, but the first ones are too close to decide."
    assert shown.rows[0] == ("R0-Mig1-CPE1", "0", "90 %", "1.01", "2 nA", "7", "R0")
    assert shown.rows[1][3] == "–"


def test_a_diagnosis_offers_what_was_tried_with_what_it_leaves() -> None:
    cause = {"text": "the offset drifts", "share": 0.93, "remedy": "--drift"}
    shown = diagnosis_of(
        {
            "circuit": "R0-De1-C1",
            "residual_A": 4e-9,
            "noise_A": 1e-9,
            "causes": [cause],
            "trials": [
                {"option": "", "residual_A": 4e-9, "is_described": False, "problem": ""},
                {"option": "--drift", "residual_A": 1e-9, "is_described": True, "problem": ""},
                {"option": "--robust", "residual_A": None, "is_described": False, "problem": "no robust fit"},
            ],
        }
    )
    assert shown.causes.rows == (("The offset drifts.", "93 %", "--drift"),)
    assert [(one.option, one.left, one.is_described) for one in shown.trials[1:]] == [
        ("--drift", "1 nA", True),
        ("--robust", "no robust fit", False),
    ]


def test_a_comparison_is_drawn_by_the_condition_that_was_varied_alone() -> None:
    runs = [
        {
            "run": f"{k}.nxs",
            "thickness_m": thickness,
            "temperature_K": kelvin,
            "median_memory_time": figure(time, unit="s"),
            "steady_conductance": figure(1e-4, unit="S"),
        }
        for k, (thickness, kelvin, time) in enumerate(
            [(5e-4, 300.0, 0.01), (1e-3, 300.0, 0.01), (2e-3, 300.0, 0.01), (1e-3, 250.0, 1.0)]
        )
    ]
    line = {"at": [5e-4, 2e-3], "value": [0.01, 0.01], "text": "exponent 0"}
    shown = comparison_of({"runs": runs, "evidence": ["time ~ thickness^0"], "lines": {"time_by_thickness": line}})
    by_thickness, by_temperature, _ = shown.plots
    assert by_thickness.x == pytest.approx([math.log10(500.0), 3.0, math.log10(2000.0)])
    assert by_thickness.x_title == "Thickness (µm)"
    assert by_thickness.y == pytest.approx([-2.0] * 3), "the one at 250 K is of another temperature"
    assert by_thickness.line_y == pytest.approx([-2.0, -2.0])
    assert sorted(by_temperature.x) == pytest.approx([1000 / 300, 4.0])
    assert shown.sentence == "Time ~ thickness^0."
    assert shown.is_good
    assert shown.listings[0].rows[0][:3] == ("0.nxs", "500 µm", "300 K")


def test_a_joint_fit_that_does_not_describe_its_records_says_so() -> None:
    record = {"source": "a.nxs", "temperature_K": None, "memory": {"W_inf": figure(0.3)}}
    misfit = {"kind": "spectrum_misfit", "text": "the model leaves more"}
    documents = {
        remarks: joint_of({"model": "R0-C1", "parameters": {}, "records": [record], "remarks": remarks_})
        for remarks, remarks_ in (("none", []), ("misfit", [misfit]))
    }
    assert documents["none"].is_good
    assert documents["none"].listings[1].rows[0][0] == "Steady-state fraction W_inf"
    assert not documents["misfit"].is_good
    assert documents["misfit"].remarks == ("The model leaves more.",)


def test_kept_fits_stand_side_by_side_and_a_model_that_misfits_is_marked() -> None:
    common = {"format": 2, "rms_residual_A": 1e-9, "attribution": None}
    memory = {"back_hop_fraction": figure(0.7), "median_memory_time": figure(0.014, unit="s")}
    good: dict[str, Any] = {
        **common,
        "model": "De1-C1",
        "memory": memory,
        "parameters": {"C1": figure(2e-4, unit="F")},
        "remarks": [],
    }
    bad = {
        **common,
        "model": "R0",
        "memory": {},
        "parameters": {"R0": figure(5e3, unit="ohm", determined=False)},
        "remarks": [{"kind": "not_described"}],
    }
    kept = side_by_side((good, bad))
    assert kept.circuits == ("De1-C1", "R0")
    rows = {row[0]: row[1:] for row in kept.listing.rows}
    assert rows["Describes the record"] == ("yes", "no")
    assert rows["Median memory time"][0].startswith("14 ms (")
    assert rows["Median memory time"][1] == "–"
    assert rows["R0"][0] == "–"
    assert rows["R0"][1].endswith("; not determined")
