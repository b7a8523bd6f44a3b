"""Values of one quantity in many fits of one circuit, ready to be compared, and what was left out of them, and why.

The fits are rows of a refit, or those that are kept beside runs; nothing is fitted here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.archive.job import sample_of_row
from fitting.archive.records import runs_of
from fitting.archive.rows import DUPLICATE, FITTED, Row, row_of_result, row_of_run
from fitting.archive.table import CSV, PARQUET, read_table
from protocols import FitError, InputError, IonechoError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from daq import Run
    from fitting.study import Study

NO_NAME = "(no name)"
"""What a sample without a name is called."""


@dataclass(frozen=True)
class ComparedValue:
    """A value of one run.

    Attributes
    ----------
    run, sample : str
    temperature_K, thickness_m, amplitude_V, width_s : float or None
        Of the sample, and of the run's first pulse.
    value : float or None
    low, high : float or None
        Ends of the 95 % interval; None where a side is open.
    why_not : str
        Why it cannot be used as a number; empty for one that can.
    verdict : str
        Whose memory the fit says it is; empty if it was not attributed.
    describes : bool
        Whether the circuit describes the record.
    """

    run: str
    sample: str
    temperature_K: float | None
    thickness_m: float | None
    amplitude_V: float | None
    width_s: float | None
    value: float | None
    low: float | None
    high: float | None
    why_not: str
    verdict: str
    describes: bool

    @property
    def ends(self) -> tuple[float, float, float]:
        """Value and ends of one that is determined."""
        return self.value or np.nan, self.low or np.nan, self.high or np.nan


@dataclass(frozen=True)
class ComparedValues:
    """Values of one quantity of many runs.

    Attributes
    ----------
    quantity, unit, circuit : str
    values : tuple of ComparedValue
        One for each record.
    left_out : dict of str to int
        How many runs have no value at all, by the reason.
    """

    quantity: str
    unit: str
    circuit: str
    values: tuple[ComparedValue, ...]
    left_out: dict[str, int]

    @property
    def determined(self) -> tuple[ComparedValue, ...]:
        """Those that are numbers."""
        return tuple(one for one in self.values if not one.why_not)

    @property
    def undetermined(self) -> tuple[ComparedValue, ...]:
        """Those that are not, each with its reason."""
        return tuple(one for one in self.values if one.why_not)


def rows_of(given: Sequence[Path]) -> tuple[list[Row], Counter[str]]:
    """Return the rows of tables of a refit and of fits kept beside runs, and how many runs have none, by the reason.

    Parameters
    ----------
    given : sequence of Path
        Tables (.csv, .parquet), run files, folders of them, patterns.

    Raises
    ------
    InputError
        If a path names nothing.
    RunFileError
        If a table is none of a refit.
    """
    rows: list[Row] = []
    without: Counter[str] = Counter()
    tables = [one for one in given if one.suffix.lower() in {CSV, PARQUET} and not one.is_dir()]
    for path in tables:
        rows += read_table(path)
    runs = [one for one in given if one not in tables]
    for path in runs_of(runs) if runs else ():
        kept = _kept_rows(path)
        if isinstance(kept, str):
            without[kept] += 1
        else:
            rows += kept
    return rows, without


def _kept_rows(path: Path) -> list[Row] | str:
    """Return what the fits that are kept beside a run say, as rows; or why there are none."""
    from daq import open_run

    try:
        run = open_run(path)
        studies = kept_studies(run)
    except (IonechoError, OSError):
        return "they, or what is kept beside them, cannot be read"
    if not studies:
        return "no fit is kept beside them (`ionecho fit` keeps one, `ionecho refit` fits all of them)"
    about: Row = {"run": str(path), "status": FITTED, "run_id": run.run_id, **row_of_run(run, sample_of_row(run))}
    return [
        {**about, "circuit": one.result.model.circuit, **row_of_result(one.result, one.attribution)} for one in studies
    ]


def kept_studies(run: Run) -> list[Study]:
    """Return all studies that are kept beside a run, one for each circuit."""
    from daq.files.kept_fits import fit_documents
    from fitting.study import kept_study

    circuits = dict.fromkeys(str(one["model"]) for one in fit_documents(run.path, run.start_time))
    return [kept_study(run, circuit) for circuit in circuits]


def values_of(
    rows: Iterable[Row], quantity: str, circuit: str = "", without: Counter[str] | None = None
) -> ComparedValues:
    """Return the values of a quantity that some rows have.

    Parameters
    ----------
    rows : iterable of Row
    quantity : str
        Name in documents and tables, without its unit: ``median_memory_time``, ``De1.tau``.
    circuit : str
        That of all rows unless given.
    without : Counter, optional
        Runs that have no row, by the reason.

    Raises
    ------
    InputError
        If the rows have several circuits and none is given, or none of them has the quantity.
    """
    rows = list(rows)
    left_out = Counter(without or {})
    circuits = sorted({str(row.get("circuit", "")) for row in rows if row["status"] == FITTED})
    if not circuit and len(circuits) > 1:
        raise InputError(f"there are fits of several circuits, {', '.join(circuits)}: choose one", "--model")
    circuit = circuit or "".join(circuits)
    if circuit not in circuits:
        had = ", ".join(circuits) or "none"
        raise InputError(f"no run is fitted with {circuit or 'any circuit'}; fitted circuits: {had}", "--model")
    chosen: dict[str, Row] = {}
    for row in rows:
        if row["status"] == DUPLICATE:
            left_out["they are the same record as another run"] += 1
        elif row.get("circuit") != circuit:
            continue
        elif row["status"] != FITTED:
            left_out["they could not be fitted (column `reason` of the table says why)"] += 1
        else:
            _choose(chosen, row, left_out)
    column, unit = _column(list(chosen.values()), quantity)
    values = tuple(_value(row, quantity, column) for row in chosen.values())
    return ComparedValues(quantity, unit, circuit, values, dict(left_out))


def _choose(chosen: dict[str, Row], row: Row, left_out: Counter[str]) -> None:
    """Keep the latest fit of each record: two fits of one record share its noise and are not two values."""
    record = str(row.get("sha256") or row.get("run_id") or row["run"])
    other = chosen.get(record)
    if other is not None:
        left_out["there is a later fit of the same record"] += 1
        if str(other.get("fitted_at", "")) > str(row.get("fitted_at", "")):
            return
    chosen[record] = row


def _column(rows: list[Row], quantity: str) -> tuple[str, str]:
    """Return the column of a quantity and its unit."""
    names = {name for row in rows for name in row}
    ends = [name.removeprefix(f"{quantity}_low") for name in names if name.startswith(f"{quantity}_low")]
    for suffix in ends:
        if f"{quantity}{suffix}" in names and f"{quantity}_determined" in names:
            return f"{quantity}{suffix}", suffix.removeprefix("_").replace("_", "·")
    known = sorted(name.removesuffix("_determined") for name in names if name.endswith("_determined"))
    raise InputError(f"no fit has {quantity!r}; there are: {', '.join(known) or 'none'}", "--quantity")


def _value(row: Row, quantity: str, column: str) -> ComparedValue:
    suffix = column.removeprefix(quantity)
    value, low, high = (row.get(f"{quantity}{end}{suffix}") for end in ("", "_low", "_high"))
    return ComparedValue(
        str(row["run"]),
        str(row.get("sample") or NO_NAME),
        row.get("temperature_K"),
        row.get("thickness_m"),
        row.get("pulse_V"),
        row.get("pulse_s"),
        value,
        low,
        high,
        _why_not(value, low, high, bool(row.get(f"{quantity}_determined"))),
        str(row.get("verdict") or ""),
        bool(row.get("describes", True)),
    )


def _why_not(value: Any, low: Any, high: Any, determined: bool) -> str:
    if value is None:
        return "no figure"
    if low is None and high is None:
        return "open on both sides"
    if high is None:
        return "known from below only"
    if low is None or low <= 0.0:
        return "known from above only"
    if not determined:
        return "not determined by the record"
    return "" if 0.0 < low < high and value > 0.0 else "its interval has no width"


def by_sample(values: Iterable[ComparedValue]) -> dict[str, list[ComparedValue]]:
    """Return values by the name of their sample, in the order of the names.

    Raises
    ------
    FitError
        If there is none.
    """
    found: dict[str, list[ComparedValue]] = {}
    for one in sorted(values, key=lambda one: one.sample):
        found.setdefault(one.sample, []).append(one)
    if not found:
        raise FitError("no run has a value to compare")
    return found
