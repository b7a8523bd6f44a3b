"""Rows of a refit: what was found of one run with one circuit, as plain values under names with units."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from fitting.inference.information_criteria import criteria
from fitting.interpretation.pulses import first_pulse
from fitting.reduction.control import named_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from daq import Run
    from fitting.interpretation.attribution import Attribution
    from fitting.results.estimate import Estimate
    from fitting.results.fit_result import FitResult
    from protocols import Sample

Row = dict[str, Any]
"""Values of a row by their columns: numbers (SI), texts, truth values; None or absent where there is nothing."""

FITTED, FAILED, DUPLICATE = "fitted", "failed", "duplicate"
"""What became of a run and a circuit: `status` of a row."""

TEXTS = (
    "run",
    "circuit",
    "status",
    "reason",
    "sample",
    "protocol",
    "started",
    "instrument",
    "verdict",
    "verdict_reason",
    "remarks",
    "intervals",
    "start",
    "sha256",
    "run_id",
    "ionecho",
    "code",
    "numpy",
    "settings",
    "settings_sha256",
    "stated",
    "fitted_at",
)
"""Columns of text; all others hold numbers or truth values."""

FIRST = (
    "run",
    "circuit",
    "status",
    "reason",
    "sample",
    "temperature_K",
    "thickness_m",
    "area_m2",
    "pulse_V",
    "pulse_s",
    "protocol",
    "started",
    "instrument",
    "describes",
    "verdict",
    "verdict_reason",
    "remarks",
    "aicc",
    "whiteness",
    "rms_residual_A",
    "rms_current_A",
    "rms_residual_V",
    "rms_voltage_V",
    "interval_inflation",
    "samples_used",
    "samples_excluded",
    "window_first_s",
    "window_last_s",
    "intervals",
    "start",
)
"""Columns before the quantities, in their order."""

LAST = (
    "reduction_kept",
    "seconds",
    "sha256",
    "run_id",
    "ionecho",
    "code",
    "numpy",
    "settings",
    "settings_sha256",
    "stated",
    "fitted_at",
)
"""Columns behind the quantities."""


def columns_of(rows: list[Row]) -> list[str]:
    """Return the columns of some rows: what and whence first, quantities as they are met, provenance last."""
    met = {name: None for row in rows for name in row}
    quantities = [name for name in met if name not in FIRST and name not in LAST]
    always = [name for name in FIRST if name in met or not name.startswith("rms_")]
    return [*always, *quantities, *LAST]


def row_of_run(run: Run, sample: Sample) -> Row:
    """Return what is known of a run before it is fitted."""
    named = run.instrument
    instrument = " ".join(text for key in ("maker", "model", "serial") if (text := named.get(key, "")))
    drive = None if run.control == "current" else run.drive
    pulse = None if drive is None else first_pulse(drive)
    return {
        "sample": sample.name,
        "temperature_K": sample.temperature_K,
        "thickness_m": sample.thickness_m,
        "area_m2": sample.area_m2,
        "pulse_V": None if pulse is None else pulse[0],
        "pulse_s": None if pulse is None else pulse[1],
        "protocol": run.title,
        "started": run.start_time,
        "instrument": instrument,
        "run_id": run.run_id,
    }


def stated_of(run: Run) -> str:
    """Return what was stated of a run later as one line of JSON; empty if nothing was."""
    stated = run.statements.stated
    return json.dumps(stated, sort_keys=True, ensure_ascii=False) if stated else ""


def row_of_result(result: FitResult, attribution: Attribution | None) -> Row:
    """Return the figures of a fit."""
    row: Row = {
        "describes": not any(one.kind.questions_model for one in result.remarks),
        "verdict": "" if attribution is None else str(attribution.verdict),
        "verdict_reason": "" if attribution is None else str(attribution.reason or ""),
        "remarks": " ".join(dict.fromkeys(str(one.kind) for one in result.remarks)),
        # By all samples: an effective number would depend on the other circuits of the same command.
        "aicc": criteria(result, result.n_samples)[0],
        "whiteness": result.whiteness,
        **named_for(
            result.terms.control, {"rms_residual_A": result.rms_residual_A, "rms_current_A": result.rms_current_A}
        ),
        "interval_inflation": result.interval_inflation,
        "samples_used": result.n_samples,
        "samples_excluded": result.n_excluded,
        "window_first_s": result.window_s[0],
        "window_last_s": result.window_s[1],
    }
    for one in (*result.estimates, *result.times, *result.memory):
        row |= estimate_columns(one)
    return {name: _plain(value) for name, value in row.items()}


def estimate_columns(one: Estimate) -> Row:
    """Return value, interval and verdict of an estimate under their columns: ``tau_s``, ``tau_low_s``, ..."""
    unit = f"_{one.unit.replace('·', '_')}" if one.unit else ""
    low, high = one.ci95
    return {
        f"{one.name}{unit}": one.value,
        f"{one.name}_low{unit}": low,
        f"{one.name}_high{unit}": high,
        f"{one.name}_determined": one.determined,
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it: nothing in place of what is not a finite number."""
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value


def key_of(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return what a table has one row of: a record, a circuit, settings; a record without a fit goes by its path."""
    record = row.get("sha256") if row["status"] == FITTED else None
    return str(record or row["run"]), str(row["circuit"]), str(row["settings_sha256"])
