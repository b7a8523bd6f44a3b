"""Campaign: how much wider are intervals where a record does not show what came before it? (`just history-widths`)

Each record is fitted by itself, and with the voltage of the time before it, whose currents are left out; edges are
found in both. A third fit presumes rest, and tells what the history matters to. Records begin soon after a faint
earlier pulse, in mid-pulse or after a pulse as large as their own.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.campaigns.coverage import holds
from benchmarks.campaigns.records import FAMILIES, Drawn, Kind, drawn_record
from benchmarks.campaigns.tally import Progress, share
from fitting import Nuisance, fit
from fitting.constants import Z95

if TYPE_CHECKING:
    from fitting import Estimate, FitResult

_HARDLY = Z95  # deviations by which a wrongly presumed rest may move a value that its history hardly matters to
_WIDER = 3.0


def widths(drawn: Drawn) -> list[dict[str, Any]]:
    """Return a row for each quantity that is a value with a known history."""
    if drawn.whole is None:
        raise ValueError("a record without the time before it has no known history")
    known = _quantities(fit(drawn.whole, drawn.circuit))
    found = fit(drawn.record, drawn.circuit, terms=drawn.terms)
    questioned, alone = any(one.kind.questions_model for one in found.remarks), _quantities(found)
    at_rest = _quantities(fit(drawn.record, drawn.circuit, terms=Nuisance(before="rest")))
    truths = {name.split(".")[-1]: truth for name, truth in drawn.truth.items()}
    rows = []
    for name, one in known.items():
        width, same, rested = _width(one), alone.get(name), at_rest.get(name)
        if not np.isfinite(width):
            continue
        ratio = _width(same) / width
        rows.append(
            {
                "name": name,
                "ratio": ratio,
                "questioned": questioned,
                "moved": np.inf if rested is None else abs(rested.value - one.value) / (width / (2.0 * Z95)),
                "holds": holds(same.ci95, truths[name]) if same and np.isfinite(ratio) and name in truths else None,
            }
        )
    return rows


def _quantities(result: FitResult) -> dict[str, Estimate]:
    """Return parameters and memory quantities by their names without elements: a W_inf that is both, once."""
    return {one.name.split(".")[-1]: one for one in (*result.estimates, *result.memory)}


def _width(one: Estimate | None) -> float:
    """Return the width of an interval; infinite unless it is that of a value."""
    if one is None or not one.determined or one.bound:
        return np.inf
    low, high = one.ci95
    return np.inf if low is None or high is None else high - low


def _is_within(row: dict[str, Any]) -> bool:
    return bool(row["ratio"] <= _WIDER)


def campaign(kind: Kind, runs: int, folder: Path, first: int = 0) -> dict[str, Any]:
    """Fit, compare and count; return what was found."""
    progress = Progress(folder / f"history-widths-{kind}.json")
    rows: list[dict[str, Any]] = []
    document: dict[str, Any] = {}
    for k in range(runs):
        for family in kind.families:
            rows += [
                row | {"seed": first + k, "family": family} for row in widths(drawn_record(family, kind, first + k))
            ]
        hardly = [row for row in rows if row["moved"] < _HARDLY]
        within = sum(map(_is_within, hardly))
        described = [row for row in hardly if not row["questioned"]]
        asked = [row for row in rows if row["holds"] is not None]
        names = sorted({row["name"] for row in rows})
        document = {
            "campaign": str(kind),
            "hardly matters, within 3 times": share(within, len(hardly)),
            "the same, of records that the circuit describes": share(sum(map(_is_within, described)), len(described)),
            "hardly matters, median": float(np.median([row["ratio"] for row in hardly])) if hardly else None,
            "median": {name: float(np.median([row["ratio"] for row in rows if row["name"] == name])) for name in names},
            "values hold": share(sum(row["holds"] is True for row in asked), len(asked)),
            "rows": rows,
        }
        progress.report(k + 1, runs, document, f"{within} of {len(hardly)} no more than 3 times as wide")
    return document


def main() -> None:
    """Run one campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--begins", choices=("faint", "pulse", "unseen"), default="faint")
    parser.add_argument("--snr", type=float, default=1000.0)
    parser.add_argument("--runs", type=int, default=25, help="of each family")
    parser.add_argument("--first", type=int, default=0, help="seed of the first run")
    parser.add_argument("--folder", type=Path, default=Path("campaigns"))
    asked = parser.parse_args()
    campaign(Kind("clock", asked.begins, asked.snr, FAMILIES), asked.runs, asked.folder, asked.first)


if __name__ == "__main__":
    main()
