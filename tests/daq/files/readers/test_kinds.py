"""Every way in which programs write a table is read to the last digit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from daq import ReadOptions
from daq.files.readers.record import QuestionError
from protocols import RunFileError
from tests.daq.files.readers.tables_of_text import CURRENT_MA, T_S, VOLTAGE_V, N, Way, read, require_record

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252")
NAMES = [
    "Time (s),Voltage (V),Current (mA)",
    "Time [s],Potential [V],Current [mA]",
    "t / s,U / V,I / mA",
    "Zeit (s),Spannung (V),Strom (mA)",
    "Zeit in Sekunden,Klemmenspannung/V,Stromstärke/mA",
    "Messzeit/s,Potential [V],Strom_mA",
    "elapsed time/s,Ecell/V,<I>/mA",
    "Time_s,Voltage_V,Current_mA",
    "Test_Time(s),Voltage(V),Current(mA)",
    "Corrected time (s),WE(1).Potential (V),WE(1).Current (mA)",
    "Time (Sec),Vf (V vs. Ref.),Im (mA)",
    "time/s,Ewe/V vs. SCE,I/mA",
    "time/s,E vs. Ag/AgCl (V),I/mA",
    "TIME/S,EWE/V,I in mA",
    "Prog Time,Volts,Current (milliamps)",
    "s,V,mA",
]
MISSING = ("", "NaN", "-", "n/a", "#N/A", "n. def.", "9.91E+37")
OVERLOADS = ("OVLD", "Overflow", "inf", "-inf", "9.9e37", "-9.9E+37", "****", "1.#INF", "Überlauf")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("separator", "decimal"), [("\t", "."), (";", "."), (",", "."), (" ", "."), ("\t", ","), (";", ","), (" ", ",")]
)
def test_separators_decimal_marks_and_encodings(tmp_path: Path, separator: str, decimal: str, encoding: str) -> None:
    record = read(tmp_path, Way(separator, decimal).text(before="5 µm pellet\n").encode(encoding))
    require_record(record)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_line_ends(tmp_path: Path, end: str) -> None:
    require_record(read(tmp_path, Way().text(end=end)))


@pytest.mark.parametrize("headings", NAMES)
def test_names_and_units(tmp_path: Path, headings: str) -> None:
    require_record(read(tmp_path, Way().text(headings)))


@pytest.mark.parametrize(
    "above",
    [
        "Time,Voltage,Current\ns,V,mA",
        "Time,Voltage,Current\n[s],[V],[mA]",
        "1;2;3\n\ntime/s,Ewe/V,I/mA",
        "Vertex 1 (V),0.1,0.2\nSteps,5,6,7\ntime/s,Ewe/V,I/mA",
        "\n".join(f"parameter {k}" for k in range(9000)) + "\ntime/s,Ewe/V,I/mA",
        "# time/s,Ewe/V,I/mA",
        f"time/s,Ewe/V,I/mA\n{N},3,1",
    ],
)
def test_what_stands_above_a_table(tmp_path: Path, above: str) -> None:
    require_record(read(tmp_path, Way().text(above)))


def test_headings_with_spaces_over_columns_of_spaces(tmp_path: Path) -> None:
    for headings in ("Time (s) Voltage (V) Current (mA)", "  time/s   Ewe/V   I/mA", "# time/s Ewe/V I/mA"):
        require_record(read(tmp_path, Way("   ").text(headings)))


@pytest.mark.parametrize(
    ("headings", "cells"),
    [
        ("St,time/s,Ewe/V,I/mA,Comment", lambda k, c: ["RC"[k % 2], *c, "" if k % 7 else "text; 1,5"[:6]]),
        ("Date,time/s,Ewe/V,I/mA", lambda k, c: [f"25.11.2026 10:00:{k:02d}", *c]),
        (",time/s,Ewe/V,I/mA", lambda k, c: [str(k), *c]),
        ("time/s,Ewe/V,I/mA,I Range,Ece/V,dQ/mA.h", lambda _, c: [*c, "1 mA", "0.3", "7"]),
        ("time/s,Applied Potential (V),Ewe/V,I/mA", lambda _, c: [c[0], "9", *c[1:]]),
        ("Date_Time,Test_Time(s),Step_Time(s),Voltage(V),Current(mA)", lambda _, c: ["2026-11-25 10:00", c[0], *c]),
        ("t,T,U,I [mA]", lambda _, c: [c[0], "298.1", *c[1:]]),
        ("time/s,Ewe/V,I/mA", lambda _, c: [*c, ""]),
        ('"time/s","Ewe/V","I/mA"', lambda _, c: [f'"{one}"' for one in c]),
        ('"time/s","Ewe/V","I/mA"', lambda _, c: ['"' + one.replace(".", ",") + '"' for one in c]),
    ],
)
def test_columns_beside_the_wanted_ones_may_hold_anything(tmp_path: Path, headings: str, cells: object) -> None:
    require_record(read(tmp_path, Way(cells=cells).text(headings)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        lambda c: [one.replace("-", "\N{MINUS SIGN}") for one in c],
        lambda c: [c[0], c[1], f"{float(c[2]):.9e}".replace("e", "D")],
        lambda c: [c[0], c[1], f"{float(c[2]):.9e}".replace("e", "x10^")],
        lambda c: [c[0], c[1], c[2] + " mA"],
        lambda c: [c[0] + " s", f"{1e3 * float(c[1]):.1f} mV", f"{1e3 * float(c[2]):.3f} µA"],
        lambda c: [c[0], f"{1e3 * float(c[1]):.1f}m", c[2]],
    ],
)
def test_ways_of_writing_a_number(tmp_path: Path, change: object) -> None:
    require_record(read(tmp_path, Way(cells=lambda _, c: change(c)).text()))  # type: ignore[operator]


@pytest.mark.parametrize(("mark", "decimal"), [(",", "."), ("'", "."), (" ", "."), ("\u202f", ","), (".", ",")])
def test_thousands(tmp_path: Path, mark: str, decimal: str) -> None:
    def cells(k: int, row: list[str]) -> list[str]:
        whole, _, fraction = f"{1e3 * T_S[k] + 800:,.1f}".partition(".")
        return [whole.replace(",", mark) + decimal + fraction, *row[1:]]

    record = read(tmp_path, Way(";", decimal, cells).text("time/ms;Ewe/V;I/mA"))
    require_record(record, t_s=T_S + 0.8)


def test_a_comma_that_may_be_either_is_asked(tmp_path: Path) -> None:
    text = "time/ms;Ewe/V;I/mA\n" + "".join(f"{k};0;{k},000\n" for k in range(1, 9))
    with pytest.raises(RunFileError, match=r"'1,000' may be a thousand or a fraction.*--decimal"):
        read(tmp_path, text)
    for decimal, ampere in ((",", 1e-3), (".", 1.0)):
        assert read(tmp_path, text, ReadOptions(decimal=decimal)).current_A[0] == ampere


@pytest.mark.parametrize("mark", MISSING)
def test_a_cell_without_a_value_is_a_flagged_sample(tmp_path: Path, mark: str) -> None:
    record = read(tmp_path, Way(cells=lambda k, c: [*c[:2], mark] if k == 20 else c).text())
    require_record(record, flagged=1)
    assert (record.status[20], np.isnan(record.current_A[20])) == (32, True)


@pytest.mark.parametrize("mark", OVERLOADS)
def test_an_overload_is_a_flagged_sample(tmp_path: Path, mark: str) -> None:
    record = read(tmp_path, Way(cells=lambda k, c: [*c[:2], mark] if k in {20, 21} else c).text())
    require_record(record, flagged=2)
    assert (record.status[20], np.isnan(record.current_A[20])) == (1, True)
    assert "2 samples are overloads" in record.notes[-1]


@pytest.mark.parametrize(
    "tail", ["0.605", "0.605,", "0.605,0.1000,1e", "0.605,0.1000,0.0", "Aborted", "\0" * 500, ",,"]
)
def test_the_tail_of_an_aborted_run_is_left_out(tmp_path: Path, tail: str) -> None:
    record = read(tmp_path, Way().text() + tail)
    require_record(record)
    assert any(str(N + 2) in note for note in record.notes) == (tail not in {"\0" * 500, ",,"})


@pytest.mark.parametrize(
    ("place", "cell", "named"),
    [
        (1, "foo", r"line 22: column 2 \(voltage\): expected a number, found 'foo'"),
        (1, "0,1", r"'0,1' \(line 22\) has a decimal comma, '0.005' \(line 2\) a decimal point.*--decimal"),
        (1, "0.1;7", r"line 22: 4 cells .* under 3 headings"),
        (2, "1.2.3", r"line 22: column 3 \(current\): '1.2.3' is no number"),
        (2, "1e999", r"line 22: column 3 \(current\): '1e999' is too large"),
    ],
)
def test_a_wrong_cell_is_refused_by_its_line(tmp_path: Path, place: int, cell: str, named: str) -> None:
    def cells(k: int, row: list[str]) -> list[str]:
        return [*row[:place], cell, *row[place + 1 :]] if k == 20 else row

    with pytest.raises(RunFileError, match=named):
        read(tmp_path, Way(";", cells=cells).text())


def test_more_cells_than_headings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFileError, match=r"6 cells .* under 3 headings.*decimal mark alike"):
        read(tmp_path, Way(cells=lambda _, c: [one.replace(".", ",") for one in c]).text())


@pytest.mark.parametrize(
    "heading",
    [
        "J (mA/cm2)", "Current (mA cm⁻²)", "Current density/(A/m²)", "i/mA/cm2", "Current [mA cm^-2]",
        "Stromdichte (mA/cm²)", "I (mA/g)", "I/A g⁻¹", "Current density", "Current density (mA)",
        "Specific current (mA)",
    ],
)  # fmt: skip
def test_a_current_per_area_or_mass_is_refused(tmp_path: Path, heading: str) -> None:
    with pytest.raises(QuestionError, match="density"):
        read(tmp_path, Way().text(f"time/s,Ewe/V,{heading}"))


def test_a_stated_area_or_mass_makes_a_current_of_a_density(tmp_path: Path) -> None:
    per_area = read(tmp_path, Way().text("time/s,Ewe/V,J (mA/cm2)"), ReadOptions(area_m2=2e-4))
    np.testing.assert_allclose(per_area.current_A, 2e-3 * CURRENT_MA, rtol=1e-14)
    per_mass = read(tmp_path, Way().text("time/s,Ewe/V,I (A/g)"), ReadOptions(mass_kg=3e-6))
    np.testing.assert_allclose(per_mass.current_A, 3e-3 * CURRENT_MA, rtol=1e-14)


@pytest.mark.parametrize("unit", ["x10^-6 A", "10⁻⁶ A", "×10⁻⁶ A", "1e-6 A", "µA", "uA"])
def test_powers_of_ten_and_prefixes_in_units(tmp_path: Path, unit: str) -> None:
    def cells(k: int, row: list[str]) -> list[str]:
        return [*row[:2], f"{1e3 * CURRENT_MA[k]:.3f}"]

    require_record(read(tmp_path, Way(cells=cells).text(f"time/s,Ewe/V,I ({unit})")))


@pytest.mark.parametrize(
    "heading", ["I×10⁶/A", "Current x10^-6 (A)", "1e6 I/A", "I/MA", "I (arb. u.)", "Current in units"]
)
def test_a_unit_that_may_mean_several_things_is_asked(tmp_path: Path, heading: str) -> None:
    with pytest.raises(QuestionError, match="--current"):
        read(tmp_path, Way().text(f"time/s,Ewe/V,{heading}"))


def test_candidates_and_guesses_are_data(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="several may be the current") as caught:
        read(tmp_path, Way(cells=lambda _, c: [*c, c[2]]).text("time/s,Ewe/V,I/mA,I/A"))
    question = caught.value.question
    assert (question.about, question.option) == ("current", "--current")
    assert [(one.answer, one.label, one.unit) for one in question.candidates] == [
        ("3", "I/mA", "mA"),
        ("4", "I/A", "A"),
    ]
    record = read(tmp_path, Way(";", ",").text("t;Ewe/V;I/mA"))
    assert {one.about for one in record.guesses} == {"separator", "decimal", "column", "unit"}
    assert "'t' names no unit and was taken in s (--time-unit changes it)" in " ".join(
        str(one) for one in record.guesses
    )


@pytest.mark.parametrize("modes", [("C", "D", "R"), ("CC_Chg", "CC_DChg", "Rest"), ("Laden", "Entladen", "Pause")])
def test_a_current_without_a_sign_has_that_of_its_mode(tmp_path: Path, modes: tuple[str, str, str]) -> None:
    def cells(k: int, row: list[str]) -> list[str]:
        mode = modes[0] if CURRENT_MA[k] > 0 else modes[1]
        return [mode, *row[:2], row[2].lstrip("-")]

    text = Way(cells=cells).text("Mode,time/s,Ewe/V,I/mA")
    record = read(tmp_path, text)
    require_record(record)
    assert "--negate none" in " ".join(record.notes)
    kept = read(tmp_path, text, ReadOptions(negate=("none",)))
    assert kept.current_A.min() >= 0.0


def test_the_sign_is_turned_and_a_lost_one_is_noticed(tmp_path: Path) -> None:
    text = Way().text()
    np.testing.assert_array_equal(read(tmp_path, text, ReadOptions(negate=("current",))).current_A, -CURRENT_MA / 1e3)
    lost = "time/s,Ewe/V,I/mA\n" + "".join(f"{k},{(-1) ** (k // 5)},{1 + k % 5}\n" for k in range(30))
    assert "sign is lost" in " ".join(read(tmp_path, lost).notes)
    assert not any("sign" in note for note in read(tmp_path, text).notes)


def test_a_stated_voltage_stands_for_a_column(tmp_path: Path) -> None:
    text = "s,µA\n" + "".join(f"{t:.3f},{1e3 * i:.3f}\n" for t, i in zip(T_S, CURRENT_MA, strict=True))
    with pytest.raises(QuestionError, match="--drive"):
        read(tmp_path, text)
    record = read(tmp_path, text, ReadOptions(drive="0 V; 100 mV at 0.2 s; 0 V at 0.4 s"))
    require_record(record)
    assert record.drive is not None
    np.testing.assert_array_equal(record.drive.times_s, [0.0, 0.2, 0.4])
    np.testing.assert_array_equal(record.drive.start_V, [0.0, 0.1, 0.0])
    assert record.drive.rest_V == 0.0
    np.testing.assert_array_equal(record.voltage_V, VOLTAGE_V)


@pytest.mark.parametrize(
    "drive", ["", "0 V", "0 V; 1 V", "0 V at 0 s; 1 V at 1 s", "0 V; 1 A at 0 s", "0 V; 1 V at -1 s", "0 V; 1 V at 9 s",
              "0 V; 1 V at 0.2 s; 0 V at 0.1 s"]
)  # fmt: skip
def test_a_stated_voltage_that_cannot_be_is_refused(tmp_path: Path, drive: str) -> None:
    with pytest.raises(RunFileError, match="--drive"):
        read(tmp_path, Way().text(), ReadOptions(drive=drive))
