"""Files of results that go elsewhere: JSON that any program reads, and that is a result again when it is loaded.

A study that `analyse` made is kept beside its run in any case.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from daq.files.durable import write_atomically
from daq.files.names import is_results, run_of_results
from protocols import FitError, InputError, read_file, reason_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fitting.transforms.laplace import Floats

_KIND = "fit result of ionecho"
"""What a file says that it is."""
_MOST_BYTES = 100_000_000
"""Largest file that is read: a result has some kilobytes, one with a large table of relaxations some megabytes."""


def write_result(path: str | Path, document: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Path:
    """Write a result to a file, whole or not at all; one of that name is replaced.

    Parameters
    ----------
    path : path
    document : mapping
        Plain data.
    arrays : mapping of str to ndarray

    Raises
    ------
    FitError
        If the file cannot be written, or has the name of a run.
    """
    target = Path(path)
    if target.suffix == ".nxs":
        raise FitError(f"{target}: names with .nxs belong to runs and what is kept beside them; choose NAME.json")
    lists = {name: np.asarray(values).tolist() for name, values in arrays.items()}
    text = json.dumps(_without_nan({"kind": _KIND, "result": document, "arrays": lists}), indent=1)
    try:
        with write_atomically(target) as making:
            making.write_text(text + "\n", encoding="utf-8", newline="")
    except OSError as error:
        raise FitError(f"{target} could not be written: {reason_of(error)}") from None
    return target


def read_result(path: str | Path) -> tuple[dict[str, Any], dict[str, Floats]]:
    """Return document and arrays that `write_result` wrote.

    Raises
    ------
    InputError
        If there is no such file, or it is something else.
    """
    file = Path(path)
    if file.suffix == ".nxs":
        run = run_of_results(file) if is_results(file) else file
        raise InputError(f"the fit of a run is kept beside it: kept_study(open_run('{run.name}')).result", str(file))
    try:
        content = json.loads(read_file(file, _MOST_BYTES))
    except ValueError as error:  # what is no text is none either
        raise InputError(f"this is no saved result: {error}", str(file)) from None
    if not isinstance(content, dict) or content.get("kind") != _KIND:
        raise InputError("this is JSON, but no saved result of a fit", str(file))
    try:
        arrays = {name: np.array(values, dtype=np.float64) for name, values in content["arrays"].items()}
        return dict(content["result"]), arrays
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"this saved result is damaged: {error}", str(file)) from None


def _without_nan(value: Any) -> Any:
    """Return plain data with None in place of numbers that JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    return [_without_nan(one) for one in value] if isinstance(value, list | tuple) else value
