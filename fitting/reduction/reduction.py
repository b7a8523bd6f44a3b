"""The reduction of a run: all that a fit can ask of it, and nothing else.

With the states Z of the modes, which depend on the drive alone, the current is ``I = Z w(theta) + N c + noise``, N the
nuisance columns. One pass gives the triangular factor R of ``[N, Z, I]``; a fit needs only R, whose size does not
depend on the length of the run (docs/explanations/model.md, "Reduction"). R streams, merges and is kept. By Householder
reflections it is right to rounding relative to the largest entry of each column, where normal equations would lose half
the digits.

Where the current was controlled, names and units of voltage and current are exchanged, and the weights are those of the
impedance (ohm).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fitting.reduction.nuisance import Nuisance
from fitting.reduction.triangle import triangle_of
from fitting.reduction.voltage_noise import VoltageNoise, debiased
from fitting.transforms.modes import ModeGrid, mode_map
from protocols import FitError, PulseSequence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fitting.transforms.laplace import Complexes, Floats
    from fitting.transforms.modes import ModeMap

# Format of kept reductions: counts up with every change of what is kept; others are reduced again.
VERSION = 7
# Fewest samples beyond the columns that tell the noise: to 5 %. Half of them would tell it to 7 %.
_FEWEST_SPARE = 200
# Share of a level by which a drive may change and still stand at it: noise of a reading leaves 1e-4. Ten times as much
# would take small pulses on a bias for it.
_SAME = 0.01
# Offset of an ammeter as a share of the current, where nothing else tells: accuracies of ranges are 0.03 to 0.5 % of
# their full scale. Doubled, steady conductances of such records have intervals twice as wide.
_OFFSET_SHARE = 0.005
# Smallest noise, as a share of the current: rounding.
_EXACT = 1e-9


class RestTest(NamedTuple):
    """Whether a cell was at rest when its record began.

    Attributes
    ----------
    ratio : float
        What free decays explain, for each, over what is left for each sample: about 1 at rest.
    chance : float
        Of a ratio as large, at rest.
    """

    ratio: float
    chance: float


@dataclass(frozen=True, eq=False)
class Reduction:
    """All that a fit needs of a run, independent of its length.

    Attributes
    ----------
    grid : ModeGrid
    response_s : tuple of float
        First-order time constants of the instrument.
    terms : Nuisance
        Which nuisance columns there are, and how the rows were whitened.
    factor : ndarray, shape (k, k)
        Upper triangular, k = nuisance columns + modes + 1; columns nuisance, modes (V), current (A).
    n_samples, n_excluded : int
        Samples used; samples left out for their flags, or at an edge.
    sum_current_A2 : float
        Sum of the squared current.
    second_difference_A2, n_bends
        Sum and number of squared second differences of the current within holds: what the noise does from sample
        to sample, whatever the model.
    resolution_s : float
        Shortest time after an edge that a sample tells of.
    drive : PulseSequence or None
        Commanded drive; None if the measured voltage was taken, or runs of several drives were merged.
    drive_is_measured : bool
    source : str
        Where the samples came from.
    voltage : VoltageNoise
        What a measured voltage scatters by.
    early_conductance_S : float or None
        Conductance right after an edge, of which starting values are drawn; None until it was worked out.
    most_lead_s : float
        Longest time by which the jumps of a sampled voltage can be earlier than the samples that they were put at; 0
        where their places are known, or there are none.
    n_history : int
        Decays since the first sample that are fitted beside the cell, in columns before all others.
    rest_test : RestTest or None
        Whether the cell was at rest when the record began; None if that was not asked.
    jump_aperture_s : float
        How long each sample averages the decay after a jump of a sampled voltage.
    """

    grid: ModeGrid
    response_s: tuple[float, ...]
    terms: Nuisance
    factor: Floats
    n_samples: int
    n_excluded: int
    sum_current_A2: float
    second_difference_A2: float
    n_bends: int
    drive: PulseSequence | None
    drive_is_measured: bool
    resolution_s: float
    source: str = ""
    voltage: VoltageNoise = field(default_factory=VoltageNoise)
    early_conductance_S: float | None = None
    most_lead_s: float = 0.0
    n_history: int = 0
    rest_test: RestTest | None = None
    jump_aperture_s: float = 0.0

    @property
    def window_s(self) -> tuple[float, float]:
        """Times after an edge of which the record tells (s)."""
        return self.resolution_s, self.grid.longest_s

    @property
    def n_nuisance(self) -> int:
        """Number of nuisance columns: history, then offset, drift and mains."""
        return self.n_history + len(self.terms)

    @property
    def modes_factor(self) -> Floats:
        """What a fit knows of the mode columns once the nuisance is taken out, shape (m, m)."""
        return self._problem[0]

    @property
    def current_factor(self) -> Floats:
        """The current in the same rows, shape (m,): a fit's residual is ``current_factor - modes_factor @ w``."""
        return self._problem[1]

    @property
    def rest_A2(self) -> float:
        """Sum of squares that no modes and no nuisance can explain."""
        return self._problem[2]

    @cached_property
    def _problem(self) -> tuple[Floats, Floats, float]:
        """What is to be fitted, without the bias of a voltage that was measured with noise."""
        k, factor = self.n_nuisance, self._with_offset
        modes, current = np.ascontiguousarray(factor[k:-1, k:-1]), factor[k:-1, -1]
        rest_A2 = float(factor[-1, -1] ** 2)
        error_V = self.voltage_error_V
        if error_V == 0.0:
            return modes, current, rest_A2
        error = error_V * self.voltage.in_modes(self.grid.rates, self.terms.correlation_s)
        found = debiased(modes, current, error, float(np.sqrt(rest_A2 / self.n_samples)))
        return (modes, current, rest_A2) if found is None else (found[0], found[1], rest_A2 + found[2])

    @cached_property
    def holds_one_level(self) -> bool:
        """Whether the drive stands at one level all the time, so that a steady current cannot be told from an offset.

        What is to be fitted then takes the offset for 0, as surely as `offset_deviation_A`.
        """
        k = self.n_nuisance
        steady = self.factor[:, k]
        if self.grid.rates[0] > 0.0 or self.rms_current_A == 0.0 or not np.any(steady):
            return False
        return bool(np.linalg.norm(steady[k:]) < _SAME * np.linalg.norm(steady))

    @property
    def offset_deviation_A(self) -> float:
        """How large an offset is where the record does not tell it (A)."""
        return _OFFSET_SHARE * self.rms_current_A

    @cached_property
    def _with_offset(self) -> Floats:
        """The triangle with what is presumed of the offset."""
        if not self.holds_one_level:
            return self.factor
        likely = np.zeros(len(self.factor))
        likely[self.n_history] = noise_of(self.factor, self.n_samples, self.rms_current_A) / self.offset_deviation_A
        return triangle_of(np.vstack([self.factor, likely]))

    @property
    def noise_A(self) -> float:
        """Deviation of a sample from what any modes explain (A); 0 where few samples tell, or the voltage is noisy."""
        if self.n_samples - len(self.factor) < _FEWEST_SPARE or self.is_debiased:
            return 0.0
        return noise_of(self.factor, self.n_samples, self.rms_current_A)

    @property
    def is_debiased(self) -> bool:
        """Whether the bias of a voltage that was read with noise is taken out of what is to be fitted."""
        return self.rest_A2 != float(self._with_offset[-1, -1] ** 2)

    @property
    def voltage_error_V(self) -> float:
        """Noise (V) of a measured voltage that the current does not follow; 0 for commanded edges."""
        return self.voltage.error_V if self.drive_is_measured else 0.0

    @cached_property
    def mode_map(self) -> ModeMap:
        """The map from an admittance, or an impedance, to weights of these modes."""
        return mode_map(self.grid, self.response_s, self.jump_aperture_s, grows=self.terms.is_current_driven)

    def response_of(self, Y: Complexes) -> Complexes:
        """Return what answers to the drive: the admittance, or, where the current was controlled, the impedance."""
        return 1.0 / Y if self.terms.is_current_driven else Y

    def weights_of(self, Y: Complexes) -> Floats:
        """Return the weights of the modes (S or ohm), shape (m,), from the admittance at `mode_map`'s frequencies."""
        return self.mode_map.weights(self.response_of(Y))

    def weight_slopes(self, Y: Complexes, dY: Complexes) -> Floats:
        """Return the derivatives of the weights, shape (k, m), from those of the admittance, shape (k, n_s)."""
        return self.weights_and_slopes(Y, dY)[1]

    def weights_and_slopes(self, Y: Complexes, dY: Complexes) -> tuple[Floats, Floats]:
        """Return weights, shape (m,), and their derivatives, shape (k, m): one product for both."""
        slopes = -dY / Y**2 if self.terms.is_current_driven else dY
        both = self.mode_map.weights(np.concatenate([self.response_of(Y)[None], slopes]))
        return both[0], both[1:]

    @property
    def rms_current_A(self) -> float:
        """Root mean square of the current over the samples used."""
        return float(np.sqrt(self.sum_current_A2 / max(self.n_samples, 1)))

    @property
    def step_noise_A(self) -> float:
        """Noise from sample to sample (A): second differences of white noise have six times its variance."""
        return float(np.sqrt(self.second_difference_A2 / (6.0 * self.n_bends))) if self.n_bends else float("nan")

    def scatter_A(self, weights: Floats) -> float:
        """Return what neighbouring samples scatter by about a model (A): their own noise, and that of the voltage.

        Parameters
        ----------
        weights : ndarray, shape (m,)
            Mode weights (S), which say how a wrong voltage shows in the current.
        """
        if self.voltage_error_V == 0.0:
            return self.step_noise_A
        per_V = np.linalg.norm(self.voltage.in_modes(self.grid.rates, self.terms.correlation_s) @ weights)
        return float(np.hypot(self.step_noise_A, self.voltage_error_V * per_V / np.sqrt(self.n_samples)))

    def residual_A2(self, weights: Floats) -> float:
        """Return the sum of the squared residual that some mode weights (S) leave of all samples, noisy voltage or not.

        What is to be fitted may hold less: directions in which a measured voltage is nothing but noise are left out.
        """
        k = self.n_nuisance
        left = self.factor[k:-1, k:-1] @ weights - self.factor[k:-1, -1]
        return float(left @ left + self.factor[-1, -1] ** 2)

    def nuisance(self, weights: Floats) -> Floats:
        """Return the coefficients of `terms` (offset A, drift A/s, mains A), then of history (A), for mode weights."""
        k = self.n_nuisance
        right = self.factor[:k, -1] - self.factor[:k, k:-1] @ weights
        found = np.linalg.solve(self.factor[:k, :k], right)
        return np.roll(found, -self.n_history)

    @property
    def _basis(self) -> tuple[object, ...]:
        return self.grid, self.response_s, self.terms, self.drive_is_measured, self.jump_aperture_s

    def merged(self, other: Reduction) -> Reduction:
        """Return the reduction of both records together.

        Raises
        ------
        FitError
            If they were not reduced to the same modes, response and nuisance.
        """
        if self._basis != other._basis:
            raise FitError(
                "these reductions differ in modes, instrument response, nuisance or kind of drive:"
                " reduce both on one grid"
            )
        return replace(
            self,
            factor=_merged(self._without_history(), other._without_history()),
            n_samples=self.n_samples + other.n_samples,
            n_excluded=self.n_excluded + other.n_excluded,
            sum_current_A2=self.sum_current_A2 + other.sum_current_A2,
            second_difference_A2=self.second_difference_A2 + other.second_difference_A2,
            n_bends=self.n_bends + other.n_bends,
            voltage=self.voltage.merged(other.voltage),
            early_conductance_S=None,
            most_lead_s=min((one for one in (self.most_lead_s, other.most_lead_s) if one > 0.0), default=0.0),
            n_history=0,
            rest_test=None,
            drive=self.drive if self.drive == other.drive else None,
            source=" + ".join(name for name in (self.source, other.source) if name),
        )

    def _without_history(self) -> Floats:
        """Return the triangle with the decays of history taken out: those of two records are not the same."""
        return self.factor[self.n_history :, self.n_history :]

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return arrays and plain attributes that `from_arrays` takes back."""
        arrays: dict[str, NDArray[Any]] = {"factor": self.factor}
        attributes: dict[str, Any] = {
            "version": VERSION,
            "grid": [self.grid.first, self.grid.last, self.grid.shortest_s, self.grid.longest_s],
            "response_s": list(self.response_s),
            "terms": self.terms.to_dict(),
            "n_samples": self.n_samples,
            "n_excluded": self.n_excluded,
            "sum_current_A2": self.sum_current_A2,
            "second_difference_A2": self.second_difference_A2,
            "n_bends": self.n_bends,
            "drive_is_measured": self.drive_is_measured,
            "resolution_s": self.resolution_s,
            "source": self.source,
            "voltage": self.voltage.to_dict(),
        }
        if self.drive is not None:
            arrays |= {
                "drive_times_s": self.drive.times_s,
                "drive_start_V": self.drive.start_V,
                "drive_end_V": self.drive.end_V,
            }
            attributes["drive"] = [self.drive.duration_s, self.drive.rest_V]
        if self.early_conductance_S is not None:
            attributes["early_conductance_S"] = self.early_conductance_S
        if self.most_lead_s > 0.0:
            attributes["most_lead_s"] = self.most_lead_s
        if self.jump_aperture_s > 0.0:
            attributes["jump_aperture_s"] = self.jump_aperture_s
        if self.rest_test is not None:
            attributes["history"] = [self.n_history, *self.rest_test]
        return arrays, attributes

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], attributes: Mapping[str, Any]) -> Reduction:
        """Return the reduction that `to_arrays` wrote.

        Raises
        ------
        FitError
            If another version of the software wrote it.
        """
        if attributes.get("version") != VERSION:
            raise FitError(
                f"this reduction has format {attributes.get('version')}, not {VERSION}: reduce the run file again"
            )
        first, last, shortest, longest = attributes["grid"]
        drive = None
        if "drive" in attributes:
            duration, rest = attributes["drive"]
            times, start, end = (arrays[f"drive_{name}"] for name in ("times_s", "start_V", "end_V"))
            drive = PulseSequence(times, start, end, duration, rest)
        n_history, *test = attributes.get("history", [0])
        return cls(
            ModeGrid(int(first), int(last), shortest, longest),
            tuple(attributes["response_s"]),
            Nuisance(**attributes["terms"]),
            np.asarray(arrays["factor"], dtype=np.float64),
            int(attributes["n_samples"]),
            int(attributes["n_excluded"]),
            float(attributes["sum_current_A2"]),
            # "bend_A2" until November 2026
            float(attributes.get("second_difference_A2", attributes.get("bend_A2", np.nan))),
            int(attributes["n_bends"]),
            drive,
            bool(attributes["drive_is_measured"]),
            float(attributes["resolution_s"]),
            str(attributes["source"]),
            VoltageNoise.from_dict(attributes["voltage"]),
            attributes.get("early_conductance_S"),
            float(attributes.get("most_lead_s", 0.0)),
            int(n_history),
            RestTest(*test) if test else None,
            float(attributes.get("jump_aperture_s", 0.0)),
        )


def noise_of(triangle: Floats, n_samples: int, rms_current_A: float) -> float:
    """Return what the columns of a triangle leave of a sample (A); no less than rounding."""
    spare = max(n_samples - len(triangle), 1)
    return max(abs(float(triangle[-1, -1])) / float(np.sqrt(spare)), _EXACT * rms_current_A)


def _merged(factor: Floats, other: Floats) -> Floats:
    """Triangle of two triangles."""
    from fitting.transforms.loops import absorb

    together = factor.copy()
    absorb(together, np.ascontiguousarray(other.T)[None])
    return together
