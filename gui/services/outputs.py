"""Outputs that may be on: switched off by sessions of this window's own, in a worker thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gui.services.jobs import as_message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Instruments that are tried at the same time: each may take ten seconds, and no bench has more.
_AT_ONCE = 8


@dataclass(frozen=True)
class OutputInDoubt:
    """An output that may be on.

    Attributes
    ----------
    path : Path or None
        Run file of the run that left it; None if it is not known.
    resource : str
        VISA resource of its instrument; empty if only the run file knows it.
    """

    path: Path | None
    resource: str


def switch_off_all(outputs: Sequence[OutputInDoubt]) -> list[str]:
    """Switch outputs off through fresh sessions, and read that back; takes some ten seconds at most.

    Parameters
    ----------
    outputs : sequence of OutputInDoubt

    Returns
    -------
    list of str
        For each output why it may still be on; empty if it was read back as off.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(_problem_of, outputs))


def _problem_of(output: OutputInDoubt) -> str:
    try:
        return _switch_off(output)
    except BaseException as error:  # noqa: BLE001 - whatever it is: the output was not read back as off
        return f"the output may still be ON: {as_message(error)}"


def _switch_off(output: OutputInDoubt) -> str:
    from daq.execution.recovery import settle_output

    if output.path is not None and output.path.exists():
        return settle_output(output.path)
    if not output.resource:
        return "the output may still be ON: the run and its instrument are not known. Press the OUTPUT key."
    from daq.execution.output_marker import OutputMarker
    from daq.execution.switch_off import switch_off
    from daq.locks import instrument_held

    with instrument_held(output.resource, "a window that switches its output off"):
        switch_off(output.resource)
        OutputMarker(output.resource).remove()
    return ""
