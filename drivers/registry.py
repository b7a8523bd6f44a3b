"""Which driver is for the instrument that answered, and who answers at an address?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from drivers.contract import Identity, Potentiostat, TemperatureController
from drivers.session import VisaSession, list_visa_resources
from protocols import InstrumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

Driver = type[Potentiostat] | type[TemperatureController]

_GROUP = "ionecho.drivers"
_OURS = {
    "b2901": "drivers.b2900:B2901",
    "b2911": "drivers.b2900:B2911",
    "ec301": "drivers.ec301:EC301",
    "keithley2450": "drivers.keithley2450:Keithley2450",
    "keithley2460": "drivers.keithley2460:Keithley2460",
    "keithley2461": "drivers.keithley2461:Keithley2461",
    "lakeshore335": "drivers.lakeshore:LakeShore335",
    "lakeshore336": "drivers.lakeshore:LakeShore336",
    "zahner-pp212": "drivers.zahner:Zahner",
}


@cache
def _known() -> dict[str, EntryPoint]:
    """Return where each driver is: ours, and those of other installed packages."""
    theirs = {found.name: found for found in entry_points(group=_GROUP)}
    return theirs | {name: EntryPoint(name, home, _GROUP) for name, home in _OURS.items()}


@cache
def _loaded(name: str) -> Driver:
    driver = _known()[name].load()
    if not (isinstance(driver, type) and issubclass(driver, Potentiostat | TemperatureController)):
        raise InstrumentError(
            f"the driver {name!r} ({_known()[name].value}) is no Potentiostat or TemperatureController"
        )
    return driver


def _drivers() -> Iterator[tuple[str, Driver]]:
    for name in driver_names():
        yield name, _loaded(name)


@dataclass(frozen=True)
class Found:
    """What answered at an address.

    Attributes
    ----------
    resource : str
    identity : Identity or None
        None if nothing answered.
    driver : str or None
        Name of the driver for it, None if there is none.
    problem : str
        Why there is no identity, or why it cannot be used.
    """

    resource: str
    identity: Identity | None
    driver: str | None
    problem: str = ""


def driver_names() -> list[str]:
    """Return the names of the drivers."""
    return sorted(_known())


def driver_named(name: str) -> type[Potentiostat]:
    """Return a driver class by its name, for planning without an instrument.

    Raises
    ------
    InstrumentError
        If there is none of that name.
    """
    if name not in _known():
        raise InstrumentError(f"there is no driver {name!r} (there are: {', '.join(driver_names())})")
    driver = _loaded(name)
    if not issubclass(driver, Potentiostat):
        raise InstrumentError(f"{name} is no potentiostat: it cannot play a protocol")
    return driver


def open_potentiostat(resource: str, timeout_s: float = 2.0) -> Potentiostat:
    """Open a link to an instrument and return its driver, by what it answers to ``*IDN?``.

    Raises
    ------
    ConnectionLost
        If nobody answers.
    InstrumentError
        If there is no driver for it.
    """
    session = VisaSession(resource, timeout_s)
    identity = Identity.from_idn(session.idn)
    for _, driver in _drivers():
        if issubclass(driver, Potentiostat) and driver.matches(identity):
            return driver(session)
    session.close()
    raise InstrumentError(
        f"{resource} is {identity}: there is no driver for it (there are: {', '.join(driver_names())})"
    )


def open_temperature_controller(resource: str, timeout_s: float = 2.0) -> TemperatureController:
    """Open a link to a temperature controller and return its driver, by what it answers to its greeting.

    Raises
    ------
    ConnectionLost
        If nobody answers.
    InstrumentError
        If there is no driver for it.
    """
    drivers = [driver for _, driver in _drivers() if issubclass(driver, TemperatureController)]
    session = VisaSession(resource, timeout_s, drivers[0].dialect)
    identity = Identity.from_idn(session.idn)
    for driver in drivers:
        if driver.matches(identity):
            return driver(session)
    session.close()
    raise InstrumentError(_no_driver(resource, identity))


def probe(resource: str, timeout_s: float = 1.0) -> Found:
    """Ask one address who is there. Raises nothing: a problem is part of the answer."""
    try:
        with VisaSession(resource, timeout_s) as session:
            identity = Identity.from_idn(session.idn)
    except InstrumentError as problem:
        return Found(resource, None, None, str(problem))
    names = [name for name, driver in _drivers() if driver.matches(identity)]
    if not names:
        return Found(resource, identity, None, _no_driver(resource, identity))
    return Found(resource, identity, names[0])


def _no_driver(resource: str, identity: Identity) -> str:
    return f"{resource} is {identity}: there is no driver for it (there are: {', '.join(driver_names())})"


def discover(resources: list[str] | None = None, timeout_s: float = 1.0) -> list[Found]:
    """Ask some addresses, or all that VISA lists, who is there.

    Parameters
    ----------
    resources : list of str, optional
        VISA resource names. None asks VISA for its list, which takes some seconds and has no raw sockets in it.
    timeout_s : float
        For each.
    """
    return [probe(resource, timeout_s) for resource in (resources or list_visa_resources())]
