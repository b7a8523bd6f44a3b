"""What the command line says of a record whose current was controlled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.ionecho.commands import command

T = np.arange(1500) * 0.02
# 1 kilohm before 5 kilohm side by side with 100 uF, then 2 mF: 1 uA from 2.01 s to 12.01 s.
ANSWER = sum(
    np.where(
        edge < T,
        step * (1.0 - 5.0 * np.expm1(-np.maximum(T - edge, 0.0) / 0.5) + np.maximum(T - edge, 0.0) / 2.0) * 1e-3,
        0.0,
    )
    for edge, step in ((2.01, 1.0), (12.01, -1.0))
)


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    volts = 3.3 + ANSWER + 1e-6 * np.random.default_rng(1).standard_normal(len(T))
    amperes = np.where((T > 2.01) & (T < 12.01), 1.0, 0.0)
    rows = "".join(f"{a:.6g},{b:.9g},{c:.6g}\n" for a, b, c in zip(T, volts, amperes, strict=True))
    Path("cp.csv").write_text(f"time/s,Ewe/V,I/uA\n{rows}")


def test_import_says_what_was_controlled_and_the_spectrum_is_of_resistances(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command("import", "cp.csv") == 0
    assert "guessed: control: the current" in capsys.readouterr().err
    assert command("fit", "cp.nxs", "--spectrum", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["control"] == "current"
    assert document["instant_resistance_ohm"] == pytest.approx(1e3, rel=0.1)
    seen = [one for one in document["peaks"] if one["seen"] and one["resistance_ohm"] > 1e3]
    assert [one["relaxation_time_s"] for one in seen] == pytest.approx([0.5], rel=0.1)
    assert command("fit", "cp.nxs", "--spectrum", "--json", "--control", "voltage") == 0
    assert "static_conductance_S" in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        (["--before", "0 V"], "'0 A'"),
        (["--control", "voltage", "--before", "0 A"], "'0 V'"),
        (["--control", "power"], "--control"),
    ],
)
def test_levels_are_of_what_was_controlled(options: list[str], where: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("import", "cp.csv") == 0
    capsys.readouterr()
    assert command("fit", "cp.nxs", *options, "--json") == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert where in f"{error['where']} {error['message']}"


def found(document: dict[str, Any]) -> dict[str, float]:
    return {name: one["value"] for name, one in document["parameters"].items()}


TRUTH = {"R0": 1e3, "R1": 5e3, "C1": 1e-4, "C2": 2e-3}
FIT = ("fit", "cp.nxs", "--model", "R0-p(R1,C1)-C2", "--json")


def test_a_current_that_was_applied_is_stated_at_import_where_no_column_has_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [line.rpartition(",")[0] for line in Path("cp.csv").read_text().splitlines()]
    Path("cp.csv").write_text("\n".join(rows))
    assert command("import", "cp.csv") == 2
    assert '--drive "0 A' in capsys.readouterr().err
    assert command("import", "cp.csv", "--drive", "0 A; 1 uA at 2.01 s; 0 A at 12.01 s", "--before", "0 A") == 0
    capsys.readouterr()
    assert command(*FIT) == 0
    assert found(json.loads(capsys.readouterr().out)) == {
        name: pytest.approx(value, rel=0.02) for name, value in TRUTH.items()
    }


def test_a_current_is_stated_later_and_its_levels_are_amperes(capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        command("import", "cp.csv", "--current-unit", "mA", "--control", "voltage") == 0
    )  # a thousand times too large
    assert command("note", "cp.nxs", "--before", "0 A") == 2
    assert "--control current" in capsys.readouterr().err
    assert command("note", "cp.nxs", "--before", "0 A", "--drive", "0 A; 1 uA at 2.01 s; 0 A at 12.01 s") == 0
    assert command("note", "cp.nxs", "--before", "0 V") == 2
    capsys.readouterr()
    assert command(*FIT) == 0
    assert found(json.loads(capsys.readouterr().out)) == {
        name: pytest.approx(value, rel=0.02) for name, value in TRUTH.items()
    }
    assert command(*FIT, "--protocol", "pump_probe") == 1
    assert "a protocol has voltages" in capsys.readouterr().out


def test_import_takes_no_other_quantity(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("import", "cp.csv", "--control", "power", "--json") == 2
    assert "--control" in capsys.readouterr().out
    assert not Path("cp.nxs").exists()
