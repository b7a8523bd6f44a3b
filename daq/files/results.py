"""Results derived from a run, kept in a file beside it that is replaced whole at every change."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from daq.files.durable import write_atomically
from protocols import RunFileError

if TYPE_CHECKING:
    from collections.abc import Mapping


# What the name of a results file has in place of ".nxs".
_SUFFIX = ".results.nxs"


@dataclass(frozen=True)
class Process:
    """One result of a run: a kept reduction, a fit.

    Attributes
    ----------
    name : str
    arrays : dict of str to ndarray
    attributes : dict
        Plain data.
    date : str
        When it was derived, ISO 8601.
    """

    name: str
    arrays: dict[str, np.ndarray]
    attributes: dict[str, Any]
    date: str


def results_path(run_path: str | Path) -> Path:
    """Return the results file of a run file: ``NAME.nxs`` has ``NAME.results.nxs``."""
    path = Path(run_path)
    return path.with_name(f"{path.stem}{_SUFFIX}")


def is_results(path: Path) -> bool:
    """Return whether a path is that of a results file."""
    return path.name.endswith(_SUFFIX)


def run_of_results(path: Path) -> Path:
    """Return the run file that a results file belongs to."""
    return path.with_name(f"{path.name.removesuffix(_SUFFIX)}.nxs")


def write_process(
    run_path: str | Path, name: str, arrays: Mapping[str, np.ndarray], attributes: Mapping[str, Any]
) -> Path:
    """Keep a result of a run; one of the same name is replaced, all others stay.

    The file is written anew and renamed into place, so that a reader finds the old one or the new one, both whole.

    Parameters
    ----------
    run_path : path
        The run file that it was derived from. It is not touched.
    name : str
        E.g. ``fit``.
    arrays : mapping of str to ndarray
    attributes : mapping
        Plain data (JSON).

    Returns
    -------
    Path
        The results file.
    """
    run_file, target = Path(run_path), results_path(run_path)
    kept = {process.name: process for process in _read_all(target, run_file)} if target.exists() else {}
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    kept[name] = Process(name, {key: np.asarray(value) for key, value in arrays.items()}, dict(attributes), now)
    try:
        with write_atomically(target) as making, h5py.File(making, "w") as file:
            _write_all(file, run_file, kept)
    except OSError as error:
        raise RunFileError(f"{target} could not be written: {error}. The run itself is untouched.") from error
    return target


def _write_all(file: h5py.File, run_file: Path, kept: Mapping[str, Process]) -> None:
    file.attrs["default"] = "entry"
    entry = file.create_group("entry")
    entry.attrs["NX_class"] = "NXentry"
    entry["title"] = f"derived from {run_file.name}"
    entry["raw_file"] = run_file.name
    entry["raw_sha256"] = _sha256(run_file)
    entry["raw_start_time"] = _start_time(run_file)
    entry["raw_data"] = h5py.ExternalLink(run_file.name, "/entry/data")
    for process in kept.values():
        group = entry.create_group(process.name)
        group.attrs["NX_class"] = "NXprocess"
        group["program"] = "ionecho"
        group["date"] = process.date
        group["attributes"] = json.dumps(process.attributes)
        arrays = group.create_group("arrays")
        arrays.attrs["NX_class"] = "NXcollection"
        for name, values in process.arrays.items():
            arrays[name] = values


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _start_time(run_file: Path) -> str:
    with h5py.File(run_file, "r") as file:
        return str(file["entry/start_time"][()].decode())


def _read_all(path: Path, run_file: Path) -> list[Process]:
    """Return what a results file holds; nothing if it belongs to another run, deleted since, that had the same name."""
    try:
        with h5py.File(path, "r") as file:
            entry = file["entry"]
            if "raw_start_time" in entry and entry["raw_start_time"][()].decode() != _start_time(run_file):
                return []
            return [
                Process(
                    name,
                    {key: values[()] for key, values in entry[f"{name}/arrays"].items()},
                    json.loads(entry[f"{name}/attributes"][()]),
                    entry[f"{name}/date"][()].decode(),
                )
                for name in entry
                if name != "raw_data" and isinstance(entry[name], h5py.Group)
            ]
    except (OSError, KeyError, ValueError) as error:
        raise RunFileError(f"{path} is not a results file of ionecho: {error}") from error


def read_process(run_path: str | Path, name: str) -> Process | None:
    """Return a result of a run, None if there is none of that name.

    Results of an earlier run whose file had the same name do not count.

    Raises
    ------
    RunFileError
        If the results file cannot be read.
    """
    path = results_path(run_path)
    processes = _read_all(path, Path(run_path)) if path.exists() else []
    return next((process for process in processes if process.name == name), None)
