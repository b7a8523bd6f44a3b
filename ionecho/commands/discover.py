"""Command `discover`: which instruments answer."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ionecho.commands.output import console, error_console, print_json
from ionecho.commands.refusals import UsageError
from ionecho.commands.run import check_resource
from protocols import InstrumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from drivers import Found
    from drivers.discovery import Progress


def print_instruments(
    resources: list[str] | None, remembered: str | None, forgotten: str | None, *, as_json: bool
) -> None:
    """Ask some addresses, or all that can be found, who is there; keep the address book."""
    from daq.instrument_locks import instrument_searched
    from drivers import discover, installed_drivers

    _keep_book(resources, remembered, forgotten)
    not_searched: list[str] = []
    if forgotten is not None and resources is None:
        found = []
    else:
        with _finding(quiet=as_json or resources is not None) as progress:
            found = discover(resources, progress=progress, claim=instrument_searched, report=not_searched.append)
    drivers = installed_drivers()
    if as_json:
        rows = [
            {
                "resource": one.resource,
                "name": one.name,
                **_identity(one),
                "driver": one.driver,
                "in_use": one.is_in_use,
                "problem": one.problem,
            }
            for one in found
        ]
        described = [asdict(driver) for driver in drivers]
        print_json({"instruments": rows, "drivers": described, "not_searched": not_searched})
        return
    from rich.table import Table

    table = Table("name", "resource", "instrument", "driver", "")
    for one in found:
        table.add_row(one.name, one.resource, _shown(one), one.driver or "", one.problem)
    console().print(table if found else "Nobody answered. Raw sockets are found only by name (see --help).")
    for problem in [*not_searched, *(driver.problem for driver in drivers if driver.problem)]:
        error_console().print(f"warning: {problem}", markup=False, soft_wrap=True)


def _keep_book(resources: list[str] | None, remembered: str | None, forgotten: str | None) -> None:
    """Enter and take out what was asked; refuse what is no address."""
    from drivers import forget, remember

    for resource in resources or []:
        check_resource(resource)
    if remembered is not None and (resources is None or len(resources) != 1):
        raise UsageError("name the one resource that is to be remembered", "--remember")
    try:
        if forgotten is not None:
            forget(forgotten)
        if remembered is not None and resources:
            remember(remembered, resources[0])
    except InstrumentError as error:
        raise UsageError(str(error), "address book") from None


def _shown(found: Found) -> str:
    return "(in use)" if found.is_in_use else str(found.identity or "")


def _identity(found: Found) -> dict[str, Any]:
    return asdict(found.identity) if found.identity else dict.fromkeys(("maker", "model", "serial", "firmware"))


@contextmanager
def _finding(*, quiet: bool) -> Iterator[Progress | None]:
    """Show how many addresses have answered."""
    if quiet:
        yield None
        return
    from rich.progress import Progress as Bar

    with Bar(console=error_console(), transient=True) as bar:
        task = bar.add_task("looking for instruments", total=None)

        def progress(_: Found, done: int, asked: int) -> None:
            bar.update(task, completed=done, total=asked, description=f"{done} of {asked} addresses have answered")

        yield progress
