"""How does ``ionecho fit`` fit several runs and impedance spectra together, and what does it print?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ionecho.output import console, print_json
from protocols import FitError

if TYPE_CHECKING:
    from pathlib import Path

    from fitting import ImpedanceSpectrum, Reduction

_RUN_SUFFIXES = {".nxs", ".h5", ".hdf5"}


@dataclass(frozen=True)
class _Record:
    observation: Reduction | ImpedanceSpectrum
    temperature_K: float | None


def fit_together(
    paths: list[Path],
    model: str,
    shared: list[str] | None,
    activated: list[str],
    kelvin: list[float],
    *,
    as_json: bool,
) -> None:
    """Fit one circuit to several run files and impedance texts, and print it.

    Temperatures are those of the command line, or of the runs' own samples.
    """
    from fitting import fit_joint

    records = [_opened(path) for path in paths]
    if kelvin and len(kelvin) != len(records):
        raise FitError(f"{len(records)} files need as many --temperature, not {len(kelvin)}")
    known: list[float | None] = [*kelvin] or [one.temperature_K for one in records]
    temperature_K = [T for T in known if T is not None]
    if activated and len(temperature_K) < len(records):
        raise FitError("an activation energy needs every file's temperature: give --temperature, in kelvin, for each")
    result = fit_joint(
        [one.observation for one in records],
        model,
        shared=shared or None,
        activated=activated,
        temperature_K=temperature_K if len(temperature_K) == len(records) else None,
    )
    if as_json:
        print_json(result.to_dict())
    else:
        console().print(result.table())


def _opened(path: Path) -> _Record:
    from daq import open_run
    from fitting import ImpedanceSpectrum, reduce_run

    if not path.exists():
        raise FitError(f"there is no file {path}")
    if path.suffix.lower() not in _RUN_SUFFIXES:
        return _Record(ImpedanceSpectrum.read(path), None)
    run = open_run(path)
    return _Record(reduce_run(run), None if run.protocol is None else run.protocol.sample.temperature_K)
