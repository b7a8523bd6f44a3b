"""Report of a campaign: what became of its points, its temperature, and what the fits beside its runs say together."""

from __future__ import annotations

import datetime as dt
import shlex
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from daq import open_run
from daq.campaign.states import CampaignState, PointState
from daq.campaign.view import read_events, read_points, read_status, read_temperatures
from daq.files.run_views import thinned
from protocols import IonechoError, format_duration, read_text_file
from reports.comparison_report import (
    ReportedRun,
    compared_runs,
    comparison_sections,
    methods_blocks,
    table_of_runs,
    verdict_on,
)
from reports.content import Command, Paragraph, Points, Report, Row, Section, Table, Tone, Verdict
from reports.figure import Axis, Columns, Figure, Ink, Layer, Mark, Panel
from reports.run_report import footer, sample_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from daq.campaign.folder import CampaignFolder
    from daq.campaign.view import CampaignStatus, PointStatus

_DRAWN = 3000
"""Readings of a temperature that are drawn; of more the least and the greatest of each stretch."""
_SPANS = ((7200.0, 3600.0, "h"), (120.0, 60.0, "min"), (0.0, 1.0, "s"))
"""Units of a time axis: from how many seconds on, how many seconds it is, its symbol."""


def report_of_campaign(folder: CampaignFolder) -> Report:
    """Return the report of a campaign.

    Raises
    ------
    CampaignFileError
        If its state cannot be read.
    """
    status, points = read_status(folder), read_points(folder)
    reported, unreadable = _runs(folder, points)
    compared, comparison = compared_runs(reported)
    sections = [Section("Points", (_points_table(points), *_unread(unreadable)))]
    temperature = temperature_figure(folder)
    sections += [Section("Temperature", (temperature,))] if temperature is not None else []
    if any(one.study is not None for one in reported):
        sections.append(Section("Fits", (table_of_runs(reported),)))
        sections += comparison_sections(compared, comparison)
    events = read_events(folder)
    if events:
        sections.append(Section("What happened", (Points(tuple(_event(*one) for one in events)),)))
    if folder.document.is_file():
        sections.append(Section("Document", (Command(read_text_file(folder.document).rstrip()),)))
    methods = tuple(methods_blocks(compared))
    sections += [Section("Methods", methods)] if methods else []
    fits = verdict_on(reported, comparison) if reported else None
    verdict = _verdict(status, fits, folder)
    return Report("campaign", status.name, tuple(_facts(status, points, reported)), verdict, tuple(sections), footer())


def _runs(folder: CampaignFolder, points: Sequence[PointStatus]) -> tuple[list[ReportedRun], list[str]]:
    """Return the runs that are done, and why others cannot be read."""
    reported, unreadable = [], []
    for point in points:
        if point.state is not PointState.DONE:
            continue
        try:
            reported.append(ReportedRun.of(open_run(folder.run_file(point.file)), f"{point.number}: {point.label}"))
        except IonechoError as error:
            unreadable.append(str(error))
    return reported, unreadable


def _unread(texts: Sequence[str]) -> Iterator[Paragraph]:
    yield from (Paragraph(text) for text in texts)


def _verdict(status: CampaignStatus, fits: Verdict | None, folder: CampaignFolder) -> Verdict:
    """Return how a campaign stands, with what its fits say."""
    counts = ", ".join(f"{count} {state}" for state, count in status.counts.items() if count)
    told = [f"points: {counts}"]
    steps: tuple[str, ...] = () if fits is None else fits.next_steps
    if status.reason:
        told.append(f"the campaign: {status.reason}")
    if status.n_left and not status.is_conducted:
        steps = (f"ionecho resume {shlex.quote(str(folder.path))}", *steps)
    evidence = tuple(told) if fits is None else (*told, *fits.evidence)
    figures = () if fits is None else fits.figures
    if status.output_problem:
        sentence = f"The output of the instrument may still be on: {status.output_problem}"
        return Verdict(sentence, Tone.BAD, evidence, figures, steps)
    n_done = status.counts.get(PointState.DONE, 0)
    state = "interrupted" if status.is_interrupted else str(status.state)
    stands = f"{n_done} of {status.n_points} points are measured; the campaign is {state}."
    if fits is None or status.n_left:
        is_bad = status.state is CampaignState.FAILED
        return Verdict(stands, Tone.BAD if is_bad else Tone.OPEN, evidence, figures, steps)
    return Verdict(fits.sentence, fits.tone, (stands, *evidence), figures, steps)


def _facts(
    status: CampaignStatus, points: Sequence[PointStatus], reported: Sequence[ReportedRun]
) -> Iterator[tuple[str, str]]:
    samples = dict.fromkeys(sample_text(one.sample) for one in reported)
    if any(samples):
        yield "sample", "; ".join(one for one in samples if one)
    instruments = dict.fromkeys(
        " ".join(one.run.instrument.get(name, "") for name in ("maker", "model", "serial")).strip() for one in reported
    )
    yield "instrument", ", ".join([*(one for one in instruments if one), status.resource])
    operators = dict.fromkeys(one.run.origin.operator for one in reported if one.run.origin.operator)
    if operators:
        yield "operator", ", ".join(operators)
    began = [one.began_s for one in points if one.began_s is not None]
    ended = [one.ended_s for one in points if one.ended_s is not None]
    if began and ended:
        yield "measured", f"{_moment(min(began))} to {_moment(max(ended))}"
    yield "folder", status.folder.name


def _moment(at_s: float) -> str:
    return dt.datetime.fromtimestamp(at_s, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")


def _points_table(points: Sequence[PointStatus]) -> Table:
    headings = ("point", "label", "state", "samples", "took", "attempts", "reason")
    rows = [
        (
            str(one.number),
            one.label,
            str(one.state),
            f"{one.n_samples:,}" if one.n_samples else "",
            "" if one.began_s is None or one.ended_s is None else format_duration(one.ended_s - one.began_s),
            str(one.attempts) if one.attempts > 1 else "",
            one.reason,
        )
        for one in points
    ]
    kept = [k for k in range(len(headings)) if k < 3 or any(row[k] for row in rows)]
    counts = Counter(str(one.state) for one in points)
    return Table(
        tuple(headings[k] for k in kept),
        tuple(Row(tuple(row[k] for k in kept), row[2] == PointState.FAILED) for row in rows),
        frozenset(place for place, k in enumerate(kept) if k in {0, 3, 4, 5}),
        ", ".join(f"{count} {state}" for state, count in counts.items()),
    )


def temperature_figure(folder: CampaignFolder) -> Figure | None:
    """Return the temperature of a campaign over time, with its set points; None without a controller."""
    rows = np.array(read_temperatures(folder), dtype=np.float64).reshape(-1, 3)
    if len(rows) < 2:
        return None
    lasts_s = float(rows[-1, 0] - rows[0, 0])
    unit_s, unit = next((scale_s, unit) for least_s, scale_s, unit in _SPANS if lasts_s >= least_s)
    since = (rows[:, 0] - rows[0, 0]) / unit_s
    columns = Columns()
    t, kelvin = thinned(since, rows[:, 1], _DRAWN)
    set_t, setpoint = thinned(since, rows[:, 2], _DRAWN)
    x, y = columns.add(f"time_{unit}", t), columns.add("temperature_K", kelvin)
    set_x, set_y = columns.add(f"setpoint_time_{unit}", set_t), columns.add("setpoint_K", setpoint)
    layers = (
        Layer(Mark.STEPS, set_x, (set_y,), Ink.FIT, "set point"),
        Layer(Mark.LINE, x, (y,), Ink.VOLTAGE, "temperature"),
    )
    panel = Panel(Axis(f"time since the first reading ({unit})"), Axis("temperature", "K"), layers)
    return Figure("temperature", "Temperature, as its controller read it.", (panel,), columns.values, height_mm=58.0)


def _event(at_s: float, number: int | None, text: str) -> str:
    return f"{_moment(at_s)}{'' if number is None else f', point {number}'}: {text}"
