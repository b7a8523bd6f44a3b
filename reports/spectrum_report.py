"""Report of a measured impedance: the spectrum, and whether a causal, linear, steady cell can explain it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import numpy as np

from daq.files.fingerprint import digest_of_file
from fitting.records.impedance import ImpedanceSpectrum
from protocols import format_quantity
from reports.content import Facts, Paragraph, Points, Report, Section, Tone, Verdict
from reports.figure import DOUBLE_MM, SINGLE_MM, Axis, Columns, Figure, Ink, Layer, Mark, Panel
from reports.run_report import footer

if TYPE_CHECKING:
    from pathlib import Path

    from fitting.transforms.laplace import Complexes
    from reports.figure import Floats

_CAUSAL = 0.01
"""Residual of a Kramers-Kronig test, as a share of abs(Z), up to which a spectrum passes: what good instruments reach
(Boukamp, J. Electrochem. Soc. 142, 1885 (1995)). Doubled, cells that drift during a sweep pass."""


def report_of_spectrum(path: Path) -> Report:
    """Return the report of an impedance text of any program that `ionecho fit` reads.

    Raises
    ------
    FitError
        If it is no such text.
    """
    spectrum = ImpedanceSpectrum.read(path)
    f, Z = spectrum.frequency_Hz, spectrum.impedance_ohm
    test = spectrum.causality
    passes = test.rms_share <= _CAUSAL
    explained = "explains" if passes else "does not explain"
    left = f"{100.0 * test.rms_share:.2g} % of its size"
    sentence = f"A causal, linear, steady cell {explained} this impedance: it leaves {left}."
    evidence = (
        f"Kramers-Kronig test with {test.n_modes} free relaxations; the largest residual of a part is"
        f" {100.0 * test.worst_share:.2g} % of its size",
        *(
            ()
            if passes
            else ("the cell changed during the sweep, or it is not linear, or the instrument is at its limits",)
        ),
    )
    steps = (f"ionecho fit {shlex.quote(str(path))} --model R0-Mig1-CPE1",)
    fitted = Z * (1.0 + test.residual)
    digest = digest_of_file(path)
    notes = (Points(spectrum.notes),) if spectrum.notes else ()
    method = (
        "Points are as measured. Lines are sums of relaxations with free resistances, as which any causal, linear,"
        " steady cell can be written; what they leave cannot be explained by any circuit (B. A. Boukamp, J."
        " Electrochem. Soc. 142, 1885 (1995))."
    )
    sections = (
        Section("Impedance", (*_pictures(f, Z, fitted), *notes)),
        Section("Kramers-Kronig test", (_residual_figure(f, test.residual),)),
        Section("Methods", (Paragraph(method), Facts((("file (SHA-256)", digest),)))),
    )
    facts = (
        ("file", path.name),
        (
            "frequencies",
            f"{len(f)}, {format_quantity(float(f.min()), 'Hz')} to {format_quantity(float(f.max()), 'Hz')}",
        ),
        ("|Z|", " to ".join(format_quantity(float(end), "ohm") for end in (np.abs(Z).min(), np.abs(Z).max()))),
    )
    verdict = Verdict(sentence, Tone.GOOD if passes else Tone.BAD, evidence, (), steps)
    return Report("spectrum", path.stem, facts, verdict, sections, footer())


def _pictures(f: Floats, Z: Complexes, fitted: Complexes) -> tuple[Figure, Figure]:
    plane = Columns()
    plane.add("frequency_Hz", f)
    measured = Layer(
        Mark.POINTS, plane.add("re_Z_ohm", Z.real), (plane.add("minus_im_Z_ohm", -Z.imag),), label="measured"
    )
    line = Layer(
        Mark.LINE, plane.add("free_re_Z_ohm", fitted.real), (plane.add("free_minus_im_Z_ohm", -fitted.imag),), Ink.FIT
    )
    panel = Panel(Axis("Re Z", "ohm"), Axis("−Im Z", "ohm"), (line, measured), equal=True)
    nyquist = Figure("nyquist", "Impedance in the plane.", (panel,), plane.values, 68.0, SINGLE_MM)
    sizes = Columns()
    x = sizes.add("frequency_Hz", f)
    layers = [
        (
            Layer(Mark.LINE, x, (sizes.add(f"free_{name}", one(fitted)),), Ink.FIT),
            Layer(Mark.POINTS, x, (sizes.add(name, one(Z)),)),
        )
        for name, one in (("abs_Z_ohm", np.abs), ("phase_deg", lambda values: np.degrees(np.angle(values))))
    ]
    axis = Axis("frequency", "Hz", log=True)
    panels = (Panel(axis, Axis("|Z|", "ohm", log=True), layers[0], 1.4), Panel(axis, Axis("phase (°)"), layers[1]))
    bode = Figure("bode", "The same by frequency: size and phase.", panels, sizes.values, 68.0, SINGLE_MM)
    return nyquist, bode


def _residual_figure(f: Floats, residual: Complexes) -> Figure:
    columns = Columns()
    x, zero = columns.add("frequency_Hz", f), columns.add("zero", [0.0])
    layers = (
        Layer(Mark.LEVEL, x, (zero,), Ink.CURRENT),
        Layer(Mark.POINTS, x, (columns.add("re_percent", 100.0 * residual.real),), Ink.FIRST, "real part"),
        Layer(Mark.POINTS, x, (columns.add("im_percent", 100.0 * residual.imag),), Ink.SECOND, "imaginary part"),
    )
    panel = Panel(Axis("frequency", "Hz", log=True), Axis("residual (% of |Z|)"), layers)
    caption = "What free relaxations leave of the impedance."
    return Figure("kramers_kronig", caption, (panel,), columns.values, 58.0, DOUBLE_MM)
