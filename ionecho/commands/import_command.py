"""Arguments, options and help of `ionecho import`; what it does is in `ionecho.commands.import_record`."""

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

Text = Annotated[Path, typer.Argument(metavar="TEXT", help="Delimited text with time, voltage, current.")]
Time = Annotated[str | None, typer.Option(help="Heading or number of the time column.")]
Voltage = Annotated[str | None, typer.Option(help="Heading or number of the voltage column.")]
Current = Annotated[str | None, typer.Option(help="Heading or number of the current column.")]
TimeUnit = Annotated[
    str | None, typer.Option(help="Of the time column, e.g. ms; excel for days, dmy or mdy for dates, m:s or h:m.")
]
VoltageUnit = Annotated[str | None, typer.Option(help="Of the voltage column, e.g. mV.")]
CurrentUnit = Annotated[str | None, typer.Option(help="Of the current column, e.g. mA or mA/cm2.")]
Separator = Annotated[str | None, typer.Option(help="Between columns; tab is a tabulator.")]
Decimal = Annotated[str | None, typer.Option(help="Decimal mark, a point or a comma.")]
Block = Annotated[
    str | None, typer.Option(help="Of several blocks, sweeps or channels: its number, or all, one behind another.")
]
Negate = Annotated[list[str] | None, typer.Option(help="Turn the sign of this: current or voltage.")]
Drive = Annotated[
    str | None,
    typer.Option(help='Voltage, or current, that was applied: "0 V; 0.45 V at 0 s"; no column need have it.'),
]
Area = Annotated[str | None, typer.Option(help='Of the electrode, e.g. "1 cm^2".')]
Mass = Annotated[str | None, typer.Option(help='For a current per mass, e.g. "12 mg".')]
Name = Annotated[str, typer.Option(help="Of the sample.")]
Notes = Annotated[str, typer.Option(help="Kept with the run.")]
RunOutput = Annotated[
    Path | None, typer.Option("--output", "-o", dir_okay=False, help="Run file to be made; must not exist.")
]


def import_(
    text: Text,
    output: RunOutput = None,
    time: Time = None,
    voltage: Voltage = None,
    current: Current = None,
    time_unit: TimeUnit = None,
    voltage_unit: VoltageUnit = None,
    current_unit: CurrentUnit = None,
    separator: Separator = None,
    decimal: Decimal = None,
    block: Block = None,
    negate: Negate = None,
    drive: Drive = None,
    control: Control = None,
    protocol: ProtocolFile = None,
    before: Before = None,
    edges: Edges = None,
    area: Area = None,
    mass: Mass = None,
    thickness: Thickness = None,
    temperature: Temperature = None,
    name: Name = "",
    notes: Notes = "",
    as_json: Json = False,
) -> None:
    """Make a run file of another program's record.

    Everything that is not stated is found in the text or asked for; what was guessed is listed.
    """
    from ionecho.commands.fit_checks import check_control
    from ionecho.commands.import_record import ImportRequest, import_text
    from ionecho.commands.note import drive_of_protocol
    from ionecho.commands.refusals import check_files, reported

    check_drive(drive, protocol)
    columns = {"time": time, "voltage": voltage, "current": current}
    units = {"time": time_unit, "voltage": voltage_unit, "current": current_unit}
    sample = {"area": area, "mass": mass, "thickness": thickness, "temperature": temperature}
    stated = {"before": before or "", "edges": edges or ""}
    with reported(as_json=as_json):
        check_control(control)
        check_files([text])
        drive = drive_of_protocol(protocol) if protocol else drive
        told = (separator, decimal, block, negate or [], drive, sample, name, notes)
        request = ImportRequest(text, output, columns, units, *told, control, stated)
        import_text(request, as_json=as_json)
