"""Command `publish`: runs as a research object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ionecho.commands.output import console, error_console, print_json
from ionecho.publication.publish import Published, Stated, publish

if TYPE_CHECKING:
    from pathlib import Path

_MB = 1e6
"""Bytes of a megabyte."""


def publish_runs(runs: list[Path], target: Path, stated: Stated, *, raw: bool, as_json: bool) -> None:
    """Publish runs, and print what is in the publication and what is not."""
    done = publish(runs, target, stated, raw=raw)
    if as_json:
        print_json(_document(done))
        return
    what = "with their samples" if raw else "without their samples"
    console().print(
        f"{done.target}: {len(done.runs)} runs {what}, {done.n_bytes / _MB:.1f} MB", markup=False, soft_wrap=True
    )
    people = ", ".join(one.name for one in done.about.authors)
    console().print(f"{done.about.title!r} by {people}, {done.about.license}", markup=False, soft_wrap=True)
    bare = [f"{one.name}: no reduction: {one.without_reduction}" for one in done.runs if one.without_reduction]
    for text in (*done.left, *bare):
        error_console().print(f"note: {text}", markup=False, soft_wrap=True)


def _document(done: Published) -> dict[str, object]:
    return {
        "published": str(done.target),
        "title": done.about.title,
        "license": done.about.license,
        "authors": [one.name for one in done.about.authors],
        "runs": [one.name for one in done.runs],
        "without_reduction": {one.name: one.without_reduction for one in done.runs if one.without_reduction},
        "left_out": list(done.left),
        "bytes": done.n_bytes,
    }
