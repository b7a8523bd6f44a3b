"""How does ``ionecho fit`` fit one run, keep what it found, and print it?"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ionecho.commands.output import console, print_json

if TYPE_CHECKING:
    from pathlib import Path

    from daq import Run
    from fitting import FitResult, Nuisance, Reduction, SpectrumResult

_HARMONICS = 5


def fit_run(path: Path, model: str, beside: tuple[bool, float | None, bool], *, spectrum: bool, as_json: bool) -> None:
    """Fit a run, say whose memory it is, keep the result beside it, and print it.

    `beside` the cell are a drift, the mains' frequency (Hz), and whether samples far off count less.
    """
    from daq import open_run
    from fitting import attribute, fit, memory_of_run, reduce_run, whitened

    run = open_run(path)
    drift, mains_Hz, robust = beside
    terms = _terms(drift, mains_Hz)
    if spectrum:
        _fit_spectrum(run, terms, as_json=as_json)
        return
    if robust:
        result, reduction, reused = fit(run, model, terms=terms, robust=True), reduce_run(run, terms), False
    else:
        reduction, reused = _reduction_of(run, terms)
        result = fit(reduction, model)
        if reduction.terms.correlation_s == 0.0:
            reduction, result = whitened(run, reduction, result)
    result = replace(result, memory=result.memory + memory_of_run(result, run.drive))
    protocol = run.protocol
    attribution = attribute(reduction, result, None if protocol is None else protocol.sample)
    document = result.to_dict() | {"attribution": attribution.to_dict()}
    document["memory"]["attribution"] = f"memory attributed to: {attribution.verdict} ({attribution.evidence[-1]})"
    keep_fit(run, result, document)
    _print_result(run, result, document, reused=reused, as_json=as_json)
    if not as_json:
        console().print(str(attribution), markup=False, soft_wrap=True)


def print_posterior(path: Path, model: str, beside: tuple[bool, float | None], *, as_json: bool) -> None:
    """Sample all cells that a run allows, and print them."""
    from daq import open_run
    from fitting import fit, sample_posterior, whitened

    run = open_run(path)
    reduction, _ = _reduction_of(run, _terms(*beside))
    reduction, result = whitened(run, reduction, fit(reduction, model))
    found = sample_posterior(reduction, result)
    if as_json:
        print_json({"run": run.path, **found.to_dict()})
    else:
        console().print(found.table())


def _terms(drift: bool, mains_Hz: float | None) -> Nuisance:
    from fitting import Nuisance

    return Nuisance(drift=drift, mains_Hz=mains_Hz or 0.0, harmonics=_HARMONICS if mains_Hz else 0)


def rank_families(path: Path, models: list[str], *, as_json: bool) -> None:
    """Fit several cells to a run and print them, the best first."""
    from daq import open_run
    from fitting import Nuisance, rank

    run = open_run(path)
    ranking = rank(_reduction_of(run, Nuisance())[0], models)
    if as_json:
        print_json({"run": run.path, **ranking.to_dict()})
    else:
        console().print(ranking.table())
        if ranking.memory:
            console().print(ranking.memory_table())


def _fit_spectrum(run: Run, terms: Nuisance, *, as_json: bool) -> None:
    from fitting import fit_spectrum

    reduction, reused = _reduction_of(run, terms)
    result = fit_spectrum(reduction)
    _print_result(run, result, result.to_dict(), reused=reused, as_json=as_json)


def _print_result(
    run: Run, result: FitResult | SpectrumResult, document: dict[str, Any], *, reused: bool, as_json: bool
) -> None:
    if as_json:
        print_json({"run": run.path, "reduction": "kept" if reused else "new", **document})
        return
    console().print(result.table())
    if reused:
        console().print("From the reduction kept in the results file; the run file is the one that it was made from.")


def _reduction_of(run: Run, terms: Nuisance) -> tuple[Reduction, bool]:
    """Return the reduction of a run, and whether it was kept; a new one of a run that has ended is kept."""
    from daq import read_process, write_process
    from fitting import Reduction, reduce_run
    from fitting.reduction.reduction import VERSION

    if run.state in {"created", "running", "paused"}:
        return reduce_run(run, terms), False
    # The run file's own sum goes with the reduction: that of the results file is renewed with every fit.
    with run.path.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    kept = read_process(run.path, "reduction")
    if kept and kept.attributes["raw_sha256"] == checksum and kept.attributes["version"] == VERSION:
        reduction = Reduction.from_arrays(kept.arrays, kept.attributes)
        if reduction.terms == terms:
            return reduction, True
    reduction = reduce_run(run, terms)
    arrays, attributes = reduction.to_arrays()
    write_process(run.path, "reduction", arrays, attributes | {"raw_sha256": checksum})
    return reduction, False


def keep_fit(run: Run, result: FitResult, document: dict[str, Any]) -> None:
    """Keep a fit and what is said of it in the results file, with its current at some thousand times for plots."""
    from daq import write_process
    from fitting import overlay_times, predict

    times = overlay_times(run)
    arrays = result.arrays() | {"overlay_t_s": times, "overlay_current_A": predict(run, result, times)}
    write_process(run.path, "fit", arrays, document)
