"""The reduction that is kept beside a run, and what ties it to the run.

A fit reads the whole run once for its SHA-256, by which a kept reduction is tied to it (decision 066). A refit of an
archive does not: it takes the reduction if all of the run file but its samples is what it was (decision 335).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fitting.reduction.control import controlled
from fitting.reduction.stated import as_stated
from protocols import FitError

if TYPE_CHECKING:
    from daq import Process, Run
    from fitting.reduction.nuisance import Nuisance
    from fitting.reduction.reduction import Reduction

_NAME = "reduction"
"""Name of the process in a results file."""


def digest_of(run: Run) -> str:
    """Return the SHA-256 of a run file as it is now; of one without its samples that of the file that has them."""
    from daq.files.fingerprint import digest_of_file

    return digest_of_file(run.path) if run.left_out is None else run.left_out.sha256


def kept_reduction(run: Run) -> Process | None:
    """Return what a results file holds of the reduction of a run, whatever it was made from; None if nothing."""
    from daq import read_process

    return read_process(run, _NAME) if run.state.is_final else None


def digest_when_reduced(run: Run, kept: Process | None) -> str:
    """Return the SHA-256 that a run file had when it was reduced, its samples not read.

    Parameters
    ----------
    run : Run
    kept : Process or None
        What `kept_reduction` returned.

    Returns
    -------
    str
        Empty if anything but samples has changed since, or if that cannot be told.
    """
    from daq import fingerprint_of

    if kept is None or not kept.attributes.get("raw_fingerprint"):
        return ""
    is_same = kept.attributes["raw_fingerprint"] == fingerprint_of(run.path)
    return str(kept.attributes["raw_sha256"]) if is_same else ""


def reduction_of(
    run: Run, terms: Nuisance, *, keep: bool = True, digest: str = "", kept: Process | None = None
) -> tuple[Reduction, bool]:
    """Return the reduction of a run, and whether it was kept; a new one of a run that has ended is kept.

    Parameters
    ----------
    run : Run
    terms : Nuisance
    keep : bool
        Whether a new one is written to the results file.
    digest : str
        SHA-256 of the run file; it is asked for unless given.
    kept : Process, optional
        What `kept_reduction` returned of this run just now, if the digest may come from it.
    """
    from daq import fingerprint_of, write_process
    from fitting.inference.spectrum import early_conductance
    from fitting.reduction.reduce import reduce_run
    from fitting.reduction.reduction import VERSION, Reduction

    _, terms = controlled(run, as_stated(run, terms))
    if not run.state.is_final:
        return reduce_run(run, terms), False
    # The run file's own sum goes with the reduction: that of the results file is renewed with every fit.
    # Its samples were verified when they were reduced: whoever has the same sum has the same samples.
    vouched = {
        "raw_sha256": digest or digest_of(run),
        "samples_verified": True,
        "stated_drive": run.statements.drive,
    }
    found = kept or kept_reduction(run)
    if found and found.attributes == found.attributes | vouched | {"version": VERSION}:
        reduction = Reduction.from_arrays(found.arrays, found.attributes)
        if run.ends_s is not None and reduction.terms == terms.spanning(np.array(run.ends_s)):
            return reduction, True
    reduction = reduce_run(run, terms)
    if keep:
        if kept is not None:  # the digest may be what the file was; what is reduced now is what it is
            vouched["raw_sha256"] = digest_of(run)
        with suppress(FitError):  # a record without a current is refused by the fit, with a reason
            reduction = replace(reduction, early_conductance_S=early_conductance(reduction))
        arrays, attributes = reduction.to_arrays()
        attributes |= vouched | {"raw_fingerprint": fingerprint_of(run.path)}
        write_process(run.path, _NAME, arrays, attributes, run.start_time, raw_sha256=str(vouched["raw_sha256"]))
    return reduction, False
