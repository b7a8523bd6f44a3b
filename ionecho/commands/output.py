"""Output of the commands: tables for people, or with ``--json`` one document on standard output and nothing else."""

from __future__ import annotations

import io
import json
import math
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from daq import Run


def prepare_streams() -> None:
    """Let standard output and error take every character that ionecho prints, wherever they lead.

    A file or a pipe gets UTF-8 (decision 191): Windows would give it the old code page of the country, which has no
    "Ω", and a Linux with an old locale does the same. A terminal keeps its encoding, and what it cannot show appears as
    an escape. ``PYTHONIOENCODING`` says what it says for other Python programs.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # None in a program without a console
            is_chosen = stream.isatty() or "PYTHONIOENCODING" in os.environ
            stream.reconfigure(encoding=stream.encoding if is_chosen else "utf-8", errors="backslashreplace")


def print_json(document: object) -> None:
    """Print one JSON document; what is not a finite number becomes null, as JSON has no other."""
    sys.stdout.write(json.dumps(_plain(document), indent=2, default=str) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def console() -> Console:
    """Return the console for tables on standard output."""
    from ionecho.commands.terminal import Terminal

    return Terminal()


def error_console() -> Console:
    """Return the console for messages on standard error."""
    from ionecho.commands.terminal import Terminal

    return Terminal(stderr=True)


@contextmanager
def progress_of_run(*, quiet: bool) -> Iterator[Callable[[Run], None] | None]:
    """Show a bar that follows a growing run."""
    if quiet:
        yield None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}/{task.total:,} samples"))
    with Progress(*columns, TimeRemainingColumn(), console=error_console(), transient=True) as bar:
        task = bar.add_task("starting", total=1)

        def follow(run: Run) -> None:
            bar.update(task, description=run.state, total=run.n_planned, completed=run.n_samples)

        yield follow


def opened_run(path: Path) -> Run:
    """Open a run for a command, and print what is to be known of its file on standard error."""
    from daq import open_run

    run = open_run(path)
    for note in run.notes:
        error_console().print(f"note: {path}: {note}", markup=False, soft_wrap=True)
    return run
