"""Which commands does ``ionecho`` have? Each is declared here and done in the room that it belongs to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="ionecho",
    help="Voltage pulses into solid electrolytes, and what the ions remember of them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)

Stretch = Annotated[
    float, typer.Option(help="Make all times of the protocol so many times as long, for a slow instrument.", min=0.0)
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Folder = Annotated[Path, typer.Option("--folder", help="Where run files go.")]
Resource = Annotated[
    str, typer.Option("--resource", "-r", help="VISA resource, e.g. TCPIP::192.168.0.10::5025::SOCKET.")
]
Seed = Annotated[int, typer.Option("--seed", help="Of the simulated noise.")]
Speed = Annotated[float, typer.Option("--speed", help="Simulated seconds a real second.", min=0.01)]


@app.command(epilog="Example: `ionecho demo`")
def demo(
    folder: Folder = Path("runs"),
    seed: Seed = 1,
    speed: Speed = 1.0,
    as_json: Json = False,
) -> None:
    """Measure a simulated cell over a real VISA connection, fit it, and compare with the truth."""
    from ionecho.commands.output import reported
    from ionecho.demo.run_demo import run_demo

    with reported(as_json=as_json):
        run_demo(folder, seed, speed, as_json=as_json)


@app.command(epilog="Example: `ionecho gui --folder runs`")
def gui(
    folder: Folder = Path("runs"),
    resource: Annotated[str | None, typer.Option("--resource", "-r", help="Connect to this at once.")] = None,
) -> None:
    """Open the window."""
    from ionecho.commands.gui import open_window

    raise typer.Exit(open_window(folder, resource))


@app.command(epilog="Example: `ionecho sim keithley2461 lakeshore336 --cell thermal --fault reboot@t=60`")
def sim(
    kinds: Annotated[list[str], typer.Argument(help="Which instruments; several share the cell. `list` names them.")],
    transport: Annotated[str, typer.Option(help="socket, hislip, vxi11 or pty; else each one's usual one.")] = "",
    port: Annotated[int, typer.Option(help="TCP port on 127.0.0.1; 0 takes a free one.", min=0, max=65535)] = 0,
    seed: Seed = 1,
    speed: Speed = 1.0,
    cell: Annotated[str, typer.Option(help="Name of a ready cell, or a cell file.")] = "demo",
    fault: Annotated[
        list[str] | None, typer.Option(help="What goes wrong: NAME[=VALUE]@WHEN, e.g. drop-fin@1000 (docs).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Serve simulated instruments until told to end (Ctrl-C, SIGTERM)."""
    from ionecho.commands.output import reported
    from ionecho.commands.sim import serve_simulator

    with reported(as_json=as_json):
        serve_simulator(
            kinds,
            transport=transport,
            port=port,
            seed=seed,
            speed=speed,
            cell=cell,
            faults=fault or [],
            as_json=as_json,
        )


@app.command(epilog="Example: `ionecho discover TCPIP::192.168.0.10::5025::SOCKET --remember smu`")
def discover(
    resources: Annotated[
        list[str] | None, typer.Argument(help="VISA resources or names; none looks everywhere.")
    ] = None,
    remember: Annotated[str | None, typer.Option(help="Enter the one resource into the address book.")] = None,
    forget: Annotated[str | None, typer.Option(help="Take a name out of the address book.")] = None,
    as_json: Json = False,
) -> None:
    """Find instruments: address book, VISA, network, serial ports."""
    from ionecho.commands.discover import print_instruments
    from ionecho.commands.output import reported

    with reported(as_json=as_json):
        print_instruments(resources, remember, forget, as_json=as_json)


@app.command(epilog="Example: `ionecho check pump_probe`")
def check(
    protocol: Annotated[str, typer.Argument(help="Protocol file, or the name of a ready protocol.")],
    instrument: Annotated[str, typer.Option(help="For which instrument.")] = "keithley2461",
    stretch: Stretch = 1.0,
    as_json: Json = False,
) -> None:
    """Say what an instrument would do for a protocol, without one: levels, rounding, duration, limits."""
    from ionecho.commands.output import reported
    from ionecho.commands.plan import print_plan

    with reported(as_json=as_json):
        print_plan(protocol, instrument, stretch, as_json=as_json)


@app.command(epilog="Example: `ionecho run pump_probe -r TCPIP::127.0.0.1::5025::SOCKET`")
def run(
    protocol: Annotated[str, typer.Argument(help="Protocol file, or the name of a ready protocol.")],
    resource: Resource,
    folder: Folder = Path("runs"),
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Run file to be made.")] = None,
    max_voltage: Annotated[str | None, typer.Option(help='Limit of this rig, e.g. "1 V".')] = None,
    max_current: Annotated[str | None, typer.Option(help='Limit of this rig, e.g. "1 mA".')] = None,
    stretch: Stretch = 1.0,
    transcript: Annotated[Path | None, typer.Option(help="Record every byte to and from the instrument here.")] = None,
    as_json: Json = False,
) -> None:
    """Measure. Ctrl-C stops safely: output off, what was measured kept."""
    from ionecho.commands.output import reported
    from ionecho.commands.plan import load_protocol
    from ionecho.commands.run import bench_for, measure

    with reported(as_json=as_json):
        bench = bench_for(resource, folder, (max_voltage, max_current), transcript)
        measure(load_protocol(protocol, stretch), bench, output, as_json=as_json)


@app.command(epilog="Example: `ionecho fit runs/20261123-pump-probe-pair.nxs --model R0-Mig1-CPE1`")
def fit(
    runs: Annotated[list[Path], typer.Argument(help="Run file; several, or impedance texts, are fitted together.")],
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            help="Circuit (R0-Mig1-CPE1 unless given; @Lag1 behind it for a slow ammeter); several to rank.",
        ),
    ] = None,
    spectrum: Annotated[bool, typer.Option("--spectrum", help="No model: a spectrum of relaxation modes.")] = False,
    ranked: Annotated[bool, typer.Option("--rank", help="Which of several circuits describes the run best.")] = False,
    drift: Annotated[bool, typer.Option("--drift", help="Take a linear drift of the current out.")] = False,
    mains: Annotated[float | None, typer.Option(help="Take the mains out, 50 or 60 Hz, and harmonics.")] = None,
    robust: Annotated[bool, typer.Option("--robust", help="Samples far off count less (Huber).")] = False,
    posterior: Annotated[bool, typer.Option("--posterior", help="Sample all cells that fit (needs emcee).")] = False,
    share: Annotated[
        list[str] | None,
        typer.Option("--share", help="Parameter or element that all have in common."),
    ] = None,
    activate: Annotated[
        list[str] | None, typer.Option("--activate", help="Parameter with an activation energy, e.g. Mig1.tau.")
    ] = None,
    temperature: Annotated[
        list[float] | None,
        typer.Option("--temperature", help="Kelvin, one a file; the samples' unless given."),
    ] = None,
    compared: Annotated[
        bool, typer.Option("--compare", help="Fit each run alone: does its memory change with thickness, heat, drive?")
    ] = False,
    thickness: Annotated[
        list[str] | None,
        typer.Option("--thickness", help='To compare, e.g. "1.2 mm", one a file; the samples\' unless given.'),
    ] = None,
    as_json: Json = False,
) -> None:
    """Match a run to a cell model, and say what is remembered, for how long, how surely."""
    from daq import is_results
    from ionecho.commands.fit import fit_run, print_posterior, rank_families
    from ionecho.commands.fit_several import compare_runs, fit_together
    from ionecho.commands.output import reported

    # A pattern such as runs/*.nxs takes in the results beside the runs.
    runs = [one for one in runs if not is_results(one)] or runs
    together = len(runs) > 1 or share or activate or temperature or runs[0].suffix.lower() in {".mpt", ".txt", ".csv"}
    many, alone = bool(together), drift or mains or robust or posterior
    for wrong, message, hint in (
        (model and len(model) > 1 and not ranked, "several circuits are compared with --rank", "--model"),
        (ranked and spectrum, "a spectrum has no circuits to rank", "--rank"),
        (many and (ranked or spectrum), "several files are fitted to one circuit", "RUNS"),
        (
            (many or ranked) and alone,
            "--drift, --mains, --robust and --posterior are for one run and one circuit",
            None,
        ),
        (
            posterior and (spectrum or robust),
            "the posterior is of a circuit, fitted by least squares",
            "--posterior",
        ),
        (
            compared and (len(runs) < 2 or share or activate),
            "a comparison is of two runs or more, each fitted alone",
            "--compare",
        ),
    ):
        if wrong:
            raise typer.BadParameter(message, param_hint=hint)
    run = runs[0]
    with reported(as_json=as_json):
        circuit = model[0] if model else "R0-Mig1-CPE1"
        if compared:
            compare_runs(runs, circuit, temperature or [], thickness or [], as_json=as_json)
        elif many:
            fit_together(runs, circuit, share, activate or [], temperature or [], as_json=as_json)
        elif ranked:
            rank_families(run, model or ["R0-De1-CPE1", "R0-Cc1-CPE1", "R0-Mig1-CPE1"], as_json=as_json)
        elif posterior:
            print_posterior(run, circuit, (drift, mains), as_json=as_json)
        else:
            fit_run(run, circuit, (drift, mains, robust), spectrum=spectrum, as_json=as_json)


@app.command("import", epilog='Example: `ionecho import PITT.txt --current "Current [A]"`')
def import_(
    text: Annotated[Path, typer.Argument(help="Delimited text with time, voltage, current.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Run file to be made.")] = None,
    time: Annotated[str | None, typer.Option(help="Heading or number of the time column.")] = None,
    voltage: Annotated[str | None, typer.Option(help="Heading or number of the voltage column.")] = None,
    current: Annotated[str | None, typer.Option(help="Heading or number of the current column.")] = None,
    time_unit: Annotated[str | None, typer.Option(help="Of the time column, e.g. ms.")] = None,
    voltage_unit: Annotated[str | None, typer.Option(help="Of the voltage column, e.g. mV.")] = None,
    current_unit: Annotated[str | None, typer.Option(help="Of the current column, e.g. mA.")] = None,
    separator: Annotated[str | None, typer.Option(help="Between columns; guessed if not given.")] = None,
    as_json: Json = False,
) -> None:
    """Make a run file of somebody else's record."""
    from ionecho.commands.files import import_text
    from ionecho.commands.output import reported

    columns = {"time": time, "voltage": voltage, "current": current}
    units = {"time": time_unit, "voltage": voltage_unit, "current": current_unit}
    with reported(as_json=as_json):
        import_text(text, output, columns, units, separator, as_json=as_json)


@app.command(epilog="Example: `ionecho recover runs/20261123-pump-probe-pair.nxs`")
def recover(
    runs: Annotated[list[Path], typer.Argument(help="Run files.")],
    as_json: Json = False,
) -> None:
    """Close what a crash left open: check the blocks, trim to what was measured."""
    from ionecho.commands.files import recover_runs
    from ionecho.commands.output import reported

    with reported(as_json=as_json):
        recover_runs(runs, as_json=as_json)


def main() -> None:
    """Run the command line."""
    # The matrices of a fit are small: threads of linear algebra would spend more time on each other than they save.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    app()
