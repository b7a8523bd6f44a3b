"""Reports of runs, comparisons, campaigns and archives: one HTML or PDF file, and its figures with their data.

Names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.content import Report
    from reports.reporting import report_of, write_figures, write_report

_FILES = {
    "Report": "reports.content",
    "report_of": "reports.reporting",
    "write_figures": "reports.reporting",
    "write_report": "reports.reporting",
}

__all__ = ["Report", "report_of", "write_figures", "write_report"]


def __getattr__(name: str) -> object:
    if name not in _FILES:
        raise AttributeError(f"module 'reports' has no attribute {name!r}")
    return getattr(import_module(_FILES[name]), name)
