"""What the files of programs say of themselves is used, and what is none of a record is not taken for one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from daq import ReadOptions
from daq.files.readers.record import QuestionError
from protocols import RunFileError
from tests.daq.files.readers.tables_of_text import CURRENT_MA, T_S, VOLTAGE_V, N, Way, read, require_record
from tests.daq.files.readers.test_formats import array, session

CHI = """\
Nov. 25, 2026   10:00:00
Chronoamperometry
File: hold.bin
Instrument Model:  CHI660E

Init E (V) = 0
High E (V) = 0.1
Low E (V) = {low}
Init P/N = {sign}
Step = {steps}
Pulse Width (sec) = 0.2
Quiet Time (sec) = 2

Time/sec, Current/A

"""
GAMRY = """\
EXPLAIN
TAG\tCHRONOA
VPRESTEP\tPOTEN\t0.00000E+000\tF\tPre-step Voltage (V)
TPRESTEP\tQUANT\t2.00000E-001\tPre-step Delay &Time (s)
VSTEP1\tPOTEN\t1.00000E-001\tF\tStep 1 Voltage (V)
AREA\tQUANT\t7.85000E-001\tElectrode &Area (cm^2)
CONVENTION\tIQUANT\t1\tCurrent Convention
CURVE\tTABLE\t60
\tPt\tT\tVf\tIm\tOver
\t#\ts\tV vs. Ref.\tmA\tbits"""
VERSA = """\
<Application>
Name=VersaStudio
</Application>
<Action0>
Name=Common
</Action0>
<Action1>
Name=Chronoamperometry
Potential (V),Value=0.1
</Action1>
<Segment1>
Definition=Segment #, E(V), I(mA), Elapsed Time(s), Status"""
BUFFER = """\
Buffer Name,defbuffer1
Model,2461

Index,Reading,Unit,Range Digits,Disp Digits,Math,Terminal,Origin,Value,Unit,Digits,Date,Time,Fractional Seconds"""


def rows(*columns: object) -> str:
    return "".join(",".join(map(str, row)) + "\n" for row in zip(*columns, strict=True))


@pytest.mark.parametrize(
    ("sign", "steps", "proposed"),
    [
        ("P", 2, "0 V; 0.1 V at 0 s; -0.1 V at 0.2 s"),
        ("N", 3, "0 V; -0.1 V at 0 s; 0.1 V at 0.2 s; -0.1 V at 0.4 s"),
    ],
)
def test_chi_proposes_the_steps_of_its_header(tmp_path: Path, sign: str, steps: int, proposed: str) -> None:
    text = CHI.format(low=-0.1, sign=sign, steps=steps) + rows(T_S, CURRENT_MA / 1e3)
    with pytest.raises(QuestionError, match="The header says: --drive") as caught:
        read(tmp_path, text)
    (candidate,) = caught.value.question.candidates
    assert (candidate.answer, caught.value.question.option) == (proposed, "--drive")
    record = read(tmp_path, text, ReadOptions(drive=candidate.answer))
    np.testing.assert_array_equal(record.current_A, CURRENT_MA / 1e3)
    assert {"technique: Chronoamperometry", "Pulse Width (sec): 0.2"} <= set(record.notes)


def test_gamry_tells_levels_area_and_convention(tmp_path: Path) -> None:
    cells = Way("\t", cells=lambda k, c: ["", str(k), *c, "..........."])
    record = read(tmp_path, cells.text(GAMRY, end="\r\n"))
    require_record(record)
    told = {"technique: CHRONOA", "potential of step 1 (V): 1.00000E-001", "electrode area (cm²): 7.85000E-001"}
    assert told | {"convention of the current: 1"} <= set(record.notes)


def test_versastudio_tells_its_action(tmp_path: Path) -> None:
    record = read(tmp_path, Way(cells=lambda _, c: ["0", c[1], c[2], c[0], "0"]).text(VERSA) + "</Segment1>\n")
    require_record(record)
    assert {"technique: Chronoamperometry", "Potential (V): 0.1"} <= set(record.notes)


def buffered(k: int, c: list[str], *, swapped: bool) -> list[str]:
    amperes, volts = (f"{CURRENT_MA[k] / 1e3:.9f}", "Amp DC"), (c[1], "Volt DC")
    reading, source = (volts, amperes) if swapped else (amperes, volts)
    clock = f"10:00:{int(T_S[k]):02d}", f"{T_S[k] % 1:.6f}"
    return [str(k), *reading, "6.5", "6.5", "F", "Front", "Main", *source, "6.5", "11/25/2026", *clock]


@pytest.mark.parametrize("swapped", [False, True])
def test_a_buffer_of_a_keithley_has_its_units_in_the_rows(tmp_path: Path, swapped: bool) -> None:
    text = Way(cells=lambda k, c: buffered(k, c, swapped=swapped)).text(BUFFER)
    require_record(read(tmp_path, text))
    relative = text.replace("Date,Time,Fractional Seconds", "Date,Time,Relative")
    require_record(read(tmp_path, relative))  # here the fraction is the time since the first reading, too


@pytest.mark.parametrize("lost", ["Amp", "Date,Time,Fractional Seconds"])
def test_a_buffer_without_currents_or_times_says_what_to_save(tmp_path: Path, lost: str) -> None:
    text = Way(cells=lambda k, c: buffered(k, c, swapped=False)).text(BUFFER).replace(lost, "x" + lost[1:])
    with pytest.raises(RunFileError, match="save"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("Amp DC,6.5,6.5,F,Front,Main,0.1000,", "Amp AC,6.5,6.5,F,Front,Main,0.1000,", "Amp AC"),
        ("Amp DC,6.5,6.5,F,Front,Main,0.1000,", "Amp DC,6.5,6.5,F,F,Front,Main,0.1000,", "cells"),
        ("Volt DC,6.5,11/25/2026,10:00:00,0.3", "Amp DC,6.5,11/25/2026,10:00:00,0.3", "Amp DC"),
    ],
)
def test_a_row_of_a_buffer_with_another_unit_or_another_number_of_cells_is_refused(
    tmp_path: Path, was: str, now: str, told: str
) -> None:
    text = Way(cells=lambda k, c: buffered(k, c, swapped=False)).text(BUFFER)
    assert was in text
    with pytest.raises(RunFileError, match=told):
        read(tmp_path, text.replace(was, now, 1))


def test_a_row_of_neware_whose_first_cell_was_filled_in_is_a_record_still(tmp_path: Path) -> None:
    lines = ["Cycle Index,Cap", ",Step Index,Type", ",,DataPoint,Time(s),Voltage(V),Current(mA)", "1,0.02", ",1,Rest"]
    rows_ = [f",,{k},{one}" for k, one in enumerate(Way().rows())]
    rows_[3] = "7" + rows_[3]
    require_record(read(tmp_path, "\n".join([*lines, *rows_]) + "\n"))


def test_records_are_taken_from_between_the_steps_of_neware(tmp_path: Path) -> None:
    lines = [
        "Cycle Index,Chg. Cap.(Ah)",
        ",Step Index,Step Type,Step Time",
        ",,DataPoint,Time(s),Voltage(V),Current(mA)",
    ]
    lines += ["1,0.02", ",1,Rest,00:00:20", *(f",,{k},{one}" for k, one in enumerate(Way().rows()[:30]))]
    lines += [",2,CC Chg,00:02:51", *(f",,{k},{one}" for k, one in enumerate(Way().rows()[30:]))]
    require_record(read(tmp_path, "\n".join(lines) + "\n"))


def test_seconds_come_before_dates_of_whole_seconds(tmp_path: Path) -> None:
    text = Way("\t", cells=lambda _, c: [*c, "C", "11/25/2026 10:00:00"]).text(
        "Test (Sec)\tVolts\tI/mA\tState\tDPt Time"
    )
    require_record(read(tmp_path, text))


def test_times_that_are_too_coarse_are_asked(tmp_path: Path) -> None:
    text = Way(cells=lambda k, c: [str(k // 3), *c[1:]]).text()
    with pytest.raises(QuestionError, match=r"60 samples have 20 different times.*--time"):
        read(tmp_path, text)
    record = read(tmp_path, text, ReadOptions(columns={"time": "1"}))
    np.testing.assert_allclose(record.current_A, CURRENT_MA.reshape(20, 3).mean(axis=1) / 1e3, rtol=1e-12)


@pytest.mark.parametrize("heading", ["Z'(a)", "Z''(A)", "Im(M)", "Im(Permittivity)", "Re(Y)", "|Z|/A"])
def test_a_part_of_an_impedance_is_no_current(tmp_path: Path, heading: str) -> None:
    with pytest.raises(QuestionError, match="none is the current"):
        read(tmp_path, Way().text(f"time/s,Ewe/V,{heading}"))
    require_record(read(tmp_path, Way(cells=lambda _, c: [*c, "7"]).text(f"time/s,Ewe/V,I/mA,{heading}")))


@pytest.mark.parametrize("heading", ["Re(Z)/Ohm", "Z' (ohm)", "|Z|/Ohm", "Zre"])
def test_a_spectrum_is_no_record_unless_its_columns_are_named(tmp_path: Path, heading: str) -> None:
    text = Way(cells=lambda k, c: [f"{10 * (N - k)}", *c, "5"]).text(f"freq/Hz,time/s,<Ewe>/V,<I>/mA,{heading}")
    with pytest.raises(RunFileError, match=r"impedance spectrum.*`ionecho fit`"):
        read(tmp_path, text)
    require_record(read(tmp_path, text, ReadOptions(columns={"time": "2", "voltage": "3", "current": "4"})))
    # Between the samples of a record there may be spectra: their rows alone have frequencies.
    between = Way(cells=lambda k, c: ["0" if k % 3 else "10", *c, "5"]).text(f"freq/Hz,time/s,Ewe/V,I/mA,{heading}")
    require_record(read(tmp_path, between))


@pytest.mark.parametrize(("place", "width"), [(1, 4), (2, 4), (0, 4)])
def test_a_row_that_lacks_a_cell_is_refused(tmp_path: Path, place: int, width: int) -> None:
    """Else the cell behind it would be taken for it."""

    def cells(k: int, row: list[str]) -> list[str]:
        row = [*row, "7"]
        return row[:place] + row[place + 1 :] if k == 20 else row

    with pytest.raises(RunFileError, match=f"line 22: 3 cells where other rows have {width}"):
        read(tmp_path, Way(";", cells=cells).text("time/s;Ewe/V;I/mA;Range"))


def test_rows_may_lack_a_comment_that_most_lack(tmp_path: Path) -> None:
    text = Way(cells=lambda k, c: [*c, "gas on"] if k % 6 == 0 else c).text("time/s,Ewe/V,I/mA,Comment")
    require_record(read(tmp_path, text))


@pytest.mark.parametrize("first", ["0.001,0.1", "60,3"])
def test_a_first_row_of_another_width_is_told(tmp_path: Path, first: str) -> None:
    record = read(tmp_path, Way().text(f"time/s,Ewe/V,I/mA\n{first}"))
    require_record(record)
    assert "a row in line 2, above the table, was left out" in record.notes


def test_a_later_block_in_other_units_is_refused(tmp_path: Path) -> None:
    lines = Way().rows()
    for between in ("time/ms,Ewe/V,I/mA", "time,Ewe,I\ns,mV,mA"):
        text = "\n".join(["time/s,Ewe/V,I/mA", *lines[:30], "", between, *lines[30:]])
        with pytest.raises(RunFileError, match="here another table begins"):
            read(tmp_path, text)


def test_a_name_over_the_unit_of_another_quantity_is_asked(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="has the name of the voltage and another unit"):
        read(tmp_path, Way().text("Time,Voltage,Current\ns,mA,V"))


def test_names_that_are_not_above_their_units_are_not_taken(tmp_path: Path) -> None:
    """Else a line that was joined with the one above it would shift every name."""
    cells = Way("\t", cells=lambda k, c: ["", str(k), *c, "9"])
    text = cells.text("CURVE\tTABLE\t60\tPt\tT\tVf\tIm\tSig\n\t#\ts\tV\tmA\tV")
    with pytest.raises(QuestionError, match="several may be the voltage"):
        read(tmp_path, text)


@pytest.mark.parametrize("cell", ["1.²26", '1."26', '1"2', "²", "5*1000", "5x100"])
def test_what_stands_inside_of_a_number_is_damage(tmp_path: Path, cell: str) -> None:
    with pytest.raises(RunFileError, match="line 22: column 3"):
        read(tmp_path, Way(cells=lambda k, c: [*c[:2], cell] if k == 20 else c).text())


def test_whole_rows_in_quotation_marks(tmp_path: Path) -> None:
    lines = ['"time/s,Ewe/V,I/mA"', *(f'"{row}"' for row in Way().rows())]
    require_record(read(tmp_path, "\n".join(lines) + "\n"))


def test_clocks_with_one_digit_or_many(tmp_path: Path) -> None:
    require_record(
        read(tmp_path, Way(cells=lambda _, c: [f"0d 00:00:{float(c[0]):.15f}", *c[1:]]).text("TestTime,U/V,I/mA"))
    )
    damaged = Way(cells=lambda k, c: ["0000:00.5" if k == 50 else f"00:00:{c[0]}", *c[1:]]).text("Time,U/V,I/mA")
    with pytest.raises(RunFileError, match=r"line 52.*expected a time such as"):
        read(tmp_path, damaged)


@pytest.mark.parametrize("cell", ["1E90000000185", "0.001", "-1790000000000"])
def test_a_count_that_is_no_time_since_1970_is_refused(tmp_path: Path, cell: str) -> None:
    def cells(k: int, row: list[str]) -> list[str]:
        return [cell if k == 20 else str(1790000000000 + round(1e3 * T_S[k])), *row[1:]]

    with pytest.raises(RunFileError, match="line 22: column 1"):
        read(tmp_path, Way(cells=cells).text("t/ms,U/V,I/mA"))


def unsigned(k: int, row: list[str], strange: str = "") -> list[str]:
    mode = strange if k == 20 and strange else "C" if CURRENT_MA[k] > 0 else "D"
    return [mode, *row[:2], row[2].lstrip("-")]


def test_modes_that_are_not_known_are_told(tmp_path: Path) -> None:
    strange = read(tmp_path, Way(cells=lambda k, c: unsigned(k, c, "X")).text("State,time/s,Ewe/V,I/mA"))
    assert any("neither charge nor discharge nor rest: 1, the first in line 22 ('X')" in one for one in strange.notes)
    unnamed = read(tmp_path, Way(cells=unsigned).text("Kind of,time/s,Ewe/V,I/mA"))
    assert any("column 'Kind of' says charge and discharge: is the sign lost?" in one for one in unnamed.notes)


def test_one_row_is_no_record(tmp_path: Path) -> None:
    with pytest.raises(RunFileError, match="one row has a time and a current"):
        read(tmp_path, "time/s,Ewe/V,I/mA\n0,0,1\n")


def test_a_measured_potential_takes_the_place_of_the_applied_one(tmp_path: Path) -> None:
    document = json.loads(session().decode("utf-16-le").strip("\ufeff"))
    values = document["Measurements"][0]["DataSet"]["Values"]
    values.append(array("Measured WE potential", "Volt", "V", VOLTAGE_V + 0.001, lower=False))
    record = read(tmp_path, json.dumps(document))
    np.testing.assert_array_equal(record.voltage_V, VOLTAGE_V + 0.001)


@pytest.mark.parametrize(
    ("names", "told"),
    [(("ZRe", "ZIm"), "impedance spectrum"), (("scan1", "scan2"), "several scans"), (("x", "y"), "no time")],
)
def test_a_session_without_a_record_says_what_it_has(tmp_path: Path, names: tuple[str, str], told: str) -> None:
    document = json.loads(session().decode("utf-16-le").strip("\ufeff"))
    values = [array(one, "MicroAmpere", "A", CURRENT_MA, lower=False) for one in names]
    document["Measurements"][0]["DataSet"]["Values"] = values
    with pytest.raises(RunFileError, match=f"{told}.*export the curves as CSV"):
        read(tmp_path, json.dumps(document))
