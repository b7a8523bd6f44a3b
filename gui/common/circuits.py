"""Cell models that the window offers; others are typed."""

from __future__ import annotations

MODELS = ("R0-Mig1-CPE1", "R0-Cc1-CPE1", "R0-De1-CPE1", "R0-Cc1-C1")
"""Circuits, the usual one first: MIGRATION, Cole-Cole and Debye in front of a constant phase element, and a bulk before
a pure double layer."""
