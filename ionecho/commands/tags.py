"""Command `tag`: words by which runs are found, kept in the text beside each run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ionecho.commands.output import console, opened_run, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def tag_runs(paths: Sequence[Path], add: Sequence[str], remove: Sequence[str], *, as_json: bool) -> None:
    """Add tags to runs, take some away, and print which each has.

    All runs are opened before anything is written, so that one that cannot be read leaves the others as they are.
    """
    from daq.files.statements import write_statements

    stated = []
    for path in paths:
        run = opened_run(path)
        stated.append((run, run.statements.with_tags(run.origin.tags, add, remove)))
    found = []
    for run, statements in stated:
        if statements != run.statements:
            write_statements(run.path, statements)
        found.append((run.path, statements.tags_over(run.origin.tags)))
    if as_json:
        print_json({"runs": [{"run": path, "tags": list(tags)} for path, tags in found]})
        return
    for path, tags in found:
        console().print(f"{path}: {', '.join(tags) or 'no tags'}", markup=False, soft_wrap=True)
