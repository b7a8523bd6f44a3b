"""Command `run`: a measurement, followed to its end."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ionecho.commands.interrupts import stopping_signals
from ionecho.commands.output import console, error_console, print_json, progress_of_run
from ionecho.commands.refusals import STOPPED, UsageError, error_document, refusal
from protocols import ConnectionLost, IonechoError, Limits, Protocol, parse_quantity

if TYPE_CHECKING:
    from pathlib import Path

    from daq import Bench, Outcome


def measure(protocol: Protocol, bench: Bench, output: Path | None, *, as_json: bool) -> None:
    """Run a protocol and print where its samples are."""
    with stopping_signals() as interrupts:
        run = bench.start(protocol, output)
        try:
            interrupts.release()
            with progress_of_run(quiet=as_json) as progress:
                outcome = run.wait(progress)
        except BaseException as why:
            outcome = run.stop_and_wait()
            if not isinstance(why, KeyboardInterrupt):
                raise
    if run.path.exists():
        _follow(run.path.parent)
    failure, sentence = _failure(run.path, outcome)
    if as_json:
        document = {"run": run.path, "samples": outcome.n_samples, "state": outcome.state, "output": outcome.output}
        document |= {"reason": outcome.reason, "warnings": outcome.warnings, "rescued": outcome.rescued or None}
        print_json(document | ({"error": failure} if failure else {}))
    elif outcome.state != "refused":
        console().print(
            f"{outcome.state}: {outcome.n_samples:,} samples in {outcome.rescued or run.path}", soft_wrap=True
        )
    for warning in outcome.warnings:
        error_console().print(f"warning: {warning}", markup=False, soft_wrap=True)
    if failure:
        error_console().print(sentence, markup=False, soft_wrap=True)
        sys.exit(failure["exit_status"])


def _follow(folder: Path) -> None:
    """Have the catalogue of runs look in a folder from now on; what hinders that does not hinder a run."""
    from daq.catalogue import CatalogueError, follow

    with suppress(CatalogueError):
        follow(folder)


def _failure(path: Path, outcome: Outcome) -> tuple[dict[str, Any] | None, str]:
    """Return what kept a run from its end, as a document and as a sentence; None if it is complete."""
    try:
        outcome.raise_if_failed()
    except IonechoError as error:
        return error_document(error), f"{type(error).__name__}: {error}"
    if outcome.state == "complete":
        return None, ""
    return refusal("stopped", outcome.reason, STOPPED, where=str(path)), f"{path.name}: {outcome.reason}"


def bench_for(resource: str, folder: Path, rig: tuple[str | None, str | None], transcript: Path | None = None) -> Bench:
    """Return the bench of an instrument, with the limits of its rig (volts, amperes, as text)."""
    from daq import Bench

    check_resource(resource)
    volts, amperes = rig
    try:
        limits = Limits(
            voltage_V=None if volts is None else parse_quantity(volts, "V"),
            current_A=None if amperes is None else parse_quantity(amperes, "A"),
        )
    except ValueError as fault:
        raise UsageError(str(fault), "limits of this rig") from None
    return Bench(resource, folder, limits, transcript)


def check_resource(resource: str) -> None:
    """Raise `UsageError` if a text is neither a VISA resource nor a name in the address book."""
    from drivers.address_book import resolved
    from drivers.visa.resources import interface_of

    try:
        interface_of(resolved(resource))
    except ConnectionLost as error:
        raise UsageError(str(error)) from None
