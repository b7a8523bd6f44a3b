"""Command ``ionecho fit --table``: what a referee asks for, of one run or of several fitted one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ionecho.commands.fit_sample import parsed
from ionecho.commands.output import console, error_console, opened_run, print_json
from ionecho.commands.refusals import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fitting import CellModel, StudyOptions, Tracer
    from ionecho.commands.fit_sample import GivenSample


@dataclass(frozen=True)
class GivenTracer:
    """What the command line says of the carriers; with their units, empty if not given.

    Attributes
    ----------
    diffusion : tuple of str
        Tracer diffusion coefficients, one for all runs or one each.
    carrier_density : str
    charge_number : int
    """

    diffusion: tuple[str, ...] = ()
    carrier_density: str = ""
    charge_number: int = 1

    def of_runs(self, n: int) -> Sequence[Tracer | None]:
        """Return what is known of each of n runs.

        Raises
        ------
        UsageError
            If a text is no quantity, or there are not as many as runs.
        """
        from fitting import Tracer

        if self.charge_number == 0:
            raise UsageError("an ion's charge number is a whole number other than 0", "--charge-number")
        if not self.diffusion:
            return [None] * n
        each = self.diffusion * n if len(self.diffusion) == 1 else self.diffusion
        if len(each) != n:
            raise UsageError(f"{n} runs need one --tracer-diffusion, or as many, not {len(each)}")
        density = parsed(self.carrier_density, "m^-3", "--carrier-density") if self.carrier_density else None
        return [Tracer(parsed(text, "m^2/s", "--tracer-diffusion"), density, abs(self.charge_number)) for text in each]


@dataclass(frozen=True)
class TableRequest:
    """A referee's table that was asked for.

    Attributes
    ----------
    runs : list of Path
    model : CellModel
    options : StudyOptions
    given : GivenSample
        Without thickness and temperature, which each run may have for itself.
    thicknesses : list of str
    temperatures_K : list of float
    tracer : GivenTracer
    """

    runs: list[Path]
    model: CellModel
    options: StudyOptions
    given: GivenSample
    thicknesses: list[str]
    temperatures_K: list[float]
    tracer: GivenTracer

    def samples(self) -> list[GivenSample]:
        """Return what was said of each run's sample."""
        n = len(self.runs)
        for name, values in (("thickness", self.thicknesses), ("temperature", self.temperatures_K)):
            if len(values) not in {0, 1, n}:
                raise UsageError(f"{n} runs need one --{name}, or as many, not {len(values)}")
        thicknesses = [parsed(text, "m", "--thickness") for text in self.thicknesses]
        return [
            replace(self.given, thickness_m=_of_run(thicknesses, k), temperature_K=_of_run(self.temperatures_K, k))
            for k in range(n)
        ]


def _of_run(values: Sequence[float], k: int) -> float | None:
    if not values:
        return None
    return values[k] if len(values) > 1 else values[0]


def print_referee_table(request: TableRequest, *, as_json: bool) -> None:
    """Analyse each run, keep each study with its table beside the run, and print the table of all."""
    from rich.progress import track

    from fitting import analyse, referee_table
    from fitting.study import keep_study, sample_of

    given, tracers = request.samples(), request.tracer.of_runs(len(request.runs))
    runs = [opened_run(path) for path in request.runs]
    samples = [one.over(run.statements.over(sample_of(run))) for one, run in zip(given, runs, strict=True)]
    results = []
    progress = track(
        list(zip(runs, samples, tracers, strict=True)),
        "Fitting",
        console=error_console(),
        transient=True,
        disable=as_json,
    )
    for run, sample, tracer in progress:
        study = analyse(run, request.model, request.options, sample=sample, keep=True)
        alone = referee_table([study.result], [sample], [tracer])
        keep_study(run, replace(study, referee_table=alone.to_document()))
        results.append(study.result)
    table = referee_table(results, samples, tracers)
    if as_json:
        print_json(table.to_document())
    else:
        console().print(table.table())
