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

TRY_S = 10.0
"""How long (s) an instrument that does not answer is tried: it is the time within which a person is told. Twice as long
would be too late to press a key."""


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
    from daq import open_run
    from daq.execution.output_marker import OutputMarker
    from daq.execution.recovery import settle_output
    from daq.execution.switch_off import switch_off
    from daq.execution.unconfirmed_outputs import is_confirmed
    from daq.instrument_locks import instrument_held

    resource, path = output.resource, output.path
    if path is not None and path.exists():
        if not is_confirmed(path):  # else a person's word would stand for a read-back
            return settle_output(path, TRY_S, "a window")
        resource = resource or open_run(path).instrument.get("resource", "")
    if not resource:
        return "the output may still be ON: the run and its instrument are not known. Press the OUTPUT key."
    with instrument_held(resource, "a window that switches its output off"):
        switch_off(resource, for_s=TRY_S)
        OutputMarker(resource).remove()
    return ""
