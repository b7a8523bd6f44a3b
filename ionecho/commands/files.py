"""Commands `import` and `recover`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ionecho.commands.output import console, error_console, print_json
from ionecho.commands.refusals import error_document, exit_status
from protocols import IonechoError, OutputStateUnknown, RunFileError

if TYPE_CHECKING:
    from pathlib import Path


def import_text(
    text: Path,
    output: Path | None,
    columns: dict[str, str | None],
    units: dict[str, str | None],
    separator: str | None,
    *,
    as_json: bool,
) -> None:
    """Import a delimited text and print what was taken for what."""
    from daq import import_record, read_text
    from daq.files.run_path import check_new_run

    target = output or text.with_suffix(".nxs")
    check_new_run(target)
    record = read_text(
        text,
        {name: value for name, value in columns.items() if value is not None},
        separator,
        {name: value for name, value in units.items() if value is not None},
    )
    import_record(record, text, target)
    taken = {
        name: {"column": one.index + 1, "heading": one.name, "unit": one.unit} for name, one in record.columns.items()
    }
    if as_json:
        document = {"run": target, "samples": len(record.t_s), "columns": taken, "separator": record.separator}
        print_json(document | {"notes": list(record.notes)})
        return
    for note in record.notes:
        error_console().print(f"note: {note}", soft_wrap=True)
    for name, one in taken.items():
        console().print(f"{name}: column {one['column']}, {one['heading']!r}, in {one['unit']}", markup=False)
    console().print(f"{len(record.t_s):,} samples in {target}", soft_wrap=True)


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
