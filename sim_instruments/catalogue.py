"""Catalogue of the instruments that can be simulated, and of their transports."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.core.clock import Clock
    from sim_instruments.core.instrument import Instrument
    from sim_instruments.sample.cell import Cell


@dataclass(frozen=True)
class CatalogueEntry:
    """An instrument that can be simulated.

    Attributes
    ----------
    home : str
        Where its class is, ``module:Class`` below ``sim_instruments``; called with clock, cell and seed.
    transports : tuple of str
        Of ``socket``, ``hislip``, ``vxi11``, ``pty``; the first is the usual one.
    channels : tuple of str
        Names of its ports, if it has several; each is served by itself.
    """

    home: str
    transports: tuple[str, ...] = ("socket",)
    channels: tuple[str, ...] = ("",)

    def make(self, clock: Clock, cell: Cell, seed: int) -> Instrument:
        """Return such an instrument, switched on."""
        module, name = self.home.split(":")
        make = cast("Callable[[Clock, Cell, int], Instrument]", getattr(import_module(f"{__package__}.{module}"), name))
        return make(clock, cell, seed)


# The 2450 family has VXI-11 and raw sockets (2450 reference manual, section 2); HiSLIP is assumed. The 2400 has GPIB
# and RS-232: its socket stands for a gateway.
_KEITHLEY = ("socket", "hislip", "vxi11")
# A serial line is the end of a pseudo-terminal; Windows has none, and virtual serial ports need a driver there.
_SERIAL: tuple[str, ...] = () if sys.platform == "win32" else ("pty",)

CATALOGUE: dict[str, CatalogueEntry] = {
    "b2912a": CatalogueEntry("keysight.b2900.instrument:B2912A", ("socket", "hislip", "vxi11")),
    "ec301": CatalogueEntry("srs.instrument:EC301", ("socket",)),
    "emstat-pico": CatalogueEntry("palmsens.emstat:EmStatPico", (*_SERIAL, "socket")),
    "emstat4": CatalogueEntry("palmsens.emstat:EmStat4LR", (*_SERIAL, "socket")),
    "keithley2400": CatalogueEntry("keithley.k2400.instrument:Keithley2400", ("socket", *_SERIAL)),
    "keithley2450": CatalogueEntry("keithley.k2450.models:Keithley2450", _KEITHLEY),
    "keithley2460": CatalogueEntry("keithley.k2450.models:Keithley2460", _KEITHLEY),
    "keithley2461": CatalogueEntry("keithley.k2450.models:Keithley2461", _KEITHLEY),
    "keithley2602b": CatalogueEntry("keithley.k2600.instrument:TspInstrument", ("socket", "vxi11")),
    "lakeshore335": CatalogueEntry("lakeshore.instrument:LakeShore335", (*_SERIAL, "socket")),
    "lakeshore336": CatalogueEntry("lakeshore.instrument:LakeShore336", ("socket", *_SERIAL)),
    "zahner-pp212": CatalogueEntry("zahner.instrument:PP212", (*_SERIAL, "socket"), ("", "live")),
}

# What else an instrument is called: by its driver, which serves a series, or with the letters of its series.
_ALSO_CALLED = {
    "b2911": "b2912a",
    "b2912": "b2912a",
    "emstat4-lr": "emstat4",
    "emstat4lr": "emstat4",
    "keithley2602": "keithley2602b",
}


def kind_named(name: str) -> str | None:
    """Return the name in `CATALOGUE` that a user means, in letters of either case or as its driver is called.

    Returns
    -------
    str or None
        None if there is no such instrument.
    """
    plain = name.strip().lower().replace("_", "-").replace(" ", "-")
    wanted = (plain, f"keithley{plain}", _ALSO_CALLED.get(plain, ""), _ALSO_CALLED.get(f"keithley{plain}", ""))
    return next((known for known in wanted if known in CATALOGUE), None)
