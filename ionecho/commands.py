"""What does each command do with the rooms, and what does it print?"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ionecho.output import STOPPED, console, error_console, exit_status, print_json, progress_of_run
from protocols import IonechoError, Limits, Protocol, ProtocolError, RunFileError, format_quantity, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from daq import Bench
    from drivers import DrivePlan, Found
    from drivers.discovery import Progress


def open_window(folder: Path, resource: str | None) -> int:
    """Open the window and return its exit status."""
    from gui import main

    return main(folder, resource)


def serve_simulator(kinds: list[str], *, as_json: bool, **options: Any) -> None:
    """Serve simulated instruments until told to end; ``list`` prints which there are."""
    from sim_instruments import KINDS, serve

    if kinds == ["list"]:
        _print_kinds(as_json=as_json)
        return
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise ProtocolError(f"there is no simulated {', '.join(unknown)}: there are {', '.join(sorted(KINDS))}")
    try:
        serve(kinds, as_json=as_json, **options)
    except ValueError as fault:
        raise ProtocolError(str(fault)) from fault


def _print_kinds(*, as_json: bool) -> None:
    from sim_instruments import KINDS

    if as_json:
        print_json({"kinds": {name: list(kind.transports) for name, kind in sorted(KINDS.items())}})
        return
    from rich.table import Table

    table = Table("instrument", "transports")
    for name, kind in sorted(KINDS.items()):
        table.add_row(name, ", ".join(kind.transports))
    console().print(table)


def print_instruments(
    resources: list[str] | None, remembered: str | None, forgotten: str | None, *, as_json: bool
) -> None:
    """Ask some addresses, or all that can be found, who is there; keep the address book."""
    from drivers import discover, forget, installed_drivers, remember

    if forgotten is not None:
        forget(forgotten)
    if remembered is not None:
        if resources is None or len(resources) != 1:
            raise ProtocolError("name the one resource that is to be remembered")
        remember(remembered, resources[0])
    if forgotten is not None and resources is None:
        found = []
    else:
        with _finding(quiet=as_json or resources is not None) as progress:
            found = discover(resources, progress=progress)
    drivers = installed_drivers()
    if as_json:
        rows = [
            {"resource": one.resource, "name": one.name, **_identity(one), "driver": one.driver, "problem": one.problem}
            for one in found
        ]
        print_json({"instruments": rows, "drivers": [asdict(driver) for driver in drivers]})
        return
    from rich.table import Table

    table = Table("name", "resource", "instrument", "driver", "")
    for one in found:
        table.add_row(one.name, one.resource, str(one.identity or ""), one.driver or "", one.problem)
    console().print(table if found else "Nobody answered. Raw sockets are found only by name (see --help).")
    for driver in drivers:
        if driver.problem:
            error_console().print(f"warning: {driver.problem}", markup=False, soft_wrap=True)


def _identity(found: Found) -> dict[str, Any]:
    return asdict(found.identity) if found.identity else dict.fromkeys(("maker", "model", "serial", "firmware"))


@contextmanager
def _finding(*, quiet: bool) -> Iterator[Progress | None]:
    """Show how many addresses have answered."""
    if quiet:
        yield None
        return
    from rich.progress import Progress as Bar

    with Bar(console=error_console(), transient=True) as bar:
        task = bar.add_task("looking for instruments", total=None)

        def progress(_: Found, done: int, asked: int) -> None:
            bar.update(task, completed=done, total=asked, description=f"{done} of {asked} addresses have answered")

        yield progress


def print_plan(name: str, instrument: str, stretch: float = 1.0, *, as_json: bool) -> None:
    """Print what an instrument would do for a protocol."""
    from drivers import driver_named
    from fitting import feasibility

    protocol = load_protocol(name, stretch)
    plan = driver_named(instrument).plan(protocol)
    feasible = feasibility(plan, protocol.sample)
    if as_json:
        print_json(_plan_document(protocol, plan) | {"bulk_memory": feasible.to_dict()})
        return
    from rich.table import Table

    table = Table(title=f"{protocol.name} on a {plan.model}", show_header=False)
    for what, value in _plan_rows(protocol, plan):
        table.add_row(what, value)
    table.add_row("bulk memory", str(feasible))
    console().print(table)


def load_protocol(name: str, stretch: float = 1.0) -> Protocol:
    """Return a protocol of a file or of the library, made slower."""
    protocol = Protocol.load(name)
    return protocol if stretch == 1.0 else protocol.stretched(stretch)


def _plan_document(protocol: Protocol, plan: DrivePlan) -> dict[str, Any]:
    return {
        "protocol": protocol.name,
        "instrument": plan.model,
        "duration_s": plan.duration_s,
        "samples": plan.n_samples,
        "bytes": plan.n_bytes,
        "edges": len(plan.sequence),
        "interval_s": plan.interval_s,
        "aperture_s": plan.aperture_s,
        "voltage_range_V": plan.voltage_range_V,
        "current_range_A": plan.current_range_A,
        "compliance_A": plan.compliance_A,
        "rounded": [str(one) for one in plan.roundings],
        "remarks": list(plan.remarks),
    }


def _plan_rows(protocol: Protocol, plan: DrivePlan) -> list[tuple[str, str]]:
    interval, aperture = format_quantity(plan.interval_s, "s"), format_quantity(plan.aperture_s, "s")
    return [
        ("duration", format_quantity(plan.duration_s, "s")),
        ("levels", f"{len(plan.sequence)}, up to {format_quantity(plan.sequence.max_abs_V, 'V')}"),
        ("samples", f"{plan.n_samples:,}, one every {interval}, each the mean over {aperture}"),
        ("file", f"{plan.n_bytes / 1e6:.1f} MB"),
        ("voltage range", format_quantity(plan.voltage_range_V, "V")),
        ("current range", format_quantity(plan.current_range_A, "A")),
        ("compliance", format_quantity(plan.compliance_A, "A")),
        ("limits", str(protocol.limits)),
        *(("rounded", str(one)) for one in plan.roundings),
        *(("note", remark) for remark in plan.remarks),
    ]


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

    target = output or text.with_suffix(".nxs")
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
        print_json({"run": target, "samples": len(record.t_s), "columns": taken, "separator": record.separator})
        return
    for name, one in taken.items():
        console().print(f"{name}: column {one['column']}, {one['heading']!r}, in {one['unit']}", markup=False)
    console().print(f"{len(record.t_s):,} samples in {target}", soft_wrap=True)


def recover_runs(paths: list[Path], *, as_json: bool) -> None:
    """Close what a crash left open and print what was found."""
    from daq import recover

    found = [recover(path) for path in paths]
    if as_json:
        rows = [
            {
                "run": one.path,
                "found_state": one.found_state,
                "state": one.state,
                "samples": one.findings.n_samples,
                "blocks": one.findings.n_blocks,
                "bad_blocks": list(one.findings.bad_blocks),
                "trimmed_from": one.trimmed_from,
            }
            for one in found
        ]
        print_json({"runs": rows})
    else:
        for one in found:
            console().print(str(one), markup=False, soft_wrap=True)
    damaged = [one for one in found if one.findings.bad_blocks]
    if damaged:
        blocks = "; ".join(f"{one.path}: block {', '.join(map(str, one.findings.bad_blocks))}" for one in damaged)
        error = RunFileError(f"samples do not fit their checksum ({blocks}): do not trust them")
        error_console().print(f"{type(error).__name__}: {error}", markup=False, soft_wrap=True)
        sys.exit(exit_status(error))
