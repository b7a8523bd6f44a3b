"""Demonstration from end to end: a simulated cell, a real VISA connection, a study, and the truth."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ionecho.commands.interrupts import stopping_signals
from ionecho.commands.output import console, error_console, print_json, progress_of_run
from protocols import InstrumentError, Protocol, format_quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.table import Table

    from daq import Run
    from fitting import Study

CELL = "demo"
PROTOCOL = "pump_probe"
MODEL = "R0-Mig1-CPE1"


# How long a simulator may take to end, s; a tenth of a second is usual. Longer would only hide that it hangs.
_ENDS_WITHIN_S = 10.0
# What `start_new_session` does elsewhere; known on Windows only.
_OWN_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)


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
    with simulated_instruments((kind,), seed, speed, cell, transport, faults) as [resource]:
        yield resource


@contextmanager
def simulated_instruments(
    kinds: Sequence[str], seed: int, speed: float, cell: str, transport: str = "", faults: Sequence[str] = ()
) -> Iterator[list[str]]:
    """Serve simulated instruments that share a cell in a process of its own; gives their VISA resources.

    Parameters
    ----------
    kinds, seed, speed, cell, transport, faults
        As `sim_instruments.serve` has them.

    Raises
    ------
    InstrumentError
        If they do not start.
    """
    # However this process ends, its end of the pipe to the simulator ends with it.
    command = [sys.executable, "-P", "-m", "ionecho", "sim", *kinds, "--json", "--until-eof"]
    command += ["--seed", str(seed), "--speed", str(speed), "--cell", cell]
    command += ["--transport", transport] if transport else []
    command += [word for fault in faults for word in ("--fault", fault)]
    with subprocess.Popen(  # noqa: S603 - our own command
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        # Ctrl-C in the terminal is for the run: the instrument must be there until its output is off.
        start_new_session=True,
        creationflags=_OWN_GROUP,
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            try:
                resources = [str(one["resource"]) for one in json.loads(line)["instruments"]]
            except ValueError as error:  # it has told why in the terminal
                which = " and ".join(kinds)
                raise InstrumentError(f"the simulated {which} did not start (exit status {process.wait()})") from error
            yield resources
        finally:
            process.terminate()
            try:
                process.wait(_ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()


def run_demo(folder: Path, seed: int, speed: float, *, as_json: bool) -> None:
    """Measure, fit, compare and print."""
    from daq import Bench

    protocol = Protocol.load(PROTOCOL)
    with simulated_instrument("keithley2461", seed, speed, CELL) as resource:
        _say(as_json, f"A simulated Keithley 2461 with a cell between its clips: {resource}")
        _say(as_json, f"{protocol.name}: {format_quantity(protocol.duration_s, 's')}, {protocol.notes}")
        with stopping_signals() as interrupts, progress_of_run(quiet=as_json) as progress:
            interrupts.release()
            run = Bench(resource, folder).run(protocol, progress=progress)
    _say(as_json, f"{run.n_samples:,} samples in {run.path}. Fitting {MODEL} ...")
    from fitting import analyse

    study = analyse(run, MODEL)
    truths = _truths(run, study)
    noise_A = _simulated_noise_A(run)
    if as_json:
        document = {"run": run.path, "resource": resource, "samples": run.n_samples, "noise_A": noise_A}
        print_json(document | _with_truths(study.to_document(), truths))
    else:
        _print_tables(run, study, truths, noise_A)


def _say(quiet: bool, text: str) -> None:
    if not quiet:
        error_console().print(text, markup=False, soft_wrap=True)


def _truths(run: Run, study: Study) -> dict[str, float]:
    """Return the simulator's parameters and memory, by the names of the study's figures."""
    from ionecho.demo.truth import true_memory, true_parameters
    from sim_instruments import load_cell

    cell = load_cell(CELL)
    return true_parameters(cell) | true_memory(cell, run, study.result.window_s[1])


def _simulated_noise_A(run: Run) -> float:
    from sim_instruments import KEITHLEY_2461

    return KEITHLEY_2461.noise_A(run.plan["current_range_A"], run.aperture_s)


def _with_truths(document: dict[str, Any], truths: dict[str, float]) -> dict[str, Any]:
    """Return a study's document with ``truth`` beside each figure that has one."""
    figures = {
        part: {
            name: figure | {"truth": truths[name]} if name in truths else figure
            for name, figure in document[part].items()
        }
        for part in ("parameters", "memory")
    }
    return document | figures


def _print_tables(run: Run, study: Study, truths: dict[str, float], noise_A: float) -> None:
    result = study.result
    parameters = _table_with_truths(f"{MODEL}: fitted, with 95 % intervals, and the simulated truth", "parameter")
    for one in result.estimates:
        doubt = "" if one.determined else "not determined by this run"
        parameters.add_row(one.name, *one.shown(), format_quantity(truths[one.name], one.unit, 6), doubt)
    memory = _table_with_truths("Memory", "quantity")
    for one in result.memory:
        truth = format_quantity(truths[one.name], one.unit, 6) if one.name in truths else ""
        memory.add_row(one.title, *one.shown(), truth, "")
    out = console()
    out.print(parameters)
    out.print(memory)
    out.print(study.summary, markup=False, soft_wrap=True)
    rms = format_quantity(result.rms_residual_A, "A")
    out.print(f"rms residual {rms}, simulated noise {format_quantity(noise_A, 'A')}")
    out.print(f"run file: {run.path}", markup=False, soft_wrap=True)


def _table_with_truths(title: str, first: str) -> Table:
    from rich.table import Table

    table = Table(title=title)
    for heading in (first, "value", "95 % interval", "truth", ""):
        table.add_column(heading, justify="left" if heading in {first, ""} else "right")
    return table
