"""Command `sim`: simulated instruments."""

from __future__ import annotations

import errno
from typing import Any

from ionecho.commands.output import console, print_json
from ionecho.commands.refusals import UsageError


def serve_simulator(
    kinds: list[str], *, transport: str, port: int, clients: tuple[int, str], as_json: bool, **options: Any
) -> None:
    """Serve simulated instruments until told to end; ``list`` prints which there are.

    Parameters
    ----------
    kinds : list of str
    transport : str
    port : int
    clients : tuple of int, str
        How many a socket serves, and what becomes of one beyond them.
    as_json : bool
    **options
        As `sim_instruments.serve` has them.
    """
    from sim_instruments import CATALOGUE, Admission, CellError, Reach, kind_named, serve

    if kinds == ["list"]:
        _print_kinds(as_json=as_json)
        return
    chosen = [kind_named(name) for name in kinds]
    if unknown := [name for name, kind in zip(kinds, chosen, strict=True) if kind is None]:
        raise UsageError(f"there is no simulated {', '.join(unknown)}: there are {', '.join(sorted(CATALOGUE))}")
    try:
        reach = Reach(transport, port, Admission(*clients))
        serve([kind for kind in chosen if kind is not None], reach=reach, as_json=as_json, **options)
    except (CellError, ValueError) as fault:
        raise UsageError(str(fault)) from fault
    except OSError as fault:
        if fault.errno == errno.EADDRINUSE:
            message = f"port {port} of 127.0.0.1 is in use: choose another, or none for a free one"
        elif fault.errno == errno.EACCES:
            message = f"port {port} is reserved for the system: choose one above 1023, or none for a free one"
        else:
            raise
        raise UsageError(message, "--port") from fault


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
