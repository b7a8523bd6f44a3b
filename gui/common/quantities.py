"""Quantities of a run that are drawn over time. Without Qt."""

from __future__ import annotations

from enum import Enum

from gui.common.language import tr


class Quantity(Enum):
    """A quantity that is drawn, with its SI unit; in the order in which plots are stacked."""

    VOLTAGE = "V"
    CURRENT = "A"
    CHARGE = "C"
    TEMPERATURE = "K"

    @property
    def unit(self) -> str:
        """SI unit."""
        return self.value

    @property
    def title(self) -> str:
        """Title of its axis, in the language of the window."""
        return {
            Quantity.VOLTAGE: tr("Voltage"),
            Quantity.CURRENT: tr("Current"),
            Quantity.CHARGE: tr("Charge"),
            Quantity.TEMPERATURE: tr("Temperature"),
        }[self]

    @property
    def symbol(self) -> str:
        """Symbol of the quantity, as the docs have it, for a title that has no room for its name."""
        return {Quantity.VOLTAGE: "V", Quantity.CURRENT: "I", Quantity.CHARGE: "Q", Quantity.TEMPERATURE: "T"}[self]

    @property
    def column(self) -> str:
        """Name of its column in an exported table."""
        return f"{self.name.lower()}_{self.unit}"
