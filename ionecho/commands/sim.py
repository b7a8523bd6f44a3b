"""Command `sim`: simulated instruments."""

from __future__ import annotations

from typing import Any

from ionecho.commands.output import console, print_json
from protocols import ProtocolError


def serve_simulator(kinds: list[str], *, as_json: bool, **options: Any) -> None:
    """Serve simulated instruments until told to end; ``list`` prints which there are."""
    from sim_instruments import CATALOGUE, serve

    if kinds == ["list"]:
        _print_kinds(as_json=as_json)
        return
    if unknown := [kind for kind in kinds if kind not in CATALOGUE]:
        raise ProtocolError(f"there is no simulated {', '.join(unknown)}: there are {', '.join(sorted(CATALOGUE))}")
    try:
        serve(kinds, as_json=as_json, **options)
    except ValueError as fault:
        raise ProtocolError(str(fault)) from fault


def _print_kinds(*, as_json: bool) -> None:
    from sim_instruments import CATALOGUE

    if as_json:
        print_json({"kinds": {name: list(kind.transports) for name, kind in sorted(CATALOGUE.items())}})
        return
    from rich.table import Table

    table = Table("instrument", "transports")
    for name, kind in sorted(CATALOGUE.items()):
        table.add_row(name, ", ".join(kind.transports))
    console().print(table)
