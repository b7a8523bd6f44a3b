"""Admittance of a cell at one frequency, from its current after a unit voltage step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sim_instruments.sample.cell import Cell

_FIRST_S, _LAST_S, _POINTS = 1e-10, 1e4, 5601
"""Mesh of times: 400 points a decade, so that a straight line between two of them is right to 3e-6."""


def admittance(cell: Cell, frequency_Hz: float) -> complex:
    """Return the admittance of a cell in perfect contact.

    It is ``g(0) + int g'(t) exp(-i w t) dt`` with the step response g, taken as straight between the points of a mesh.

    Parameters
    ----------
    cell : Cell
    frequency_Hz : float
        Above 1e-3 Hz: beyond 1e4 s the step response is taken to be constant.

    Returns
    -------
    complex
        In S; positive imaginary for a capacitance.
    """
    t = np.concatenate([[0.0], np.geomspace(_FIRST_S, _LAST_S, _POINTS)])
    g = cell.step_response(t)
    i_omega = 2j * np.pi * frequency_Hz
    waves = np.exp(-i_omega * t)
    return complex(g[0] + np.sum(np.diff(g) / np.diff(t) * (waves[:-1] - waves[1:])) / i_omega)
