"""Command ``ionecho fit`` for one run: analyse, rank, sample the posterior, and print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ionecho.commands.output import console, opened_run, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fitting import CellModel, ResistanceSpectrum, SpectrumResult, Study, StudyOptions
    from ionecho.commands.fit_sample import GivenSample


def fit_run(
    path: Path,
    model: CellModel,
    options: StudyOptions,
    given: GivenSample,
    start: Mapping[str, float | str],
    *,
    as_json: bool,
) -> None:
    """Analyse a run, keep the study beside it, and print it."""
    from fitting import analyse
    from fitting.study import sample_of

    run = opened_run(path)
    sample = given.over(run.statements.over(sample_of(run)))
    study = analyse(run, model, options, sample=sample, start=start)
    _print(study, path, study.to_document(), reduction_was_kept=study.reduction_was_kept, as_json=as_json)


def fit_spectrum_of_run(path: Path, options: StudyOptions, *, as_json: bool) -> None:
    """Fit a spectrum of relaxation modes to a run, keep it beside the run, and print it."""
    from fitting.kept_results import fit_kept_spectrum

    result, was_kept = fit_kept_spectrum(opened_run(path), options)
    _print(result, path, result.to_dict(), reduction_was_kept=was_kept, as_json=as_json)


def print_posterior(path: Path, model: str, options: StudyOptions, *, as_json: bool) -> None:
    """Sample all cells that a run allows, and print them."""
    from fitting import fit_reduced, sample_posterior
    from fitting.kept_reduction import reduction_of

    run = opened_run(path)
    reduction, _ = reduction_of(run, options.terms)
    reduction, result = fit_reduced(run, reduction, model)
    posterior = sample_posterior(reduction, result)
    if as_json:
        print_json({"run": run.path, **posterior.to_dict()})
    else:
        console().print(posterior.table())


def print_profile(
    path: Path,
    model: CellModel,
    options: StudyOptions,
    name: str,
    start: Mapping[str, float | str],
    *,
    as_json: bool,
) -> None:
    """Work out the profile of a parameter, and print it."""
    from fitting.study import profiled

    run = opened_run(path)
    curve = profiled(run, model, options, name, start)
    if as_json:
        print_json({"run": run.path, **curve.to_document()})
    else:
        console().print(str(curve), markup=False, soft_wrap=True)


def rank_models(path: Path, models: list[str], options: StudyOptions, *, as_json: bool) -> None:
    """Fit several circuits to a run and print them, the best first."""
    from fitting import rank
    from fitting.kept_reduction import reduction_of

    run = opened_run(path)
    ranking = rank(reduction_of(run, options.terms)[0], models)
    if as_json:
        print_json({"run": run.path, **ranking.to_dict()})
        return
    console().print(ranking.table())
    if ranking.memory:
        console().print(ranking.memory_table())


def _print(
    result: Study | SpectrumResult | ResistanceSpectrum,
    path: Path,
    document: dict[str, Any],
    *,
    reduction_was_kept: bool,
    as_json: bool,
) -> None:
    if as_json:
        print_json({"run": path, "reduction": "kept" if reduction_was_kept else "new", **document})
        return
    console().print(result.table())
    if reduction_was_kept:
        console().print("From the reduction kept in the results file; the run file is the one that it was made from.")
