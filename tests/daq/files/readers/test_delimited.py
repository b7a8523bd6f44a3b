"""Texts of other programs become run files, and wrong ones are refused with the place that is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from daq import import_record, open_run, read_text
from protocols import RunFileError


def written(folder: Path, text: str) -> Path:
    path = folder / "record.txt"
    path.write_text(text, encoding="latin-1")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "time/s;Ewe/V;I/mA\n0;0;0\n0.5;0.01;2\n1;0;-1\n",
        "Some Potentiostat\nserial 12 µ\n\nTime [s],Voltage [mV],Current [uA]\n0,0,0\n0.5,10,2000\n1,0,-1000\n",
        "T (ms)\tI (mA)\tE (V)\n0\t0\t0\n500\t2\t0.01\n1000\t-1\t0\n",
        "t v i\n0 0 0\n0.5 0.01 2e-3\n1 0 -1e-3\n",
    ],
)
def test_columns_separator_and_units_are_guessed(tmp_path: Path, text: str) -> None:
    record = read_text(written(tmp_path, text))
    np.testing.assert_allclose(record.t_s, [0, 0.5, 1])
    np.testing.assert_allclose(record.voltage_V, [0, 0.01, 0])
    np.testing.assert_allclose(record.current_A, [0, 2e-3, -1e-3])


@pytest.mark.parametrize(
    ("heading", "ampere"),
    [("Current mA", 2e-3), ("I in uA", 2e-6), ("Current", 2.0), ("Im / nA", 2e-9)],
)
def test_a_unit_in_a_heading_is_found_without_brackets(tmp_path: Path, heading: str, ampere: float) -> None:
    path = written(tmp_path, f"Time s;Voltage V;{heading}\n0;0;2\n1;0;2\n")
    np.testing.assert_allclose(read_text(path).current_A, ampere)


@pytest.mark.parametrize("heading", ["Current density (mA/cm2)", "Current density mA cm-2"])
def test_a_current_density_is_no_current(tmp_path: Path, heading: str) -> None:
    with pytest.raises(RunFileError, match="density"):
        read_text(written(tmp_path, f"Time/s;Voltage/V;{heading}\n0;0;2\n1;0;2\n"))


def test_columns_can_be_named_or_numbered(tmp_path: Path) -> None:
    path = written(tmp_path, "clock;volts A;volts B;amps\n0;1;2;3\n1;1;2;3\n")
    with pytest.raises(RunFileError, match=r"none is the time.*1 'clock'"):
        read_text(path)
    record = read_text(path, {"time": "1", "voltage": "volts B", "current": "amps"}, units={"current": "nA"})
    np.testing.assert_allclose(record.voltage_V, 2.0)
    np.testing.assert_allclose(record.current_A, 3e-9)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("t;v;i\n0;0;0\n1;x;0\n", r"line 3: column 2 \(voltage\): expected a number, found 'x'"),
        ("t;v;i\n0;0;0\n1;0\n2;0;0\n", r"line 3: 2 cells, none in column 3 \(current\)"),
        ("t;v;i\n5;0;0\n4;0;0\n", r"line 3: time 4 s does not come after 5 s"),
        ("t;v;i\n0;0;1e400\n", r"line 2: column 3 \(current\): '1e400' is too large .* not finite"),
        ("no table at all\n", "no line with two numbers"),
        ("t [parsec];v;i\n0;0;0\n1;0;0\n", "parsec"),
    ],
)
def test_a_wrong_text_is_refused_where_it_is_wrong(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(RunFileError, match=named):
        read_text(written(tmp_path, text))


def test_the_measured_titration_becomes_a_run_file(tmp_path: Path, measured_data: Path) -> None:
    source, target = measured_data / "zahner_pitt" / "PITT.txt", tmp_path / "pitt.nxs"
    record = read_text(source)
    import_record(record, source, target)
    run = open_run(target)
    assert (run.n_samples, run.state, run.drive) == (6150, "complete", None)
    assert run.t_s[0] == pytest.approx(0.2)
    assert run.voltage_V[0] == pytest.approx(3.97643, abs=1e-5)
    assert run.sample_interval_s == pytest.approx(0.2)
    assert run.verify().bad_blocks == ()
    with pytest.raises(RunFileError, match="exists"):
        import_record(record, source, target)
