"""Arguments and options of ``ionecho fit``, as its help shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Runs = Annotated[
    list[Path],
    typer.Argument(metavar="RUN", help="Run file; several, or impedance texts, are one joint fit: see refit."),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        "-m",
        help="Circuit (R0-Mig1-CPE1 unless given; @Lag1 behind it for a slow ammeter); several to rank.",
    ),
]
Spectrum = Annotated[bool, typer.Option("--spectrum", help="No model: a spectrum of relaxation modes.")]
Ranked = Annotated[bool, typer.Option("--rank", help="Which of several circuits describes the run best.")]
Drift = Annotated[bool, typer.Option("--drift", help="Take a linear drift of the current out.")]
Baseline = Annotated[str, typer.Option(help="smooth: take a slow baseline out, as strong as the record says.")]
Mains = Annotated[float | None, typer.Option(help="Take the mains out, 50 or 60 Hz, and harmonics.")]
Edges = Annotated[
    str,
    typer.Option(
        help="What a voltage that was only sampled did between two samples: step (jumped, found where; unless stated),"
        " sample (jumped right after the first), ramp; or a text file of the times of its jumps.",
    ),
]
Delay = Annotated[
    str, typer.Option(help='How late the current was sampled against the voltage, e.g. "0.3 ms"; fit finds it.')
]
Clock = Annotated[
    str,
    typer.Option(help='How much faster the clock of the samples runs than the drive\'s, e.g. "100 ppm"; fit finds it.'),
]
Aperture = Annotated[str, typer.Option(help='How long each sample averages about its time, e.g. "0.5 ms".')]
Commanded = Annotated[
    str, typer.Option("--protocol", help="Protocol file whose edges the record has; when it began is found.")
]
Before = Annotated[
    str,
    typer.Option(
        help='Before the first sample: rest, a level of what was controlled such as "0 V", or unknown; else the record'
        " tells."
    ),
]
ControlOfRun = Annotated[
    str,
    typer.Option(help="What the instrument controlled: voltage or current (then by the impedance); else the run says."),
]
Robust = Annotated[bool, typer.Option("--robust", help="Samples far off count less (Huber).")]
Diagnosed = Annotated[
    bool, typer.Option("--diagnose", help="What explains what the fit leaves, and which option takes it out.")
]
Sampled = Annotated[bool, typer.Option("--posterior", help="Sample all cells that fit (needs emcee).")]
Shared = Annotated[list[str] | None, typer.Option("--share", help="Parameter or element that all have in common.")]
Activated = Annotated[
    list[str] | None, typer.Option("--activate", help="Parameter with an activation energy, e.g. Mig1.tau.")
]
Temperatures = Annotated[
    list[float] | None, typer.Option("--temperature", help="Kelvin, one a file; the sample's unless given.")
]
Compared = Annotated[
    bool, typer.Option("--compare", help="Fit each run alone: does its memory change with thickness, heat, drive?")
]
Thicknesses = Annotated[
    list[str] | None,
    typer.Option("--thickness", help='Of the sample, e.g. "1.2 mm"; to compare runs, one a file.'),
]
Area = Annotated[str, typer.Option(help='Of an electrode, e.g. "50 mm^2"; the sample\'s unless given.')]
Permittivity = Annotated[float | None, typer.Option(help="Relative, of the sample; it tells bulk from interfaces.")]
GrainSize = Annotated[
    str, typer.Option(help='Of the sample, e.g. "2 um"; the thickness or more for a glass or a single crystal.')
]
Sweep = Annotated[int | None, typer.Option(help="Of an impedance text with several sweeps: which one.", min=1)]
Tabled = Annotated[
    bool,
    typer.Option(
        "--table",
        help="What a referee asks for: conductivities, permittivities, hop rate, BNN figure; of several runs"
        " activation energies and a master curve.",
    ),
]
TracerDiffusion = Annotated[
    list[str] | None,
    typer.Option(help='Of the mobile ions, e.g. "1e-12 m^2/s", for the Haven ratio; one for all runs or one a file.'),
]
CarrierDensity = Annotated[str, typer.Option(help='Mobile ions in a volume, e.g. "1e22 cm^-3".')]
ChargeNumber = Annotated[int, typer.Option(help="Of a mobile ion.")]
Held = Annotated[
    list[str] | None,
    typer.Option("--hold", help='Parameter at what is known of it, e.g. "R0=300 ohm"; it is not fitted.'),
]
Started = Annotated[list[str] | None, typer.Option("--start", help='Value that is tried first, e.g. "Mig1.tau=2 ms".')]
Bounded = Annotated[
    list[str] | None,
    typer.Option("--bound", help='Range of a parameter, e.g. "R0=100 ohm .. 1 kohm"; one end may miss.'),
]
Profiled = Annotated[
    str, typer.Option("--profile", metavar="PARAMETER", help="How much worse is the fit with this parameter held?")
]
