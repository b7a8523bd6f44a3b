"""Files of programs that have a reader of their own, and readers of other packages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from daq import ReadOptions, TextRecord, read_text
from daq.files.readers.contract import reader_of
from daq.files.readers.record import QuestionError
from protocols import RunFileError
from protocols.plugins import Plugins
from tests.daq.files.readers.tables_of_text import CURRENT_MA, T_S, VOLTAGE_V, N, read, require_record

METHOD = "# Method\r\nTECHNIQUE=7\r\nE=1.000E-001\r\nT_RUN=6.000E-001\r\n"


def array(description: str, kind: str, symbol: str, values: np.ndarray, *, lower: bool) -> dict[str, Any]:
    document = {
        "Type": "PalmSens.Data.DataArray",
        "Description": description,
        "Unit": {"Type": f"PalmSens.Units.{kind}", "S": symbol, "Q": description.title()},
        "DataValues": [{"V": float(value), "S": 0} for value in values],
    }
    return lowered(document) if lower else document


def lowered(document: Any) -> Any:
    if isinstance(document, dict):
        return {key.lower(): lowered(value) for key, value in document.items()}
    return [lowered(one) for one in document] if isinstance(document, list) else document


def session(*, lower: bool = False, potential: bool = True, count: int = 1, unit: str = "MicroAmpere") -> bytes:
    values = [array("time", "Time", "s", T_S, lower=lower), array("current", unit, "A", 1e3 * CURRENT_MA, lower=lower)]
    if potential:
        values.append(array("potential", "Volt", "V", VOLTAGE_V, lower=lower))
    one = {"Title": "Chronoamperometry", "Method": METHOD, "DataSet": {"Values": values}}
    document = {"Type": "PalmSens.DataFiles.SessionFile", "Measurements": [one] * count}
    text = json.dumps(lowered(document) if lower else document)
    return ("\ufeff" + text + "\ufeff").encode("utf-16-le")


@pytest.mark.parametrize("lower", [False, True])
def test_a_session_of_pstrace_has_its_units_by_their_type(tmp_path: Path, lower: bool) -> None:
    """The symbol of MicroAmpere is "A"."""
    record = read(tmp_path, session(lower=lower))
    np.testing.assert_allclose(record.current_A, CURRENT_MA / 1e3, rtol=1e-12)
    np.testing.assert_array_equal(record.t_s, T_S)
    np.testing.assert_array_equal(record.voltage_V, VOLTAGE_V)
    assert "method: TECHNIQUE=7, E=1.000E-001, T_RUN=6.000E-001" in record.notes


def test_a_session_without_a_potential_is_asked_for_it_with_its_levels(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match=r"E=1.000E-001.*--drive"):
        read(tmp_path, session(potential=False))
    record = read(tmp_path, session(potential=False), ReadOptions(drive="0 V; 0.1 V at 0.2 s; 0 V at 0.4 s"))
    np.testing.assert_array_equal(record.voltage_V, VOLTAGE_V)


def test_a_session_of_several_measurements_is_asked_which(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match=r"2 measurements.*--block"):
        read(tmp_path, session(count=2))
    assert len(read(tmp_path, session(count=2), ReadOptions(block="2"))) == N


@pytest.mark.parametrize(
    "content",
    [
        b'{"Type": "PalmSens.DataFiles.SessionFile", "Measurements": [{}]}',
        b'{"Type": "PalmSens.DataFiles.SessionFile", "Measurements": 3}',
        b'{"Type": "PalmSens.DataFiles.SessionFile", "Measurements": []}',
        b'{"Type": "PalmSens.DataFiles.SessionFile", "Measurements": [',
        b'{"measurements": ' + 5000 * b"[",
    ],
)
def test_a_session_that_cannot_be_read_says_how_to_export(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(RunFileError, match="export the curves as CSV"):
        read(tmp_path, content)


def test_a_unit_that_is_not_known_is_asked(tmp_path: Path) -> None:
    with pytest.raises(RunFileError, match="--current-unit"):
        read(tmp_path, session(unit="Parsec"))


def test_ec_lab_takes_the_current_and_tells_the_settings(tmp_path: Path) -> None:
    columns = "mode\tox/red\tNs\ttime/s\tcontrol/V\tEwe/V\t<I>/mA\tdq/mA.h\tI Range\tEwe-Ece/V\tEce/V"
    header = [
        "EC-Lab ASCII FILE", "Nb header lines : 11", "", "Chronoamperometry / Chronocoulometry", "",
        "Electrode surface area : 0.785 cm²", "Acquisition started on : 11/25/2026 10:00:00",
        "Ei (V)              0.000               0.100", "ti (h:m:s)          0:00:0.2000         0:00:0.4000",
        "unit Imax           mA                  mA",
    ]  # fmt: skip
    rows = [
        f"2\t1\t0\t{t:.15E}\t{v:.7E}\t{v:.7E}\t{i:.15E}\t0\t41\t{v:.7E}\t0"
        for t, v, i in zip(T_S, VOLTAGE_V, CURRENT_MA, strict=True)
    ]
    for mark in (".", ","):
        table = "\r\n".join([columns, *(row.replace(".", mark) for row in rows)])
        record = read(tmp_path, ("\r\n".join(header) + "\r\n" + table + "\r\n").encode("cp1252"))
        require_record(record)
        assert {
            "technique: Chronoamperometry / Chronocoulometry",
            "started: 11/25/2026 10:00:00",
            "electrode area: 0.785 cm²",
            "levels Ei: 0.000 0.100",
        } <= set(record.notes)


class Point:
    """An entry point of another package."""

    name, dist, value = "example", None, "example:READER"

    def __init__(self, reader: object) -> None:
        self.reader = reader

    def load(self) -> object:
        if isinstance(self.reader, BaseException):
            raise self.reader
        return self.reader


class Example:
    def recognizes(self, start: bytes) -> bool:
        return start.startswith(b"EXAMPLE")

    def read(self, path: Path, options: ReadOptions) -> TextRecord:
        plain = path.with_suffix(".plain")
        plain.write_bytes(path.read_bytes().removeprefix(b"EXAMPLE\n"))
        return read_text(plain, options=options)


class Broken(Example):
    def read(self, path: Path, options: ReadOptions) -> TextRecord:  # noqa: ARG002
        raise SystemExit("of the reader")


def plugged(monkeypatch: pytest.MonkeyPatch, reader: object) -> None:
    monkeypatch.setattr("daq.files.readers.contract.plugins_of", lambda _: Plugins((Point(reader),)))  # type: ignore[arg-type]


TEXT = "EXAMPLE\nt/s,U/V,I/A\n0,0,1\n1,0,2\n"


def test_a_reader_of_another_package_is_asked_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugged(monkeypatch, Example)
    np.testing.assert_array_equal(read(tmp_path, TEXT).current_A, [1, 2])


def test_a_broken_reader_of_another_package_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugged(monkeypatch, Broken())
    with pytest.raises(RunFileError, match=r"reader 'example' .* failed in `read`: SystemExit: of the reader"):
        read(tmp_path, TEXT)
    for wrong in (ValueError("at import"), object()):
        plugged(monkeypatch, wrong)
        record = read(tmp_path, TEXT)
        np.testing.assert_array_equal(record.current_A, [1, 2])
        assert "It is left out" in record.notes[-1]
    assert reader_of(b"EXAMPLE")[0] is None
