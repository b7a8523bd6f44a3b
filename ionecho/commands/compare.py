"""Command `compare`: runs of an archive by temperature, geometry, pulse and sample, from fits that are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ionecho.commands.output import console, print_json
from ionecho.commands.refusals import UsageError
from protocols import parse_quantity

if TYPE_CHECKING:
    from pathlib import Path

    from fitting.interpretation.master_curve import MasterCurve


@dataclass(frozen=True)
class CompareRequest:
    """Arguments and options of ``ionecho compare``.

    Attributes
    ----------
    given : list of Path
        Tables of a refit, run files, folders, patterns.
    circuit : str
        Empty for the one that there is.
    by : tuple of str
        Empty for all.
    quantity : str
    at : str
        Temperature with its unit; empty for one within all ranges.
    is_superposed : bool
        Whether master curves are asked for.
    output, plot : Path or None
    """

    given: list[Path]
    circuit: str = ""
    by: tuple[str, ...] = ()
    quantity: str = "median_memory_time"
    at: str = ""
    is_superposed: bool = False
    output: Path | None = None
    plot: Path | None = None


def compare_runs(request: CompareRequest, *, as_json: bool) -> None:
    """Compare, print, write and draw what was asked for."""
    from fitting.archive.comparison import ALL, compare_archive
    from fitting.archive.comparison_drawing import check_picture, draw_comparison
    from fitting.archive.comparison_table import check_output, tables_of, verdicts_of, write_comparison
    from fitting.archive.values import rows_of, values_of

    by = request.by or ALL
    unknown = [one for one in by if one not in ALL]
    if unknown:
        raise UsageError(f"runs are compared by {', '.join(ALL)}, not by {unknown[0]!r}", "--by")
    at_K = _kelvin(request.at) if request.at else None
    missing = next((one for one in request.given if _is_missing(one)), None)
    if missing is not None:
        raise UsageError("there is no such file or folder", str(missing))
    if request.output is not None:
        check_output(request.output)
    if request.plot is not None:
        check_picture(request.plot)
    rows, without = rows_of(request.given)
    found = compare_archive(values_of(rows, request.quantity, request.circuit, without), by, at_K)
    masters = _masters(request, found.values.circuit) if request.is_superposed else {}
    document = found.to_document() | _masters_document(masters)
    if request.output is not None:
        write_comparison(request.output, found, document)
    if request.plot is not None:
        draw_comparison(request.plot, found)
    if as_json:
        print_json(document)
        return
    for table in tables_of(found, by):
        console().print(table)
    lines = [f"{name}: {one if isinstance(one, str) else one.verdict}" for name, one in masters.items()]
    for line in (*verdicts_of(found, by), *lines):
        console().print(line, markup=False, soft_wrap=True)


def _is_missing(path: Path) -> bool:
    import glob

    return not path.exists() and not glob.has_magic(str(path))


def _kelvin(text: str) -> float:
    try:
        kelvin = parse_quantity(text, "K")
    except ValueError as error:
        raise UsageError(str(error), "--at") from None
    if kelvin <= 0.0:
        raise UsageError(f"{text!r} is not above 0 K", "--at")
    return kelvin


def _masters(request: CompareRequest, circuit: str) -> dict[str, MasterCurve | str]:
    from fitting.archive.superposed import master_curves

    runs = [one for one in request.given if one.suffix.lower() not in {".csv", ".parquet"} or one.is_dir()]
    if not runs:
        raise UsageError("a table has no spectra: give the runs, beside which `ionecho fit` keeps them", "--master")
    return master_curves(runs, circuit)


def _masters_document(masters: dict[str, MasterCurve | str]) -> dict[str, Any]:
    if not masters:
        return {}
    return {
        "master_curves": {
            name: {"verdict": one} if isinstance(one, str) else one.to_document() for name, one in masters.items()
        }
    }
