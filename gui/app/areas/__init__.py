"""Areas of the window, in the order of their docks: one line for each. They are imported when the window opens."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gui.app.area import Area, Context

AREAS = (
    "gui.app.areas.start_area:StartArea",
    "gui.app.areas.instrument_area:InstrumentArea",
    "gui.app.areas.protocol_area:ProtocolArea",
    "gui.app.areas.editor_area:EditorArea",
    "gui.app.areas.live_area:LiveArea",
    "gui.app.areas.record_area:RecordArea",
    "gui.app.areas.live_fit_area:LiveFitArea",
    "gui.app.areas.fit_area:FitArea",
    "gui.app.areas.queue_area:QueueArea",
    "gui.app.areas.runs_area:RunsArea",
    "gui.app.areas.report_area:ReportArea",
)
"""Module and class of each; a class takes the `Context`."""


def open_areas(context: Context) -> list[Area]:
    """Return the areas of a window."""
    places = (place.split(":") for place in AREAS)
    return [getattr(import_module(module), name)(context) for module, name in places]
