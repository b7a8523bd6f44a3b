"""Fits of a run, of a spectrum, and of several records together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np

from fitting.inference.joint_parameters import JointParameters
from fitting.inference.observations import observation_of
from fitting.inference.solution import solve_single
from fitting.interpretation.arrhenius import kelvins
from fitting.interpretation.assembly import fit_reduction, fit_result, joint_result
from fitting.model.circuit import CellModel
from fitting.records.conductivity import ConductivitySpectrum
from fitting.records.impedance import ImpedanceSpectrum
from fitting.reduction.nuisance import Nuisance
from fitting.reduction.reduction import Reduction
from fitting.results.fit_result import FitResult
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from daq import Run
    from fitting.inference.diagnosis import Diagnosis
    from fitting.inference.joint_diagnosis import RecordDiagnosis
    from fitting.inference.solution import Solution
    from fitting.records.record import Record
    from fitting.results.joint_result import JointResult
    from fitting.transforms.laplace import Floats


@overload
def fit(
    record: Record | Reduction | str | Path,
    model: CellModel | str,
    *,
    start: Mapping[str, float | str] | None = None,
    terms: Nuisance | None = None,
    robust: bool = False,
) -> FitResult: ...


@overload
def fit(
    record: ImpedanceSpectrum | ConductivitySpectrum,
    model: CellModel | str,
    *,
    start: Mapping[str, float | str] | None = None,
) -> JointResult: ...


def fit(
    record: Record | Reduction | ImpedanceSpectrum | ConductivitySpectrum | str | Path,
    model: CellModel | str,
    *,
    start: Mapping[str, float | str] | None = None,
    terms: Nuisance | None = None,
    robust: bool = False,
) -> FitResult | JointResult:
    """Fit a cell model to one record: the joint fit of that record alone.

    Levenberg-Marquardt with exact derivatives, from several starts, on the reduced problem: its cost does not depend
    on the length of the run. Intervals are profile likelihoods. Where a run's residual shows noise that is correlated
    from sample to sample, the run is reduced again, whitened; what is still not white widens the intervals, and so
    does all of it where only a reduction is at hand. `fit_joint` of the one record finds the same.

    Parameters
    ----------
    record : Record, Reduction, ImpedanceSpectrum or ConductivitySpectrum; or the path of a run file
    model : CellModel or str
        A circuit, or its string.
    start : mapping of str to float or str, optional
        Values that are tried first, SI or with a unit (``{"R0": "1 kohm"}``).
    terms : Nuisance, optional
        What of a run is not the cell's; only an offset unless given. A correlation time that is given is kept.
    robust : bool
        Whether samples far off count less (Huber); needs the run.

    Returns
    -------
    FitResult or JointResult
        The second for a spectrum, which has no samples, modes or pulses.

    Raises
    ------
    FitError
        If the circuit cannot be read, or the record cannot be fitted.
    """
    cell = CellModel.of(model)
    if isinstance(record, str | Path):
        record = _run_at(record)
    if isinstance(record, Reduction | ImpedanceSpectrum | ConductivitySpectrum):
        if robust or terms is not None:
            raise FitError(
                "a robust fit, or another nuisance, needs the run itself: what a reduction has left is fixed, and a"
                " spectrum has no samples"
            )
        if isinstance(record, Reduction):
            return fit_reduction(record, cell, start)
        return _fit_all([record], JointParameters(cell), start)
    if robust:
        from fitting.inference.robust import solve_robust

        return fit_result(solve_robust(record, cell, start or {}, terms or Nuisance()))
    from fitting.inference.second_pass import solve_runs  # a kept reduction needs none of it

    observation = observation_of(record, terms)
    return fit_result(solve_runs({0: record}, [observation], JointParameters(cell), start or {}))


def diagnose_run(run: Record, model: CellModel | str, terms: Nuisance | None = None) -> Diagnosis:
    """Fit a circuit to a run, and say what explains the residual.

    Parameters
    ----------
    run : Record
    model : CellModel or str
        A circuit, or its string.
    terms : Nuisance, optional
        What is fitted beside the cell.

    Returns
    -------
    Diagnosis
        Of the first fit: no jump has a place of its own yet, and no noise is whitened.

    Raises
    ------
    FitError
        If the circuit cannot be read, or the record cannot be fitted.
    """
    from fitting.inference.diagnosis import diagnose
    from fitting.inference.problem import Problem
    from fitting.inference.solution import solve

    cell = CellModel.of(model)
    return diagnose(run, solve(Problem.single(observation_of(run, terms), cell)))


def fit_reduced(
    run: Record, reduction: Reduction, model: CellModel | str, start: Mapping[str, float | str] | None = None
) -> tuple[Reduction, FitResult]:
    """Return reduction and fit of a run that was reduced before; the reduction is another after a second pass.

    The second pass finds times that are to be fitted, and where the fit leaves more than noise it gives each jump of a
    sampled voltage a place of its own, or whitens noise of the AR(1) kind. What was whitened already stays as it is.

    Parameters
    ----------
    run : Record
        The run that was reduced.
    reduction : Reduction
    model : CellModel or str
        A circuit, or its string.
    start : mapping of str to float, optional
        Values (SI) that are tried first.

    Raises
    ------
    FitError
        If the circuit cannot be read, or the record cannot be fitted.
    """
    solution = solution_of(run, reduction, model, start)
    return solution.reduction() or reduction, fit_result(solution)


def solution_of(
    run: Record, reduction: Reduction, model: CellModel | str, start: Mapping[str, float | str] | None = None
) -> Solution:
    """Return the end of `fit_reduced`, whose intervals are worked out only when they are asked for."""
    cell = CellModel.of(model)
    solution = solve_single(reduction, cell, start)
    if solution.interval_inflation <= 1.0 and not reduction.terms.fitted:
        return solution
    from fitting.inference.second_pass import with_second_pass  # a kept reduction needs none of it

    return with_second_pass({0: run}, solution, start or {})


def fit_joint(
    observations: Sequence[Record | Reduction | ImpedanceSpectrum | ConductivitySpectrum | str | Path],
    model: CellModel | str,
    *,
    shared: Sequence[str] | None = None,
    activated: Sequence[str] = (),
    temperature_K: Sequence[float | str] | Floats | None = None,
    start: Mapping[str, float | str] | None = None,
) -> JointResult:
    """Fit one circuit to several records at once.

    A run enters by its reduction, a spectrum by the same admittance at ``s = i omega``, with the real and imaginary
    parts' deviations as shares of abs(Z). Each record is weighted by its own noise: first by what no causal cell
    explains of it, then, once, by what the fit left of it. Amplitudes and widths of pulses may differ. Runs with
    correlated noise are whitened, as by `fit`.

    Parameters
    ----------
    observations : sequence of Record, Reduction, ImpedanceSpectrum or ConductivitySpectrum
        Run files also by their paths.
    model : CellModel or str
    shared : sequence of str, optional
        Parameters with one value for all, or elements (``Mig1``) for all of theirs; unless given, all that are not
        activated. The others have a value for each record.
    activated : sequence of str
        Times, resistances (``prefactor exp(E_a / kT)``) and conductances (``prefactor exp(-E_a / kT)``); E_a is
        positive where the cell gets faster as it gets warmer.
    temperature_K : array_like or sequence of str, shape (n_observations,), optional
        Kelvins, or text with a unit (``"25 degC"``).
    start : mapping of str to float or str, optional
        Values of unknowns that are tried first, SI or with a unit.

    Raises
    ------
    FitError
        If a name is unknown, temperatures are missing, or there is nothing that can be fitted.
    """
    records, parameters = _together(observations, model, shared, activated, temperature_K)
    return _fit_all(records, parameters, start)


def diagnose_joint(
    observations: Sequence[Record | Reduction | ImpedanceSpectrum | ConductivitySpectrum | str | Path],
    model: CellModel | str,
    *,
    shared: Sequence[str] | None = None,
    activated: Sequence[str] = (),
    temperature_K: Sequence[float | str] | Floats | None = None,
    start: Mapping[str, float | str] | None = None,
) -> tuple[RecordDiagnosis, ...]:
    """Fit one circuit to several records at once, and say of each what is wrong with it.

    Each is diagnosed as it is by itself (`diagnose_run`), and compared with what the joint fit leaves of it: a record
    that leaves more than chance does not share what is shared.

    Parameters
    ----------
    observations, model, shared, activated, temperature_K, start
        As for `fit_joint`. Spectra, and reductions without their runs, have no samples to diagnose: what the fit of
        one by itself says of it is given instead.

    Raises
    ------
    FitError
        As by `fit_joint`, or if a record cannot be fitted by itself.
    """
    from fitting.inference.joint_diagnosis import diagnose_together

    records, parameters = _together(observations, model, shared, activated, temperature_K)
    return diagnose_together(_runs_of(records), [observation_of(one) for one in records], parameters, start or {})


def _together(
    observations: Sequence[Record | Reduction | ImpedanceSpectrum | ConductivitySpectrum | str | Path],
    model: CellModel | str,
    shared: Sequence[str] | None,
    activated: Sequence[str],
    temperature_K: Sequence[float | str] | Floats | None,
) -> tuple[list[Record | Reduction | ImpedanceSpectrum | ConductivitySpectrum], JointParameters]:
    """Return the records, opened, and their unknowns."""
    if not observations:
        raise FitError("a joint fit needs a record")
    cell = CellModel.of(model)
    T = None if temperature_K is None else kelvins(temperature_K)
    if T is not None and (T.shape != (len(observations),) or not np.all(T > 0.0)):
        raise FitError(f"{len(observations)} records need as many temperatures above 0 K, not {T.tolist()}")
    records = [_run_at(one) if isinstance(one, str | Path) else one for one in observations]
    return records, JointParameters(cell, len(records), shared, activated, T)


def _runs_of(
    records: Sequence[Record | Reduction | ImpedanceSpectrum | ConductivitySpectrum],
) -> dict[int, Record]:
    """Return those that have samples, by their places."""
    return {
        k: one
        for k, one in enumerate(records)
        if not isinstance(one, Reduction | ImpedanceSpectrum | ConductivitySpectrum)
    }


def _run_at(path: str | Path) -> Run:
    """Return the run of a file; a kept reduction and a spectrum need no `daq`."""
    from daq import open_run

    return open_run(path)


def _fit_all(
    records: Sequence[Record | Reduction | ImpedanceSpectrum | ConductivitySpectrum],
    parameters: JointParameters,
    start: Mapping[str, float | str] | None,
) -> JointResult:
    """Return the joint fit of one or several records."""
    from fitting.inference.second_pass import solve_runs

    return joint_result(
        solve_runs(_runs_of(records), [observation_of(one) for one in records], parameters, start or {})
    )


def load_result(path: str | Path) -> FitResult:
    """Return the result of a fit that `FitResult.save` wrote.

    Raises
    ------
    InputError
        If there is no such file, or it is something else.
    FitError
        If a later version of ionecho wrote it.
    """
    return FitResult.load(path)


def fit_impedance(
    spectrum: ImpedanceSpectrum | ConductivitySpectrum,
    model: CellModel | str,
    *,
    start: Mapping[str, float | str] | None = None,
) -> JointResult:
    """Fit a circuit to an impedance or conductivity spectrum, with proportional weights; `fit` by another name."""
    return fit(spectrum, model, start=start)
