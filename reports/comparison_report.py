"""Report of several runs side by side: the fits kept beside them, by thickness and temperature."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fitting.interpretation.comparison import Comparison, compare
from fitting.interpretation.places import format_length
from fitting.study import has_kept_study, kept_study, sample_of
from protocols import FitError
from reports.comparison_figures import arrhenius_figures, decays_figure, thickness_figure
from reports.content import Facts, Paragraph, Points, Report, Row, Section, Table, Tone, Verdict
from reports.methods import Citations, methods_of_fit
from reports.numbers import compact_estimate, rounded
from reports.run_report import footer
from reports.runs_table import runs_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from daq import Run
    from fitting.interpretation.arrhenius import Arrhenius
    from fitting.study import Study
    from protocols import Sample
    from reports.content import Block


@dataclass(frozen=True, eq=False)
class ReportedRun:
    """A run with its sample, and the fit that is kept beside it.

    Attributes
    ----------
    run : Run
    sample : Sample
    study : Study or None
    name : str
    """

    run: Run
    sample: Sample
    study: Study | None
    name: str

    @classmethod
    def of(cls, run: Run, name: str = "") -> ReportedRun:
        """Return a run with what is kept beside it, by its file's name unless another one is given."""
        return cls(run, sample_of(run), kept_study(run) if has_kept_study(run) else None, name or run.path.stem)

    @property
    def is_described(self) -> bool:
        """Whether the fitted circuit describes the record."""
        return self.study is not None and not any(one.kind.questions_model for one in self.study.result.remarks)

    @property
    def has_memory(self) -> bool:
        """Whether the fit has a conductor whose memory can be compared."""
        return self.study is not None and "median_memory_time" in self.study.result.memory.names


_NAMED = 5
"""Runs that a verdict names; the table marks all."""


def report_of_comparison(runs: Sequence[Run]) -> Report:
    """Return the report of several runs.

    Raises
    ------
    RunFileError, FitError
        If a fit that is kept cannot be read.
    """
    reported = [ReportedRun.of(run) for run in runs]
    compared, comparison = compared_runs(reported)
    verdict = verdict_on(reported, comparison)
    sections = [Section("Runs", (table_of_runs(reported),)), *comparison_sections(compared, comparison)]
    methods = tuple(methods_blocks(compared))
    sections += [Section("Methods", methods)] if methods else []
    title = f"{len(runs)} runs compared"
    return Report("comparison", title, tuple(_facts(reported)), verdict, tuple(sections), footer())


def compared_runs(reported: Sequence[ReportedRun]) -> tuple[list[ReportedRun], Comparison | None]:
    """Return the runs whose memory can be compared, those of the circuit that most have, and the comparison.

    Runs whose circuit does not describe them are left out: their figures must not be used.
    """
    usable = [one for one in reported if one.is_described and one.has_memory]
    circuits = Counter(one.study.result.model.circuit for one in usable if one.study is not None)
    if not circuits:
        return [], None
    circuit = circuits.most_common(1)[0][0]
    alike = [one for one in usable if one.study is not None and one.study.result.model.circuit == circuit]
    if len(alike) < 2:
        return alike, None
    try:
        results = [one.study.result for one in alike if one.study is not None]
        return alike, compare(results, [one.sample for one in alike])
    except FitError:
        return alike, None


def verdict_on(reported: Sequence[ReportedRun], comparison: Comparison | None) -> Verdict:
    """Return what runs say together; first of all whether the models describe the records."""
    fitted = [one for one in reported if one.study is not None]
    missed = [one for one in fitted if not one.is_described]
    n_without = len(reported) - len(fitted)
    evidence = [] if comparison is None else list(comparison.evidence)
    steps = ["ionecho fit RUN --model CIRCUIT, for each run without a fit"] if n_without else []
    if n_without:
        evidence.append(f"beside {n_without} of {len(reported)} runs no fit is kept")
    if missed:
        more = f" and {len(missed) - _NAMED} more" if len(missed) > _NAMED else ""
        names = ", ".join(one.name for one in missed[:_NAMED]) + more
        sentence = f"The fitted circuit does not describe {len(missed)} of {len(fitted)} records: {names}."
        return Verdict(
            sentence, Tone.BAD, (*evidence, "runs that are not described are not compared"), (), tuple(steps)
        )
    if comparison is None:
        sentence = (
            "No fit is kept beside any of these runs."
            if not fitted
            else "There is too little to compare these runs by."
        )
        return Verdict(sentence, Tone.OPEN, tuple(evidence), (), tuple(steps))
    is_decided = any("a memory of the material itself" in one or "charged through the bulk" in one for one in evidence)
    sentence = "; ".join(_conclusions(comparison)) or "Neither thickness nor temperature was varied"
    figures = tuple(_energies(comparison))
    tone = Tone.GOOD if is_decided or comparison.time is not None else Tone.OPEN
    return Verdict(f"{sentence[0].upper()}{sentence[1:]}.", tone, tuple(evidence), figures, tuple(steps))


def _conclusions(comparison: Comparison) -> Iterator[str]:
    """Give what follows from thickness and from temperature: the ends of the sentences of the evidence."""
    for one in comparison.evidence:
        _, found, conclusion = one.partition("apart: " if "meV apart" in one else "): ")
        if found and "time ~ thickness" in one:
            yield f"by thickness, {conclusion}"
        elif found:
            yield f"by temperature, {conclusion}"


def _energies(comparison: Comparison) -> Iterator[tuple[str, str]]:
    if comparison.thickness is not None:
        line = comparison.thickness
        yield "Exponent of thickness", str(rounded(line.slope, line.slope_ci95, ""))
    for title, found, sign in (
        ("Activation energy of the memory time", comparison.time, -1.0),
        ("Activation energy of conductivity × T", comparison.conductivity, 1.0),
    ):
        if found is not None:
            yield title, energy_text(found, sign)


def energy_text(found: Arrhenius, sign: float) -> str:
    """Return an activation energy with its interval; `sign` is -1 for a time, which falls as it gets warmer."""
    ends = sorted(sign * end for end in found.energy_ci95_eV)
    return str(rounded(sign * found.energy_eV, (ends[0], ends[1]), "eV", prefixed=False))


def table_of_runs(reported: Sequence[ReportedRun]) -> Table:
    """Return the runs side by side: sample, circuit, whether it describes them, their memory."""
    headings = ("run", "sample", "T", "thickness", "circuit", "describes", "W_inf", "median memory time", "memory of")
    rows = []
    for one in reported:
        sample, study = one.sample, one.study
        cells = [
            one.name,
            sample.name,
            "" if sample.temperature_K is None else f"{sample.temperature_K:g} K",
            "" if sample.thickness_m is None else format_length(sample.thickness_m),
            "no fit" if study is None else study.result.model.circuit,
            "" if study is None else ("yes" if one.is_described else "no"),
            _figure(study, "W_inf"),
            _figure(study, "median_memory_time"),
            "" if study is None or study.attribution is None else str(study.attribution.verdict),
        ]
        rows.append(Row(tuple(cells), study is not None and not one.is_described))
    return runs_table(headings, rows)


def _figure(study: Study | None, name: str) -> str:
    if study is None or name not in study.result.memory.names:
        return ""
    one = study.result.memory[name]
    if not one.determined:
        return "not determined"
    return compact_estimate(one)


def comparison_sections(compared: Sequence[ReportedRun], comparison: Comparison | None) -> Iterator[Section]:
    """Give what a comparison shows: decays over each other, activation, dependence on thickness."""
    blocks: list[Block] = []
    decays = decays_figure([(_label(one), one.study.result) for one in compared if one.study is not None])
    if decays is not None:
        yield Section("Memory", (decays,))
    if comparison is None:
        return
    blocks += arrhenius_figures(comparison)
    by_thickness = thickness_figure(comparison)
    blocks += [] if by_thickness is None else [by_thickness]
    rows = tuple(_energies(comparison))
    if blocks or rows:
        yield Section("Temperature and thickness", (*blocks, Facts(rows), Points(comparison.evidence)))


def _label(one: ReportedRun) -> str:
    sample = one.sample
    T = "" if sample.temperature_K is None else f"{sample.temperature_K:g} K"
    L = "" if sample.thickness_m is None else format_length(sample.thickness_m)
    return ", ".join(text for text in (sample.name, T, L) if text) or one.name


def methods_blocks(compared: Sequence[ReportedRun]) -> Iterator[Block]:
    """Give the methods of the fits, which are one if they were fitted alike, and what they rest on."""
    citations = Citations()
    fits = [one.study for one in compared if one.study is not None]
    texts = list(dict.fromkeys(methods_of_fit(study, citations, counted=False) for study in fits))
    if not texts:
        return
    yield from (Paragraph(text) for text in texts)
    yield Paragraph(
        "Runs were compared by straight lines through logarithms, each value weighted by its own interval; scatter"
        " beyond the intervals widens the result. By temperature, the memory time is compared with conductivity × T"
        f"{citations.cite('bnn')}."
    )
    yield Points(citations.works(), is_numbered=True)


def _facts(reported: Sequence[ReportedRun]) -> Iterator[tuple[str, str]]:
    names = dict.fromkeys(one.sample.name for one in reported if one.sample.name)
    if names:
        yield "sample" if len(names) == 1 else "samples", ", ".join(names)
    T = [one.sample.temperature_K for one in reported if one.sample.temperature_K is not None]
    if T:
        yield "temperature", _range([f"{min(T):g} K", f"{max(T):g} K"])
    L = [one.sample.thickness_m for one in reported if one.sample.thickness_m is not None]
    if L:
        yield "thickness", _range([format_length(min(L)), format_length(max(L))])
    starts = sorted(one.run.start_time[:10] for one in reported if one.run.start_time)
    if starts:
        yield "measured", _range([starts[0], starts[-1]])
    makers = dict.fromkeys(
        " ".join(one.run.instrument.get(name, "") for name in ("maker", "model")).strip() for one in reported
    )
    if any(makers):
        yield "instrument", ", ".join(one for one in makers if one)
    operators = dict.fromkeys(one.run.origin.operator for one in reported if one.run.origin.operator)
    if operators:
        yield "operator", ", ".join(operators)


def _range(ends: list[str]) -> str:
    return " to ".join(dict.fromkeys(ends))
