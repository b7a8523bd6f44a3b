"""Which driver is for the instrument that answered, and who answers at an address?"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.contract import Identity, Potentiostat
from drivers.keithley2461 import Keithley2461
from drivers.session import VisaSession, list_visa_resources
from protocols import InstrumentError

_DRIVERS: dict[str, type[Keithley2461]] = {"keithley2461": Keithley2461}


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
    return sorted(_DRIVERS)


def driver_named(name: str) -> type[Potentiostat]:
    """Return a driver class by its name, for planning without an instrument.

    Raises
    ------
    InstrumentError
        If there is none of that name.
    """
    try:
        return _DRIVERS[name]
    except KeyError:
        raise InstrumentError(f"there is no driver {name!r} (there are: {', '.join(driver_names())})") from None


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
    for driver in _DRIVERS.values():
        if driver.matches(identity):
            return driver(session)
    session.close()
    raise InstrumentError(
        f"{resource} is {identity}: there is no driver for it (there are: {', '.join(driver_names())})"
    )


def probe(resource: str, timeout_s: float = 1.0) -> Found:
    """Ask one address who is there. Raises nothing: a problem is part of the answer."""
    try:
        with VisaSession(resource, timeout_s) as session:
            identity = Identity.from_idn(session.idn)
    except InstrumentError as problem:
        return Found(resource, None, None, str(problem))
    names = [name for name, driver in _DRIVERS.items() if driver.matches(identity)]
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
