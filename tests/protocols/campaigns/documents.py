"""Documents of campaigns for the tests, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from protocols import ProtocolError
from protocols.campaigns import Campaign

STUDY = Path(__file__).parents[3] / "examples" / "campaigns" / "study.toml"
PULSE = """
name = "pulse"
[sequence]
kind = "pulse"
level = "10 mV"
width = "20 ms"
after = "80 ms"
[sampling]
interval = "100 us"
[limits]
voltage = "100 mV"
current = "10 uA"
"""
COLD = """
[temperature]
controller = "cryostat"
tolerance = "0.1 K"
stable_for = "1 min"
at_most = "1 h"
limit = "330 K"
"""


def campaign(*parts: str) -> Campaign:
    """Return the campaign of a pulse and some tables."""
    return Campaign.from_toml("\n".join((PULSE, *parts)), "pulse.toml")


def sweep(field: str, *values: str) -> str:
    """Return the table of a sweep over values with units."""
    listed = ", ".join(f'"{one}"' for one in values)
    return f'[[sweep]]\nfield = "{field}"\nvalues = [{listed}]\n'


def problems(*parts: str, base: str = PULSE) -> dict[str, str]:
    """Return what is wrong with a document, by its paths."""
    with pytest.raises(ProtocolError) as caught:
        Campaign.from_toml("\n".join((base, *parts)), "pulse.toml")
    return {one.path: one.message for one in caught.value.problems}
