"""Times in every way of writing them become seconds, and blocks, steps and double times become one record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from daq import ReadOptions
from daq.files.readers.record import QuestionError
from protocols import RunFileError
from tests.daq.files.readers.tables_of_text import CURRENT_MA, T_S, VOLTAGE_V, N, Way, read, require_record


def clock(seconds: float) -> str:
    milliseconds = round(1e3 * seconds)
    return f"{milliseconds // 3600000:02d}:{milliseconds // 60000 % 60:02d}:{milliseconds / 1e3 % 60:06.3f}"


def timed(heading: str, written: Callable[[float], str]) -> str:
    return Way(";", cells=lambda k, c: [written(float(T_S[k])), *c[1:]]).text(f"{heading};Ewe/V;I/mA")


@pytest.mark.parametrize(
    ("heading", "written"),
    [
        ("Time", clock),
        ("Time (h:m:s)", lambda t: clock(t).replace(".", ",")),
        ("Test time", lambda t: "0d " + clock(t)),
        ("Test time", lambda t: clock(t)[3:]),
        ("Time (min)", lambda t: repr(t / 60)),
        ("Zeit (Std)", lambda t: repr(t / 3600)),
        ("Time (days)", lambda t: repr(t / 86400)),
        ("t/us", lambda t: f"{1e6 * t:.0f}"),
    ],
)
def test_clocks_and_units_become_seconds(tmp_path: Path, heading: str, written: Callable[[float], str]) -> None:
    require_record(read(tmp_path, timed(heading, written)))


@pytest.mark.parametrize(
    "date",
    [
        "2026-11-25 {}", "2026-11-25T{}Z", "25.11.2026 {}", "2026/11/25 {}", "11/25/2026 {}", "25/11/2026 {}",
        "25-Nov-2026 {}", "11/25/2026 {} AM", "2026-11-25T{}+01:00", "25. Okt 2026 {}",
    ],
)  # fmt: skip
def test_dates_count_from_the_whole_second_of_the_first(tmp_path: Path, date: str) -> None:
    record = read(tmp_path, timed("Date/Time", lambda t: date.format(clock(37230.0 + t))))
    require_record(record)
    assert "10:20:30" in record.notes[0]


@pytest.mark.parametrize(
    ("heading", "written"),
    [
        ("time/s", lambda t: f"{1790000000 + t:.3f}"),
        ("Timestamp", lambda t: f"{1790000000000 + 1e3 * t:.0f}"),
        ("Timestamp [us]", lambda t: f"{1790000000000000 + round(1e6 * t)}"),
        ("t/ns", lambda t: f"{1790000000000000000 + round(1e9 * t)}"),
    ],
)
def test_counts_since_1970_keep_their_digits(tmp_path: Path, heading: str, written: Callable[[float], str]) -> None:
    record = read(tmp_path, timed(heading, written))
    require_record(record)
    assert record.notes == ("times count from 2026-09-21 14:13:20+00:00",)


def test_times_that_may_mean_several_things_are_asked(tmp_path: Path) -> None:
    days = timed("Time", lambda t: f"{46000 + t / 86.4:.10f}")
    with pytest.raises(QuestionError, match="days of a spreadsheet"):
        read(tmp_path, days)
    seconds_of_days = read(tmp_path, days, ReadOptions(units={"time": "excel"})).t_s
    np.testing.assert_allclose(seconds_of_days - seconds_of_days[0], 1e3 * (T_S - T_S[0]), atol=1e-5)
    with pytest.raises(QuestionError, match="ms since 1970, and the heading says s"):
        read(tmp_path, timed("time/s", lambda t: f"{1790000000000 + 1e3 * t:.0f}"))
    dates = "Date;Ewe/V;I/mA\n03/04/2026 10:00;0;1\n04/04/2026 10:00;0;1\n"
    with pytest.raises(QuestionError, match="dmy or mdy"):
        read(tmp_path, dates)
    for order, seconds in (("dmy", 86400.0), ("mdy", 31 * 86400.0)):
        assert read(tmp_path, dates, ReadOptions(units={"time": order})).t_s[1] == seconds
    parts = "Time;Ewe/V;I/mA\n00:01;0;1\n00:02;0;1\n"
    with pytest.raises(RunFileError, match="h:m or m:s"):
        read(tmp_path, parts)
    for way, seconds in (("h:m", 60.0), ("m:s", 1.0)):
        assert read(tmp_path, parts, ReadOptions(units={"time": way})).t_s[0] == seconds


def test_a_clock_passes_midnight(tmp_path: Path) -> None:
    record = read(tmp_path, timed("Time", lambda t: clock((86399.8 + t) % 86400.0)))
    require_record(record, t_s=86399.8 + T_S)
    assert any("midnight in line 22" in note for note in record.notes)


def test_times_that_stand_twice_are_merged(tmp_path: Path) -> None:
    rows = Way().rows()
    text = "\n".join(["time/s,Ewe/V,I/mA", *rows[:30], rows[29], *rows[30:]])
    record = read(tmp_path, text)
    require_record(record)
    assert "1 sample has the time of the one before it, the first in line 32" in record.notes[0]
    record = read(tmp_path, "t/s,U/V,I/A\n0,0,1\n1,0,1\n1,0,3\n2,0,1\n2,1,2\n3,1,2\n")
    np.testing.assert_array_equal(record.t_s, [0, 1, 2, 3])
    np.testing.assert_array_equal(record.current_A, [1, 2, 1.5, 2])
    np.testing.assert_array_equal(record.status, [0, 0, 16, 0])  # the voltage changed at 2 s


def test_merging_holds_over_the_pieces_of_a_long_text(tmp_path: Path) -> None:
    n = 130_000  # more than a piece of samples, and than a piece of text
    t = np.repeat(np.arange(n // 2), 2)
    i = np.arange(n)
    record = read(tmp_path, "t/s,U/V,I/A\n" + "".join(f"{a},0,{b}\n" for a, b in zip(t, i, strict=True)))
    np.testing.assert_array_equal(record.t_s, np.arange(n // 2))
    np.testing.assert_array_equal(record.current_A, 0.5 + 2.0 * np.arange(n // 2))


def test_steps_that_begin_anew_are_set_one_behind_another(tmp_path: Path) -> None:
    for first in (0.0, 0.01):
        t = np.round(first + 0.01 * (np.arange(N) % 20), 3)
        lines = (f"{a:.3f},{v},{i}" for a, v, i in zip(t, VOLTAGE_V, CURRENT_MA, strict=True))
        record = read(tmp_path, "\n".join(["Step time/s,Ewe/V,I/mA", *lines]))
        require_record(record, t_s=np.asarray(first + 0.01 * np.arange(N), dtype=np.float64))
        assert "the time begins anew 2 times, first in line 22" in record.notes[0]


def test_a_time_that_goes_back_otherwise_is_refused(tmp_path: Path) -> None:
    rows = Way().rows()
    with pytest.raises(RunFileError, match=r"line 52: time 0.405 s does not come after 0.495 s"):
        read(tmp_path, "\n".join(["time/s,Ewe/V,I/mA", *rows[:50], rows[40], *rows[50:]]))


BETWEEN = ["\nCurve 2\ntime/s,Ewe/V,I/mA\n", "\n\n", "Sweep 2\n"]


@pytest.mark.parametrize("between", BETWEEN)
def test_blocks_whose_time_goes_on_are_joined(tmp_path: Path, between: str) -> None:
    rows = Way().rows()
    text = "time/s,Ewe/V,I/mA\n" + "\n".join(rows[:30]) + "\n" + between + "\n".join(rows[30:]) + "\n"
    record = read(tmp_path, text)
    require_record(record)
    assert any("2 blocks were joined" in note for note in record.notes) == (between != "\n\n")


@pytest.mark.parametrize("between", BETWEEN)
def test_blocks_with_times_of_their_own_are_asked(tmp_path: Path, between: str) -> None:
    first, second = Way(), Way(cells=lambda _, c: [*c[:2], f"{2 * float(c[2]):.6f}"])
    text = first.text() + between + "\n".join(second.rows()) + "\n"
    with pytest.raises(
        QuestionError, match=r"2 blocks .* 1: lines 2 to 61.* 60 samples, 0.005 to 0.595 s.*--block"
    ) as caught:
        read(tmp_path, text)
    assert [one.answer for one in caught.value.question.candidates] == ["1", "2", "all"]
    require_record(read(tmp_path, text, ReadOptions(block="1")))
    np.testing.assert_allclose(read(tmp_path, text, ReadOptions(block="2")).current_A, 2e-3 * CURRENT_MA, rtol=1e-14)
    both = read(tmp_path, text, ReadOptions(block="all"))
    np.testing.assert_allclose(both.t_s, np.concatenate([T_S, 0.595 + T_S]), rtol=1e-12)
    with pytest.raises(RunFileError, match="no block '3'"):
        read(tmp_path, text, ReadOptions(block="3"))


def test_a_shorter_block_before_a_longer_one_is_not_lost(tmp_path: Path) -> None:
    rows = Way().rows()
    text = "time/s,Ewe/V,I/mA\n" + "\n".join(rows[:20]) + "\nCurve 2\ntime/s,Ewe/V,I/mA\n" + "\n".join(rows[20:]) + "\n"
    require_record(read(tmp_path, text))


def test_channels_in_a_column_are_not_mixed(tmp_path: Path) -> None:
    rows = Way().rows()
    behind = "\n".join(["Channel,time/s,Ewe/V,I/mA", *(f"1,{one}" for one in rows), *(f"2,{one}" for one in rows)])
    with pytest.raises(QuestionError, match="2 blocks"):
        read(tmp_path, behind)
    require_record(read(tmp_path, behind, ReadOptions(block="2")))
    mixed = "\n".join(["Channel,time/s,Ewe/V,I/mA", *(f"{k},{one}" for one in rows for k in (1, 2))])
    with pytest.raises(RunFileError, match="several channels"):
        read(tmp_path, mixed)


def test_another_table_below_is_not_taken_for_the_same(tmp_path: Path) -> None:
    swapped = Way(cells=lambda _, c: [c[0], c[2], c[1]]).text("time/s,I/mA,Ewe/V")
    with pytest.raises(RunFileError, match="line 62: here another table begins"):
        read(tmp_path, Way().text() + swapped)


@pytest.mark.parametrize("cell", ["9.305", "305", "0.0", "0.1", "-0.305", "0"])
def test_a_damaged_time_begins_no_step(tmp_path: Path, cell: str) -> None:
    def cells(k: int, row: list[str]) -> list[str]:
        return [cell, *row[1:]] if k == 30 else row

    with pytest.raises(RunFileError, match=r"line 3[23]: (this time does not lie between|time .* does not come after)"):
        read(tmp_path, Way(cells=cells).text())


def test_rows_under_other_headings_are_left_out_with_a_note(tmp_path: Path) -> None:
    rest = "Pt,T [s],Vm [V]\n" + "".join(f"{k},{k},0.5\n" for k in range(90))
    record = read(tmp_path, rest + "EOC\n" + Way().text())
    require_record(record)
    assert "90 rows in lines 2 to 91, above the table, were left out" in record.notes


@pytest.mark.parametrize(("was", "now"), [("1790000000105", "17900000001_05"), ("1790000000105", "179000000010٥")])
def test_a_count_since_1970_with_a_mark_or_another_script_in_it_is_no_number(
    tmp_path: Path, was: str, now: str
) -> None:
    text = timed("Timestamp [ms]", lambda t: str(1790000000000 + round(1e3 * t)))
    assert was in text
    with pytest.raises(RunFileError, match="expected a number"):
        read(tmp_path, text.replace(was, now))
