"""Documents of fits: today's form of what any version wrote.

A document is the plain data (JSON) that `FitResult.to_document` and `Study.to_document` write, into results files and
for ``--json``. Keys of earlier versions are known here and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from protocols import LaterVersionError

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 2
"""Number of today's form. Form 1, which has no number, was written up to November 2026."""

_RENAMED = {
    "interval_widening": "interval_inflation",
    "samples_doubted": "samples_downweighted",
}


def up_to_date(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document of any version in today's form.

    What an earlier version did not write is None or empty.

    Raises
    ------
    LaterVersionError
        If a later version wrote it.
    """
    form = document.get("format", 1)
    if form == FORMAT:
        return dict(document)
    if form > FORMAT:
        raise LaterVersionError(
            f"a later version of ionecho kept this fit (form {form}, not {FORMAT}): upgrade, or fit the run again"
        )
    found = {_RENAMED.get(key, key): value for key, value in document.items()}
    found["format"] = FORMAT
    found["parameters"] = _estimates(document["parameters"])
    # A sentence about the attribution stood among the quantities.
    found["memory"] = _estimates({k: v for k, v in document["memory"].items() if isinstance(v, dict)})
    found["remarks"] = found.pop("warnings")
    return {"attribution": None, "tables": {}, "grid": None, **found}


def _estimates(documents: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _estimate(one) for name, one in documents.items()}


def _estimate(document: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: document[key] for key in ("value", "ci95", "unit")}
    found["determined"] = document["identifiable"] if "identifiable" in document else document["resolved"]
    found["note"] = document["reason"] if "reason" in document else document["note"]
    return found
