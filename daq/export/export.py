"""Export of runs into files of other programs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from daq.export.battery_data import battery_table_of
from daq.export.event_documents import write_documents
from daq.export.facts import facts_of, remarks_on
from daq.export.netcdf import require_netcdf, write_netcdf
from daq.export.parquet import require_parquet, write_parquet
from daq.export.table import table_of
from daq.export.text import DESCRIPTION, describe_text, write_text
from daq.files.durable import write_atomically
from protocols import InputError, RunFileError, reason_of

if TYPE_CHECKING:
    from pathlib import Path

    from daq.files.run import Run


class Format(StrEnum):
    """What a run can be written as."""

    CSV = "csv"
    PARQUET = "parquet"
    BDF = "bdf"
    NETCDF = "netcdf"
    BLUESKY = "bluesky"


_ENDINGS = {
    Format.BDF: (".bdf.csv", ".bdf", ".bdf.parquet"),
    Format.CSV: (".csv",),
    Format.PARQUET: (".parquet",),
    Format.NETCDF: (".nc",),
    Format.BLUESKY: (".jsonl",),
}
"""Endings of the names of each, the usual one first; longer ones before those that they end with."""


@dataclass(frozen=True)
class Exported:
    """A run that was exported.

    Attributes
    ----------
    run, file : Path
    n_samples : int
    beside : tuple of Path
        What else was written: the description of a text.
    remarks : tuple of str
        What whoever uses the samples must know.
    """

    run: Path
    file: Path
    n_samples: int
    beside: tuple[Path, ...] = ()
    remarks: tuple[str, ...] = ()


def format_by_name(path: Path) -> Format | None:
    """Return what the ending of a name calls for; None if that is nothing that can be written."""
    name = path.name.lower()
    return next((one for one, endings in _ENDINGS.items() if name.endswith(endings)), None)


def stem_of(file: Path) -> str:
    """Return the name of an exported file without its ending."""
    name = file.name
    endings = [one for known in _ENDINGS.values() for one in known if name.lower().endswith(one)]
    return name[: len(name) - len(endings[0])] if endings else file.stem


def file_in(folder: Path, run: Path, wanted: Format) -> Path:
    """Return the usual file of a run in a folder."""
    return folder / f"{run.name.removesuffix('.nxs')}{_ENDINGS[wanted][0]}"


def check_export(target: Path, wanted: Format, *, replace: bool) -> None:
    """Raise `InputError` if a run cannot be written to a path, before it is read.

    Parameters
    ----------
    target : Path
    wanted : Format
    replace : bool
        Whether a file of that name may be replaced.
    """
    if target.name.endswith(".nxs"):
        raise InputError("names with .nxs belong to runs and what is kept beside them", str(target))
    if target.is_dir():
        raise InputError("this is a folder: name a file in it", str(target))
    if not target.parent.is_dir():
        raise InputError("there is no such folder: make it first", str(target.parent))
    written = [target, *([_description_of(target)] if _is_text(target, wanted) else [])]
    if not replace and (taken := next((one for one in written if one.exists()), None)):
        raise InputError("this exists already, and stays as it is: choose another name, or --force", str(taken))
    if wanted is Format.NETCDF:
        require_netcdf()
    elif wanted is Format.PARQUET or (wanted is Format.BDF and not _is_text(target, wanted)):
        require_parquet()


def export_run(run: Run, target: Path, wanted: Format, *, replace: bool = False) -> Exported:
    """Write the samples of a run into a file, which appears whole or not at all.

    All samples are verified first. The run is read in pieces: the memory does not depend on its length.

    Raises
    ------
    InputError
        If the file exists already and may not be replaced, or its folder is not there.
    RunFileError
        If there are no samples, some are damaged, a library is missing, or the file cannot be written.
    """
    check_export(target, wanted, replace=replace)
    if not run.n_samples:
        raise RunFileError(f"{run.path}: there are no samples, so there is nothing to export")
    run.require_intact()
    facts, table = facts_of(run), battery_table_of(run) if wanted is Format.BDF else table_of(run)
    is_text = _is_text(target, wanted)
    try:
        with write_atomically(target, new=not replace) as making:
            if wanted is Format.BLUESKY:
                write_documents(run, making)
            elif is_text:
                write_text(table, making)
            elif wanted is Format.NETCDF:
                write_netcdf(table, making, facts)
            else:
                write_parquet(table, making, facts)
        beside = (describe_text(table, target, facts),) if is_text else ()
    except FileExistsError:
        raise InputError("this has appeared just now, and stays as it is: choose another name", str(target)) from None
    except OSError as error:
        raise RunFileError(f"{target} could not be written: {reason_of(error)}. The run is untouched.") from error
    return Exported(run.path, target, run.n_samples, beside, remarks_on(run))


def _is_text(target: Path, wanted: Format) -> bool:
    return wanted is Format.CSV or (wanted is Format.BDF and not target.name.lower().endswith(".parquet"))


def _description_of(target: Path) -> Path:
    return target.with_name(target.name + DESCRIPTION)
