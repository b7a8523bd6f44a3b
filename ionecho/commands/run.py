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
    from collections.abc import Callable
    from pathlib import Path

    from daq import Bench, Outcome, RunInProgress
    from protocols.campaigns import Campaign


def measure_document(
    document: Protocol | Campaign,
    resource: str,
    places: tuple[Path, Path | None, Path | None],
    rig: tuple[str | None, str | None],
    *,
    as_json: bool,
) -> None:
    """Run a protocol or a campaign.

    Parameters
    ----------
    document : Protocol or Campaign
    resource : str
    places : tuple of Path
        Folder for runs; the run file or the campaign's folder to be made, by default named after the time; transcript.
    rig : tuple of str
        Limits of the rig (volts, amperes), as text.
    as_json : bool
    """
    folder, output, transcript = places
    if isinstance(document, Protocol):
        measure(document, bench_for(resource, folder, rig, transcript), output, as_json=as_json)
        return
    from daq.campaign.folder import folder_name_for
    from ionecho.commands.campaign import run_campaign

    check_resource(resource)
    path = folder / folder_name_for(document.name) if output is None else output
    run_campaign(document, path, (resource, limits_of_rig(rig)), transcript, as_json=as_json)


def measure(protocol: Protocol, bench: Bench, output: Path | None, *, as_json: bool) -> None:
    """Run a protocol and print where its samples are."""
    _follow(lambda: bench.start(protocol, output), as_json=as_json)


def attach_to_run(path: Path, *, as_json: bool) -> None:
    """Follow a run in progress to its end, whoever started it."""
    from daq import attach

    _follow(lambda: attach(path), as_json=as_json)


def stop_run(path: Path, *, abort: bool, as_json: bool) -> None:
    """Stop a run in progress, whoever started it, and print where its samples are."""
    from daq import attach

    run = attach(path)
    if abort:
        run.abort()
    _report(run.path, run.stop_and_wait(), as_json=as_json, asked_to_stop=True)


def _follow(start: Callable[[], RunInProgress], *, as_json: bool) -> None:
    """Follow a run to its end; Ctrl-C and SIGTERM stop it safely."""
    with stopping_signals() as interrupts:
        run = start()
        try:
            interrupts.release()
            with progress_of_run(quiet=as_json) as progress:
                outcome = run.wait(progress)
        except BaseException as why:
            outcome = run.stop_and_wait()
            if not isinstance(why, KeyboardInterrupt):
                raise
    if run.path.exists():
        _list_folder(run.path.parent)
    _report(run.path, outcome, as_json=as_json)


def _report(path: Path, outcome: Outcome, *, as_json: bool, asked_to_stop: bool = False) -> None:
    """Print how a run ended, and end with the exit status of that."""
    failure, sentence = _failure(path, outcome)
    if asked_to_stop and failure is not None and failure["kind"] == "stopped":
        failure = None
    if as_json:
        document = {"run": path, "samples": outcome.n_samples, "state": outcome.state, "output": outcome.output}
        document |= {"reason": outcome.reason, "warnings": outcome.warnings, "rescued": outcome.rescued or None}
        print_json(document | ({"error": failure} if failure else {}))
    elif outcome.state != "refused":
        console().print(f"{outcome.state}: {outcome.n_samples:,} samples in {outcome.rescued or path}", soft_wrap=True)
    for warning in outcome.warnings:
        error_console().print(f"warning: {warning}", markup=False, soft_wrap=True)
    if failure:
        error_console().print(sentence, markup=False, soft_wrap=True)
        sys.exit(failure["exit_status"])


def _list_folder(folder: Path) -> None:
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
    return Bench(resource, folder, limits_of_rig(rig), transcript)


def limits_of_rig(rig: tuple[str | None, str | None]) -> Limits:
    """Return the limits of a rig from their texts (volts, amperes).

    Raises
    ------
    UsageError
        If one is no quantity.
    """
    volts, amperes = rig
    try:
        return Limits(
            voltage_V=None if volts is None else parse_quantity(volts, "V"),
            current_A=None if amperes is None else parse_quantity(amperes, "A"),
        )
    except ValueError as fault:
        raise UsageError(str(fault), "limits of this rig") from None


def check_resource(resource: str) -> None:
    """Raise `UsageError` if a text is neither a VISA resource nor a name in the address book."""
    from drivers.address_book import resolved
    from drivers.visa.resources import interface_of

    try:
        interface_of(resolved(resource))
    except ConnectionLost as error:
        raise UsageError(str(error)) from None
