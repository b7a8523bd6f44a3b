"""Names of the ready protocols as people write them."""

from __future__ import annotations

_ABBREVIATIONS = {"prbs": "PRBS", "pitt": "PITT"}


def ready_title(name: str) -> str:
    """Return the title of a ready protocol: ``pump_probe`` is "Pump probe"."""
    return _ABBREVIATIONS.get(name, name.replace("_", " ").capitalize())
