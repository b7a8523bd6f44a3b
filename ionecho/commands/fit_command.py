"""Arguments, options and help of `ionecho fit`; what it does is in `ionecho.commands.fit_request`."""

from __future__ import annotations

from ionecho.commands.fit_options import (
    Activated,
    Aperture,
    Area,
    Baseline,
    Before,
    Bounded,
    CarrierDensity,
    ChargeNumber,
    Clock,
    Commanded,
    Compared,
    ControlOfRun,
    Delay,
    Diagnosed,
    Drift,
    Edges,
    GrainSize,
    Held,
    Mains,
    Models,
    Permittivity,
    Profiled,
    Ranked,
    Robust,
    Runs,
    Sampled,
    Shared,
    Spectrum,
    Started,
    Sweep,
    Tabled,
    Temperatures,
    Thicknesses,
    TracerDiffusion,
)
from ionecho.commands.statement_options import Json


def fit(
    runs: Runs,
    model: Models = None,
    spectrum: Spectrum = False,
    ranked: Ranked = False,
    drift: Drift = False,
    baseline: Baseline = "",
    mains: Mains = None,
    edges: Edges = "",
    delay: Delay = "",
    clock: Clock = "",
    aperture: Aperture = "",
    protocol: Commanded = "",
    before: Before = "",
    control: ControlOfRun = "",
    robust: Robust = False,
    diagnosed: Diagnosed = False,
    posterior: Sampled = False,
    share: Shared = None,
    activate: Activated = None,
    temperature: Temperatures = None,
    compared: Compared = False,
    thickness: Thicknesses = None,
    sweep: Sweep = None,
    area: Area = "",
    permittivity: Permittivity = None,
    grain_size: GrainSize = "",
    held: Held = None,
    started: Started = None,
    bounded: Bounded = None,
    profile: Profiled = "",
    tabled: Tabled = False,
    tracer_diffusion: TracerDiffusion = None,
    carrier_density: CarrierDensity = "",
    charge_number: ChargeNumber = 1,
    as_json: Json = False,
) -> None:
    """Fit a cell model to runs: what is remembered, and for how long?

    Each quantity has a 95 % interval. The result is kept beside the run.
    """
    from ionecho.commands.fit_constraints import GivenConstraints
    from ionecho.commands.fit_request import FitRequest, GivenRecord, run_fit
    from ionecho.commands.fit_times import GivenTimes
    from ionecho.commands.refusals import reported

    request = FitRequest(
        runs,
        model or [],
        spectrum=spectrum,
        ranked=ranked,
        of_record=GivenRecord(drift, baseline, mains, before, control, robust),
        times=GivenTimes(delay, clock, aperture, edges, protocol),
        diagnosed=diagnosed,
        posterior=posterior,
        together=(share or [], activate or []),
        temperatures_K=temperature or [],
        compared=compared,
        thicknesses=thickness or [],
        sweep=sweep,
        geometry=(area, permittivity, grain_size),
        constraints=GivenConstraints(tuple(held or ()), tuple(started or ()), tuple(bounded or ())),
        profiled=profile,
        tabled=tabled,
        carriers=(tracer_diffusion or [], carrier_density, charge_number),
    )
    request.require_compatible()
    with reported(as_json=as_json):
        run_fit(request, as_json=as_json)
