"""Command ``ionecho fit`` for several files: joint fits of runs and spectra, and comparisons of runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ionecho.commands.fit_sample import parsed
from ionecho.commands.output import console, error_console, opened_run, print_json
from ionecho.commands.refusals import UsageError
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from daq import Run
    from fitting import ImpedanceSpectrum
    from fitting.reduction.reduction import Reduction
    from fitting.results.joint_result import JointResult
    from fitting.transforms.laplace import Complexes
    from protocols import Sample

_A_DECADE = 16
"""Places of a fitted curve in a decade of frequency: an arc of one relaxation has no corners to the eye. Doubled, no
plot looks other."""


@dataclass(frozen=True)
class JointRequest:
    """What is fitted together.

    Attributes
    ----------
    paths : list of Path
        Run files and impedance texts.
    model : str
    shared, activated : list of str
    kelvin : list of float
        Temperatures of the command line; those of the runs' own samples where it has none.
    sweep : int or None
        Which one of a text with several sweeps.

    Raises
    ------
    UsageError
        If there are temperatures for some files only.
    """

    paths: list[Path]
    model: str
    shared: list[str]
    activated: list[str]
    kelvin: list[float]
    sweep: int | None = None

    def __post_init__(self) -> None:
        if self.kelvin and len(self.kelvin) != len(self.paths):
            raise UsageError(f"{len(self.paths)} files need as many --temperature, not {len(self.kelvin)}")


def fit_together(request: JointRequest, *, as_json: bool) -> None:
    """Fit one circuit to several run files and impedance texts, keep that beside the runs, and print it."""
    from fitting.kept_results import fit_joint_files

    if len(request.paths) > 1:
        error_console().print(
            f"note: this is one joint fit of {len(request.paths)} files; `ionecho refit` fits each by itself",
            soft_wrap=True,
        )
    result, observations = fit_joint_files(
        request.paths, request.model, request.shared, request.activated, request.kelvin, request.sweep
    )
    if as_json:
        print_json({**result.to_dict(), "spectra": _impedances(result, observations)})
        return
    for one in observations:
        for note in getattr(one, "notes", ()):
            error_console().print(f"note: {one.source}: {note}", soft_wrap=True)
    console().print(result.table())


def _impedances(result: JointResult, observations: Sequence[Reduction | ImpedanceSpectrum]) -> list[dict[str, Any]]:
    """Return what was measured and fitted of the spectra among some records, each with its number from 1."""
    import numpy as np

    from fitting import ImpedanceSpectrum

    found = []
    for k, one in enumerate(observations):
        if not isinstance(one, ImpedanceSpectrum):
            continue
        low, high = one.frequency_Hz.min(), one.frequency_Hz.max()
        along = np.geomspace(low, high, 1 + math.ceil(_A_DECADE * math.log10(high / low)))
        found.append(
            {
                "record": k + 1,
                "frequency_Hz": one.frequency_Hz.tolist(),
                "measured_ohm": _parts(one.impedance_ohm),
                "fitted_ohm": _parts(result.impedance(one.frequency_Hz, k)),
                "curve": {"frequency_Hz": along.tolist(), "fitted_ohm": _parts(result.impedance(along, k))},
            }
        )
    return found


def _parts(impedance: Complexes) -> dict[str, list[float]]:
    return {"real": impedance.real.tolist(), "imaginary": impedance.imag.tolist()}


def diagnose_records(request: JointRequest, *, as_json: bool) -> None:
    """Fit one circuit to several files, and print what is wrong with each."""
    from fitting import diagnose_joint
    from fitting.kept_results import records_of

    records, temperature_K = records_of(request.paths, request.activated, request.kelvin, request.sweep)
    found = diagnose_joint(
        records,
        request.model,
        shared=request.shared or None,
        activated=request.activated,
        temperature_K=temperature_K,
    )
    if as_json:
        print_json({"circuit": request.model, "records": [one.to_document() for one in found]})
        return
    out = console()
    for k, one in enumerate(found, start=1):
        out.print(f"[{k}] {one}", markup=False, soft_wrap=True)
    if any(one.diagnosis is not None and one.diagnosis.causes for one in found):
        out.print("Options are for a fit of that record alone: ionecho fit FILE --diagnose tries them.", soft_wrap=True)


def compare_runs(paths: list[Path], model: str, kelvin: list[float], thickness: list[str], *, as_json: bool) -> None:
    """Fit one circuit to each of several runs, and print what thickness, temperature and drive say of its memory.

    Temperatures and thicknesses are those of the command line, or of the runs' own samples.
    """
    from rich.progress import track

    from fitting import compare, fit
    from fitting.study import sample_of

    runs = [opened_run(path) for path in paths]
    samples = [run.statements.over(sample_of(run)) for run in runs]
    for name, given in (("temperature", kelvin), ("thickness", thickness)):
        if given and len(given) != len(runs):
            raise UsageError(f"{len(runs)} files need as many --{name}, not {len(given)}")
    if kelvin:
        samples = [replace(one, temperature_K=T) for one, T in zip(samples, kelvin, strict=True)]
    if thickness:
        samples = [
            replace(one, thickness_m=parsed(text, "m", "--thickness"))
            for one, text in zip(samples, thickness, strict=True)
        ]
    progress = track(runs, "Fitting", console=error_console(), transient=True, disable=as_json)
    found = compare([fit(run, model) for run in progress], samples)
    alike = len({(one.thickness_m, one.temperature_K) for one in samples}) == 1
    tests, lines = _linearity(runs, samples[0]) if alike else ({}, [])
    if as_json:
        print_json({**found.to_dict(), **tests})
        return
    console().print(found.table())
    for line in lines:
        console().print(line, markup=False, soft_wrap=True)


def _linearity(runs: list[Run], sample: Sample) -> tuple[dict[str, Any], list[str]]:
    """Test whether runs of one sample add up, and whether they grow in proportion to the voltage."""
    from fitting import ohms_law, reduced_alike, superposition

    tests: dict[str, Any] = {"linearity": None, "ohms_law": None}
    lines = []
    try:
        reductions = reduced_alike(runs)
        added = superposition(reductions)
        tests["linearity"] = added.to_dict()
        lines.append(str(added))
        ohm = ohms_law(reductions, thickness_m=sample.thickness_m, temperature_K=sample.temperature_K)
        tests["ohms_law"] = ohm.to_dict()
        lines.append(str(ohm))
    except FitError as error:
        lines.append(f"not tested further: {error}")
    return tests, lines
