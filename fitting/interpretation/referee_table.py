"""Referee's table: conductivities, permittivities, rates and ratios of one or several runs, with equations and sources.

What is known of the conduction, how surely, by which equation, and whose equation is it?
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from fitting.interpretation.arrhenius import Arrhenius, arrhenius
from fitting.interpretation.conduction import DEFINITIONS, Tracer, conduction_figures
from fitting.interpretation.master_curve import MasterCurve, master_curve
from fitting.results.printable import Printable
from fitting.results.titles import title_of
from protocols import FitError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fitting.results.estimate import Estimate
    from fitting.results.fit_result import FitResult
    from fitting.results.tables import ResultTable
    from protocols import Sample

Known = TypeVar("Known", "Sample", "Tracer")

_ARRHENIUS = {"T": "ln(x T) over 1/kT", "1": "ln x over 1/kT"}
"""What is drawn over what for an activation energy, by `FigureDefinition.activated`."""


@dataclass(frozen=True, eq=False)
class RunFigures:
    """Figures of one run.

    Attributes
    ----------
    source : str
    sample : Sample or None
    figures : tuple of Estimate
    remarks : tuple of str
        What to know before any of them is used.
    """

    source: str
    sample: Sample | None
    figures: tuple[Estimate, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class RefereeTable(Printable):
    """What a referee asks for; `print` shows it.

    Attributes
    ----------
    circuit : str
    runs : tuple of RunFigures
        All with the same figures, in the same order.
    activations : mapping of str to Arrhenius
        By the figure's name, where it is determined at two temperatures.
    superposition : MasterCurve or None
        Of runs at several temperatures.
    notes : tuple of str
        What was not known or could not be worked out.
    """

    circuit: str
    runs: tuple[RunFigures, ...]
    activations: Mapping[str, Arrhenius]
    superposition: MasterCurve | None
    notes: tuple[str, ...]

    def __getitem__(self, name: str) -> Estimate:
        """Return a figure of the first run by its name, such as ``table["sigma_dc"]``."""
        found = next((one for one in self.runs[0].figures if one.name == name), None)
        if found is None:
            raise KeyError(f"no figure {name!r}; there are {', '.join(one.name for one in self.runs[0].figures)}")
        return found

    def to_document(self) -> dict[str, Any]:
        """Return plain data (JSON)."""
        return {
            "model": self.circuit,
            "runs": [
                {
                    "source": one.source,
                    "temperature_K": None if one.sample is None else one.sample.temperature_K,
                    "thickness_m": None if one.sample is None else one.sample.thickness_m,
                    "area_m2": None if one.sample is None else one.sample.area_m2,
                    "remarks": list(one.remarks),
                }
                for one in self.runs
            ],
            "figures": [self._row(k, figure) for k, figure in enumerate(self.runs[0].figures)],
            "superposition": None if self.superposition is None else self.superposition.to_document(),
            "notes": list(self.notes),
        }

    def _row(self, k: int, figure: Estimate) -> dict[str, Any]:
        definition, activation = DEFINITIONS[figure.name], self.activations.get(figure.name)
        return {
            "name": figure.name,
            "title": title_of(figure.name),
            "unit": figure.unit,
            "equation": definition.equation,
            "source": definition.source,
            "values": [one.figures[k].to_document() for one in self.runs],
            "activation": None if activation is None else activation.to_dict(),
        }

    def table(self) -> ResultTable:
        """Return the figures as a table for the terminal: a line a run, and one for the activation energy."""
        from rich.text import Text

        from fitting.results.tables import result_table

        sources = list(dict.fromkeys(DEFINITIONS[one.name].source for one in self.runs[0].figures))
        caption = (
            *self._superposed(),
            *self._doubts(),
            *self.notes,
            *self._remarks(),
            *(f"({k}) {source}" for k, source in enumerate(sources, 1)),
        )
        table = result_table(
            f"{self.circuit} on {self._named()}", ("figure", "value", "95 % interval", "equation"), caption
        )
        table.columns[3].justify = "left"
        for k, figure in enumerate(self.runs[0].figures):
            definition = DEFINITIONS[figure.name]
            for number, run in enumerate(self.runs, 1):
                label = figure.title if number == 1 else ""
                label += f" [{number}]" if len(self.runs) > 1 else ""
                origin = f"{definition.equation} ({1 + sources.index(definition.source)})" if number == 1 else ""
                table.add_row(Text(label), *_shown(run.figures[k]), Text(origin))
            self._add_activation(table, figure)
        return table

    def _add_activation(self, table: ResultTable, figure: Estimate) -> None:
        activation = self.activations.get(figure.name)
        if activation is None:
            return
        from rich.text import Text

        low, high = activation.energy_ci95_eV
        rule = _ARRHENIUS[DEFINITIONS[figure.name].activated]
        rule += f", {activation.n_used} runs"
        if activation.interval_inflation > 1.0:
            rule += f", scatter widens it {activation.interval_inflation:.2g} times"
        table.add_row(
            Text("  activation energy"), f"{activation.energy_eV:.4g} eV", f"{low:.4g} … {high:.4g} eV", Text(rule)
        )

    def _named(self) -> str:
        return self.runs[0].source or "record" if len(self.runs) == 1 else f"{len(self.runs)} runs"

    def _doubts(self) -> list[str]:
        """Say of each figure that is not determined why; once where the reason is the same for all runs."""
        lines: dict[str, None] = {}
        for k, run in enumerate(self.runs, 1):
            which = f" [{k}]" if len(self.runs) > 1 else ""
            for place, one in enumerate(run.figures):
                if one.determined:
                    continue
                alike = all(other.figures[place].note == one.note for other in self.runs)
                lines[f"{one.title}{'' if alike else which} is not determined: {one.note}"] = None
        return list(lines)

    def _remarks(self) -> list[str]:
        many = len(self.runs) > 1
        return [f"[{k}] {one}" if many else one for k, run in enumerate(self.runs, 1) for one in run.remarks]

    def _superposed(self) -> list[str]:
        """Return the runs by number, with temperature and shift factor, and what the master curve says."""
        if len(self.runs) == 1:
            return []
        lines, curve = [], self.superposition
        for k, one in enumerate(self.runs):
            kelvin = None if one.sample is None else one.sample.temperature_K
            line = f"[{k + 1}] {one.source}" + ("" if kelvin is None else f" at {kelvin:g} K")
            if curve is not None:
                line += (
                    ", the reference"
                    if k == curve.reference
                    else ", shift factor {} ({})".format(*curve.spectra[k].shift.shown())
                )
            lines.append(line)
        if curve is not None:
            lines.append(curve.verdict)
            if curve.summerfield is not None:
                low, high = curve.summerfield.slope_ci95
                lines.append(
                    f"shift ~ (sigma_dc T)^-{curve.summerfield.slope:.3g} ({low:.3g} … {high:.3g}); 1 if the same hops"
                    " conduct and remember (Summerfield, Philos. Mag. B 52, 9 (1985))"
                )
        return lines


def referee_table(
    results: Sequence[FitResult],
    samples: Sequence[Sample | None] | None = None,
    tracers: Sequence[Tracer | None] | None = None,
) -> RefereeTable:
    """Return what a referee asks for of one run, or of several with one circuit.

    Parameters
    ----------
    results : sequence of FitResult
        Each run fitted alone.
    samples : sequence of Sample or None, optional
        Of each run: thickness, area, temperature.
    tracers : sequence of Tracer or None, optional
        Of each run, for the Haven ratio.

    Raises
    ------
    FitError
        If there is no run, a circuit has no hopping conductor, circuits differ, or there are not as many samples or
        tracers as runs.
    """
    _check(results)
    known = _one_each(samples, len(results), "samples")
    tracer_of_each = _one_each(tracers, len(results), "tracers")
    notes = []
    if all(one is not None and one.thickness_m and one.area_m2 for one in known):
        used = known
    else:
        used = [None if one is None else replace(one, thickness_m=None, area_m2=None) for one in known]
        notes.append(
            "thickness and area of the sample are not known: conductances and capacitances in place of conductivities"
            " and permittivities"
        )
    runs = tuple(
        RunFigures(fit.source, sample, conduction_figures(fit, sized, tracer), tuple(map(str, fit.remarks)))
        for fit, sample, sized, tracer in zip(results, known, used, tracer_of_each, strict=True)
    )
    activations: dict[str, Arrhenius] = {}
    superposition = None
    kelvin = [one.temperature_K for one in known if one is not None and one.temperature_K is not None]
    if len(kelvin) < len(runs) or len(set(kelvin)) < 2:
        if len(runs) > 1:
            notes.append("no activation energies: they need the temperature of every run, and two different ones")
    else:
        activations = _activations(runs, kelvin)
        try:
            superposition = master_curve(results, kelvin)
        except FitError as error:
            notes.append(str(error))
    return RefereeTable(results[0].model.circuit, runs, activations, superposition, tuple(notes))


def _check(results: Sequence[FitResult]) -> None:
    if not results:
        raise FitError("a referee's table needs a run")
    circuit = results[0].model.circuit
    for one in results:
        if one.model.circuit != circuit:
            raise FitError(f"a referee's table is of one circuit, not of {circuit} and {one.model.circuit}")
        if one.model.bulk is None:
            raise FitError(f"{circuit} has no hopping conductor, so there is no conduction to describe")


def _one_each(given: Sequence[Known | None] | None, n: int, what: str) -> Sequence[Known | None]:
    if given is None:
        return [None] * n
    if len(given) != n:
        raise FitError(f"{n} runs need as many {what}, not {len(given)}")
    return given


def _activations(runs: Sequence[RunFigures], kelvin: Sequence[float]) -> dict[str, Arrhenius]:
    """Return the activation of each figure that has one and is determined at two temperatures."""
    found = {}
    for k, figure in enumerate(runs[0].figures):
        kind = DEFINITIONS[figure.name].activated
        if not kind:
            continue
        values = [one.figures[k] for one in runs]
        with suppress(FitError):
            found[figure.name] = arrhenius(np.array(kelvin), values, times_temperature=kind == "T")
    return found


def _shown(one: Estimate) -> tuple[str, str]:
    """Return value and interval; of what may be anything, no value that would be copied."""
    if not np.isfinite(one.value):
        return "–", ""
    return ("not determined", "") if one.ci95 == (None, None) else one.shown()
