"""Command `recover`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ionecho.commands.output import console, error_console, print_json
from ionecho.commands.refusals import error_document, exit_status
from protocols import IonechoError, OutputStateUnknown, RunFileError

if TYPE_CHECKING:
    from pathlib import Path


def recover_runs(paths: list[Path], *, seen_off: bool, as_json: bool) -> None:
    """Switch off and close what a crash left behind, and print what was found."""
    from daq import confirm_off, end_if_silent, recover

    for path in paths:
        if (outcome := end_if_silent(path)) is not None:
            error_console().print(f"{path.name}: {outcome.reason}", markup=False, soft_wrap=True)
    for path in paths if seen_off else ():
        confirm_off(path)
    found = [recover(path) for path in paths]
    unknown = OutputStateUnknown(" ".join(one.output_problem for one in found if one.output_problem))
    damaged = [one for one in found if not one.findings.is_intact]
    blocks = "; ".join(f"{one.path}: {one.findings.damage()}" for one in damaged)
    error: IonechoError = RunFileError(
        f"damaged: {blocks}. Do not trust these samples; take a copy of the file from a backup."
    )
    failed = bool(damaged)
    if str(unknown):  # what may be on comes first, and has its own exit status
        error, failed = unknown, True
    if as_json:
        rows = [
            {
                "run": one.path,
                "found_state": one.found_state,
                "state": one.state,
                "samples": one.findings.n_samples,
                "blocks": one.findings.n_blocks,
                "bad_blocks": list(one.findings.bad_blocks),
                "problems": list(one.findings.problems),
                "notes": list(one.findings.notes),
                "trimmed_from": one.trimmed_from,
                "output_problem": one.output_problem,
            }
            for one in found
        ]
        print_json({"runs": rows} | ({"error": error_document(error)} if failed else {}))
    else:
        for one in found:
            console().print(str(one), markup=False, soft_wrap=True)
    if failed:
        error_console().print(f"{type(error).__name__}: {error}", markup=False, soft_wrap=True)
        sys.exit(exit_status(error))
