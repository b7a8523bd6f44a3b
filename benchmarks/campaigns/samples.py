"""Samples of known make for the campaign of attribution: thin films, pellets, ceramics.

Cells are impedances by geometry: bulk and its relaxation by permittivity, interphases as layers of a width, grain
boundaries as a brick layer, double layers per area. Nothing of `fitting` is used.

- Films of 10 nm to 10 um: an interphase, a double layer that leaks, both, or a double layer. Area and thickness are
  known, and for every second the permittivity. Bulk films have bulk memory, and a double layer, instead.
- Pellets of 0.2 to 2 mm: every second has bulk memory; the others a double layer of constant phase, a double layer that
  leaks, or an interphase. What is known beside the geometry, in turn: nothing, the permittivity, that it is a glass.
- Ceramics with grains of 10 nm to 10 um: two of three have grain boundaries that limit the current; the third has
  coarse grains and bulk memory. The grain size is known for every second, with boundaries of 0.5 to 5 nm; where it is
  not, boundaries are 0.5 to 1 nm wide.

Bulk memory is resolvable, by design, where no brick layer that the knowledge of the sample allows looks the same: with
grain boundaries ten times as fine as grains (10 nm and 1 nm), of half the known permittivity or of 10, or boundaries of
5 nm in grains of a known size. Cells are drawn until they are that, with a margin of a tenth; films never are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from protocols import Sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.campaigns.truth import Complexes

GROUPS = ("film", "pellet", "ceramic", "bulk film")
_EPS0 = 8.8541878128e-12
_BOUNDARY_m = 5e-9
_MARGIN = 0.9


@dataclass(frozen=True)
class MadeSample:
    """A sample whose make is known.

    Attributes
    ----------
    what : str
        Its kind within the group.
    place : str
        Where its relaxation is: the verdict that would be right.
    resolvable : bool
        Whether its geometry tells bulk memory from everything else.
    impedance : callable
        Z (ohm) at complex frequencies (rad/s).
    sample : Sample
        What is known of it.
    """

    what: str
    place: str
    resolvable: bool
    impedance: Callable[[Complexes], Complexes]
    sample: Sample


def made(group: str, k: int, rng: np.random.Generator) -> MadeSample:
    """Make sample k of a group."""
    makers = {"film": _film, "pellet": _pellet, "ceramic": _ceramic, "bulk film": _bulk_film}
    return makers[group](k, rng)


def _log(rng: np.random.Generator, low: float, high: float) -> float:
    return float(low * (high / low) ** rng.uniform())


def _side_by_side(a: float, b: Complexes) -> Complexes:
    return np.asarray(a * b / (a + b))


def _layer(rng: np.random.Generator, area: float, R: float, least_n: float) -> Callable[[Complexes], Complexes]:
    """Return a double layer of 1 to 100 uF/cm2, which holds that at the frequency 1 / (R C)."""
    C, n = area * _log(rng, 0.01, 1.0), rng.uniform(least_n, 1.0)
    return lambda s: np.asarray(R / (s * R * C) ** n)


def _relaxing(
    rng: np.random.Generator, C: float, shape: float = 1.0
) -> tuple[float, float, Callable[[Complexes], Complexes]]:
    """Return R of a bulk, R beside C, and their sum's impedance; it relaxes within 2 to 30 ms, well inside a record."""
    tau, ratio = _log(rng, 2e-3, 3e-2), _log(rng, 0.1, 10.0)
    W = 1.0 / (1.0 + ratio)
    R_i = tau / (W * C)
    R_b = R_i / ratio

    def Z(s: Complexes) -> Complexes:
        return np.asarray(R_b + R_i / (1.0 + (s * R_i * C) ** shape))

    return R_b, R_i, Z


def _remembering(
    rng: np.random.Generator, unit_F: float, strength: float, W: float
) -> tuple[float, Callable[..., Complexes]]:
    """Return 1 / G_inf of a bulk with memory, and its impedance; every second is broad."""
    tau, a = _log(rng, 2e-3, 3e-2), rng.choice([1.0, rng.uniform(0.75, 0.95)])
    G = strength * unit_F / (tau * (1.0 - W))

    def Z(s: Complexes) -> Complexes:
        x = (s * tau) ** a
        return np.asarray(1.0 / (G * (W + (1.0 - W) * x / (1.0 + x))))

    return 1.0 / G, Z


def _film_geometry(k: int, rng: np.random.Generator) -> tuple[float, float, float, Sample]:
    """Return thickness, area, permittivity, and what is known of them."""
    L, A = _log(rng, 1e-8, 1e-5), _log(rng, 1e-8, 1e-5)
    epsilon = _log(rng, 10.0, 40.0)
    return L, A, epsilon, Sample(thickness_m=L, area_m2=A, permittivity=epsilon if k // 4 % 2 else None)


def _bulk_film(k: int, rng: np.random.Generator) -> MadeSample:
    L, A, epsilon, known = _film_geometry(k, rng)
    R_b, bulk = _remembering(rng, _EPS0 * A / L, epsilon, rng.uniform(0.1, 0.5))
    layer = _layer(rng, A, R_b, 0.85)
    return MadeSample("bulk", "bulk", False, lambda s: bulk(s) + layer(s), known)


def _blocking(rng: np.random.Generator, area: float) -> Callable[[Complexes], Complexes]:
    """Return a bulk without memory before a double layer that it charges within 3 ms to 1 s."""
    C = area * _log(rng, 0.01, 1.0)
    R = _log(rng, 3e-3, 1.0) / C
    n = rng.uniform(0.75, 1.0)
    return lambda s: np.asarray(R + R / (s * R * C) ** n)


def _film(k: int, rng: np.random.Generator) -> MadeSample:
    L, A, _, known = _film_geometry(k, rng)
    what = ("interphase", "leaky double layer", "interphase and leaky double layer", "double layer")[k % 4]
    if what == "double layer":
        return MadeSample(what, "electrode", False, _blocking(rng, A), known)
    if what == "leaky double layer":
        _, _, relaxing = _relaxing(rng, A * _log(rng, 0.01, 1.0))
        return MadeSample(what, "electrode", False, relaxing, known)
    # At most half of the film, and of 1 um
    C_i = A * _EPS0 * _log(rng, 5.0, 50.0) / _log(rng, 1e-9, min(0.5 * L, 1e-6))
    R_b, R_i, relaxing = _relaxing(rng, C_i)
    layer = _layer(rng, A, R_b, 0.85)
    if what == "interphase":
        return MadeSample(what, "electrode", False, lambda s: relaxing(s) + layer(s), known)
    R_ct = R_i * _log(rng, 0.1, 10.0)
    return MadeSample(what, "electrode", False, lambda s: relaxing(s) + _side_by_side(R_ct, layer(s)), known)


def _pellet(k: int, rng: np.random.Generator) -> MadeSample:
    L, A = _log(rng, 2e-4, 2e-3), _log(rng, 1e-5, 2e-4)
    knows = ("nothing", "permittivity", "glass")[k // 2 % 3]
    epsilon, strength, W = _resolvable(rng, {"nothing": None, "permittivity": 0.0, "glass": np.inf}[knows])
    known = Sample(
        thickness_m=L,
        area_m2=A,
        permittivity=epsilon if knows == "permittivity" else None,
        grain_size_m=L if knows == "glass" else None,
    )
    if k % 2 == 0:
        R_b, bulk = _remembering(rng, _EPS0 * A / L, strength, W)
        layer = _layer(rng, A, R_b, 0.85)
        return MadeSample("bulk", "bulk", True, lambda s: bulk(s) + layer(s), known)
    what = ("double layer", "leaky double layer", "interphase")[k // 2 % 3]
    if what == "double layer":
        return MadeSample(what, "electrode", False, _blocking(rng, A), known)
    if what == "leaky double layer":
        _, _, relaxing = _relaxing(rng, A * _log(rng, 0.01, 1.0), rng.uniform(0.85, 1.0))
        return MadeSample(what, "electrode", False, relaxing, known)
    R_b, _, relaxing = _relaxing(rng, A * _EPS0 * _log(rng, 5.0, 50.0) / _log(rng, 1e-9, 1e-6))
    layer = _layer(rng, A, R_b, 0.85)
    return MadeSample(what, "electrode", False, lambda s: relaxing(s) + layer(s), known)


def _resolvable(rng: np.random.Generator, grain_m: float | None) -> tuple[float, float, float]:
    """Return permittivity, strength and W_inf of a bulk that no brick layer looks like.

    `grain_m` is the grain size where it is known, 0 if only the permittivity is, None if nothing is.
    """
    while True:
        epsilon, W = _log(rng, 10.0, 40.0), rng.uniform(0.1, 0.5)
        strength = epsilon * _log(rng, 0.5, 2.0)
        least = 10.0 * 10.0 if grain_m is None else 0.5 * epsilon * 10.0
        if grain_m:
            least = 0.5 * 10.0 * grain_m / _BOUNDARY_m
        if strength / (1.0 - W) ** 2 < _MARGIN * least:
            return epsilon, strength, W


def _ceramic(k: int, rng: np.random.Generator) -> MadeSample:
    L, A = _log(rng, 3e-4, 2e-3), _log(rng, 1e-5, 2e-4)
    is_known = k % 2 == 1
    if k % 3 == 2:
        D = _log(rng, 3e-7, 1e-5)
        epsilon, strength, W = _resolvable(rng, D if is_known else 0.0)
        R_b, bulk = _remembering(rng, _EPS0 * A / L, strength, W)
        layer = _layer(rng, A, R_b, 0.85)
        C_gb = _EPS0 * epsilon * A / L * D / _log(rng, 5e-10, _BOUNDARY_m)
        R_gb = R_b * _log(rng, 1e-6, 1e-4)
        known = Sample(thickness_m=L, area_m2=A, permittivity=epsilon, grain_size_m=D if is_known else None)
        return MadeSample(
            "bulk", "bulk", True, lambda s: bulk(s) + _side_by_side(R_gb, 1.0 / (s * C_gb)) + layer(s), known
        )
    D, epsilon = _log(rng, 1e-8, 1e-5), _log(rng, 10.0, 40.0)
    width = _log(rng, 5e-10, min(_BOUNDARY_m, 0.5 * D)) if is_known else _log(rng, 5e-10, 1e-9)
    # L / D boundaries of a width in series
    C_gb = _EPS0 * epsilon * A / width / (L / D)
    R_b, _, relaxing = _relaxing(rng, C_gb, rng.choice([1.0, rng.uniform(0.85, 1.0)]))
    layer = _layer(rng, A, R_b, 0.85)
    known = Sample(
        thickness_m=L,
        area_m2=A,
        permittivity=epsilon if k // 2 % 2 else None,
        grain_size_m=D if is_known else None,
    )
    return MadeSample("grain boundary", "grain boundary", False, lambda s: relaxing(s) + layer(s), known)
