"""Documents of other fits as they are shown: rankings, diagnoses, comparisons, made by hand from known truths."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from gui.fit.documents import comparison_of, diagnosis_of, families_of
from gui.fit.fit_wish import FitKind, FitWish, RecordSettings, Together
from gui.fit.joint_documents import joint_diagnosis_of, joint_of
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
    assert (by_thickness.x_unit, by_thickness.y_unit, by_temperature.x_unit) == ("µm", "s", "")
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


def test_a_joint_diagnosis_names_what_is_wrong_with_each_record() -> None:
    clean = {
        "source": "a.nxs",
        "unit": "A",
        "left_together": 2e-9,
        "left_alone": 2e-9,
        "disagrees": False,
        "own_values": [],
        "diagnosis": {"causes": []},
        "remarks": [],
    }
    own = {"name": "De1.tau", "unit": "s", "own": 2.4e-3, "joint": 2.2e-3, "deviations": 30.0}
    hum = {"text": "a sine of 50 Hz and 1 nA", "remedy": "--mains 50"}
    odd = clean | {
        "source": "b.nxs",
        "left_together": 9e-9,
        "disagrees": True,
        "own_values": [own],
        "diagnosis": {"causes": [hum]},
    }
    spectrum = clean | {"source": "eis.csv", "unit": "share of abs(Z)", "left_alone": 1e-3, "diagnosis": None}
    document = {"circuit": "R0-De1-C1", "records": [clean, odd, spectrum]}
    shown = joint_diagnosis_of(document)
    assert shown.sentence.startswith("Something is wrong with 1 of 3 records")
    assert shown.trials == (), "options are for a fit of one record"
    assert shown.causes.rows == (
        ("[1] a.nxs", "2 nA", "2 nA", "Nothing but noise is left.", ""),
        (
            "[2] b.nxs",
            "9 nA",
            "2 nA",
            "It does not share what is shared: De1.tau 2.4 ms by itself, 2.2 ms together.",
            "",
        ),
        ("", "", "", "A sine of 50 Hz and 1 nA.", "--mains 50"),
        ("[3] eis.csv", "2e-07 % of |Z|", "0.1 % of |Z|", "Nothing but noise is left.", ""),
    )
    alike = joint_diagnosis_of({"circuit": "R0-De1-C1", "records": [clean, clean]})
    assert alike.sentence == "R0-De1-C1 describes 2 records together; each shares what is shared."


@pytest.mark.parametrize("kind", [FitKind.DIAGNOSE_TOGETHER, FitKind.JOINT])
def test_several_runs_are_fitted_and_diagnosed_with_the_same_options(kind: FitKind) -> None:
    wish = FitWish("R0-C1", kind, record=RecordSettings(drift=True), together=Together(("C1",), (), ("290", "300")))
    words = wish.arguments([Path("a.nxs"), Path("b.nxs")])
    asked = ("--diagnose",) if kind is FitKind.DIAGNOSE_TOGETHER else ()
    assert words == (
        "fit", "a.nxs", "b.nxs", "--model", "R0-C1", *asked,
        "--temperature", "290", "--temperature", "300", "--share", "C1", "--json",
    )  # fmt: skip
