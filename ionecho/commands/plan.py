"""Command `check`: what an instrument would do for a protocol."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ionecho.commands.output import console, print_json
from ionecho.commands.refusals import UsageError
from protocols import InstrumentError, Protocol
from protocols.campaigns import Campaign, load_document

if TYPE_CHECKING:
    from drivers import DrivePlan

_RUNS = Path("runs")


def print_plan(name: str, instrument: str, stretch: float = 1.0, folder: Path = _RUNS, *, as_json: bool) -> None:
    """Print what an instrument would do for a protocol, or for all points of a campaign."""
    from drivers import driver_named
    from fitting import feasibility

    try:
        driver = driver_named(instrument)
    except InstrumentError as error:
        raise UsageError(str(error), "--instrument") from None
    document = load_document(name)
    if isinstance(document, Campaign):
        from ionecho.commands.check_campaign import print_campaign

        if stretch != 1.0:
            raise UsageError("a campaign is not stretched: give its times as they shall be", "--stretch")
        print_campaign(document, driver, folder, as_json=as_json)
        return
    protocol = document if stretch == 1.0 else document.stretched(stretch)
    plan = driver.plan(protocol)
    feasible = feasibility(plan, protocol.sample)
    if as_json:
        print_json(_plan_document(protocol, plan) | {"bulk_memory": feasible.to_dict()})
        return
    from rich.table import Table

    table = Table(title=f"{protocol.name} on a {plan.model}", show_header=False)
    for what, value in _plan_rows(protocol, plan):
        table.add_row(what, value)
    table.add_row("bulk memory", str(feasible))
    console().print(table)


def load_protocol(name: str, stretch: float = 1.0) -> Protocol:
    """Return a protocol of a file or of the library, made slower."""
    protocol = Protocol.load(name)
    return protocol if stretch == 1.0 else protocol.stretched(stretch)


def load_to_run(name: str, stretch: float = 1.0) -> Protocol | Campaign:
    """Return a protocol, made slower, or a campaign.

    Raises
    ------
    UsageError
        If a campaign is to be made slower.
    """
    document = load_document(name)
    if isinstance(document, Protocol):
        return document if stretch == 1.0 else document.stretched(stretch)
    if stretch != 1.0:
        raise UsageError("a campaign is not stretched: give its times as they shall be", "--stretch")
    return document


def _plan_document(protocol: Protocol, plan: DrivePlan) -> dict[str, Any]:
    return {
        "protocol": protocol.name,
        "instrument": plan.model,
        "duration_s": plan.duration_s,
        "samples": plan.n_recorded,
        "bytes": plan.n_bytes,
        "edges": len(plan.sequence),
        "interval_s": plan.interval_s,
        "longest_interval_s": plan.interval_s if plan.grid is None else float(plan.grid.interval_s.max()),
        "aperture_s": plan.aperture_s,
        "voltage_range_V": plan.voltage_range_V,
        "current_range_A": plan.current_range_A,
        "compliance_A": plan.compliance_A,
        "rounded": [str(one) for one in plan.roundings],
        "remarks": list(plan.remarks),
        "assumed": [str(one) for one in plan.assumed],
    }


def _plan_rows(protocol: Protocol, plan: DrivePlan) -> list[tuple[str, str]]:
    rows = plan.rows()
    after = [name for name, _ in rows].index("compliance") + 1
    return [*rows[:after], ("limits", str(protocol.limits)), *rows[after:]]
