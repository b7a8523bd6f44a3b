"""Accuracy of the ranges of a Keysight B2900A."""

from __future__ import annotations

from drivers.contract.accuracy import accuracies

_SOURCE = "Keysight B2900A Series data sheet, p. 16"
# 1 PLC and 23 °C: user's guide, edition 2, p. 2-25.
_CONDITIONS = (
    "23 °C within 5 °C, aperture of one mains cycle; a shorter one adds a share of the range: 0.01 to 0.1 % at a tenth "
    "of a cycle, 0.02 to 1 % at a hundredth, 0.2 to 5 % at a thousandth"
)

ACCURACY = accuracies(
    "current",
    (
        (10e-9, 0.10, 50e-12),
        (100e-9, 0.06, 100e-12),
        (1e-6, 0.025, 500e-12),
        (10e-6, 0.025, 1.5e-9),
        (100e-6, 0.02, 25e-9),
        (1e-3, 0.02, 200e-9),
        (10e-3, 0.02, 2.5e-6),
        (100e-3, 0.02, 20e-6),
        (1.0, 0.03, 1.5e-3),
        (1.5, 0.05, 3.5e-3),
        (3.0, 0.4, 7e-3),
    ),
    _SOURCE,
    _CONDITIONS,
) + accuracies(
    "voltage",
    ((0.2, 0.015, 225e-6), (2.0, 0.02, 350e-6), (20.0, 0.015, 5e-3), (200.0, 0.015, 50e-3)),
    _SOURCE,
    _CONDITIONS,
)
"""Of the measurement of B2901A, B2902A, B2911A and B2912A; the range of 10 nA is that of the latter two."""
