"""Edges of a voltage that was only sampled: between which samples it jumped, and which samples saw it jump.

A jump between two samples happened somewhere between them. Where is one number for all edges if one clock steps the
voltage and samples the current, as in most instruments: the time from the edge to the first sample after it. The
reduction puts all edges at that sample; the fit finds how much earlier they were (`fitting.inference.edge_lead`).

A ramp that takes several samples is no jump and stays a ramp. A single sample between two levels averaged over the
jump: it does not count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from protocols import FitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fitting.records.record import Record
    from fitting.reduction.nuisance import Nuisance
    from fitting.transforms.laplace import Floats

# Deviations of the other steps from sample to sample beyond which one is a jump: of a million normal ones none by
# chance. Doubled, jumps below sixteen times the noise are taken for noise.
_JUMP = 8.0
# Share of the largest step from which steps are taken for jumps at first. Doubled, jumps half as high as the largest
# would count as noise in a record of few samples.
_LARGE = 0.25
# Share of the largest step below which one is rounding: a voltage that stands still is read to as many digits at most.
_ROUNDING = 1e-9
# Rounds in which jumps are taken out before the deviation of the other steps is known; it settles within five.
_ROUNDS = 10
# Samples that one jump may take: the last before it, perhaps one that averaged over it, the first after it. A slope
# over more is a ramp.
_LONGEST = 2
# Share of the interval that rounding may put a sample beside a jump that it is at; ten times as much is as good.
_SLACK_SHARE = 1e-6


@dataclass(frozen=True, eq=False)
class SampledEdges:
    """Jumps of a sampled voltage.

    Attributes
    ----------
    after_s : ndarray, shape (k,)
        Time of the first sample wholly after each jump (s), rising.
    gap_s : ndarray, shape (k,)
        Time from the last sample wholly before each jump to that one.
    jumps_V : ndarray, shape (k,)
        Height of each.
    partial_s : ndarray, shape (j,)
        Times of the samples that averaged over a jump.
    next_s : float
        Shortest time from the first sample after a jump to the one that follows it.
    leads_s : ndarray, shape (k,), or None
        How long before the first sample after it each jump came (s), as far as that is known; None: they are put right
        before those samples, and the fit finds how much earlier all of them were.
    aperture_s : float
        How long each sample averages. Jumps are put where their last such sample ends: what a mean makes of the decay
        from there on is the same factor for all samples (`fitting.transforms.modes.ModeMap`).
    """

    after_s: Floats
    gap_s: Floats
    jumps_V: Floats
    partial_s: Floats
    next_s: float
    leads_s: Floats | None = None
    aperture_s: float = 0.0

    @property
    def most_s(self) -> float:
        """Longest time by which all jumps can be earlier than where they were put; 0 if that is known."""
        return 0.0 if self.leads_s is not None else max(float(self.gap_s.min()) - self.aperture_s, 0.0)

    @property
    def puts_s(self) -> Floats:
        """How long before the first sample after it each jump is put (s): half an aperture after it came, if known."""
        if self.leads_s is None:
            return np.zeros(len(self.after_s))
        return self.leads_s - 0.5 * self.aperture_s

    def are_unclear(self, t_s: Floats) -> NDArray[np.bool_]:
        """Return of which samples of the current, at times of the voltage, nobody knows whether they follow a jump.

        Parameters
        ----------
        t_s : ndarray, shape (n,)
            Rising (s).
        """
        if self.leads_s is None:
            first, last = self.after_s - self.gap_s, self.after_s
        else:
            came_s, half_s = self.after_s - self.leads_s, 0.5 * self.aperture_s
            first, last = came_s - half_s, came_s + half_s
        slack = _SLACK_SHARE * self.gap_s
        k = np.minimum(np.searchsorted(last - slack, t_s, side="right"), len(last) - 1)
        return np.asarray((t_s > first[k] + slack[k]) & (t_s < last[k] - slack[k]))


@dataclass(frozen=True, eq=False)
class SampledVoltage:
    """What is known of a voltage that was only sampled, beside its samples.

    Attributes
    ----------
    edges : SampledEdges or None
        Its jumps, in the time of the record.
    segments : ndarray, shape (3, k), or None
        The whole of it as `fitting.reduction.drive.segments_of` gives a drive, for a current that was sampled at other
        times.
    """

    edges: SampledEdges | None = None
    segments: Floats | None = None


def sampled_edges(t_s: Floats, voltage_V: Floats) -> SampledEdges | None:
    """Return where a sampled voltage jumped; None if it did not, or changed all the time.

    Parameters
    ----------
    t_s, voltage_V : ndarray, shape (n,)
        Times (s), rising, and voltage (V).
    """
    steps = np.diff(voltage_V)
    usual = np.isfinite(steps)
    if usual.sum() < 2:
        return None
    size = np.where(usual, np.abs(steps - np.median(steps[usual])), 0.0)
    jumps = size > _LARGE * size.max()
    for _ in range(_ROUNDS):
        rest = steps[usual & ~jumps]
        if not len(rest):
            return None
        found = size > max(_JUMP * rest.std(), _ROUNDING * size.max())
        if np.array_equal(found, jumps):
            break
        jumps = found
    first, last = _runs_of(jumps, np.sign(steps))
    short = (last - first) < _LONGEST
    first, last = first[short], last[short]
    if not len(first):
        return None
    after = last + 1
    partial = after[after - first == _LONGEST] - 1
    following = t_s[np.minimum(after + 1, len(t_s) - 1)] - t_s[after]
    gap = t_s[after] - t_s[first]
    next_s = float(np.where(following > 0.0, following, gap).min())
    return SampledEdges(t_s[after].copy(), gap, voltage_V[after] - voltage_V[first], t_s[partial].copy(), next_s)


def edges_of(run: Record, terms: Nuisance) -> SampledEdges | None:
    """Return the jumps of a run whose voltage was only sampled; None if it has none, or they are to be ramps.

    Parameters
    ----------
    run : Record
        As the engine takes it; see `fitting.reduction.control.controlled`.
    terms : Nuisance

    Raises
    ------
    FitError
        If places are given that are not those of the jumps.
    """
    if run.drive is not None or terms.edges == "ramp":
        return None
    t, v = np.asarray(run.t_s), np.asarray(run.voltage_V)
    if terms.before_V is not None:
        t, v = np.append(t[0] - np.median(np.diff(t)), t), np.append(terms.before_V, v)
    found = sampled_edges(t, v)
    if found is None:
        return None
    found = replace(found, aperture_s=terms.aperture_of(run))
    if terms.edge_leads_s:
        if len(terms.edge_leads_s) != len(found.after_s):
            raise FitError(f"{len(terms.edge_leads_s)} places for {len(found.after_s)} jumps of the voltage: one each")
        return replace(found, leads_s=np.array(terms.edge_leads_s))
    if terms.edge_times_s:
        return replace(found, leads_s=_leads_by_times(found, np.array(terms.edge_times_s)))
    if terms.edges == "sample":
        return replace(found, leads_s=found.gap_s.copy())
    # Beside a delay that is fitted a lead of all jumps is the same once more: they are put in the middle.
    return replace(found, leads_s=0.5 * found.gap_s) if terms.fitted else found


def _leads_by_times(found: SampledEdges, times_s: Floats) -> Floats:
    """Return how long before the first sample after it each jump came, from a list of times that has one for each."""
    slack = _SLACK_SHARE * found.gap_s
    leads = np.empty(len(found.after_s))
    for k, (after_s, gap_s) in enumerate(zip(found.after_s, found.gap_s, strict=True)):
        near = times_s[(times_s >= after_s - gap_s - slack[k]) & (times_s <= after_s + slack[k])]
        if len(near) != 1:
            raise FitError(
                f"the voltage jumps between {after_s - gap_s:.6g} s and {after_s:.6g} s, where {len(near)} of the times"
                " given for its edges lie: give one for each jump"
            )
        leads[k] = np.clip(after_s - near[0], 0.0, gap_s)
    return leads


def _runs_of(marked: NDArray[np.bool_], sign: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return first and last place of each run of marked steps in one direction."""
    places = np.flatnonzero(marked)
    if not len(places):
        return places, places
    apart = (np.diff(places) > 1) | (np.diff(sign[places]) != 0.0)
    return places[np.append(True, apart)], places[np.append(apart, True)]
