"""Joint fits and spectra of relaxations, kept beside their runs as plain data: for reports, and to be made again.

A run keeps one of each, the newest. A joint fit is kept beside each run that took part; impedance texts have nothing
beside them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from fitting.kept_reduction import digest_of, reduction_of
from fitting.results.provenance import code_versions
from fitting.study_options import StudyOptions
from protocols import FitError, InputError, LaterVersionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from daq import Run
    from fitting.inference.resistance_spectrum import ResistanceSpectrum
    from fitting.inference.spectrum_result import SpectrumResult
    from fitting.records.impedance import ImpedanceSpectrum
    from fitting.reduction.reduction import Reduction
    from fitting.results.joint_result import JointResult

JOINT, SPECTRUM = "joint", "spectrum"
"""Names in a results file."""
_FORMAT = 1
"""Form of both documents. Whoever changes a key counts it up, and reads the earlier ones."""
_RUNS = frozenset({".nxs", ".h5", ".hdf5"})
"""Endings of run files; other files have impedances."""


def fit_joint_files(
    paths: Sequence[Path],
    model: str,
    shared: Sequence[str] = (),
    activated: Sequence[str] = (),
    kelvin: Sequence[float] = (),
    sweep: int | None = None,
    *,
    keep: bool = True,
) -> tuple[JointResult, list[Reduction | ImpedanceSpectrum]]:
    """Fit one circuit to run files and impedance texts together, and keep the result beside each of the runs.

    Parameters
    ----------
    paths : sequence of Path
    model : str
        The circuit.
    shared, activated : sequence of str
        Parameters that all records share (all unless given), and those with an activation energy.
    kelvin : sequence of float
        Temperature of each record (K); those of the runs' own samples unless given.
    sweep : int, optional
        Which sweep of an impedance text with several.
    keep : bool
        Whether the result is written to the results files.

    Returns
    -------
    result : JointResult
    observations : list
        What was fitted, one for each path.

    Raises
    ------
    InputError
        If temperatures are missing.
    FitError
        If it cannot be fitted.
    RunFileError
        If a file cannot be read or written.
    """
    from fitting.api import fit_joint
    from fitting.records.impedance import ImpedanceSpectrum
    from fitting.reduction.reduce import reduce_run

    records, temperature_K = records_of(paths, activated, kelvin, sweep)
    observations = [one if isinstance(one, ImpedanceSpectrum) else reduce_run(one) for one in records]
    result = fit_joint(observations, model, shared=shared or None, activated=activated, temperature_K=temperature_K)
    asked = {"model": model, "shared": list(shared), "activated": list(activated), "kelvin": list(kelvin)}
    runs = {path: one for path, one in zip(paths, records, strict=True) if not isinstance(one, ImpedanceSpectrum)}
    for run in runs.values() if keep else ():
        files = [_file_of(path, run, runs.get(path)) for path in paths]
        _keep(run, JOINT, result.to_dict(), {**asked, "sweep": sweep, "files": files})
    return result, observations


def records_of(
    paths: Sequence[Path], activated: Sequence[str], kelvin: Sequence[float], sweep: int | None = None
) -> tuple[list[Run | ImpedanceSpectrum], list[float] | None]:
    """Open run files and impedance texts; return them with their temperatures (K), None if some have none.

    Raises
    ------
    InputError
        If an activation energy is asked for and a temperature is missing.
    RunFileError, FitError
        If a file cannot be read.
    """
    from daq import open_run
    from fitting.records.impedance import ImpedanceSpectrum

    records: list[Run | ImpedanceSpectrum] = [
        open_run(path) if path.suffix.lower() in _RUNS else ImpedanceSpectrum.read(path, sweep) for path in paths
    ]
    own = [None if isinstance(one, ImpedanceSpectrum) else one.sample.temperature_K for one in records]
    known = [T for T in (kelvin or own) if T is not None]
    if activated and len(known) < len(paths):
        raise InputError("an activation energy needs every file's temperature, in kelvin", "--temperature")
    return records, known if len(known) == len(paths) else None


def _file_of(path: Path, beside: Run, run: Run | None) -> dict[str, str]:
    """Return where a file of a joint fit is, seen from a run of it, and what it was."""
    try:
        where = os.path.relpath(path, beside.path.parent)
    except ValueError:  # another drive
        where = str(path.absolute())
    return {"file": where, "raw_sha256": "" if run is None or not run.state.is_final else digest_of(run)}


def fit_kept_spectrum(
    run: Run, options: StudyOptions, *, keep: bool = True
) -> tuple[SpectrumResult | ResistanceSpectrum, bool]:
    """Fit a spectrum of relaxations to a run, keep it beside the run, and return it; whether the reduction was kept.

    Parameters
    ----------
    run : Run
    options : StudyOptions
        What of the run is not the cell's.
    keep : bool
        Whether reduction and spectrum are written to the results file.

    Raises
    ------
    FitError
        If it cannot be fitted.
    RunFileError
        If the results file cannot be written.
    """
    from fitting.inference.spectrum import fit_spectrum

    reduction, was_kept = reduction_of(run, options.terms, keep=keep)
    result = fit_spectrum(reduction)
    if keep:
        digest = digest_of(run) if run.state.is_final else ""
        asked = {"options": options.to_document(), "stated": run.statements.stated, "raw_sha256": digest}
        _keep(run, SPECTRUM, result.to_dict(), asked)
    return result, was_kept


def _keep(run: Run, name: str, document: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    from daq import write_process

    provenance = {**code_versions(), "run_id": run.run_id, **asked}
    write_process(run.path, name, {}, {"format": _FORMAT, **document, "provenance": provenance}, run.start_time)


def kept_document(run: Run, name: str) -> dict[str, Any] | None:
    """Return the joint fit or the spectrum that is kept beside a run, as plain data; None if there is none.

    Parameters
    ----------
    run : Run
    name : str
        `JOINT` or `SPECTRUM`.

    Raises
    ------
    RunFileError
        If the results file cannot be read.
    LaterVersionError
        If a later version of ionecho wrote it.
    """
    from daq.files.results import read_attributes

    document = read_attributes(run.path, name, run.start_time)
    if document is not None and document.get("format", 0) > _FORMAT:
        raise LaterVersionError(
            f"{run.path}: a later version of ionecho kept its {name} fit (form {document['format']}, not {_FORMAT}):"
            " upgrade, or fit it again"
        )
    return document


def made_again(run: Run, name: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a joint fit or a spectrum made again as it was made, as plain data; nothing is written.

    Raises
    ------
    FitError, RunFileError, InputError
        If it cannot be, such as where a file of a joint fit is gone.
    """
    asked = document["provenance"]
    if name == SPECTRUM:
        return fit_kept_spectrum(run, StudyOptions.from_document(asked["options"]), keep=False)[0].to_dict()
    paths = [run.path.parent / one["file"] for one in asked["files"]]
    gone = [str(path) for path in paths if not path.is_file()]
    if gone:
        raise FitError(f"a file of the joint fit is not there: {', '.join(gone)}")
    settings = asked["shared"], asked["activated"], asked["kelvin"], asked["sweep"]
    return fit_joint_files(paths, asked["model"], *settings, keep=False)[0].to_dict()
