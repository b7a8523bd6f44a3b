"""Fits that are kept of a run: the last one of each circuit.

In a results file ``fit`` is the newest one. A fit of another circuit moves it to ``fit_1``, ``fit_2`` and so on, the
higher the later, and a fit of a circuit that was fitted before takes the place of that one. So a refit loses nothing,
and whoever reads ``fit`` reads what was fitted last, as ever.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from daq.files.names import results_path
from daq.files.results import Process, attributes_by_name, change_processes, new_process, read_process
from daq.files.run import open_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    from daq.files.run import Run

NEWEST = "fit"
"""Name of the newest fit in a results file."""
_EARLIER = re.compile(rf"{NEWEST}_([1-9][0-9]{{0,5}})")


def is_fit(name: str) -> bool:
    """Whether a result is a fit, by its name."""
    return _age(name) is not None


def _age(name: str) -> float | None:
    """Return a number that is the higher the later a fit was kept; None if it is none."""
    if name == NEWEST:
        return float("inf")
    earlier = _EARLIER.fullmatch(name)
    return None if earlier is None else float(earlier[1])


def write_fit(
    run_path: str | Path, arrays: Mapping[str, np.ndarray], attributes: Mapping[str, Any], start_time: str = ""
) -> Path:
    """Keep a fit of a run as the newest one, in place of that of the same circuit if there is one.

    Parameters
    ----------
    run_path : path
    arrays : mapping of str to ndarray
    attributes : mapping
        Plain data (JSON); ``model`` is the circuit.
    start_time : str
        Of the run; its file is opened to read it unless given.

    Returns
    -------
    Path
        The results file.
    """

    def put_in(kept: dict[str, Process]) -> None:
        before = kept.get(NEWEST)
        for name in [name for name, one in kept.items() if is_fit(name) and _circuit(one.attributes) == circuit]:
            del kept[name]
        if before is not None and NEWEST in kept:
            numbers = [int(found[1]) for found in map(_EARLIER.fullmatch, kept) if found]
            moved = f"{NEWEST}_{1 + max(numbers, default=0)}"
            kept[moved] = replace(before, name=moved)
        kept[NEWEST] = new_process(NEWEST, arrays, attributes)

    circuit = _circuit(attributes)
    return change_processes(run_path, put_in, start_time)


def read_fit(run: Run, circuit: str = "") -> Process | None:
    """Return the fit of a circuit that is kept of a run, or the newest one; None if there is none."""
    if not circuit:
        return read_process(run, NEWEST)
    every = attributes_by_name(run.path, run.start_time, is_fit)
    name = next((name for name, attributes in every.items() if _circuit(attributes) == circuit), "")
    return read_process(run, name) if name else None


def fit_documents(run_path: Path, start_time: str = "") -> tuple[dict[str, Any], ...]:
    """Return the plain data of all fits that are kept of a run, the newest first.

    Parameters
    ----------
    run_path : Path
    start_time : str
        Of the run; read from its file unless given.

    Raises
    ------
    RunFileError
        If there is a results file, and it or the run cannot be read.
    """
    if not start_time and not os.path.lexists(results_path(run_path)):
        return ()  # a run is not tried by a child only to say that nothing is kept of it
    when = start_time or open_run(run_path, by_child_first=True).start_time
    found = attributes_by_name(run_path, when, is_fit)
    return tuple(found[name] for name in sorted(found, key=lambda name: _age(name) or 0.0, reverse=True))


def _circuit(attributes: Mapping[str, Any]) -> str:
    return str(attributes.get("model", ""))
