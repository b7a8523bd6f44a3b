"""Commands of ``ionecho``: their arguments, options and help. What they do is in `ionecho.commands`."""

from __future__ import annotations

import gc
import os
import sys
from functools import cache
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from typer.main import get_command

from ionecho.commands.campaign_command import attach, pause, resume, stop
from ionecho.commands.compare_command import compare
from ionecho.commands.export_command import export
from ionecho.commands.fit_command import fit
from ionecho.commands.import_command import import_
from ionecho.commands.note_command import note
from ionecho.commands.publish_command import publish
from ionecho.commands.queue_command import queue_app
from ionecho.commands.recover_command import recover
from ionecho.commands.refit_command import refit
from ionecho.commands.report_command import report
from ionecho.commands.runs_command import runs as list_runs
from ionecho.commands.statement_options import Json
from ionecho.commands.tag_command import tag

# New objects after which cycles of garbage are looked for: some 10 MB of them at most.
_GARBAGE_OBJECTS = 50_000

app = typer.Typer(
    name="ionecho",
    help="Voltage pulses into solid electrolytes, and what the ions remember of them.",
    no_args_is_help=True,
    # Rich's boxes take 0.2 s of processor time for each --help.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)

# Base of all that is wrong in a command line; typer has no public name for it.
_CommandLineError = cast("type[Exception]", typer.BadParameter.__mro__[2])

RunOutput = Annotated[
    Path | None,
    typer.Option("--output", "-o", dir_okay=False, help="Run file, or campaign's folder, to be made; must not exist."),
]
ProtocolName = Annotated[
    str, typer.Argument(metavar="PROTOCOL", help="Protocol file, or the name of a ready protocol.")
]

Stretch = Annotated[
    float,
    typer.Option(
        help="Make all times of the protocol so many times as long, for a slow instrument.", min=1e-6, max=1e6
    ),
]
Folder = Annotated[Path, typer.Option("--folder", file_okay=False, help="Where run files go.")]
Resource = Annotated[
    str, typer.Option("--resource", "-r", help="VISA resource, e.g. TCPIP::192.168.0.10::5025::SOCKET.")
]
Seed = Annotated[int, typer.Option("--seed", help="Of the simulated noise.", min=0)]
Speed = Annotated[float, typer.Option("--speed", help="Simulated seconds a real second.", min=0.01)]


@app.command(epilog="Example: ionecho demo")
def demo(
    folder: Folder = Path("runs"),
    seed: Seed = 1,
    speed: Speed = 1.0,
    as_json: Json = False,
) -> None:
    """Measure and fit a simulated cell, and compare with the truth.

    A simulated Keithley 2461 is served in a process of its own and measured over a real VISA connection.
    """
    from ionecho.commands.refusals import reported
    from ionecho.demo.run_demo import run_demo

    with reported(as_json=as_json):
        run_demo(folder, seed, speed, as_json=as_json)


@app.command(epilog="Example: ionecho gui --folder runs")
def gui(
    folder: Folder = Path("runs"),
    resource: Annotated[str | None, typer.Option("--resource", "-r", help="Connect to this at once.")] = None,
) -> None:
    """Open the window."""
    from ionecho.commands.gui import open_window
    from ionecho.commands.refusals import reported

    with reported(as_json=False):
        status = open_window(folder, resource)
    raise typer.Exit(status)


@app.command(epilog="Example: ionecho sim keithley2461 lakeshore336 --cell thermal --fault reboot@t=60")
def sim(
    kinds: Annotated[
        list[str],
        typer.Argument(metavar="KIND", help="Which instruments; several share the cell. `list` names them."),
    ],
    transport: Annotated[str, typer.Option(help="socket, hislip, vxi11 or pty; else each one's usual one.")] = "",
    port: Annotated[
        int, typer.Option(help="TCP port of the first on 127.0.0.1; 0 takes a free one.", min=0, max=65535)
    ] = 0,
    seed: Seed = 1,
    speed: Speed = 1.0,
    cell: Annotated[str, typer.Option(help="Name of a ready cell, or a cell file.")] = "demo",
    fault: Annotated[
        list[str] | None, typer.Option(help="What goes wrong: NAME[=VALUE]@WHEN, e.g. drop-fin@1000 (docs).")
    ] = None,
    clients: Annotated[
        int, typer.Option(help="How many clients its socket serves at once; 0 for any number.", min=0)
    ] = 0,
    beyond: Annotated[str, typer.Option(help="What becomes of a client beyond them: refuse or block.")] = "refuse",
    until_eof: Annotated[
        bool, typer.Option("--until-eof", help="End with standard input too: with the program that started this one.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Serve simulated instruments until Ctrl-C or SIGTERM."""
    from ionecho.commands.refusals import reported
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
            clients=(clients, beyond),
            until_eof=until_eof,
            as_json=as_json,
        )


@app.command(epilog="Example: ionecho discover TCPIP::192.168.0.10::5025::SOCKET --remember smu")
def discover(
    resources: Annotated[
        list[str] | None,
        typer.Argument(metavar="RESOURCE", help="VISA resources or names; none looks everywhere."),
    ] = None,
    remember: Annotated[str | None, typer.Option(help="Enter the one resource into the address book.")] = None,
    forget: Annotated[str | None, typer.Option(help="Take a name out of the address book.")] = None,
    as_json: Json = False,
) -> None:
    """Find instruments: address book, VISA, network, serial ports."""
    from ionecho.commands.discover import print_instruments
    from ionecho.commands.refusals import reported

    with reported(as_json=as_json):
        print_instruments(resources, remember, forget, as_json=as_json)


@app.command(epilog="Example: ionecho check pump_probe")
def check(
    protocol: ProtocolName,
    instrument: Annotated[
        str, typer.Option(help="For which instrument: a name that `ionecho sim list` or `ionecho discover` prints.")
    ] = "keithley2461",
    stretch: Stretch = 1.0,
    folder: Folder = Path("runs"),
    as_json: Json = False,
) -> None:
    """Say what an instrument would do for a protocol or a campaign.

    Levels, rounding, duration, limits; all points of a campaign. No instrument is needed, and nothing is sent.
    """
    from ionecho.commands.plan import print_plan
    from ionecho.commands.refusals import reported

    with reported(as_json=as_json):
        print_plan(protocol, instrument, stretch, folder, as_json=as_json)


@app.command(epilog="Example: ionecho run pump_probe -r TCPIP::127.0.0.1::5025::SOCKET")
def run(
    protocol: ProtocolName,
    resource: Resource,
    folder: Folder = Path("runs"),
    output: RunOutput = None,
    max_voltage: Annotated[str | None, typer.Option(help='Limit of this rig, e.g. "1 V".')] = None,
    max_current: Annotated[str | None, typer.Option(help='Limit of this rig, e.g. "1 mA".')] = None,
    stretch: Stretch = 1.0,
    transcript: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Record every byte to and from the instrument here.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure: play a protocol on an instrument, or all points of a campaign.

    Ctrl-C stops safely: output off, what was measured kept.
    """
    from ionecho.commands.plan import load_to_run
    from ionecho.commands.refusals import reported
    from ionecho.commands.run import measure_document

    with reported(as_json=as_json):
        places = (folder, output, transcript)
        measure_document(load_to_run(protocol, stretch), resource, places, (max_voltage, max_current), as_json=as_json)


app.command(epilog="Example: ionecho fit runs/20261123-pump-probe-pair.nxs --model R0-Mig1-CPE1")(fit)
app.command("import", epilog='Example: ionecho import PITT.txt --current "Current [A]"')(import_)
app.command(epilog='Example: ionecho note PITT.nxs --before "0 V" --thickness "1 mm"')(note)
app.command(epilog="Example: ionecho resume runs/20261126-101500-000-study")(resume)
app.command(epilog="Example: ionecho pause runs/20261126-101500-000-study")(pause)
app.command(epilog="Example: ionecho stop runs/20261126-101500-000-study --after-point")(stop)
app.command(epilog="Example: ionecho attach runs/20261126-101500-000-study")(attach)
app.add_typer(queue_app)
app.command("runs", epilog="Example: ionecho runs --where 'sample~\"LPSCl\" and T<270 K'")(list_runs)
app.command(epilog="Example: ionecho recover runs/20261123-pump-probe-pair.nxs")(recover)
app.command(epilog="Example: ionecho tag runs/20261123-pump-probe-pair.nxs --add rough")(tag)
app.command(epilog="Example: ionecho report runs/20261123-pump-probe-pair.nxs -o report.html")(report)
app.command(epilog="Example: ionecho export runs/20261123-pump-probe-pair.nxs -o pair.csv")(export)
app.command(epilog="Example: ionecho publish runs/20261126-101500-000-study -o study --license CC-BY-4.0")(publish)
app.command(epilog="Example: ionecho refit runs -m R0-Mig1-CPE1 -m R0-Cc1-CPE1 -o table.csv")(refit)
app.command(epilog="Example: ionecho compare table.csv -m R0-Mig1-CPE1 --plot archive.svg")(compare)


def _print_version(asked: bool) -> None:
    if asked:
        from ionecho import __version__

        typer.echo(f"ionecho {__version__}")
        raise typer.Exit


@app.callback()
def every_command(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Voltage pulses into solid electrolytes, and what the ions remember of them."""


@cache
def _command_line() -> Any:
    """Return the commands with their options, made once a process: 20 ms."""
    return get_command(app)


def main() -> None:
    """Run the command line, and end with its exit status."""
    from ionecho.commands.output import prepare_streams
    from ionecho.package_names import warn_of_foreign_packages

    prepare_streams()
    warn_of_foreign_packages()
    # The matrices of a fit are small: threads of linear algebra would spend more time on each other than they save.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A command makes few cycles of garbage, and looking for them 700 objects apart takes 4 % of a refit.
    gc.set_threshold(_GARBAGE_OBJECTS)
    try:
        _check_words()
        status = _command_line()(prog_name="ionecho", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()  # while it can still be told that the reader has gone
    except OSError as error:
        from ionecho.commands.refusals import leave_closed_pipe, reader_has_gone

        if not reader_has_gone(error):
            raise
        leave_closed_pipe()
    except _CommandLineError as error:
        status = _refuse_usage(error, as_json="--json" in sys.argv)
    except typer.Abort:
        status = 1
    sys.exit(status if isinstance(status, int) else 0)


def _check_words() -> None:
    """End with a refusal if a word of the command line would act on the terminal."""
    if all(word.isprintable() for word in sys.argv[1:]):
        return
    from ionecho.commands.refusals import check_words, reported

    with reported(as_json="--json" in sys.argv):
        check_words(sys.argv[1:])


def _refuse_usage(error: Any, *, as_json: bool) -> int:
    """Say what is wrong in a command line, as a document too if that was asked for; return the exit status."""
    from ionecho.commands.terminal import refuse_by_click

    refuse_by_click(error)
    if as_json and error.format_message():
        from ionecho.commands.output import print_json
        from ionecho.commands.refusals import refusal

        path = error.ctx.command_path if error.ctx is not None else "ionecho"
        where = getattr(error, "option_name", None) or getattr(error, "param_hint", None)
        if where is None and (parameter := getattr(error, "param", None)) is not None:
            where = parameter.opts[0] if parameter.param_type_name == "option" else parameter.metavar
        document = refusal("usage", error.format_message(), 2, where=str(where or ""), hint=f"See `{path} --help`.")
        print_json({"error": document})
    return 2
