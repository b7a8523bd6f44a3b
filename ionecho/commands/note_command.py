"""Arguments, options and help of `ionecho note`; what it does is in `ionecho.commands.note`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ionecho.commands.statement_options import (
    Before,
    Control,
    Edges,
    Json,
    ProtocolFile,
    Temperature,
    Thickness,
    check_drive,
)

Run = Annotated[Path, typer.Argument(metavar="RUN", help="Run file.")]
Drive = Annotated[str | None, typer.Option(help='Voltage, or current, that was applied: "0 V; 0.45 V at 0 s".')]
Name = Annotated[str | None, typer.Option(help="Of the sample.")]
Area = Annotated[str | None, typer.Option(help='Of an electrode, e.g. "50 mm^2".')]
Permittivity = Annotated[str | None, typer.Option(help="Relative, of the sample.")]
GrainSize = Annotated[str | None, typer.Option(help='Of the sample, e.g. "2 um".')]
Notes = Annotated[str | None, typer.Option(help="For the lab book.")]


def note(
    run: Run,
    before: Before = None,
    edges: Edges = None,
    drive: Drive = None,
    control: Control = None,
    protocol: ProtocolFile = None,
    name: Name = None,
    thickness: Thickness = None,
    area: Area = None,
    temperature: Temperature = None,
    permittivity: Permittivity = None,
    grain_size: GrainSize = None,
    notes: Notes = None,
    as_json: Json = False,
) -> None:
    """State what is known of a run; without options, print what is stated, guessed and noted.

    It is kept in a text beside the run, and a fit uses it. An empty text takes a statement back.
    """
    from ionecho.commands.note import drive_of_protocol, note_run
    from ionecho.commands.refusals import check_files, reported

    check_drive(drive, protocol)
    with reported(as_json=as_json):
        check_files([run])
        stated = {
            "before": before,
            "edges": edges,
            "drive": drive_of_protocol(protocol) if protocol else drive,
            "control": control,
            "name": name,
            "thickness": thickness,
            "area": area,
            "temperature": temperature,
            "permittivity": permittivity,
            "grain_size": grain_size,
            "notes": notes,
        }
        note_run(run, stated, as_json=as_json)
