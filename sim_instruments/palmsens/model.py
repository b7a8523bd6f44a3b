"""Models of PalmSens instruments and what their electronics can do."""

from __future__ import annotations

from dataclasses import dataclass

from sim_instruments.palmsens.commands import BIPOTENTIOSTAT, GALVANOSTAT, OF_OTHER_INSTRUMENTS

GALVANOSTATIC = 6
"""PGStat mode in which the current is set (examples MSLoopExample003, 009 and 013)."""


@dataclass(frozen=True)
class Mode:
    """A PGStat mode.

    Attributes
    ----------
    low_V, high_V : float
        Potentials that can be set at all.
    window_V : float
        The dynamic window: how far apart the lowest and the highest may be.
    bandwidth_Hz : float
        Highest.
    step_V : float
        What one step of the potential's converter is.
    ranges : tuple of (float, int)
        Full scale (A) and its number in packages, rising.
    """

    low_V: float
    high_V: float
    window_V: float
    bandwidth_Hz: float
    step_V: float
    ranges: tuple[tuple[float, int], ...]


@dataclass(frozen=True)
class Model:
    """An instrument.

    Attributes
    ----------
    firmware : str
        First line of its answer to ``t``, without the ``t``.
    serial, script_version : str
        Answers to ``i`` and ``v``.
    modes : dict
        By number.
    overrange : float
        Largest current it measures, as a share of the range.
    noise_1us : float
        White noise of a reading with 1 us aperture, as a share of the range, rms (assumed).
    converter_bits : int
        Of a current reading (assumed).
    largest_A : float
        What the counter electrode can drive: beyond, the cell is in critical overload.
    shortest_interval_s : float
        Of a measurement loop (assumed).
    statement_s, start_s : float
        Time that one script command and the start of a measurement loop take (assumed).
    script_bytes, array_elements : int
        Memory (assumed).
    baud : int or None
        Of the serial line that the output has to pass; None on USB.
    tells_noise : bool
        Whether packages have the noise field.
    lacks : frozenset of str
        Script commands that it has not.
    potential_ranges_V : tuple of (float, int)
        Full scale (V) and its number in packages, rising; none of an instrument that does not tell any.
    multiplexers : frozenset of int
        Types that can be attached to it, by the numbers of ``mux_config``.
    has_thermometer : bool
        Whether an ADT7420 is on its bus.
    """

    firmware: str
    serial: str
    script_version: str
    modes: dict[int, Mode]
    overrange: float
    noise_1us: float
    converter_bits: int
    largest_A: float
    shortest_interval_s: float
    statement_s: float
    start_s: float
    script_bytes: int
    array_elements: int
    baud: int | None
    tells_noise: bool
    lacks: frozenset[str]
    potential_ranges_V: tuple[tuple[float, int], ...]
    multiplexers: frozenset[int]
    has_thermometer: bool


# Current ranges and their numbers: the vendor's mscript.py.
_PICO_LOW = tuple(
    zip((1e-7, 2e-6, 4e-6, 8e-6, 1.6e-5, 3.2e-5, 6.3e-5, 1.25e-4, 2.5e-4, 5e-4, 1e-3, 5e-3), range(12), strict=True)
)
_PICO_HIGH = tuple(zip((1e-7, 1e-6, 6e-6, 1.3e-5, 2.5e-5, 5e-5, 1e-4, 2e-4, 1e-3, 5e-3), range(128, 138), strict=True))
_EMSTAT4_LR = tuple((10.0 ** (decade - 9), 3 + 3 * decade) for decade in range(8))

# Windows: manual, appendix B.1. Steps of the potential: data sheet (537 uV low speed, 395 uV high speed, 932 uV maximum
# range; assumed, the sheet was not at hand). Overrange 1.18: the vendor's PSTrace writes `set_range ba 590u` for its
# 500 uA range.
PICO = Model(
    firmware="espico1600#Sep 30 2025 14:38:26",
    serial="ESPICO-SIM-0001",
    script_version="01.08.00",
    modes={
        2: Mode(-1.25, 2.0, 2.2, 100.0, 537e-6, _PICO_LOW),
        3: Mode(-1.7, 2.0, 1.214, 200e3, 395e-6, _PICO_HIGH),
        4: Mode(-1.7, 2.0, 2.6, 100.0, 932e-6, _PICO_LOW),
    },
    overrange=1.18,
    noise_1us=3e-4,
    converter_bits=20,
    largest_A=5.9e-3,
    shortest_interval_s=1e-3,
    statement_s=10e-6,
    start_s=150e-6,
    script_bytes=16384,
    array_elements=2000,
    baud=230400,
    tells_noise=False,
    lacks=OF_OTHER_INSTRUMENTS | GALVANOSTAT,
    potential_ranges_V=(),
    multiplexers=frozenset((4,)),
    has_thermometer=True,
)

# Potential range and current ranges: manual, appendix B. The modes do not differ (ibid.). Overrange 2.1: PSTrace writes
# `set_range ba 2100u` for 1 mA. The step of 100 uV is assumed.
_LR = Mode(-3.0, 3.0, 6.0, 200e3, 100e-6, _EMSTAT4_LR)
EMSTAT4 = Model(
    firmware="es4_lr1400#Mar 25 2024 14:28:01",
    serial="ES4LR-SIM-0001",
    script_version="01.08.00",
    modes={2: _LR, 3: _LR, 4: _LR, GALVANOSTATIC: _LR},
    overrange=2.1,
    noise_1us=2e-4,
    converter_bits=22,
    largest_A=30e-3,
    shortest_interval_s=2e-4,
    statement_s=3e-6,
    start_s=50e-6,
    script_bytes=65536,
    array_elements=50000,
    baud=None,
    tells_noise=True,
    lacks=OF_OTHER_INSTRUMENTS | BIPOTENTIOSTAT,
    potential_ranges_V=((0.05, 2), (0.1, 3), (0.2, 4), (0.5, 5), (1.0, 6)),
    multiplexers=frozenset((1, 2, 3)),
    has_thermometer=False,
)
