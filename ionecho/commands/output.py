"""What does a command print, and with which exit status does it end?

With ``--json`` one JSON document on standard output and nothing else; without, tables for people. Errors go to standard
error in words. Exit status: 0 done; 1 failed; 2 bad usage or bad protocol; 3 limit or safety stop; 4 output state
unknown.
"""

from __future__ import annotations

import json
import math
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocols import IonechoError, LimitError, OutputStateUnknown, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from daq import Run

FAILED, BAD_USAGE, STOPPED, OUTPUT_UNKNOWN = 1, 2, 3, 4


def exit_status(error: IonechoError) -> int:
    """Return the exit status that an error has."""
    if isinstance(error, OutputStateUnknown):
        return OUTPUT_UNKNOWN
    if isinstance(error, LimitError):
        return STOPPED
    return BAD_USAGE if isinstance(error, ProtocolError) else FAILED


@contextmanager
def reported(*, as_json: bool) -> Iterator[None]:
    """Turn errors of ionecho, and Ctrl-C, into words and an exit status."""
    try:
        yield
    except KeyboardInterrupt:
        # A run in progress was stopped on the way here: output off, what was measured kept.
        error_console().print("Stopped.")
        sys.exit(STOPPED)
    except IonechoError as error:
        if as_json:
            print_json({"error": {"type": type(error).__name__, "message": str(error)}})
        error_console().print(f"[bold red]{type(error).__name__}[/]: {_escaped(str(error))}", soft_wrap=True)
        sys.exit(exit_status(error))


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


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
    from rich.console import Console

    return Console(highlight=False)


def error_console() -> Console:
    """Return the console for messages on standard error."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


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
