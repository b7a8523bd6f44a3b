"""Arguments, options and help of `ionecho note`; what it does is in `ionecho.commands.note`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Run = Annotated[Path, typer.Argument(metavar="RUN", help="Run file.")]
Before = Annotated[str | None, typer.Option(help='Before the first sample: rest, a level such as "0 V", or unknown.')]
Edges = Annotated[str | None, typer.Option(help="What a sampled voltage did between samples: step, sample or ramp.")]
Drive = Annotated[str | None, typer.Option(help='Voltage that was applied: "0 V; 0.45 V at 0 s; 0 V at 1 s".')]
ProtocolFile = Annotated[
    str | None,
    typer.Option("--protocol", help="Protocol that was applied from 0 s of the record on, in place of --drive."),
]
Name = Annotated[str | None, typer.Option(help="Of the sample.")]
Thickness = Annotated[str | None, typer.Option(help='Of the sample, e.g. "1.2 mm".')]
Area = Annotated[str | None, typer.Option(help='Of an electrode, e.g. "50 mm^2".')]
Temperature = Annotated[str | None, typer.Option(help='Of the sample, e.g. "298 K".')]
Permittivity = Annotated[str | None, typer.Option(help="Relative, of the sample.")]
GrainSize = Annotated[str | None, typer.Option(help='Of the sample, e.g. "2 um".')]
Notes = Annotated[str | None, typer.Option(help="For the lab book.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def note(
    run: Run,
    before: Before = None,
    edges: Edges = None,
    drive: Drive = None,
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

    if drive and protocol:
        raise typer.BadParameter("state the voltage or the protocol that applied it, not both", param_hint="--protocol")
    with reported(as_json=as_json):
        check_files([run])
        stated = {
            "before": before,
            "edges": edges,
            "drive": drive_of_protocol(protocol) if protocol else drive,
            "name": name,
            "thickness": thickness,
            "area": area,
            "temperature": temperature,
            "permittivity": permittivity,
            "grain_size": grain_size,
            "notes": notes,
        }
        note_run(run, stated, as_json=as_json)
