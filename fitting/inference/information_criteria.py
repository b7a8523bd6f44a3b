"""Information criteria AICc and BIC of a fit."""

from __future__ import annotations

from typing import Protocol

import numpy as np

_FEWEST_A_PARAMETER = 10.0
"""Least samples a parameter that count: with fewer, Hurvich and Tsai's correction, which presumes a true model,
outweighs the misfit. Doubled, records that nothing describes favour larger models a little more."""


class ComparedFit(Protocol):
    """What the criteria need of a fit: a solution, or a result."""

    @property
    def n_fitted(self) -> int:
        """Parameters of the cell, and coefficients of the nuisance."""

    @property
    def rms_residual_A(self) -> float:
        """What it leaves of a sample."""

    @property
    def rms_current_A(self) -> float:
        """What was fitted."""

    @property
    def interval_inflation(self) -> float:
        """By how much the noise counts more, since it is not white."""


def criteria(result: ComparedFit, effective_samples: float) -> tuple[float, float]:
    """Return AICc and BIC of a fit with Gaussian noise of unknown size.

    Hurvich, Tsai, Biometrika 76, 297 (1989); Schwarz, Ann. Statist. 6, 461 (1978). The noise and the nuisance columns
    count as parameters.

    Parameters
    ----------
    result : ComparedFit
    effective_samples : float
        Independent samples that the record is worth; the same for all fits that are compared.
    """
    k = result.n_fitted + 1
    # Where no candidate describes the record little is left of its samples: the correction for few of them, which
    # presumes a true model, would then outweigh any misfit.
    n = max(effective_samples, _FEWEST_A_PARAMETER * k)
    # A record without noise is exact to rounding only: nothing below 1e-9 of the current tells models apart.
    residual = max(result.rms_residual_A, 1e-9 * result.rms_current_A)
    misfit = 2.0 * n * float(np.log(residual))
    aicc = misfit + 2.0 * k + 2.0 * k * (k + 1) / max(n - k - 1.0, 1.0)
    return aicc, misfit + k * float(np.log(n))
