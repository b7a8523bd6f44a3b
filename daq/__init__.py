"""Execution of runs and their files: bench, runner, guardian, run file, results file.

Names are loaded when they are first used: a fit of a kept run needs neither pyvisa nor processes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from daq.execution.attaching import attach, end_if_silent, runs_in_progress
    from daq.execution.bench import Bench
    from daq.execution.bench_session import BenchSession
    from daq.execution.recovery import confirm_off, recover
    from daq.execution.run_in_progress import RunInProgress
    from daq.execution.unconfirmed_outputs import unconfirmed_outputs
    from daq.export.event_documents import documents_of
    from daq.export.export import Format, export_run
    from daq.files.blocks import Findings
    from daq.files.finalize import Recovery
    from daq.files.fingerprint import fingerprint_of
    from daq.files.names import is_results, results_path
    from daq.files.readers.import_run import import_record
    from daq.files.readers.reading import read_text
    from daq.files.readers.record import ReadOptions, TextRecord
    from daq.files.results import Process, read_process, write_process
    from daq.files.run import Run, open_run
    from daq.state import Outcome, OutputState, Phase, RunState, RunStatus

# File of each public name.
_FILES = {
    "Bench": "daq.execution.bench",
    "BenchSession": "daq.execution.bench_session",
    "Findings": "daq.files.blocks",
    "Format": "daq.export.export",
    "Outcome": "daq.state",
    "OutputState": "daq.state",
    "Phase": "daq.state",
    "Process": "daq.files.results",
    "Recovery": "daq.files.finalize",
    "Run": "daq.files.run",
    "RunInProgress": "daq.execution.run_in_progress",
    "RunState": "daq.state",
    "RunStatus": "daq.state",
    "ReadOptions": "daq.files.readers.record",
    "TextRecord": "daq.files.readers.record",
    "attach": "daq.execution.attaching",
    "confirm_off": "daq.execution.recovery",
    "documents_of": "daq.export.event_documents",
    "end_if_silent": "daq.execution.attaching",
    "export_run": "daq.export.export",
    "fingerprint_of": "daq.files.fingerprint",
    "import_record": "daq.files.readers.import_run",
    "is_results": "daq.files.names",
    "open_run": "daq.files.run",
    "read_process": "daq.files.results",
    "read_text": "daq.files.readers.reading",
    "recover": "daq.execution.recovery",
    "results_path": "daq.files.names",
    "runs_in_progress": "daq.execution.attaching",
    "unconfirmed_outputs": "daq.execution.unconfirmed_outputs",
    "write_process": "daq.files.results",
}

__all__ = [
    "Bench",
    "BenchSession",
    "Findings",
    "Format",
    "Outcome",
    "OutputState",
    "Phase",
    "Process",
    "ReadOptions",
    "Recovery",
    "Run",
    "RunInProgress",
    "RunState",
    "RunStatus",
    "TextRecord",
    "attach",
    "confirm_off",
    "documents_of",
    "end_if_silent",
    "export_run",
    "fingerprint_of",
    "import_record",
    "is_results",
    "open_run",
    "read_process",
    "read_text",
    "recover",
    "results_path",
    "runs_in_progress",
    "unconfirmed_outputs",
    "write_process",
]


def __getattr__(name: str) -> object:
    if name not in _FILES:
        raise AttributeError(f"module 'daq' has no attribute {name!r}")
    return getattr(import_module(_FILES[name]), name)


def __dir__() -> list[str]:
    return __all__
