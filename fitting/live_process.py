"""Process that fits a run while it grows: ``python -m fitting.live_process MODEL``.

It is a front end like any other: it reads the run file, so that no fit ever runs in the runner or in a window. The run
file is the first line of its standard input, which may come when all is imported and a short run begins. Each fit is a
line of JSON on standard output. It ends with the run, and with its standard input: with whoever started it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from daq import open_run
from fitting.live import LiveFit
from fitting.model.circuit import CellModel
from fitting.results.titles import title_of
from protocols import IonechoError, RunFileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from daq import Run
    from fitting.live import LiveEstimate

_INTERVAL_S = 0.08
"""Shortest time (s) from fit to fit: a dozen a second. Doubled, six a second; halved, it takes twice the processor."""
_START_S = 240.0
"""How long (s) a run may take until its file is there. Connecting and planning take a second or two; on a slow computer
a guardian lets its runner connect for four minutes (`daq.execution.deadlines`). Doubled or halved, the same elsewhere:
whoever started this process ends it with the run."""
_NICENESS = 2
"""How much this process gives way to the runner. At 5 a busy computer gives it a third as much, and a fit a second."""
_LINE = 4096
"""Bytes of standard input that are read at once: nobody writes there after the first line."""
_DIGITS = 6
"""Digits of a figure in a line: more are not drawn, and a line of 4 kB takes a window 0.1 ms to read."""


def follow(path: Path, model: CellModel | str, tell: Callable[[dict[str, Any]], None]) -> None:
    """Fit a run again and again until it has ended.

    Parameters
    ----------
    path : Path
        Its file may not be there yet.
    model : CellModel or str
    tell : callable
        Takes a document for each fit; the last one says that the run is over.

    Raises
    ------
    FitError
        If the model cannot be understood.
    RunFileError
        If no run begins there.
    """
    run: Run | None = None
    deadline = time.monotonic() + _START_S
    while run is None:
        with suppress(RunFileError):
            run = open_run(path) if path.exists() else None
        if run is None and time.monotonic() > deadline:
            raise RunFileError(f"{path}: no run has begun there within {_START_S:.0f} s")
        time.sleep(_INTERVAL_S if run is None else 0.0)
    live, n_fitted, over = LiveFit(run, model), 0, False
    while not over:
        begun = time.monotonic()
        has_ended = run.state.is_final
        is_new = run.refresh() != n_fitted
        n_fitted = run.n_samples
        estimate = live.update() if is_new or live.is_searching or has_ended else None
        over = has_ended and not live.is_searching
        if estimate is not None:
            tell(document_of(estimate, float(run.t_s[-1]), over=over))
        elif over:
            tell({"over": True})
        time.sleep(0.0 if has_ended else max(_INTERVAL_S - (time.monotonic() - begun), 0.0))


def document_of(estimate: LiveEstimate, t_s: float, *, over: bool) -> dict[str, Any]:
    """Return a fit as plain data.

    Parameters
    ----------
    estimate : LiveEstimate
    t_s : float
        Time of the newest sample.
    over : bool
        Whether the run has ended.

    Returns
    -------
    dict
        ``t_s``, ``n_samples``, ``rms_A``, ``explains``, ``over``; ``parameters``, each with ``name``, ``title``,
        ``unit``, ``value``, ``low``, ``high``, and ``half_width``, relative, as `KnownTo` has it; ``band`` with
        ``t_s``, ``W``, ``lowest``, ``highest``, absent for a circuit without memory.
    """
    parameters = []
    known = zip(estimate.fitted.model.parameters, estimate.theta, estimate.intervals(), strict=True)
    for k, (parameter, value, (low, high)) in enumerate(known):
        is_share = bool(estimate.fitted.transform.is_logit[k])
        # On the line, for positive figures: ends are a factor below and above.
        width = 0.5 * (high - low) / value if is_share else float(np.sqrt(high / low)) - 1.0
        parameters.append(
            {
                "name": parameter.name,
                "title": title_of(parameter.name),
                "unit": parameter.unit,
                **{key: _short(x) for key, x in zip(("value", "low", "high"), (value, low, high), strict=True)},
                "half_width": _short(width),
            }
        )
    band = estimate.band()
    bands = {} if band is None else {"band": {name: _shorts(getattr(band, name)) for name in _BAND}}
    about = {"t_s": t_s, "n_samples": estimate.n_samples, "rms_A": _short(estimate.rms_residual_A)}
    return {**about, "explains": estimate.explains, "over": over, "parameters": parameters, **bands}


_BAND = ("t_s", "W", "lowest", "highest")


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _shorts(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    return [_short(value) for value in values.tolist()]


def _end_with_input() -> None:
    """End when standard input does: nobody is left to tell."""
    while os.read(sys.stdin.fileno(), _LINE):
        pass
    os._exit(0)


def _first_line() -> str:
    """Return the first line of standard input; empty if it ends before."""
    content = b""
    while not content.endswith(b"\n"):
        byte = os.read(sys.stdin.fileno(), 1)
        if not byte:
            return ""
        content += byte
    return content.decode().strip()


def main() -> int:
    """Follow the run that standard input names, with the model that the command line names."""
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    try:
        model = CellModel.of(sys.argv[1])
        LiveFit.prepare()
        path = _first_line()
        if path:
            threading.Thread(target=_end_with_input, daemon=True).start()
            follow(Path(path), model, _print)
    except IonechoError as error:
        _print({"error": {"message": str(error)}})
        return 1
    return 0


def _print(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
