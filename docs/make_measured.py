"""What do the fits of other people's measurements look like? The plots and figures of ``docs/measured/``.

The data are not part of the project; without them (``IONECHO_DATA``, or ``../shared/data``) nothing is made.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from rich.console import Console

from daq import import_record, open_run, read_text
from docs._svg_plot import Axis, Plot
from fitting import ImpedanceSpectrum, fit, fit_impedance, overlay_times, predict, reduce_run, spectrum_band

PAGES = Path(__file__).parent / "measured"
DATA = Path(os.environ.get("IONECHO_DATA", Path(__file__).parents[2] / "shared" / "data"))
CONSOLE = Console(width=150)

PELLET_CIRCUITS = {
    "one arc": "p(R1,CPE1)-CPE2",
    "bulk and boundary": "p(R1,C1)-p(R2,CPE2)-p(R3,CPE3)-CPE4",
    "hopping bulk, Cole-Cole": "p(Cc1,C1)-p(R3,CPE3)-CPE4",
    "hopping bulk, MIGRATION": "p(Mig1,C1)-p(R3,CPE3)-CPE4",
}
TITRATION_CIRCUITS = ("R0-CPE1", "R0-p(R1,CPE1)-CPE2", "R0-Cc1-CPE1")


def pellet() -> None:
    """Plot the impedance of the LPSCl pellet, the circuits, and what each leaves."""
    measured = ImpedanceSpectrum.read(DATA / "lpscl" / "peis_lpscl_blocking_minus25C.txt")
    f, Z = measured.frequency_Hz, measured.impedance_ohm
    CONSOLE.print(measured.causality.to_dict())
    plane = Plot(
        Axis("Re Z / Ω", low=0.0, high=2600.0),
        Axis("-Im Z / Ω", low=0.0, high=1500.0),
        "Li6PS5Cl between steel, -25 °C: the high frequencies",
        legend="top left",
    )
    left = Plot(
        Axis("frequency / Hz", log=True),
        Axis("(fit - measured) / |Z| / %, real part", low=-12.0, high=6.0),
        "What each circuit leaves",
        legend="bottom right",
    )
    dense = np.geomspace(f.min(), f.max(), 400)
    for name, circuit in PELLET_CIRCUITS.items():
        found = fit_impedance(measured, circuit)
        CONSOLE.print(found.table())
        for quantity in found.parts[0].memory:
            CONSOLE.print(quantity)
        curve = found.impedance(dense)
        plane.line(curve.real, -curve.imag, name)
        left.line(f, 100.0 * ((found.impedance(f) - Z) / np.abs(Z)).real, name)
    left.line(f, 100.0 * measured.causality.residual.real, "any causal cell", colour="#000000", dash="4 3")
    plane.points(Z.real, -Z.imag, "measured", colour="#000000")
    plane.write(PAGES / "lpscl-plane.svg")
    left.write(PAGES / "lpscl-residual.svg")


def titration() -> None:
    """Plot the titration, its fit, and its spectrum with the band."""
    text = DATA / "zahner_pitt" / "PITT.txt"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "PITT.nxs"
        import_record(read_text(text, {}, None, {}), text, path)
        run = open_run(path)
        reduction = reduce_run(run)
        times = overlay_times(run)
        course = Plot(Axis("time / s"), Axis("current / A"), "Titration of a cell in steps of 10 to 100 mV")
        course.points(run.t_s[::15], run.current_A[::15], "measured", colour="#999999")
        for circuit in TITRATION_CIRCUITS:
            found = fit(reduction, circuit)
            CONSOLE.print(found.table())
            CONSOLE.print(found.rms_residual_A / found.rms_current_A)
        course.line(times, predict(run, found, times), f"fit of {found.model.circuit}", colour="#d55e00")
        band = spectrum_band(reduction)
    CONSOLE.print(band.spectrum.table())
    CONSOLE.print(band.peaks)
    shown = (band.spectrum.rates > 1e-4) & (band.spectrum.rates < 10.0)
    tau, low, high = 1.0 / band.spectrum.rates[shown], band.lowest[shown], band.highest[shown]
    spectrum = Plot(
        Axis("relaxation time / s", log=True),
        Axis("conductance of each mode / S", low=0.0, high=8.0),
        "Its relaxation spectrum, seven modes a decade",
        legend="top left",
    )
    spectrum.band(tau, low, high, "95 % band, given the smoothing", colour="#0072b2")
    spectrum.line(tau, band.spectrum.weights[shown], "spectrum", colour="#0072b2")
    for edge, label in zip(band.spectrum.window_s, ("window of the record", ""), strict=True):
        spectrum.line([edge, edge], [0.0, 8.0], label, colour="#999999", dash="4 3")
    course.write(PAGES / "pitt-current.svg")
    spectrum.write(PAGES / "pitt-spectrum.svg")


if __name__ == "__main__":
    if not DATA.is_dir():
        sys.exit(f"no measured data at {DATA}: set IONECHO_DATA")
    PAGES.mkdir(exist_ok=True)
    pellet()
    titration()
