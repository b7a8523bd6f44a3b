"""Sample files of other libraries are read here as they are read there.

The files are those that public libraries keep with their tests; none of them is part of the project. They are looked
for in ``IONECHO_SAMPLES`` (default ``../shared/data/samples``), in one folder for each repository: gamry-parser, yadg,
impedance.py, pyimpspec, fastnda, preparenovonix, PyProBE, cellpy, battery-data-format, beep. The libraries are those of
the group ``samples``, and eclabfiles and pyimpspec where they are installed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daq import ReadOptions, read_text
from fitting.records.impedance import ImpedanceSpectrum
from tests.conftest import PROJECT

Columns = tuple[Any, Any, Any]
_SAMPLES = Path(os.environ.get("IONECHO_SAMPLES", PROJECT.parent / "shared" / "data" / "samples"))


def sample(name: str) -> Path:
    path = _SAMPLES / name
    if not path.is_file():
        pytest.skip(f"no sample {path}: set IONECHO_SAMPLES to a folder of the libraries' files")
    return path


def library(name: str) -> Any:
    """Return a library of the group ``samples``; skip where it is absent, or does not run with this Python."""
    try:
        return import_module(name)
    except Exception as error:  # noqa: BLE001 - whatever another library does when it is imported
        pytest.skip(f"{name} cannot be imported ({type(error).__name__}): uv run --group samples")


def gamry(path: Path) -> Columns:
    parser = library("gamry_parser").GamryParser()
    parser.load(str(path))
    curves = [parser.get_curve_data(k) if hasattr(parser, "get_curve_data") else parser.curves[k]
              for k in range(parser.curve_count)]  # fmt: skip
    return tuple(np.concatenate([np.asarray(one[name], float) for one in curves]) for name in ("T", "Vf", "Im"))  # type: ignore[return-value]


def ec_lab(voltage: str, current: str) -> Callable[[Path], Columns]:
    def read(path: Path) -> Columns:
        table = library("eclabfiles").to_df(str(path))
        return table["time"], table[voltage], table[current] / 1e3

    return read


def frame(time: str, voltage: str, current: str, scales: tuple[float, float, float] = (1, 1, 1), **given: Any) -> Any:
    """Return a reader by pandas, as cellpy, PyProBE, beep and bdf use it, told which columns are meant."""

    def read(path: Path) -> Columns:
        table = library("pandas").read_csv(path, **given)
        columns = (table[name] for name in (time, voltage, current))
        return tuple(scale * one.to_numpy(float) for scale, one in zip(scales, columns, strict=True))

    return read


def clocked(time: str, voltage: str, current: str, scales: tuple[float, float], **given: Any) -> Any:
    """Return a reader by pandas of a table whose times are clocks."""

    def read(path: Path) -> Columns:
        pandas = library("pandas")
        table = pandas.read_csv(path, **given)
        seconds = pandas.to_timedelta(table[time].str.strip()).dt.total_seconds().to_numpy(float)
        return seconds, scales[0] * table[voltage].to_numpy(float), scales[1] * table[current].to_numpy(float)

    return read


@dataclass(frozen=True)
class Sample:
    """A file, how another library reads it, and what its owner has to state."""

    file: str
    read: Callable[[Path], Columns]
    options: ReadOptions = field(default_factory=ReadOptions)
    signed: bool = True

    def __str__(self) -> str:
        return self.file.rpartition("/")[2]


EC_LAB = "yadg/tests/test_x_eclab/"
MACCOR_HEADINGS: dict[str, Any] = {"sep": "\t", "skiprows": 1, "encoding": "latin-1", "index_col": False}
RECORDS = [
    *(Sample(f"gamry-parser/tests/{one}.dta", gamry) for one in ("chronoa_data", "cv_data", "ocvcurve_data")),
    *(Sample(EC_LAB + f"{one}.mpt", ec_lab("Ewe", "I")) for one in ("ca", "mb.old", "mb.issue_218")),
    *(Sample(EC_LAB + f"{one}.mpt", ec_lab("<Ewe>", "I")) for one in ("cp", "cp.issue_61")),
    *(Sample(EC_LAB + f"{one}.mpt", ec_lab("Ewe", "<I>")) for one in ("lsv", "cv")),
    Sample("preparenovonix/example_data/example_data_prep.csv",
           frame("Run Time (h)", "Potential (V)", "Current (A)", (3600, 1, 1), skiprows=728, index_col=False)),
    Sample("PyProBE/tests/sample_data/novonix/sample_data_novonix.csv",
           frame("Run Time (h)", "Potential (V)", "Current (A)", (3600, 1, 1), skiprows=20)),
    Sample("PyProBE/tests/sample_data/arbin/sample_data_arbin.csv",
           frame("Test Time (s)", "Voltage (V)", "Current (A)")),
    Sample("PyProBE/tests/sample_data/basytec/sample_data_basytec.txt",
           frame("~Time[s]", "U[V]", "I[A]", sep="\t", skiprows=12, encoding="latin-1")),
    Sample("PyProBE/tests/sample_data/maccor/sample_data_maccor.csv",
           frame("Test Time (sec)", "Voltage", "Current", skiprows=2)),
    Sample("cellpy/examples/data/pec.csv",
           frame("Total Time (Seconds)", "Voltage (mV)", "Current (mA)", (1, 1e-3, 1e-3), skiprows=32)),
    Sample("cellpy/testdata/data/batmo_bdf.csv",
           frame("Test Time / h", "Voltage / V", "Current / A", (3600, 1, 1))),
    Sample("battery-data-format/data/SINTEF__LiGrR2032__2024-04-30__25degC__Landt.csv",
           frame("test_time_s", "voltage_V", "current_A", skiprows=6, index_col=False)),
    Sample("battery-data-format/docs/examples/reference/DLR__LiLNMOHydra0b__20221125__POCV__25degC__Basytec.bdf.csv",
           frame("test_time_second", "voltage_volt", "current_ampere")),
    *(Sample(f"beep/beep/tests/test_files/{one}", frame("Test (Sec)", "Volts", "Amps", **MACCOR_HEADINGS))
      for one in ("PreDiag_000229_000229_truncated.034", "PredictionDiagnostics_000151_test.052")),
    Sample("beep/beep/tests/test_files/2017-05-09_test-TC-contact_CH33.csv", frame("Test_Time", "Voltage", "Current")),
    Sample("cellpy/examples/data/maccor_one.txt",
           clocked("TestTime", "Volts", "Amps", (1, 1), sep="\t", skiprows=3, index_col=False), signed=False),
    Sample("fastnda/tests/test_data/interp-test.csv",
           clocked("Total Time", "Voltage(mV)", "Current(µA)", (1e-3, 1e-6), encoding="cp1252", index_col=False)),
]  # fmt: skip


@pytest.mark.parametrize("one", RECORDS, ids=str)
def test_a_record_is_read_as_the_other_library_reads_it(one: Sample) -> None:
    path = sample(one.file)
    t, v, i = (np.asarray(column, dtype=float) for column in one.read(path))
    record = read_text(path, options=one.options)
    assert len(record) == len(t), record.notes
    np.testing.assert_allclose(record.t_s, t, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(record.voltage_V, v, rtol=1e-6, atol=1e-12)
    read = record.current_A if one.signed else np.abs(record.current_A)
    np.testing.assert_allclose(read, i, rtol=1e-6, atol=1e-18)


def impedance_py(instrument: str | None) -> Callable[[Path], Any]:
    return lambda path: library("impedance.preprocessing").readFile(str(path), instrument)


def pyimpspec(path: Path) -> Any:
    data = library("pyimpspec").parse_data(str(path))[0]
    return data.get_frequencies(), data.get_impedances()


SPECTRA = [
    *((f"impedance.py/data/exampleData{name}", impedance_py(kind)) for name, kind in (
        ("Gamry.DTA", "gamry"), ("Autolab.txt", "autolab"), ("Parstat.txt", "parstat"), ("ZPlot.z", "zplot"),
        ("VersaStudio.par", "versastudio"), ("Powersuite.txt", "powersuite"), ("BioLogic.mpt", "biologic"),
        ("CHInstruments.txt", "chinstruments"), (".csv", None), ("ZPlot_noComments.z", "zplot"))),
    *((f"pyimpspec/tests/{name}", pyimpspec) for name in (
        "data.dta", "data.mpt", "data.i2b", "data-comma.csv", "data-comma-decimal-separator.csv",
        "data-header-variant-4.csv", "case-negative-real-imaginary.csv", "drift-corrected-data.dta")),
]  # fmt: skip


@pytest.mark.parametrize(("file", "read"), SPECTRA, ids=[one[0].rpartition("/")[2] for one in SPECTRA])
def test_a_spectrum_is_read_as_the_other_library_reads_it(file: str, read: Callable[[Path], Any]) -> None:
    path = sample(file)
    frequency, impedance = (np.asarray(column) for column in read(path))
    spectrum = ImpedanceSpectrum.read(path)
    assert len(spectrum.frequency_Hz) == len(frequency), spectrum.notes
    np.testing.assert_allclose(spectrum.frequency_Hz, frequency, rtol=1e-9)
    np.testing.assert_allclose(spectrum.impedance_ohm, impedance, rtol=1e-6)
