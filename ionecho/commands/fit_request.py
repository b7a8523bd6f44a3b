"""Command `fit`: what was asked for, and which fit that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import typer

from ionecho.commands.fit_constraints import GivenConstraints
from ionecho.commands.fit_sample import GivenSample
from ionecho.commands.fit_table import GivenTracer, TableRequest, print_referee_table
from ionecho.commands.fit_times import GivenTimes

if TYPE_CHECKING:
    from pathlib import Path

    from fitting import StudyOptions

__all__ = ["FitRequest", "GivenConstraints", "GivenRecord", "GivenTimes", "answer"]

# Circuits that are ranked, and the one that is fitted, where none is given.
RANKED, USUAL = ("R0-De1-CPE1", "R0-Cc1-CPE1", "R0-Mig1-CPE1"), "R0-Mig1-CPE1"
_OF_ONE_RUN = (
    "--drift, --baseline, --mains, --edges, --before, --delay, --clock, --aperture, --protocol, --robust"
    " and --posterior are for one run; what was before, edges and drive of each of several are stated with it"
    " (ionecho note)"
)
_SPECTRUM_FILES = {".mpt", ".txt", ".csv", ".dta", ".z", ".par", ".dat", ".tsv", ".asc", ".idf"}


@dataclass(frozen=True)
class GivenRecord:
    """What was said of a record and its instrument, apart from its times.

    Attributes
    ----------
    drift : bool
    baseline : str
    mains_Hz : float or None
    before, control : str
    robust : bool
    """

    drift: bool = False
    baseline: str = ""
    mains_Hz: float | None = None
    before: str = ""
    control: str = ""
    robust: bool = False

    @property
    def is_given(self) -> bool:
        """Whether anything is, apart from what was controlled."""
        return bool(self.drift or self.baseline or self.mains_Hz or self.before or self.robust)


@dataclass(frozen=True)
class FitRequest:
    """Arguments and options of ``ionecho fit``.

    Attributes
    ----------
    given : list of Path
        As on the command line; `runs` leaves results files out.
    models : list of str
    spectrum, ranked, diagnosed, posterior, compared : bool
    of_record : GivenRecord
    times : GivenTimes
        When samples were taken, and when the voltage jumped.
    together : tuple of two lists of str
        What several records share, and what is activated.
    temperatures_K : list of float
    thicknesses : list of str
        With their units.
    sweep : int or None
        Which one of a text with several sweeps.
    geometry : tuple
        Area and grain size with their units, permittivity between them.
    constraints : GivenConstraints
        What is said of parameters: held, started, bounded; whose profile is asked for.
    tabled : bool
    carriers : tuple
        Tracer diffusion coefficients and carrier density, with their units, and charge number.
    """

    given: list[Path]
    models: list[str]
    spectrum: bool = False
    ranked: bool = False
    of_record: GivenRecord = field(default_factory=GivenRecord)
    times: GivenTimes = field(default_factory=GivenTimes)
    diagnosed: bool = False
    posterior: bool = False
    together: tuple[list[str], list[str]] = ([], [])
    temperatures_K: list[float] = field(default_factory=list)
    compared: bool = False
    thicknesses: list[str] = field(default_factory=list)
    sweep: int | None = None
    geometry: tuple[str, float | None, str] = ("", None, "")
    constraints: GivenConstraints = field(default_factory=GivenConstraints)
    tabled: bool = False
    carriers: tuple[list[str], str, int] = ([], "", 1)

    @cached_property
    def runs(self) -> list[Path]:
        """Run files: a pattern such as runs/*.nxs takes in the results beside the runs."""
        from daq import is_results

        return [one for one in self.given if not is_results(one)] or self.given

    @property
    def tracer(self) -> GivenTracer:
        """What was said of the carriers."""
        diffusion, density, charge_number = self.carriers
        return GivenTracer(tuple(diffusion), density, charge_number)

    @property
    def is_joint(self) -> bool:
        """Whether several files, or spectra, are fitted together."""
        several = (len(self.runs) > 1 and not self.tabled) or any(self.together)
        return bool(several) or self.runs[0].suffix.lower() in _SPECTRUM_FILES

    @property
    def is_of_several(self) -> bool:
        """Whether several records are fitted, each or together."""
        return bool(self.is_joint or self.compared or self.tabled)

    @property
    def sample(self) -> GivenSample:
        """What was said of the sample of a single run."""
        thickness, kelvin = (*self.thicknesses, "")[0], (*self.temperatures_K, None)[0]
        return GivenSample.parsed(thickness, *self.geometry, kelvin)

    def require_compatible(self) -> None:
        """Raise `typer.BadParameter` for options that cannot be asked for at once."""
        if wrong := self.wrong_combination():
            raise typer.BadParameter(wrong[0], param_hint=wrong[1])

    def wrong_combination(self) -> tuple[str, str | None] | None:
        """Return what cannot be asked for at once, and the option that it is about; None if all is well."""
        if self.tabled or self.tracer != GivenTracer():
            return self._wrong_table()
        alone = self.of_record.is_given or self.times.are_given or self.posterior
        joint = self.is_joint
        # Of one run, the sample says whose memory it is; a comparison goes by thickness and temperature.
        of_sample = self.geometry != ("", None, "")
        attributed = not (joint or self.ranked or self.spectrum or self.posterior or self.diagnosed)
        for wrong, message, hint in (
            (len(self.models) > 1 and not self.ranked, "several circuits are compared with --rank", "--model"),
            (self.ranked and self.spectrum, "a spectrum has no circuits to rank", "--rank"),
            (joint and (self.ranked or self.spectrum), "several files are fitted to one circuit", "RUN"),
            (joint and alone, _OF_ONE_RUN, None),
            (
                self.ranked and (self.of_record.robust or self.posterior),
                "circuits are ranked by least squares on one reduction of the run: leave --robust and --posterior out",
                "--rank",
            ),
            *self.times.wrong_with(
                is_attributed=attributed, is_robust=self.of_record.robust, has_no_circuit=self.spectrum or self.ranked
            ),
            (
                joint and self.of_record.control != "",
                "what the instrument of a record controlled is kept with it: import it with --control",
                "--control",
            ),
            (
                (of_sample and not attributed) or (self.thicknesses and not (attributed or self.compared)),
                "the sample is asked for where one run is fitted to one circuit, and its thickness to compare runs",
                "--thickness" if self.thicknesses else "--area",
            ),
            *self.constraints.wrong_with(is_attributed=attributed),
            (
                attributed and max(len(self.thicknesses), len(self.temperatures_K)) > 1,
                "one run has one sample: give --thickness and --temperature once",
                "RUN",
            ),
            (
                self.diagnosed
                and (self.compared or self.ranked or self.spectrum or self.posterior or self.of_record.robust),
                "a diagnosis is of one circuit, fitted by least squares to one record or to several together",
                "--diagnose",
            ),
            (
                self.posterior and (self.spectrum or self.of_record.robust),
                "the posterior is of a circuit, fitted by least squares",
                "--posterior",
            ),
            (
                self.compared and (len(self.runs) < 2 or any(self.together)),
                "a comparison is of two runs or more, each fitted alone",
                "--compare",
            ),
        ):
            if wrong:
                return message, hint
        return None

    def _wrong_table(self) -> tuple[str, str | None] | None:
        """Return what cannot be asked for together with a referee's table."""
        others = (self.ranked, self.spectrum, self.posterior, self.diagnosed, self.compared, *self.together)
        if not self.tabled:
            return "carriers are asked for by the referee's table: add --table", "--tracer-diffusion"
        if any(others) or self.is_joint:
            return "the referee's table is of runs, each fitted alone to one circuit", "--table"
        if self.constraints.started or self.constraints.profiled:
            return "starts and profiles are of one run, fitted alone", "--table"
        if len(self.models) > 1:
            return "several circuits are compared with --rank", "--model"
        if self.tracer.carrier_density and not self.tracer.diffusion:
            return "the Haven ratio needs --tracer-diffusion as well", "--carrier-density"
        return None


def answer(request: FitRequest, *, as_json: bool) -> None:
    """Do the fit that was asked for, and print it, or why it cannot be done."""
    from ionecho.commands.refusals import reported

    request.require_compatible()
    with reported(as_json=as_json):
        run_fit(request, as_json=as_json)


def run_fit(request: FitRequest, *, as_json: bool) -> None:
    """Do the fit that was asked for, and print it."""
    from fitting.model.circuit import element_problems
    from ionecho.commands.fit import fit_run, fit_spectrum_of_run, print_posterior, rank_models
    from ionecho.commands.fit_checks import check_fit
    from ionecho.commands.output import error_console

    runs, temperatures = request.runs, request.temperatures_K
    check_fit(runs, request.models, request.of_record.mains_Hz, temperatures, request.of_record.control)
    for problem in element_problems():
        error_console().print(f"warning: {problem}", soft_wrap=True)
    circuit = request.models[0] if request.models else USUAL
    sample = GivenSample() if request.is_of_several else request.sample
    held, options = request.constraints.circuit(circuit), _options_of(request)
    if request.tabled:
        common = GivenSample.parsed("", *request.geometry, None)
        asked = TableRequest(runs, held, options, common, request.thicknesses, temperatures, request.tracer)
        print_referee_table(asked, as_json=as_json)
    elif request.compared:
        from ionecho.commands.fit_several import compare_runs

        compare_runs(runs, circuit, temperatures, request.thicknesses, as_json=as_json)
    elif request.is_joint:
        from ionecho.commands.fit_several import JointRequest, diagnose_records, fit_together

        joint = JointRequest(runs, circuit, *request.together, temperatures, request.sweep)
        (diagnose_records if request.diagnosed else fit_together)(joint, as_json=as_json)
    elif request.ranked:
        rank_models(runs[0], request.models or list(RANKED), options, as_json=as_json)
    elif request.diagnosed:
        from ionecho.commands.fit_diagnosis import print_diagnosis

        print_diagnosis(runs[0], circuit, options, as_json=as_json)
    elif request.posterior:
        print_posterior(runs[0], circuit, options, as_json=as_json)
    elif request.constraints.profiled:
        from ionecho.commands.fit import print_profile

        given = request.constraints
        print_profile(runs[0], held, options, given.profiled, given.start, as_json=as_json)
    elif request.spectrum:
        fit_spectrum_of_run(runs[0], options, as_json=as_json)
    else:
        fit_run(runs[0], held, options, sample, request.constraints.start, as_json=as_json)


def _options_of(request: FitRequest) -> StudyOptions:
    """Return what goes with the fit; what is not given counts as it was stated of each run."""
    from fitting import StudyOptions
    from ionecho.commands.fit_checks import checked_baseline, checked_before

    of_record = request.of_record
    return StudyOptions(
        of_record.drift,
        of_record.mains_Hz,
        before=checked_before(of_record.before, request.runs[0], of_record.control),
        robust=of_record.robust,
        baseline=checked_baseline(of_record.baseline),
        control=of_record.control,
        **request.times.to_options(),
    )
