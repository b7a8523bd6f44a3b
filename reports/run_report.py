"""Report of one run: what it is, whether a kept fit describes it, and all of both."""

from __future__ import annotations

import datetime as dt
import shlex
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from daq import OutputState
from fitting.interpretation.places import format_length
from fitting.kept_reduction import digest_of
from fitting.results.provenance import code_versions
from fitting.study import has_kept_study, kept_study, sample_of
from protocols import IonechoError, format_duration, format_quantity
from reports.content import Facts, Paragraph, Points, Report, Section, Tone, Verdict
from reports.fit_tables import estimate_table, quality_rows, verdict_of
from reports.kept_sections import kept_sections
from reports.methods import Citations, methods_of_fit, provenance_rows
from reports.run_figures import (
    FittedRun,
    conduction_figure,
    fit_figure,
    impedance_figures,
    memory_figure,
    protocol_figure,
    record_figure,
    response_figure,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from daq import Run
    from fitting.study import Study
    from protocols import Protocol, Sample
    from reports.figure import Figure


def report_of_run(run: Run) -> Report:
    """Return the report of a run, with the fit that is kept beside it.

    Raises
    ------
    RunFileError
        If its samples are damaged.
    FitError
        If a later version of ionecho kept the fit.
    """
    run.require_intact()
    study = kept_study(run) if has_kept_study(run) else None
    sections = [_protocol_section(run), _record_section(run)]
    verdict = _without_fit(run)
    if study is not None:
        verdict = verdict_of(study)
        sections += _fit_sections(run, study)
    sections += kept_sections(run)
    sections.append(_provenance_section(run, study))
    return Report(
        "run",
        run.title or run.path.stem,
        tuple(facts_of_run(run)),
        _with_state(run, verdict),
        tuple(one for one in sections if one.blocks),
        footer(),
    )


def footer() -> str:
    """Return what made a report, and when."""
    versions = code_versions()
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"Made by ionecho {versions['ionecho']} (code {versions['code']}) on {now}"


def facts_of_run(run: Run) -> Iterator[tuple[str, str]]:
    """Give what a reader asks first of a run."""
    sample, origin = sample_of(run), run.origin
    if text := sample_text(sample):
        yield "sample", text
    if sample.temperature_K is not None:
        yield "temperature", f"{sample.temperature_K:g} K"
    yield "measured" if run.protocol_text else "imported", _moment(run.start_time)
    who = " ".join(run.instrument.get(name, "") for name in ("maker", "model", "serial")).strip()
    if who:
        firmware = run.instrument.get("firmware", "")
        yield "instrument", f"{who}, firmware {firmware}" if firmware else who
    for name, value in (("operator", origin.operator), ("project", origin.project), ("tags", ", ".join(run.tags))):
        if value:
            yield name, value
    if origin.campaign:
        yield "campaign", f"{origin.campaign}, point {origin.point}"
    yield "file", run.path.name


def sample_text(sample: Sample) -> str:
    """Return name and geometry of a sample in one line."""
    area = "" if sample.area_m2 is None else f"{1e6 * sample.area_m2:.4g} mm²"
    thickness = "" if sample.thickness_m is None else f"{format_length(sample.thickness_m)} thick"
    grains = "" if sample.grain_size_m is None else f"grains of {format_length(sample.grain_size_m)}"
    permittivity = "" if sample.permittivity is None else f"permittivity {sample.permittivity:g}"
    return ", ".join(one for one in (sample.name, thickness, area, sample.electrodes, grains, permittivity) if one)


def _moment(start: str) -> str:
    with suppress(ValueError):
        return dt.datetime.fromisoformat(start).strftime("%Y-%m-%d %H:%M:%S %Z").strip()
    return start


def _without_fit(run: Run) -> Verdict:
    return Verdict(
        "No fit is kept beside this run: it says what was measured, and nothing of the cell.",
        Tone.OPEN,
        next_steps=(f"ionecho fit {shlex.quote(str(run.path))} --model R0-Mig1-CPE1",),
    )


def _with_state(run: Run, verdict: Verdict) -> Verdict:
    """Return a verdict with what went wrong with the run itself in front."""
    outcome = run.recorded_outcome()
    told = []
    if outcome is not None and outcome.output is OutputState.UNKNOWN:
        told.append(f"The output of the instrument could not be read back as off: {outcome.reason}")
    if run.state not in {"complete", "imported"}:
        reason = f": {outcome.reason}" if outcome is not None and outcome.reason else ""
        told.append(f"The run is {run.state}{reason}; {run.n_samples:,} of {run.n_planned:,} planned samples")
    told += [f"Note on the file: {note}" for note in run.notes]
    if not told:
        return verdict
    tone = verdict.tone if verdict.tone is Tone.BAD else Tone.OPEN
    return replace(verdict, tone=tone, evidence=(*told, *verdict.evidence))


def _protocol_section(run: Run) -> Section:
    with suppress(IonechoError):
        if run.protocol is not None:
            protocol = run.protocol
            picture = protocol_figure(
                protocol.whole_sequence, f"Programmed voltage, {format_duration(protocol.duration_s)}."
            )
            notes = (Paragraph(protocol.notes),) if protocol.notes else ()
            return Section("Protocol", (picture, Facts(tuple(_protocol_rows(protocol))), *notes))
    imported = run.imported
    told = [str(one) for one in imported.get("notes", [])]
    told += [f"guessed: {one}" for one in imported.get("guessed", [])]
    told += [f"stated: {name} = {value}" for name, value in run.statements.stated.items()]
    stated = run.drive or run.current_drive
    unit = "V" if run.drive is not None else "A"
    figures = () if stated is None else (protocol_figure(stated, "Drive as it was stated.", unit=unit),)
    listed = (Points(tuple(told)),) if told else ()
    return Section("Protocol", (Paragraph("This record was imported; it has no protocol."), *figures, *listed))


def _protocol_rows(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """Give names and values of a protocol; quantities as text, whatever it was written as."""
    yield "name", protocol.name
    for name, value in protocol.rows():
        if name == "sampling interval" and protocol.sampling.interval_s is not None:
            yield name, format_quantity(protocol.sampling.interval_s, "s")
        elif not name.startswith(("sample ", "notes", "duration")):
            yield name, value


def _record_section(run: Run) -> Section:
    if not run.n_samples:
        return Section("Record", (Paragraph("There are no samples."),))
    lasts = float(run.t_s[-1] - run.t_s[0])
    interval = run.sample_interval_s
    rows = [("samples", f"{run.n_samples:,} over {format_duration(lasts)}"), ("state", str(run.state))]
    rows += [("interval", format_quantity(interval, "s"))] if interval else []
    rows += [("aperture", format_quantity(run.aperture_s, "s"))] if run.aperture_s else []
    rows += (
        [("time constants", ", ".join(format_quantity(one, "s") for one in run.response_s))] if run.response_s else []
    )
    flagged = int((run.status != 0).sum())
    rows += [("samples with a flag", f"{flagged:,}")] if flagged else []
    rows += [("accuracy", _accuracy(one)) for one in run.accuracy]
    return Section("Record", (record_figure(run), Facts(tuple(rows))))


def _accuracy(one: dict[str, str | float]) -> str:
    unit = "A" if one["quantity"] == "current" else "V"
    full, offset = (format_quantity(float(one[name]), unit) for name in ("full_scale", "offset"))
    return f"{one['quantity']}, range {full}: {100 * float(one['gain']):.3g} % + {offset} ({one['source']})"


def _fit_sections(run: Run, study: Study) -> Iterator[Section]:
    result = study.result
    fitted = FittedRun.of(run, study)
    pictures: list[Figure | None] = [response_figure(fitted), fit_figure(fitted)]
    yield Section("Fit", (*(one for one in pictures if one is not None), Facts(tuple(quality_rows(result)))))
    parameters = (*result.estimates, *result.times)
    tables = [estimate_table(parameters, dict(result.model.fixed), "Parameters of the cell.")]
    if result.combinations:
        tables.append(estimate_table(result.combinations, {}, "What the record determines in combination."))
    yield Section("Parameters", tuple(tables))
    sample = sample_of(run)
    spectra = [memory_figure(result), conduction_figure(result, sample), *impedance_figures(result)]
    drawn = tuple(one for one in spectra if one is not None)
    if result.memory:
        table = estimate_table(result.memory, {}, "What is remembered, and for how long.")
        yield Section("Memory and spectrum", (*drawn, table))
    else:
        yield Section("Spectrum", drawn)
    if result.remarks:
        yield Section("What to know before a figure is used", (Points(tuple(str(one) for one in result.remarks)),))


def _provenance_section(run: Run, study: Study | None) -> Section:
    digest = digest_of(run)
    program = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    rows = [("run file written by", program)] if program else []
    if study is None:
        rows.append(("run file (SHA-256)", digest))
        return Section("Provenance", (Facts(tuple(rows)),))
    citations = Citations()
    text = methods_of_fit(study, citations)
    rows += provenance_rows(study, digest)
    return Section("Methods", (Paragraph(text), Points(citations.works(), is_numbered=True), Facts(tuple(rows))))
