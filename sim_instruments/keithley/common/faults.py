"""Faults that can be injected into a simulated source-measure unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_instruments.scpi.status import ScpiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_instruments.keithley.common.source_meter import SourceMeter


def inject(meter: SourceMeter, fault: str) -> None:
    """Let one of `sim_instruments.core.instrument.DEVICE_FAULTS` happen now.

    Raises
    ------
    ValueError
        If there is no such fault.
    """
    if fault not in _FAULTS:
        raise ValueError(f"no such fault of a source-measure unit: {fault!r}")
    _FAULTS[fault](meter, meter.update())


def _storm(meter: SourceMeter, _t_s: float) -> None:
    for _ in range(2 * meter.status.length):
        meter.status.post_error(ScpiError(-310, "simulated fault"))


def _overdrive(meter: SourceMeter, _t_s: float) -> None:
    meter.overdriven = True


def _open_interlock(meter: SourceMeter, t_s: float) -> None:
    # "Whenever the interlock changes state ..., the output is turned off" (2460 quick start guide, Interlock On); taken
    # to be set so on all models.
    meter.interlock_closed = False
    meter.switch_output(t_s, on=False)
    meter.status.post_error(ScpiError(5074))


def _overheat(meter: SourceMeter, t_s: float) -> None:
    # Event 2771 (2461 reference manual p. C-10); that the output goes off with it is assumed.
    meter.switch_output(t_s, on=False)
    meter.status.post_error(ScpiError(2771))


def _overrun(meter: SourceMeter, _t_s: float) -> None:
    meter.overrun()
    meter.status.post_error(ScpiError(4915))


def _reboot(meter: SourceMeter, _t_s: float) -> None:
    meter.reset()
    meter.status.power_on()
    meter.overdriven, meter.interlock_closed = False, True


_FAULTS: dict[str, Callable[[SourceMeter, float], None]] = {
    "cell-open": lambda meter, t_s: meter.contacts.open(t_s),
    "cell-short": lambda meter, t_s: meter.contacts.short(t_s),
    "compliance": _overdrive,
    "error-storm": _storm,
    "interlock-open": _open_interlock,
    "overtemperature": _overheat,
    "buffer-overrun": _overrun,
    "reboot": _reboot,
}
