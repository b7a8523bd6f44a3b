"""Triangular factors of least-squares problems."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fitting.transforms.laplace import Floats


def triangle_of(rows: Floats) -> Floats:
    """Return the triangular factor of some rows, shape (k, k)."""
    found: Floats = np.linalg.qr(rows, mode="r")  # type: ignore[assignment]  # numpy's stubs know no mode
    return found
