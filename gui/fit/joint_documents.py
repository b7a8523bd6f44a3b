"""Documents of joint fits and of impedance spectra: unknowns, memories, complex planes, what is wrong with each record.

Each becomes rows and curves that a page shows. Without Qt; called in a worker thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gui.common.language import tr
from gui.fit.documents import DiagnosisView, ImpedanceView, Listing, SeveralView, as_sentence, figures_listing
from protocols import format_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Document = Mapping[str, Any]


def joint_of(document: Document) -> SeveralView:
    """Return a joint fit, or the fit of a spectrum: unknowns, and each record with its memory."""
    records, remarks = document["records"], document["remarks"]
    listings = [figures_listing(tr("Unknowns of the fit"), document["parameters"])]
    for k, one in enumerate(records, start=1):
        at = "" if one["temperature_K"] is None else f", {one['temperature_K']:g} K"
        title = f"[{k}] {one['source'] or tr('record')}{at}"
        if one["memory"]:
            listings.append(figures_listing(title, one["memory"]))
    questioned = any(_is_misfit(one["kind"]) for one in remarks)
    if questioned:
        sentence = tr("{circuit} does not describe all of it: see the notes before you use a figure.")
    else:
        sentence = (
            tr("{circuit} describes {n} records together.")
            if len(records) > 1
            else tr("{circuit} describes the record.")
        )
    notes = tuple(as_sentence(one["text"]) for one in remarks)
    sentence = sentence.format(circuit=document["model"], n=len(records))
    return SeveralView(sentence, not questioned, tuple(listings), remarks=notes, spectra=_spectra(document))


def _spectra(document: Document) -> tuple[ImpedanceView, ...]:
    """Return the impedances of a document; none if the records are runs."""
    records = document["records"]
    return tuple(
        ImpedanceView(
            records[one["record"] - 1]["source"] or tr("record"),
            np.array(one["frequency_Hz"]),
            _complex(one["measured_ohm"]),
            _complex(one["fitted_ohm"]),
            np.array(one["curve"]["frequency_Hz"]),
            _complex(one["curve"]["fitted_ohm"]),
        )
        for one in document.get("spectra", ())
    )


def _complex(parts: Mapping[str, list[float]]) -> NDArray[np.complex128]:
    return np.array(parts["real"]) + 1j * np.array(parts["imaginary"])


def joint_diagnosis_of(document: Document) -> DiagnosisView:
    """Return a diagnosis of several records: a row for each cause, or one that says that there is none."""
    rows, clean = [], 0
    for k, one in enumerate(document["records"], start=1):
        left = [_left(one[name], one["unit"]) for name in ("left_together", "left_alone")]
        wrong = _wrong_with(one)
        clean += not wrong
        for number, (text, remedy) in enumerate(wrong or [(tr("Nothing but noise is left."), "")]):
            place = (f"[{k}] {one['source']}", *left) if number == 0 else ("", "", "")
            rows.append((*place, text, remedy))
    n = len(document["records"])
    if clean == n:
        sentence = tr("{circuit} describes {n} records together; each shares what is shared.")
    else:
        sentence = tr("Something is wrong with {wrong} of {n} records that {circuit} was fitted to together.")
        sentence += " " + tr("What would help is for a fit of that record alone.")
    headings = (tr("Record"), tr("Left together"), tr("Left alone"), tr("What is wrong"), tr("What would help"))
    n_columns = len(headings) if any(row[-1] for row in rows) else len(headings) - 1
    shown = sentence.format(circuit=document["circuit"], n=n, wrong=n - clean)
    listing = Listing("", headings[:n_columns], tuple(row[:n_columns] for row in rows))
    return DiagnosisView(document["circuit"], shown, listing, ())


def _left(left: float, unit: str) -> str:
    """Return what is left of a record: of a sample, or of a spectrum as a share of its impedance."""
    return (
        format_quantity(left, unit, 3) if unit in {"A", "V"} else tr("{share:.3g} % of |Z|").format(share=100.0 * left)
    )


def _wrong_with(record: Document) -> list[tuple[str, str]]:
    """Return what is wrong with a record of a joint fit, each with what would help."""
    found = []
    if record["disagrees"]:
        own = [
            tr("{name} {own} by itself, {joint} together").format(
                name=one["name"],
                own=format_quantity(one["own"], one["unit"], 3),
                joint=format_quantity(one["joint"], one["unit"], 3),
            )
            for one in record["own_values"]
        ]
        text = tr("It does not share what is shared: {values}.") if own else tr("It does not share what is shared.")
        found.append((text.format(values="; ".join(own)), ""))
    if record["diagnosis"] is not None:
        causes = record["diagnosis"]["causes"]
        found += [(as_sentence(one["text"]), one["remedy"]) for one in causes]
    else:
        found += [
            (as_sentence(one["text"]), "")
            for one in record["remarks"]
            if _is_misfit(one["kind"]) or one["kind"] == "spectrum_correlated"
        ]
    return found


def _is_misfit(kind: str) -> bool:
    """Whether a remark says that the circuit may be the wrong one."""
    return kind.endswith("misfit") or kind in {"not_described", "noise_not_white"}
