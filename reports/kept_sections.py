"""Sections of what is kept beside a run apart from its fit: the spectrum of its relaxations, a joint fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fitting.kept_results import JOINT, SPECTRUM, kept_document
from fitting.results.estimate import Estimate
from protocols import format_quantity
from reports.content import Facts, Points, Row, Section, Table
from reports.figure import Axis, Columns, Figure, Ink, Layer, Mark, Panel
from reports.fit_tables import estimate_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from daq import Run


def kept_sections(run: Run) -> Iterator[Section]:
    """Give the sections of the spectrum and of the joint fit that are kept beside a run, where they are.

    Raises
    ------
    FitError
        If a later version of ionecho kept one of them.
    """
    spectrum, joint = kept_document(run, SPECTRUM), kept_document(run, JOINT)
    if spectrum is not None:
        yield spectrum_section(spectrum)
    if joint is not None:
        yield joint_section(joint)


def spectrum_section(document: Mapping[str, Any]) -> Section:
    """Return what a kept spectrum of relaxations says: its modes, its peaks, what it leaves of the record."""
    is_driven = "instant_resistance_ohm" in document
    quantity, unit = ("resistance", "ohm") if is_driven else ("conductance", "S")
    name = f"{quantity}_{unit}"
    answer = "V" if is_driven else "A"
    rows = tuple(_peak(one, name, unit) for one in document["peaks"])
    table = Table(
        ("relaxation time", quantity, "capacitance", "as of"),
        rows,
        frozenset({0, 1, 2}),
        "Peaks; grey where the record does not reach that far. Capacitances are hints at a cell constant of 1 /cm.",
    )
    left = format_quantity(document[f"rms_residual_{answer}"], answer)
    share = document["residual_share"]
    facts = [("rms residual", left if share is None else f"{left}, {100.0 * share:.3g} % of what was measured")]
    if is_driven:
        facts.append(("at once", format_quantity(document["instant_resistance_ohm"], "ohm")))
        if document["blocking_capacitance_F"] is not None:
            facts.append(("blocked by", format_quantity(document["blocking_capacitance_F"], "F")))
    else:
        facts.append(("stays", format_quantity(document["static_conductance_S"], "S")))
    facts += _provenance(document["provenance"])
    figures = (_modes_figure(document, name, unit, quantity),) if document["spectrum"] else ()
    return Section("Relaxations without a model", (*figures, *((table,) if rows else ()), Facts(tuple(facts))))


def _peak(one: Mapping[str, Any], name: str, unit: str) -> Row:
    cells = (
        format_quantity(one["relaxation_time_s"], "s"),
        format_quantity(one[name], unit),
        format_quantity(one["capacitance_F"], "F"),
        str(one["capacitance_of"]),
    )
    return Row(cells, not one["seen"])


def _modes_figure(document: Mapping[str, Any], name: str, unit: str, quantity: str) -> Figure:
    columns = Columns()
    x = columns.add("relaxation_time_s", [one["relaxation_time_s"] for one in document["spectrum"]])
    y = columns.add(name, [one[name] for one in document["spectrum"]])
    foot = columns.add(f"none_{unit}", [0.0] * len(document["spectrum"]))
    panel = Panel(
        Axis("relaxation time", "s", log=True),
        Axis(quantity, unit, low=0.0),
        (Layer(Mark.INTERVALS, x, (y, foot, y), Ink.MEMORY),),
    )
    caption = "Modes of the record's response that no circuit was asked for; none is below zero."
    return Figure("relaxations", caption, (panel,), columns.values, height_mm=56.0)


def joint_section(document: Mapping[str, Any]) -> Section:
    """Return what a kept joint fit says: its unknowns, and the records that it rests on."""
    estimates = [Estimate.from_document(name, one) for name, one in document["parameters"].items()]
    asked = document["provenance"]
    files = [one["file"] for one in asked["files"]]
    caption = f"{document['model']}, one cell for {len(files)} files; NAME[k] is that of file k."
    records = tuple(
        _record(k, file, one) for k, (file, one) in enumerate(zip(files, document["records"], strict=True), 1)
    )
    headings = ("", "file", "temperature", "noise", "samples")
    shown: list[Any] = [estimate_table(estimates, document["fixed"], caption)]
    shown.append(Table(headings, records, frozenset({2, 3, 4}), "Files of the joint fit."))
    if document["remarks"]:
        shown.append(Points(tuple(str(one.get("text", one)) for one in document["remarks"])))
    shown.append(Facts(tuple(_provenance(asked))))
    return Section("Joint fit", tuple(shown))


def _record(k: int, file: str, one: Mapping[str, Any]) -> Row:
    T = one["temperature_K"]
    noise = f"{100.0 * one['noise']:.3g} % of |Z|" if one["noise_unit"].startswith("share") else ""
    cells = (
        f"[{k}]",
        file,
        "" if T is None else f"{T:g} K",
        noise or format_quantity(one["noise"], one["noise_unit"]),
        f"{one['samples_used']:,}",
    )
    return Row(cells)


def _provenance(asked: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "fitted with", f"ionecho {asked['ionecho']}, code {asked['code']}, numpy {asked['numpy']}"
