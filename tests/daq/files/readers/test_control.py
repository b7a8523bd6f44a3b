"""Which quantity an instrument controlled: stated, said by the file, or found in its samples; kept with the run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from daq import ReadOptions, import_record, open_run, read_text
from daq.files.readers.record import RecordError

Floats = NDArray[np.float64]

T = np.arange(2000, dtype=np.float64) * 0.01
# A resistor of 1 kilohm before 5 kilohm side by side with 100 uF, pulse and rest, by its closed form.
ON = np.where((T > 2.0) & (T < 9.0), 1.0, 0.0)
ARC = np.where(T > 2.0, 5.0 * -np.expm1(-np.maximum(T - 2.0, 0.0) / 0.5), 0.0) - np.where(
    T > 9.0, 5.0 * -np.expm1(-np.maximum(T - 9.0, 0.0) / 0.5), 0.0
)
RELAXING = ON + ARC


def noise(share: float) -> Floats:
    return share * np.random.default_rng(5).standard_normal(len(T))


def written(folder: Path, volts: Floats, amperes: Floats, above: str = "") -> Path:
    path = folder / "record.txt"
    rows = "".join(f"{a:.6g}\t{b:.9g}\t{c:.9g}\n" for a, b, c in zip(T, volts, amperes, strict=True))
    path.write_text(f"{above}time/s\tEwe/V\tI/mA\n{rows}")
    return path


@pytest.mark.parametrize("reading", [0.0, 1e-3, 1e-2])
def test_a_current_that_is_held_while_the_voltage_relaxes_was_controlled(reading: float, tmp_path: Path) -> None:
    record = read_text(written(tmp_path, 3.3 + RELAXING + noise(1e-4), ON + noise(reading)))
    assert record.control == "current"
    assert [one.option for one in record.guesses if one.about == "control"] == ["--control"]


@pytest.mark.parametrize("reading", [0.0, 1e-3])
def test_a_voltage_that_is_held_was_controlled(reading: float, tmp_path: Path) -> None:
    record = read_text(written(tmp_path, ON + noise(reading), 2.0 + RELAXING))
    assert record.control == ""


def test_a_resistor_tells_nothing(tmp_path: Path) -> None:
    assert read_text(written(tmp_path, ON + noise(1e-4), ON)).control == ""


def test_a_current_that_flows_from_the_first_sample_on_is_held(tmp_path: Path) -> None:
    charging = 3.3 + 1e-3 * T + 0.1 * -np.expm1(-T)
    assert read_text(written(tmp_path, charging, np.ones(len(T)))).control == "current"


@pytest.mark.parametrize(
    ("technique", "control"),
    [("Chronopotentiometry", "current"), ("Galvanostatic Cycling with Potential Limitation", "current"),
     ("Open Circuit Voltage", "current"), ("Chronoamperometry / Chronocoulometry", "voltage")],
)  # fmt: skip
def test_the_technique_of_a_file_says_it(technique: str, control: str, tmp_path: Path) -> None:
    above = f"EC-Lab ASCII FILE\nNb header lines : 5\n\n{technique}\n"
    record = read_text(written(tmp_path, 2.0 + RELAXING, RELAXING, above))
    assert record.control == control
    assert any(one.startswith(f"control: the {control}, by the technique") for one in record.notes)


def test_what_is_stated_counts_and_is_kept(tmp_path: Path) -> None:
    path = written(tmp_path, 3.3 + RELAXING, ON)
    record = read_text(path, options=ReadOptions(control="voltage"))
    assert record.control == "voltage"
    assert not [one for one in record.guesses if one.about == "control"]
    import_record(record, path, tmp_path / "run.nxs")
    assert open_run(tmp_path / "run.nxs").imported["control"] == "voltage"


def test_a_stated_voltage_contradicts_a_controlled_current(tmp_path: Path) -> None:
    path = written(tmp_path, 3.3 + RELAXING, ON)
    with pytest.raises(RecordError, match="--drive states the voltage"):
        read_text(path, options=ReadOptions(control="current", drive="0 V; 1 V at 2 s"))
    with pytest.raises(RecordError, match="not 'power'"):
        read_text(path, options=ReadOptions(control="power"))
