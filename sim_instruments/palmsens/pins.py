"""Digital inputs and outputs of an EmStat (manual, 14.14; example MSExample033).

Nothing is connected to them: an output reads what it is set to, an input with its pull-up reads 1, one without reads 0
(assumed). A pin is an output until it is configured (assumed).
"""

from __future__ import annotations

_INPUT, _OUTPUT = 0, 1
"""Modes of ``set_gpio_cfg``; others belong to functions that the pins share and are taken without effect."""


class Pins:
    """The pins as masks, bit 0 for GPIO0."""

    def __init__(self) -> None:
        self._levels = self._pull_ups = self._inputs = 0

    def configure(self, mask: int, mode: int) -> None:
        """``set_gpio_cfg``."""
        self._inputs = self._inputs | mask if mode == _INPUT else self._inputs & ~mask

    def pull_up(self, mask: int, on: int) -> None:
        """``set_gpio_pullup``."""
        self._pull_ups = self._pull_ups | mask if on else self._pull_ups & ~mask

    def write(self, levels: int) -> None:
        """``set_gpio``."""
        self._levels = levels

    def write_masked(self, mask: int, level: int) -> None:
        """``set_gpio_msk``: all pins of the mask to one level (assumed)."""
        self._levels = self._levels | mask if level else self._levels & ~mask

    def read(self) -> int:
        """``get_gpio``."""
        return (self._levels & ~self._inputs) | (self._pull_ups & self._inputs)
