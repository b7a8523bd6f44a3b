"""Binary files are read as their programs export them, where the libraries and samples are there."""

from __future__ import annotations

import importlib.util
import io
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from daq import ReadOptions, read_text
from daq.files.readers.contract import RecordReader, reader_of, start_of
from daq.files.readers.neware_binary import NEWARE_BINARY
from daq.files.readers.record import RecordError
from protocols import RunFileError
from tests.conftest import PROJECT
from tests.daq.files.readers.test_other_libraries import library, sample

EC_LAB = "yadg/tests/test_x_eclab/"


@pytest.fixture(scope="module")
def package() -> ModuleType:
    where = PROJECT / "examples" / "binary_readers" / "ionecho_binary" / "__init__.py"
    found = importlib.util.spec_from_file_location("ionecho_binary", where)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_each_reader_knows_its_own_files(package: ModuleType) -> None:
    mpr, ndax = package.Mpr(), NEWARE_BINARY
    assert isinstance(mpr, RecordReader)
    assert isinstance(ndax, RecordReader)
    starts = {b"BIO-LOGIC MODULAR FILE\x1a": (True, False), b"NEWARE\0": (False, True), b"t/s,U/V": (False, False)}
    for first, known in (("EditStep.xml", True), ("[Content_Types].xml", False)):
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr(first, "<x/>")
        starts[archive.getvalue()] = (False, known)
    for start, both in starts.items():
        assert (mpr.recognizes(start), ndax.recognizes(start)) == both


def test_columns_of_a_library_are_read_with_all_options(package: ModuleType, tmp_path: Path) -> None:
    rows = [(0.1 * k, 1 / 3, (k + 1) / 7, 41) for k in range(10)]
    headings = ("time/s", "Ewe/V", "I/mA", "I Range")
    record = package.as_text(tmp_path / "a.mpr", headings, rows, ReadOptions(negate=("current",)))
    np.testing.assert_array_equal(record.current_A, -np.array([row[2] for row in rows]) / 1e3)
    np.testing.assert_array_equal(record.voltage_V, 1 / 3)


@pytest.mark.parametrize("name", ["ca", "cp", "lsv", "mb", "cv"])
def test_mpr_is_read_as_its_export(package: ModuleType, name: str) -> None:
    library("galvani.BioLogic")
    binary, text = sample(f"{EC_LAB}{name}.mpr"), sample(f"{EC_LAB}{name}.mpt")
    assert package.Mpr().recognizes(start_of(binary))
    record, exported = package.Mpr().read(binary, ReadOptions()), read_text(text)
    assert len(record) == len(exported)
    for ours, theirs in (
        (record.t_s, exported.t_s),
        (record.voltage_V, exported.voltage_V),
        (record.current_A, exported.current_A),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)


def test_ndax_is_read_as_its_export() -> None:
    library("NewareNDA")
    binary, text = (sample(f"fastnda/tests/test_data/interp-test.{kind}") for kind in ("ndax", "csv"))
    assert NEWARE_BINARY.recognizes(start_of(binary))
    record, exported = NEWARE_BINARY.read(binary, ReadOptions()), read_text(text)
    assert len(record) == len(exported)
    # NewareNDA interpolates times, and says so; the export has its voltage in tenths of a millivolt.
    assert "interpolates" in record.notes[-1]
    np.testing.assert_allclose(record.t_s, exported.t_s, atol=0.21)
    np.testing.assert_allclose(record.voltage_V, exported.voltage_V, atol=1e-4)
    np.testing.assert_allclose(record.current_A, exported.current_A, rtol=1e-3, atol=1e-9)


def test_what_neware_s_library_needs_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reader_of(b"NEWARE\0")[0] is NEWARE_BINARY
    path = tmp_path / "a.nda"
    path.write_bytes(b"NEWARE\0 and nothing else")
    broken = ModuleType("NewareNDA")
    monkeypatch.setitem(sys.modules, "NewareNDA", broken)
    broken.read = lambda _path: 1 // 0  # type: ignore[attr-defined]
    with pytest.raises(RecordError, match="NewareNDA cannot read it: ZeroDivisionError"):
        read_text(path)
    monkeypatch.setitem(sys.modules, "NewareNDA", None)
    with pytest.raises(RunFileError, match=r"pip install \"ionecho\[import\]\""):
        read_text(path)
