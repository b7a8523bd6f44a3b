"""What goes with the samples of a run wherever they go: whose, of what, by which program, and whether all are there."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from daq.state import RunState

if TYPE_CHECKING:
    from daq.files.run import Run

_NS = 1e-9
"""Seconds of a nanosecond."""


def started_s(run: Run) -> float | None:
    """Return when the first sample was asked for (s since 1970), None if the file does not tell.

    An imported record does not: its file was made later than its samples.
    """
    if not run.protocol_text:
        return None
    stamps = [event["host_ns"] for event in run.events if event["kind"] == "start"]
    return stamps[0] * _NS if stamps else datetime.fromisoformat(run.start_time).timestamp()


def facts_of(run: Run) -> dict[str, str]:
    """Return what is known of a run as texts by names; what is not known is left out."""
    origin = run.origin
    facts = {
        "title": run.title,
        "start_time": run.start_time,
        "source": run.path.name,
        "state": str(run.state),
        "run_id": run.run_id,
        "instrument": " ".join(run.instrument.get(name, "") for name in ("maker", "model", "serial")).strip(),
        "sample": _json({name: value for name, value in asdict(run.sample).items() if value not in (None, "")}),
        "operator": origin.operator,
        "project": origin.project,
        "campaign": origin.campaign,
        "point": str(origin.point or ""),
        "tags": ", ".join(run.tags),
        "protocol": run.protocol_text,
        "stated": _json(run.statements.stated),
        "made_by": " ".join(f"{name} {version}" for name, version in run.versions.items()),
        "remarks": " ".join(remarks_on(run)),
    }
    return {name: text for name, text in facts.items() if text}


def remarks_on(run: Run) -> tuple[str, ...]:
    """Return what whoever uses the samples must know, one sentence each; nothing for a whole run without faults."""
    remarks = tuple(f"{note}." for note in run.notes)
    if not run.state.is_final:
        return (f"The run is {run.state}: these are its first {run.n_samples:,} samples.", *remarks)
    if run.state is not RunState.COMPLETE:
        ends = [event["message"] for event in run.events if event["kind"] == run.state]
        reason = f": {ends[-1]}" if ends and ends[-1] else ""
        return (f"The run ended early ({run.state}), after {run.n_samples:,} samples{reason}.", *remarks)
    return remarks


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
