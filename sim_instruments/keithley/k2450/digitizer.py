"""Digitizer of the Keithley 2461: the commands ``[:SENSe[1]]:DIGitize``.

Pages are those of the 2461 reference manual (2461-901-01 Rev. A, November 2015).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.scpi.parser import Command, CommandTree, Numeric, QuotedChoice
from sim_instruments.scpi.settings import add_number, add_switch
from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keithley.common.source_meter import SourceMeter


def add_digitizer_commands(
    tree: CommandTree, meter: SourceMeter, current_range: Numeric, voltage_range: Numeric
) -> None:
    """Enter the digitize functions with their rate, aperture and range."""
    node = "[:SENSe[1]]:DIGitize"

    def select(short: str) -> None:
        meter.require_idle()
        meter.measure.digitize = short

    tree.add(f"{node}:FUNCtion[:ON]", Command(select, (QuotedChoice(("CURRent", "VOLTage")),), 1))
    tree.add(
        f"{node}:FUNCtion[:ON]?",
        Command(lambda: f'"{meter.measure.digitize}"' if meter.measure.digitize else "NONE"),
    )
    add_number(tree, f"{node}:COUNt", Numeric(1, 55_000_000, 1, integer=True), *_setting(meter, "digitize_count"))

    _add_conversion(tree, meter, node)
    _add_ranges(tree, meter, node, current_range, voltage_range)


def _add_conversion(tree: CommandTree, meter: SourceMeter, node: str) -> None:
    """Enter rate, aperture and sensing."""

    def set_rate(value: float) -> None:
        meter.require_idle()
        measure = meter.measure
        measure.digitize_rate_Hz = value
        if measure.digitize_aperture_s is not None:  # p. 6-71: adjusted to the largest that the rate allows
            measure.digitize_aperture_s = min(measure.digitize_aperture_s, 1.0 / value)

    def set_aperture(value: float) -> None:
        meter.require_idle()
        if value > (1.0 + 1e-9) / meter.measure.digitize_rate_Hz:  # p. 8-106
            raise ScpiError(-222, "the aperture is longer than the sample interval: set the rate first")
        # Whole microseconds, rounded down (p. 6-52); 0 stands for AUTO.
        meter.measure.digitize_aperture_s = max(1.0, int(value * 1e6 + 1e-6)) * 1e-6 if value else None

    rate = Numeric(1e3, 1e6, 1e5, integer=True)
    aperture = Numeric(0.0, 1e-3, 0.0, "S", words=(("AUTO", 0.0),))
    for function in ("CURRent", "VOLTage"):
        add_number(tree, f"{node}:{function}:SRATe", rate, lambda: meter.measure.digitize_rate_Hz, set_rate)
        add_number(
            tree,
            f"{node}:{function}:APERture",
            aperture,
            lambda: meter.measure.digitize_aperture_s or 1.0 / meter.measure.digitize_rate_Hz,
            set_aperture,
        )
        add_switch(tree, f"{node}:{function}:RSENse", *_setting(meter, "four_wire"))


def _add_ranges(
    tree: CommandTree, meter: SourceMeter, node: str, current_range: Numeric, voltage_range: Numeric
) -> None:
    add_number(
        tree,
        f"{node}:VOLTage:RANGe[:UPPer]",
        voltage_range,
        lambda: meter.measure.voltage_range_V,
        lambda value: setattr(meter.measure, "voltage_range_V", meter.electronics.voltage_range(value)),
    )

    def set_range(value: float) -> None:
        meter.require_idle()
        meter.measure.digitize_range_A = meter.electronics.current_range(value)

    add_number(
        tree,
        f"{node}:CURRent:RANGe[:UPPer]",
        current_range,
        lambda: meter.measure.digitize_range_A,
        set_range,
    )


def _setting(meter: SourceMeter, name: str) -> tuple[Callable[[], float], Callable[[float], None]]:
    def write(value: float) -> None:
        meter.require_idle()
        setattr(meter.measure, name, value)

    return lambda: getattr(meter.measure, name), write
