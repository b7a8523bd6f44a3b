"""What does ionecho do? Shown once from end to end: a simulated cell, a real VISA connection, a fit, and the truth."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ionecho.commands.output import console, error_console, print_json, progress_of_run
from protocols import InstrumentError, Protocol, format_estimate, format_quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from daq import Run

CELL = "demo"
PROTOCOL = "pump_probe"
MODEL = "R0-Mig1-CPE1"


@contextmanager
def simulated_instrument(
    kind: str, seed: int, speed: float, cell: str, transport: str = "", faults: Sequence[str] = ()
) -> Iterator[str]:
    """Serve a simulated instrument in a process of its own; gives its VISA resource.

    Parameters
    ----------
    kind, seed, speed, cell, transport, faults
        As `sim_instruments.serve` has them.

    Raises
    ------
    InstrumentError
        If it does not start.
    """
    command = [sys.executable, "-P", "-m", "ionecho", "sim", kind, "--json"]
    command += ["--seed", str(seed), "--speed", str(speed), "--cell", cell]
    command += ["--transport", transport] if transport else []
    command += [word for fault in faults for word in ("--fault", fault)]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise InstrumentError(f"the simulated {kind} did not start (exit status {process.wait()})")
            yield str(json.loads(line)["resource"])
        finally:
            process.terminate()


def run_demo(folder: Path, seed: int, speed: float, *, as_json: bool) -> None:
    """Measure, fit, compare and print."""
    from daq import Bench

    protocol = Protocol.load(PROTOCOL)
    with simulated_instrument("keithley2461", seed, speed, CELL) as resource:
        _say(as_json, f"A simulated Keithley 2461 with a cell between its clips: {resource}")
        _say(as_json, f"{protocol.name}: {format_quantity(protocol.duration_s, 's')}, {protocol.notes}")
        with progress_of_run(quiet=as_json) as progress:
            run = Bench(resource, folder).run(protocol, progress=progress)
    _say(as_json, f"{run.n_samples:,} samples in {run.path}. Fitting {MODEL} ...")
    document = _compared(run, resource)
    if as_json:
        print_json(document)
    else:
        _print_tables(document)


def _say(quiet: bool, text: str) -> None:
    if not quiet:
        error_console().print(text, markup=False, soft_wrap=True)


def _compared(run: Run, resource: str) -> dict[str, Any]:
    from fitting import fit, reduce_run
    from ionecho.commands.fit import keep_fit

    result = fit(reduce_run(run), MODEL)
    keep_fit(run, result, result.to_dict())
    document: dict[str, Any] = {"run": run.path, "resource": resource, "samples": run.n_samples} | result.to_dict()
    from ionecho.demo.truth import true_memory, true_parameters
    from sim_instruments import KEITHLEY_2461, load_cell

    cell = load_cell(CELL)
    truths = {"parameters": true_parameters(cell), "memory": true_memory(cell, run, document["window_s"][1])}
    for part, truth in truths.items():
        for name, found in document[part].items():
            if isinstance(found, dict):
                found["truth"] = truth[name]
    document["noise_A"] = KEITHLEY_2461.noise_A(run.plan["current_range_A"], run.aperture_s)
    return document


def _print_tables(document: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table(title=f"{MODEL}: fitted, with 95 % intervals, and the simulated truth")
    for heading in ("parameter", "value", "95 % interval", "truth", ""):
        table.add_column(heading, justify="left" if heading in {"parameter", ""} else "right")
    for name, found in document["parameters"].items():
        table.add_row(name, *_shown(found), "" if found["identifiable"] else "not identifiable from this run")
    memory = Table(title="What is remembered")
    for heading in ("quantity", "value", "95 % interval", "truth"):
        memory.add_column(heading, justify="left" if heading == "quantity" else "right")
    for name, found in document["memory"].items():
        if isinstance(found, dict) and "ci95" in found:
            memory.add_row(name.replace("_", " "), *_shown(found))
    out = console()
    out.print(table)
    out.print(memory)
    rms, noise = format_quantity(document["rms_residual_A"], "A"), format_quantity(document["noise_A"], "A")
    out.print(f"rms residual {rms}, simulated noise {noise}")
    out.print(f"run file: {document['run']}", soft_wrap=True)


def _shown(found: dict[str, Any]) -> tuple[str, str, str]:
    unit, truth = found.get("unit", ""), found.get("truth")
    shown = format_estimate(found["value"], tuple(found["ci95"]), unit)
    return *shown, "" if truth is None else format_quantity(truth, unit, 6)
