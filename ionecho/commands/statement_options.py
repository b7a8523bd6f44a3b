"""Options that several commands take alike; most of them are what is stated of a record."""

from pathlib import Path
from typing import Annotated

import typer

ProtocolFile = Annotated[
    str | None,
    typer.Option("--protocol", help="Protocol that was applied from 0 s of the record on, in place of --drive."),
]
Before = Annotated[
    str | None,
    typer.Option(help='Before the first sample: rest, a level of what was controlled such as "0 V", or unknown.'),
]
Edges = Annotated[str | None, typer.Option(help="What a sampled voltage did between samples: step, sample or ramp.")]
Control = Annotated[str | None, typer.Option(help="What the instrument controlled: voltage or current.")]
Thickness = Annotated[str | None, typer.Option(help='Of the sample, e.g. "1.2 mm".')]
Temperature = Annotated[str | None, typer.Option(help='Of the sample, e.g. "298 K".')]
RunFiles = Annotated[list[Path], typer.Argument(metavar="RUN", help="Run files.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def check_drive(drive: str | None, protocol: str | None) -> None:
    """Raise `typer.BadParameter` where both say what was applied."""
    if drive and protocol:
        raise typer.BadParameter("state the voltage or the protocol that applied it, not both", param_hint="--protocol")
