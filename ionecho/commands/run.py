"""What does each command do with the rooms, and what does it print?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ionecho.commands.output import STOPPED, console, error_console, exit_status, print_json, progress_of_run
from protocols import IonechoError, Limits, Protocol, ProtocolError, parse_quantity

if TYPE_CHECKING:
    from pathlib import Path

    from daq import Bench


def measure(protocol: Protocol, bench: Bench, output: Path | None, *, as_json: bool) -> None:
    """Run a protocol and print where its samples are."""
    going = bench.start(protocol, output)
    try:
        with progress_of_run(quiet=as_json) as progress:
            outcome = going.wait(progress)
    except BaseException as why:
        outcome = going.stop_and_wait()
        if not isinstance(why, KeyboardInterrupt):
            raise
    document = {"run": going.path, "samples": outcome.n_samples, "state": outcome.state, "output": outcome.output}
    if as_json:
        print_json(document | {"reason": outcome.reason, "warnings": outcome.warnings})
    elif outcome.state != "refused":
        console().print(f"{outcome.state}: {outcome.n_samples:,} samples in {going.path}", soft_wrap=True)
    for warning in outcome.warnings:
        error_console().print(f"warning: {warning}", markup=False, soft_wrap=True)
    _leave_if_failed(going.path, outcome, as_json=as_json)


def _leave_if_failed(path: Path, outcome: Any, *, as_json: bool) -> None:
    try:
        outcome.raise_if_failed()
    except IonechoError as error:
        if not as_json:
            raise
        error_console().print(f"{type(error).__name__}: {error}", markup=False, soft_wrap=True)
        sys.exit(exit_status(error))
    if outcome.state != "complete":
        error_console().print(f"{path.name}: {outcome.reason}", markup=False, soft_wrap=True)
        sys.exit(STOPPED)


def bench_for(resource: str, folder: Path, rig: tuple[str | None, str | None], transcript: Path | None = None) -> Bench:
    """Return the bench of an instrument, with the limits of its rig (volts, amperes, as text)."""
    from daq import Bench

    volts, amperes = rig
    try:
        limits = Limits(
            voltage_V=None if volts is None else parse_quantity(volts, "V"),
            current_A=None if amperes is None else parse_quantity(amperes, "A"),
        )
    except ValueError as fault:
        raise ProtocolError(str(fault), "limits of this rig") from None
    return Bench(resource, folder, limits, transcript)
