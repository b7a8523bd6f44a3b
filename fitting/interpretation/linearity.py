"""Tests of linearity that need no cell model: superposition of pulses, and Ohm's law.

Does a cell answer in proportion, and do the answers to two pulses add up?

A linear cell has one set of mode weights for every drive. Runs that need different ones are not linear: the current
of a pump and a probe together is then not the sum of those of each alone, or it does not grow in proportion to the
voltage (docs/explanations/model.md, "Linearity"). Both are linear least squares on the reductions. Of runs whose
current was controlled the voltage is looked at, and it is to grow with the current.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.constants import Z95, BOLTZMANN_eV_K
from fitting.inference.goodness import correlated_noise
from fitting.inference.observations import PulseObservation
from fitting.inference.spectrum import fit_spectrum
from fitting.reduction.control import in_words_of, named_for
from fitting.reduction.nuisance import CURRENT
from fitting.reduction.reduce import reducer_of
from fitting.transforms.modes import ModeGrid
from protocols import FitError, format_estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fitting.records.record import Record
    from fitting.reduction.reduction import Reduction
    from fitting.transforms.laplace import Floats

_RANK = 1e-9
"""Size, as a share of the largest, below which a direction of current is rounding: the reductions are good to 1e-10.
Doubled, nothing changes."""
_SIGNIFICANCE = 0.05
"""p-value below which a cell is called nonlinear: the usual one in twenty. Doubled, one linear cell in ten is called
nonlinear."""
_NORMAL_FROM = 1e5
"""Chi-square from which its square root is taken as normal: the series of the noncentral distribution is slow there.
Doubled, only the time grows."""


@dataclass(frozen=True)
class Superposition:
    """Current of some runs that no linear cell can give; where it was controlled, voltage.

    Attributes
    ----------
    misfit_A : float
        Root mean square over all samples of what is not linear, the noise's share taken out.
    misfit_ci95_A : tuple of float
    misfit_share : float
        Of the root mean square current.
    p_value : float
        Of a linear cell leaving as much or more.
    n_compared : int
        Directions of current that more than one run determines.
    control : str
        Which quantity was controlled; see `Nuisance.control`.
    """

    misfit_A: float
    misfit_ci95_A: tuple[float, float]
    misfit_share: float
    p_value: float
    n_compared: int
    control: str = ""

    @property
    def linear(self) -> bool:
        """Whether a linear cell would often (in more than 5 % of cases) leave as much."""
        return self.p_value > _SIGNIFICANCE

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {**named_for(self.control, asdict(self)), "linear": self.linear}

    def __str__(self) -> str:
        unit, answer = ("V", "voltage") if self.control == CURRENT else ("A", "current")
        value, interval = format_estimate(self.misfit_A, self.misfit_ci95_A, unit)
        verdict = "one linear cell explains all runs" if self.linear else "nonlinear: no linear cell explains all runs"
        misfit = f"misfit {value} rms ({interval}), {self.misfit_share:.2%} of the {answer}"
        return f"{verdict} (p = {self.p_value:.2g}); {misfit}"


@dataclass(frozen=True)
class OhmsLaw:
    """Growth of the response with the voltage, as ``V (1 + c V^2)``; with the current where that was controlled.

    Attributes
    ----------
    third_order_per_V2 : float
        c (1/A^2 where the current was controlled).
    ci95_per_V2 : tuple of float
    hop_length_m : tuple of float or None
        Value and 95 % interval, where thickness and temperature were given. If every ion hops over one barrier that
        the field tilts, ``I ~ sinh(a q V / 2 k T L)``, so that ``c = (a q / 2 k T L)^2 / 6``. An apparent length: it
        takes the voltage as falling evenly over the thickness, and all of c as hopping.
    linear : bool
        Whether the interval holds 0.
    control : str
        Which quantity was controlled; see `Nuisance.control`.
    """

    third_order_per_V2: float
    ci95_per_V2: tuple[float, float]
    hop_length_m: tuple[float, float, float] | None
    linear: bool
    control: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        document = asdict(self)
        if self.control == CURRENT:
            return {name.replace("_V2", "_A2"): figure for name, figure in document.items()}
        return document

    def __str__(self) -> str:
        low, high = self.ci95_per_V2
        name, symbol, unit = ("current", "I", "A") if self.control == CURRENT else ("voltage", "V", "V")
        verdict = f"in proportion to the {name}" if self.linear else f"not in proportion to the {name}"
        c = f"{self.third_order_per_V2:.3g} ({low:.3g} … {high:.3g}) /{unit}²"
        text = f"the response grows {verdict}: as {symbol} (1 + c {symbol}²), c = {c}"
        if self.hop_length_m is None or self.linear:
            return text
        value, interval = format_estimate(self.hop_length_m[0], self.hop_length_m[1:], "m")
        return f"{text}; as hops over one barrier, an apparent hop length of {value} ({interval})"


def reduced_alike(runs: Sequence[Record]) -> list[Reduction]:
    """Reduce several runs on one grid of modes, that of all their windows.

    Raises
    ------
    FitError
        If a run has no usable samples, or the voltage was controlled in some and the current in others.
    RunFileError
        If a run file is damaged.
    """
    alone = [reducer_of(run).reduction() for run in runs]
    if len({one.terms.is_current_driven for one in alone}) > 1:
        raise FitError("linearity is tested on runs of one kind: here some were driven by the current, others not")
    grid = ModeGrid.covering(min(one.grid.shortest_s for one in alone), max(one.grid.longest_s for one in alone))
    found = [reducer_of(run, grid=grid).reduction() for run in runs]
    for one in found:
        if one.n_samples <= one.n_nuisance + 1:
            raise FitError(f"{one.source}: no samples free of flags; nothing to compare")
    return found


def superposition(reductions: Sequence[Reduction]) -> Superposition:
    """Test whether one linear cell explains several runs: pump alone, probe alone and both; or several amplitudes.

    Each run's current is compared with free modes, once with weights of its own and once with those of all. The
    difference of the two sums of squares is chi-square for a linear cell.

    Parameters
    ----------
    reductions : sequence of Reduction
        Two or more, of `reduced_alike`.

    Raises
    ------
    FitError
        If there are too few, their grids differ, or they share nothing that could be compared.
    """
    from scipy.stats import chi2

    blocks, noise = _blocks(reductions)
    spaces = [_span(Z) for Z, _ in blocks]
    joint = _span(np.concatenate([Z for Z, _ in blocks]))
    y = np.concatenate([one for _, one in blocks])
    apart = sum(float(np.sum((basis.T @ one) ** 2)) for basis, (_, one) in zip(spaces, blocks, strict=True))
    together = float(np.sum((joint.T @ y) ** 2))
    n_compared = sum(basis.shape[1] for basis in spaces) - joint.shape[1]
    if n_compared < 1:
        raise FitError("these runs have no direction of current in common: they cannot be compared")
    excess = max(apart - together, 0.0)
    n = sum(one.n_samples for one in reductions)
    # Noise power of a sample, over runs; each run's rows are in units of its own noise.
    mean_noise = float(np.sqrt(sum(one.n_samples * s**2 for one, s in zip(reductions, noise, strict=True)) / n))
    per_root = mean_noise / np.sqrt(n)
    low, high = _noncentral(excess, n_compared)
    misfit = float(np.sqrt(max(excess - n_compared, 0.0)) * per_root)
    rms = float(np.sqrt(sum(one.sum_current_A2 for one in reductions) / n))
    return Superposition(
        misfit,
        (float(np.sqrt(low) * per_root), float(np.sqrt(high) * per_root)),
        misfit / rms if rms else 0.0,
        float(chi2.sf(excess, n_compared)),
        n_compared,
        reductions[0].terms.control,
    )


def ohms_law(
    reductions: Sequence[Reduction],
    amplitude_V: Sequence[float] | None = None,
    *,
    thickness_m: float | None = None,
    temperature_K: float | None = None,
) -> OhmsLaw:
    """Fit the third order of the response to pulses of several heights.

    Parameters
    ----------
    reductions : sequence of Reduction
        Runs of the same pulses at two or more amplitudes, of `reduced_alike`.
    amplitude_V : sequence of float, optional
        Height of each run's pulses; of its commanded drive unless given.
    thickness_m, temperature_K : float, optional
        Of the sample, both for a hop length.

    Raises
    ------
    FitError
        If the amplitudes are not known or all alike.
    """
    from scipy.optimize import brentq, minimize_scalar

    heights = _heights(reductions) if amplitude_V is None else np.abs(np.asarray(amplitude_V, dtype=np.float64))
    if len(heights) != len(reductions) or np.ptp(heights) < 1e-6 * heights.max(initial=0.0) or len(heights) < 2:
        raise FitError("Ohm's law is tested on runs of two amplitudes or more, one amplitude a run")
    blocks, _ = _blocks(reductions)
    y = np.concatenate([one for _, one in blocks])
    unit = float(heights.max() ** 2)

    def cost(c: float) -> float:
        """Sum of squares with the best weights for ``c`` at the greatest amplitude."""
        stretched = [Z * (1.0 + c * h**2 / unit) for (Z, _), h in zip(blocks, heights, strict=True)]
        basis = _span(np.concatenate(stretched))
        return float(y @ y - np.sum((basis.T @ y) ** 2))

    best = minimize_scalar(cost, bounds=(-0.9, 20.0), method="bounded", options={"xatol": 1e-10})
    curvature_step = 1e-3
    rise = (cost(best.x + curvature_step) + cost(best.x - curvature_step) - 2.0 * best.fun) / curvature_step**2
    spread = Z95 * np.sqrt(2.0 / max(rise, 1e-300))

    def beyond(c: float) -> float:
        return cost(c) - float(best.fun) - Z95**2

    ends = []
    for side in (-1.0, 1.0):
        far = best.x + side * 3.0 * spread
        ends.append(float(brentq(beyond, best.x, far)) if beyond(far) > 0.0 else far)
    c, low, high = (float(value / unit) for value in (best.x, *ends))
    length = None
    is_current_driven = reductions[0].terms.is_current_driven
    if thickness_m is not None and temperature_K is not None and not is_current_driven:
        size = 2.0 * BOLTZMANN_eV_K * temperature_K * thickness_m
        length = tuple(float(size * np.sqrt(6.0 * max(value, 0.0))) for value in (c, low, high))
    control = reductions[0].terms.control
    return OhmsLaw(c, (low, high), length, low <= 0.0 <= high, control)  # type: ignore[arg-type]


def _blocks(reductions: Sequence[Reduction]) -> tuple[list[tuple[Floats, Floats]], list[float]]:
    """Return rows and current of each run in units of its noise, and that noise, coloured noise counted as more."""
    if len(reductions) < 2 or len({one.grid for one in reductions}) > 1:
        raise FitError("linearity is tested on two runs or more, reduced on one grid of modes (reduced_alike)")
    noise, blocks = [], []
    for one in reductions:
        # The free modes' own residual is what the reduction keeps beside its rows: nothing is left in them.
        sigma = PulseObservation(one).noise
        correlated = correlated_noise(one, fit_spectrum(one).weights, sigma)
        sigma *= 1.0 if correlated is None else correlated[0]
        noise.append(sigma)
        blocks.append((one.modes_factor / sigma, one.current_factor / sigma))
    return blocks, noise


def _span(Z: Floats) -> Floats:
    """Return an orthonormal basis of what the modes can give, rounding left out."""
    left, sizes, _ = np.linalg.svd(Z, full_matrices=False)
    basis: Floats = left[:, sizes > _RANK * sizes[0]]
    return basis


def _noncentral(excess: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of the noncentrality of a chi-square of n degrees of freedom, seen as `excess`."""
    from scipy.optimize import brentq
    from scipy.stats import chi2, ncx2

    def end(share: float) -> float:
        if chi2.cdf(excess, n) <= share:
            return 0.0
        if excess > _NORMAL_FROM:
            # Normal limit, where the series is slow: sqrt(chi-square) has unit deviation.
            return float((np.sqrt(excess - n) + (Z95 if share < 0.5 else -Z95)) ** 2)
        return float(brentq(lambda x: ncx2.cdf(excess, n, x) - share, 1e-9, 4.0 * excess + 100.0))

    return end(0.975), end(0.025)


def _heights(reductions: Sequence[Reduction]) -> Floats:
    heights = []
    for one in reductions:
        if one.drive is None:
            problem = in_words_of(one.terms.control, "only the voltage was measured; give the amplitudes")
            raise FitError(f"{one.source or 'record'}: {problem}")
        above = np.concatenate([one.drive.start_V, one.drive.end_V]) - one.drive.rest_V
        heights.append(float(np.abs(above).max()))
    return np.array(heights)
