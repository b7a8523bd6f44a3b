"""The small inputs whose right reading is known are read right, or refused with what helps."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from daq import ReadOptions, TextRecord, read_text
from daq.files.readers.record import QuestionError
from protocols import RunFileError

# Files that hold the samples of 00_plain.csv as they are, to the digits (of time, voltage, current) that they have.
DIGITS = {
    "01": (0, 0, 0), "03": (0, 0, 0), "05": (0, 0, 0), "06": (0, 0, 0), "08": (0, 0, 0), "11": (0, 0, 0),
    "14": (0, 0, 0), "19": (0, 0, 0), "22": (3.1e-5, 0, 0), "23": (0, 0, 6e-9), "24": (0, 0, 0),
    "25": (0, 0, 6e-10), "27": (0, 0, 0),
    "29": (0, 0, 0), "30": (0, 0, 0), "31": (0, 0, 0), "32": (2e-6, 0, 0), "35": (0, 0, 6e-7), "36": (0, 0, 0),
    "37": (0, 0, 6e-10), "38": (0, 0, 0), "39": (0, 0, 0), "43": (0, 0, 6e-10), "45": (0, 0, 0), "47": (0, 0, 0),
    "49": (0, 0, 0), "60": (0, 0, 6e-7),
}  # fmt: skip


@dataclass(frozen=True)
class Right:
    """What is right for a file that says more, or less, than 00_plain.csv."""

    options: ReadOptions = field(default_factory=ReadOptions)
    question: str = ""
    refusal: str = ""
    note: str = ""
    shift_s: float = 0.0
    without: tuple[int, ...] = ()
    flagged: tuple[int, ...] = ()
    scale: float = 1.0


SPECIAL = {
    "00": Right(),
    "09": Right(flagged=(30,), note="1 sample has no voltage or no current"),
    "12": Right(without=(31,), note="1 sample has the time of the one before it"),
    "16": Right(shift_s=1.0),
    "18": Right(ReadOptions(drive="0 V; 0.1 V at 0.2 s; 0 V at 0.6 s"), "--drive"),
    "20": Right(ReadOptions(area_m2=1e-4), "--area"),
    "28": Right(ReadOptions(columns={"current": "I/mA"}), "several may be the current.*3 'I/mA', 4 'I/A'"),
    "34": Right(refusal="6 cells .* under 3 headings"),
    "40": Right(ReadOptions(area_m2=1e-3), "--area"),
    "41": Right(refusal="cells .* under 3 headings"),
    "46": Right(
        ReadOptions(columns={"time": "4", "voltage": "5", "current": "6"}), "several may be the time.*4 'time/s'"
    ),
    "50": Right(refusal="JSON.*export"),
    "53": Right(ReadOptions(negate=("current",)), scale=1.0),
    "54": Right(flagged=(20, 21), note="2 samples are overloads"),
}
OTHERS = {"56": 50, "58": 100}


def case(folder: Path, number: str) -> Path:
    (path,) = folder.glob(f"{number}_*")
    return path


def plain(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    t, v, i = np.loadtxt(folder / "00_plain.csv", delimiter=",", skiprows=1).T
    return t, v, i / 1e3


def test_every_case_has_a_test(import_cases: Path) -> None:
    assert {path.name[:2] for path in import_cases.iterdir()} == {*DIGITS, *SPECIAL, *OTHERS}


@pytest.mark.parametrize("number", DIGITS)
def test_the_plain_record_in_another_dress(import_cases: Path, number: str) -> None:
    record = read_text(case(import_cases, number))
    for read, right, digits in zip(
        (record.t_s, record.voltage_V, record.current_A), plain(import_cases), DIGITS[number], strict=True
    ):
        np.testing.assert_allclose(read, right, rtol=1e-12, atol=max(digits, 1e-15))
    assert not record.status.any()


@pytest.mark.parametrize("number", SPECIAL)
def test_what_must_be_stated_flagged_or_refused(import_cases: Path, number: str) -> None:
    right, path = SPECIAL[number], case(import_cases, number)
    if right.refusal:
        with pytest.raises(RunFileError, match=right.refusal):
            read_text(path)
        return
    if right.question:
        with pytest.raises(QuestionError, match=right.question):
            read_text(path)
    record = read_text(path, options=right.options)
    assert right.note in " ".join(record.notes)
    kept = np.delete(np.arange(100), right.without)
    t, v, i = (one[kept] for one in plain(import_cases))
    np.testing.assert_allclose(record.t_s, t + right.shift_s, rtol=1e-12)
    good = np.ones(len(kept), dtype=bool)
    good[list(right.flagged)] = False
    np.testing.assert_array_equal(record.status == 0, good)
    np.testing.assert_allclose(record.voltage_V[good], v[good], rtol=1e-12)
    require_current(record, i, number, good)


def require_current(record: TextRecord, plain_A: np.ndarray, number: str, good: np.ndarray) -> None:
    if number == "12":  # two samples at one time: one of them is not in the plain record
        good = good & (np.arange(len(good)) != 30)
    tolerance = 6e-10 if number == "18" else 1e-15  # three digits of microamperes
    np.testing.assert_allclose(record.current_A[good], plain_A[good], rtol=1e-12, atol=tolerance)


@pytest.mark.parametrize("number", OTHERS)
def test_other_records_are_read_as_they_stand(import_cases: Path, number: str) -> None:
    path = case(import_cases, number)
    record = read_text(path)
    t, v, i = np.loadtxt(path, delimiter=",", skiprows=1).T
    assert len(t) == OTHERS[number]
    for read, right in zip((record.t_s, record.voltage_V, record.current_A), (t, v, i), strict=True):
        np.testing.assert_array_equal(read, right)
