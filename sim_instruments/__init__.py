"""Instruments that are not there: servers, dialects, electronics, sample physics, clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim_instruments.catalogue import CATALOGUE as CATALOGUE
    from sim_instruments.catalogue import kind_named as kind_named
    from sim_instruments.core.clock import ManualClock as ManualClock
    from sim_instruments.core.clock import RealClock as RealClock
    from sim_instruments.frontend.electronics import KEITHLEY_2461 as KEITHLEY_2461
    from sim_instruments.frontend.electronics import Electronics as Electronics
    from sim_instruments.keithley.k2450.models import Keithley2461 as Keithley2461
    from sim_instruments.sample.cell import Cell as Cell
    from sim_instruments.sample.cell import CellError as CellError
    from sim_instruments.sample.cell import load_cell as load_cell
    from sim_instruments.sample.counted_memory import CountedMemory as CountedMemory
    from sim_instruments.sample.counted_memory import memory_of as memory_of
    from sim_instruments.sample.lattice_gas import LatticeGas as LatticeGas
    from sim_instruments.sample.lattice_gas import count_hops as count_hops
    from sim_instruments.sample.lattice_gas import driven_current as driven_current
    from sim_instruments.serving.server import Reach as Reach
    from sim_instruments.serving.server import serve as serve
    from sim_instruments.serving.transports.streams import Admission as Admission

# numpy takes a tenth of a second, numba a half: they are imported with the first name that needs it.
_HOMES = {
    "Admission": "serving.transports.streams",
    "Cell": "sample.cell",
    "CellError": "sample.cell",
    "CountedMemory": "sample.counted_memory",
    "Electronics": "frontend.electronics",
    "KEITHLEY_2461": "frontend.electronics",
    "CATALOGUE": "catalogue",
    "Keithley2461": "keithley.k2450.models",
    "LatticeGas": "sample.lattice_gas",
    "ManualClock": "core.clock",
    "RealClock": "core.clock",
    "Reach": "serving.server",
    "count_hops": "sample.lattice_gas",
    "driven_current": "sample.lattice_gas",
    "kind_named": "catalogue",
    "load_cell": "sample.cell",
    "memory_of": "sample.counted_memory",
    "serve": "serving.server",
}
__all__ = [
    "CATALOGUE",
    "KEITHLEY_2461",
    "Admission",
    "Cell",
    "CellError",
    "CountedMemory",
    "Electronics",
    "Keithley2461",
    "LatticeGas",
    "ManualClock",
    "Reach",
    "RealClock",
    "count_hops",
    "driven_current",
    "kind_named",
    "load_cell",
    "memory_of",
    "serve",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
