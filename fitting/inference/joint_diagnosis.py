"""Diagnosis of records that are fitted together: what is wrong with each, and which does not share what is shared.

Each record is fitted by itself too, and diagnosed as a single one is. What it leaves in the joint fit beyond that is
the price of what it shares: where that is more than chance, by Schwarz's criterion, the shared values are not its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.inference.diagnosis import LIKELY, diagnose
from fitting.inference.problem import Problem
from fitting.inference.solution import solve
from fitting.results.remarks import RemarkKind
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fitting.inference.diagnosis import Diagnosis
    from fitting.inference.joint_parameters import JointParameters
    from fitting.inference.observations import Observation
    from fitting.inference.solution import Solution
    from fitting.records.record import Record
    from fitting.results.remarks import Remark

_OF_SPECTRA = frozenset({RemarkKind.SPECTRUM_CORRELATED, RemarkKind.SPECTRUM_MISFIT, RemarkKind.CONDUCTIVITY_MISFIT})
"""What a fit says of a spectrum that it does not describe."""
_FARTHEST = 3
"""Parameters that are named as not shared: the farthest. Doubled, those that follow the farthest are named too."""
_SURE = 3.0
"""Deviations by which a record's own value must be off to be named. Doubled, a resistance off by 5 goes unnamed."""


@dataclass(frozen=True)
class OwnValue:
    """A parameter that a record has otherwise than the joint fit.

    Attributes
    ----------
    name, unit : str
    own, joint : float
        SI.
    deviations : float
        How far they are apart, in deviations of the own one.
    """

    name: str
    unit: str
    own: float
    joint: float
    deviations: float

    def __str__(self) -> str:
        own, joint = (format_quantity(one, self.unit, 3) for one in (self.own, self.joint))
        return f"{self.name} {own} by itself, {joint} together"


@dataclass(frozen=True)
class RecordDiagnosis:
    """What is wrong with one record of a joint fit.

    Attributes
    ----------
    source : str
    unit : str
        Of what is left: "A", "V" where the current was controlled, or "" for a share of the impedance.
    left_together, left_alone : float
        Root mean square of what the joint fit leaves of the record, and of what a fit of it alone does.
    own_values : tuple of OwnValue
        Where it does not share what is shared; the farthest first.
    disagrees : bool
        Whether it leaves more in the joint fit than chance would.
    diagnosis : Diagnosis or None
        Of the fit of it alone; None for a spectrum and for a reduction without its run, which have no samples.
    remarks : tuple of Remark
        Of the fit of it alone.
    """

    source: str
    unit: str
    left_together: float
    left_alone: float
    own_values: tuple[OwnValue, ...]
    disagrees: bool
    diagnosis: Diagnosis | None
    remarks: tuple[Remark, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong with it."""
        no_cause = not self.diagnosis.causes if self.diagnosis else not self._questions
        return no_cause and not self.disagrees

    @property
    def _questions(self) -> list[str]:
        return [str(one) for one in self.remarks if one.kind.questions_model or one.kind in _OF_SPECTRA]

    def __str__(self) -> str:
        together, alone = (_shown(one, self.unit) for one in (self.left_together, self.left_alone))
        lines = [f"{self.source}: the joint fit leaves {together}, a fit of it alone {alone}"]
        if self.disagrees:
            values = "; ".join(map(str, self.own_values))
            lines.append(f"it does not share what is shared{': ' if values else ''}{values}")
        if self.diagnosis is not None:
            lines += str(self.diagnosis).splitlines()
        else:
            lines += self._questions or ["nothing but noise is left of it alone"]
        return "\n".join([lines[0], *(f"  {one}" for one in lines[1:])])

    def to_document(self) -> dict[str, Any]:
        """Return plain data (JSON)."""
        return {
            "source": self.source,
            "unit": self.unit or "share of abs(Z)",
            "left_together": self.left_together,
            "left_alone": self.left_alone,
            "disagrees": self.disagrees,
            "own_values": [dict(vars(one)) for one in self.own_values],
            "diagnosis": None if self.diagnosis is None else self.diagnosis.to_document(),
            "remarks": [one.to_document() for one in self.remarks],
        }


def diagnose_together(
    runs: Mapping[int, Record],
    observations: Sequence[Observation],
    parameters: JointParameters,
    start: Mapping[str, float | str],
) -> tuple[RecordDiagnosis, ...]:
    """Return what is wrong with each of some records.

    Parameters
    ----------
    runs : mapping of int to Record
        The runs that are at hand, by the place of their observation.
    observations : sequence of Observation
    parameters : JointParameters
    start : mapping of str to float or str
        Values of unknowns that are tried first.

    Raises
    ------
    FitError
        If they cannot be fitted together, or one of them cannot be fitted by itself.
    """
    joint = solve(Problem.of(observations, parameters), start)
    return tuple(_of_record(joint, k, runs.get(k)) for k in range(len(observations)))


def _of_record(joint: Solution, k: int, run: Record | None) -> RecordDiagnosis:
    one = joint.problem.observations[k]
    alone = solve(joint.problem.alone(k), _values(joint, k))
    noise, inflation = alone.problem.noises[0], alone.goodness[0].inflation
    left = joint.problem.part_residual(k, joint.best.u) * joint.problem.noises[k] / noise
    worse = (float(left @ left) - alone.best.cost) / inflation**2
    n_free = len(alone.best.u)
    disagrees = len(joint.problem.observations) > 1 and worse - n_free * float(np.log(one.n_samples)) > 2.0 * LIKELY
    return RecordDiagnosis(
        one.source or f"record {k + 1}",
        one.unit,
        _left(joint, k),
        _left(alone, 0),
        _own_values(joint, alone, k) if disagrees else (),
        disagrees,
        None if run is None else diagnose(run, alone),
        alone.remarks,
    )


def _values(joint: Solution, k: int) -> dict[str, float]:
    """Return the parameters that a record has in the joint fit, by name."""
    names = [parameter.name for parameter in joint.model.parameters]
    return dict(zip(names, joint.theta(k).tolist(), strict=True))


def _left(solution: Solution, k: int) -> float:
    """Return what a fit leaves of a sample of an observation, or of a point, as a share of its impedance."""
    reduction, response = solution.reduction(k), solution.response(k)
    if reduction is None or response is None:
        left = solution.problem.part_residual(k, solution.best.u) * solution.problem.noises[k]
        return float(np.sqrt(np.mean(left**2)))
    return float(np.sqrt(reduction.residual_A2(response.weights) / reduction.n_samples))


def _own_values(joint: Solution, alone: Solution, k: int) -> tuple[OwnValue, ...]:
    """Return the parameters that a record has plainly otherwise by itself, the farthest first."""
    together, own = _values(joint, k), alone.values
    names = list(own)
    moved = alone.problem.transform.to_unbounded(np.array([together[name] for name in names])) - alone.best.u
    deviations = np.abs(moved) / np.sqrt(np.diag(alone.covariance))
    units = {parameter.name: parameter.unit for parameter in joint.model.parameters}
    found = [
        OwnValue(name, units[name], own[name], together[name], float(far))
        for name, far in zip(names, deviations, strict=True)
        if far > _SURE
    ]
    return tuple(sorted(found, key=lambda one: -one.deviations)[:_FARTHEST])


def _shown(left: float, unit: str) -> str:
    return f"{format_quantity(left, unit, 3)} a sample" if unit else f"{100.0 * left:.3g} % of |Z|"
