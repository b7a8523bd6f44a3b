"""What is stated of a run is kept beside it, counts for its drive and sample, and is refused if it is wrong."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from daq import Run, import_record, open_run, read_text
from daq.files.names import statements_path
from daq.files.stated_drive import StatementError, drive_text, stated_drive
from daq.files.statements import Statements, read_statements, write_statements
from protocols import Protocol, PulseSequence, RunFileError

ALL = Statements(
    before="0.1 V", edges="sample", drive="0 V; 0.45 V at 0.2 s", name='pellet "7"', thickness="1.2 mm", area="50 mm^2",
    temperature="298 K", permittivity="30", grain_size="2 um", notes="dry\nroom, \\ and µ",
)  # fmt: skip


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    text = tmp_path / "record.txt"
    text.write_text("t/s,U/V,I/A\n" + "".join(f"{k / 10:g},0.4,{k}\n" for k in range(11)))
    import_record(read_text(text), text, tmp_path / "run.nxs")
    return tmp_path / "run.nxs"


def test_what_is_stated_comes_back_as_it_was_stated(imported: Path) -> None:
    assert read_statements(imported) == Statements()
    assert write_statements(imported, ALL) == statements_path(imported)
    assert asdict(read_statements(imported)) == asdict(ALL)
    assert not open_run(imported).verify().damage()


def test_the_sample_and_the_drive_of_a_run_are_those_that_were_stated(imported: Path) -> None:
    before = open_run(imported)
    assert (before.drive, before.sample.thickness_m) == (None, None)
    write_statements(imported, ALL)
    run = open_run(imported)
    sample = run.sample
    assert sample.name == 'pellet "7"'
    read = (sample.thickness_m, sample.area_m2, sample.temperature_K, sample.permittivity, sample.grain_size_m)
    np.testing.assert_allclose(np.array(read, dtype=float), [1.2e-3, 5e-5, 298.0, 30.0, 2e-6], rtol=1e-12)
    drive = run.drive
    assert drive is not None
    np.testing.assert_array_equal(drive.voltage_at(np.array([0.0, 0.1, 0.2, 1.0])), [0.0, 0.0, 0.45, 0.45])
    assert drive.duration_s == pytest.approx(1.1)
    np.testing.assert_array_equal(run.voltage_V, 0.4)  # what was measured stays


def test_a_current_that_was_stated_was_controlled_and_is_no_voltage(imported: Path) -> None:
    write_statements(imported, Statements(before="0.1 mA", drive="0 A; 1 mA at 0.2 s"))
    run = open_run(imported)
    assert (run.drive, run.control, run.stated_before()) == (None, "current", 1e-4)
    assert run.current_drive is not None
    np.testing.assert_array_equal(run.current_drive.voltage_at(np.array([0.1, 0.2, 1.0])), [0.0, 1e-3, 1e-3])
    with pytest.raises(RunFileError, match="'0 V'"):
        run.stated_before("voltage")


def test_a_run_of_our_own_keeps_its_drive(imported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_statements(imported, ALL)
    monkeypatch.setattr(Run, "protocol_text", "of a protocol")
    assert open_run(imported).drive is None


@pytest.mark.parametrize(
    "content",
    [
        b"thickness = 1.2\n", b'thicknes = "1 mm"\n', b'thickness = "1 V"\n', b'thickness = "-1 mm"\n', b"before\n",
        b"\xff", b'permittivity = "0.5"\n', b'drive = "0 V"\n', b'edges = "soft"\n', b'before = "1 K"\n',
        b'control = "power"\n', b'control = "voltage"\ndrive = "0 A; 1 A at 0 s"\n', b'drive = "0 V; 1 A at 0 s"\n',
        b'notes = "' + 70000 * b"x" + b'"',
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_meant_is_refused_by_its_name(imported: Path, content: bytes) -> None:
    statements_path(imported).write_bytes(content)
    with pytest.raises(RunFileError, match=r"run.statements.toml.*(Correct it|longer than)"):
        assert open_run(imported).sample


@pytest.mark.parametrize(
    "drive",
    [
        "0 V; 1 V at 0 s",
        "-0.1 V; 0.2 V at 0 s; 0.30000000000000004 V at 0.1 s; 1e-07 V at 33.3 s",
        "0.1 V; 0 V at 0 s; 1 V at 1e-06 s",
    ],
)
def test_a_sequence_as_a_statement_is_the_same_to_the_last_digit(drive: str) -> None:
    rest_V, edges = stated_drive(drive)
    times, levels = [one[0] for one in edges], [one[1] for one in edges]
    sequence = PulseSequence.from_arrays(times, levels, times[-1] + 1.0, rest_V=rest_V)
    assert stated_drive(drive_text(sequence)) == (rest_V, edges)


def test_a_protocol_with_ramps_is_no_statement() -> None:
    assert drive_text(Protocol.load("pump_probe").sequence).startswith("0.0 V; 0.0 V at 0.0 s; 0.02 V at")
    ramp = PulseSequence.from_arrays([0.0, 1.0], [0.0, 1.0], 2.0, ramp=True)
    with pytest.raises(StatementError, match="ramps"):
        drive_text(ramp)
