"""Registry of drivers: which there are, and which is for the instrument that answers at an address."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

from drivers.address_book import resolved
from drivers.contract.identity import Identity
from drivers.contract.potentiostat import Potentiostat
from drivers.contract.switch_off import OffSwitch
from drivers.contract.temperature import TemperatureController
from drivers.plugin_driver import Driver, load_driver
from drivers.visa.resources import interface_of, resource_manager
from drivers.visa.session import OPENING, VisaSession
from protocols import ConnectionLost, InstrumentError, IonechoError
from protocols.plugins import Plugins, package_of, plugins_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from drivers.visa.dialect import Dialect
    from drivers.visa.patience import Patience

_GROUP = "ionecho.drivers"  # entry points of packages that bring drivers
# After a greeting that it does not understand an instrument may hear nothing for a while (MethodSCRIPT: 50 ms).
_DEAF_S = 0.1
_OURS = {
    "b2901": "drivers.keysight.driver:B2901",
    "b2911": "drivers.keysight.driver:B2911",
    "ec301": "drivers.srs.driver:EC301",
    "emstat-pico": "drivers.palmsens.driver:EmStatPico",
    "emstat4": "drivers.palmsens.driver:EmStat4",
    "keithley2450": "drivers.keithley.k2450:Keithley2450",
    "keithley2460": "drivers.keithley.k2450:Keithley2460",
    "keithley2461": "drivers.keithley.k2461:Keithley2461",
    "keithley2602b": "drivers.keithley.k2600:Keithley2602B",
    "keithley2612b": "drivers.keithley.k2600:Keithley2612B",
    "keithley2636b": "drivers.keithley.k2600:Keithley2636B",
    "lakeshore335": "drivers.lakeshore.driver:LakeShore335",
    "lakeshore336": "drivers.lakeshore.driver:LakeShore336",
    "zahner-pp212": "drivers.zahner.driver:Zahner",
}
# Models of a series, by the driver that serves them; simulated instruments have the models' names.
_MODELS = {
    "b2901": ("b2901a", "b2901b", "b2902a", "b2902b"),
    "b2911": ("b2911a", "b2911b", "b2912a", "b2912b"),
    "emstat4": ("emstat4-lr", "emstat4lr"),
    "keithley2602b": ("keithley2601b", "keithley2604b"),
    "keithley2612b": ("keithley2611b", "keithley2614b"),
    "keithley2636b": ("keithley2634b", "keithley2635b"),
}
# What to do at an instrument whose driver is not known.
_ANY_SWITCH = OffSwitch("the output", "Switch it off at the instrument: press its OUTPUT key, or unplug the cell.")
_DRIVER_OF_MODEL = {model: name for name, models in _MODELS.items() for model in models}


@dataclass(frozen=True)
class Found:
    """Answer of an address that was asked for its instrument.

    Attributes
    ----------
    resource : str
    identity : Identity or None
        None if nothing answered.
    driver : str or None
        Name of the driver for it, None if there is none.
    problem : str
        Why there is no identity, or why it cannot be used.
    name : str
        What the address book calls it.
    is_in_use : bool
        Whether a run has it, so that it was not asked; `problem` says which.
    """

    resource: str
    identity: Identity | None
    driver: str | None
    problem: str = ""
    name: str = ""
    is_in_use: bool = False


class InstrumentInUseError(InstrumentError):
    """An instrument that a run has: nothing was sent to it."""


@dataclass(frozen=True)
class DriverEntry:
    """A driver that is installed.

    Attributes
    ----------
    name : str
    package : str
        The distribution that it comes from.
    kind : str
        ``potentiostat`` or ``temperature controller``.
    problem : str
        Why it cannot be used; the others can.
    """

    name: str
    package: str
    kind: str
    problem: str = ""


@cache
def _plugins() -> Plugins:
    return plugins_of(_GROUP)


@cache
def _entry_points() -> dict[str, EntryPoint]:
    """Return where each driver is: ours, and those of other installed packages."""
    theirs = {entry.name: entry for entry in reversed(_plugins().points)}  # of equal names the first on the path
    return theirs | {name: EntryPoint(name, home, _GROUP) for name, home in _OURS.items()}


@cache
def _loaded(name: str) -> Driver | InstrumentError:
    """Return a driver, or why it cannot be used; a plug-in is imported once, whatever comes of it."""
    try:
        return load_driver(name, _entry_points()[name])
    except InstrumentError as error:
        return error


def _load(name: str) -> Driver:
    driver = _loaded(name)
    if isinstance(driver, InstrumentError):
        raise InstrumentError(str(driver)) from driver
    return driver


# What drivers of other packages did wrong when they were asked whether an instrument is theirs, by their names.
_failures: dict[str, str] = {}


def _drivers() -> Iterator[tuple[str, Driver]]:
    """Yield the drivers that can be loaded: a broken one does not keep the others from working."""
    for name in driver_names():
        driver = _loaded(name)
        if not isinstance(driver, InstrumentError):
            yield name, driver


def _identity_for(name: str, driver: Driver, answer: str) -> Identity | None:
    """Return the identity in an answer to the greeting if the driver is for it; None if not, or if the driver fails."""
    try:
        identity = driver.identity_of(answer)
    except (IonechoError, OSError) as error:
        _failures[name] = str(error)
        return None
    return identity if _is_for(name, driver, identity) else None


def _is_for(name: str, driver: Driver, identity: Identity) -> bool:
    try:
        return driver.matches(identity)
    except (IonechoError, OSError) as error:
        _failures[name] = str(error)
        return False


def driver_names() -> list[str]:
    """Return the names of the drivers."""
    return sorted(_entry_points())


def installed_drivers() -> list[DriverEntry]:
    """Return all drivers, the broken ones too, and where they come from."""
    entries = []
    for name in driver_names():
        package, driver = package_of(_entry_points()[name]), _loaded(name)
        if isinstance(driver, InstrumentError):
            entries.append(DriverEntry(name, package, "", str(driver)))
        else:
            kind = "potentiostat" if issubclass(driver, Potentiostat) else "temperature controller"
            entries.append(DriverEntry(name, package, kind, _failures.get(name, "")))
    for point in _plugins().points:
        if point != _entry_points()[point.name]:
            problem = f"the name {point.name!r} of a driver of {package_of(point)} is taken: the other one is used"
            entries.append(DriverEntry(point.name, package_of(point), "", problem))
    entries += [DriverEntry("", package, "", f"{package}: {problem}") for package, problem in _plugins().problems]
    return entries


def driver_problems() -> list[str]:
    """Return what is wrong with drivers of other packages, as far as it is known in this process."""
    return [entry.problem for entry in installed_drivers() if entry.problem]


def driver_name_of(name: str) -> str | None:
    """Return the name of the driver that a user means: its own name, or a model's, in letters of either case.

    Returns
    -------
    str or None
        None if there is no such driver.
    """
    plain = name.strip().lower().replace("_", "-").replace(" ", "-")
    wanted = (name, plain, f"keithley{plain}")
    models = tuple(_DRIVER_OF_MODEL.get(one, "") for one in wanted)
    return next((known for known in wanted + models if known in _entry_points()), None)


def driver_named(name: str) -> type[Potentiostat]:
    """Return a driver class by its name, or a model's, for planning without an instrument.

    Raises
    ------
    InstrumentError
        If there is none of that name, or it is not for a potentiostat.
    """
    known = driver_name_of(name)
    if known is None:
        raise InstrumentError(f"there is no driver {name!r} (there are: {', '.join(driver_names())})")
    driver = _load(known)
    if not issubclass(driver, Potentiostat):
        raise InstrumentError(f"{name} is no potentiostat: it cannot play a protocol")
    return driver


def open_potentiostat(
    resource: str,
    timeout_s: float = 2.0,
    transcript: Path | None = None,
    patience: Patience | None = None,
) -> Potentiostat:
    """Open a link to a potentiostat and return its driver, by what it says when it is greeted.

    Parameters
    ----------
    resource : str
        VISA resource, or a name in the address book.
    timeout_s : float
        Of any single exchange.
    transcript : Path, optional
        File in which every byte is recorded.
    patience : Patience, optional
        Takes the place of `timeout_s`, for whoever waits for longer on a slow computer.

    Raises
    ------
    ConnectionLost
        If nobody answers.
    InstrumentError
        If there is no driver for it.
    """
    session, identity, name = _greet(resolved(resource), timeout_s, transcript, patience)
    driver = _load(name) if name is not None else None
    if session is not None and driver is not None and issubclass(driver, Potentiostat):
        with _close_on_failure(session):
            return driver(session)
    if session is not None:
        session.close()
    raise InstrumentError(
        _no_driver(resource, identity) if driver is None else f"{resource} is {identity}: it is no potentiostat"
    )


def reopen_potentiostat(
    resource: str, driver: str, timeout_s: float = 2.0, patience: Patience | None = None
) -> Potentiostat:
    """Open a link to a potentiostat whose driver is known, in whatever state a run has left it, and return its driver.

    Its program is interrupted before it is greeted, in its own dialect only. The rest is as `open_potentiostat` has it.

    Parameters
    ----------
    driver : str
        Name of the driver.

    Raises
    ------
    InstrumentError
        If there is another instrument now, or no such driver.
    """
    kind = driver_named(driver)
    session = VisaSession(resolved(resource), timeout_s, kind.dialect, interrupt=kind.interrupt, patience=patience)
    with _close_on_failure(session):
        identity = kind.identity_of(session.idn)
        if not kind.matches(identity):
            raise InstrumentError(f"{resource} is {identity} now, not the {kind.capabilities.model} of the run")
        return kind(session)


def name_of_driver(opened: Potentiostat) -> str:
    """Return the name under which the class of an open driver is registered, empty if it is not."""
    return next((name for name, driver in _drivers() if driver is type(opened)), "")


def driver_for(identity: Identity) -> str:
    """Return the name of the potentiostat driver that is for an instrument, empty if there is none."""
    names = (name for name, kind in _drivers() if issubclass(kind, Potentiostat) and _is_for(name, kind, identity))
    return next(names, "")


def off_switch_of(name: str) -> OffSwitch:
    """Return what a person can do at an instrument, by the name of its driver; general advice if it is not known."""
    try:
        return driver_named(name).off_switch
    except InstrumentError:
        return _ANY_SWITCH


@contextmanager
def _close_on_failure(session: VisaSession) -> Iterator[None]:
    """Close the link if the driver cannot use it: else no other session could be opened."""
    try:
        yield
    except BaseException:
        session.close()
        raise


def open_temperature_controller(resource: str, timeout_s: float = 2.0) -> TemperatureController:
    """Open a link to a temperature controller and return its driver. See `open_potentiostat`."""
    session, identity, name = _greet(resolved(resource), timeout_s, None)
    driver = _load(name) if name is not None else None
    if session is not None and driver is not None and issubclass(driver, TemperatureController):
        with _close_on_failure(session):
            return driver(session)
    if session is not None:
        session.close()
    raise InstrumentError(
        _no_driver(resource, identity)
        if driver is None
        else f"{resource} is {identity}: it is no temperature controller"
    )


def _greet(
    resource: str, timeout_s: float, transcript: Path | None, patience: Patience | None = None
) -> tuple[VisaSession | None, Identity, str | None]:
    """Greet in each dialect of such links until a driver knows the answer; return session, identity and driver.

    No session is left open when no driver knows it. A link is closed before it is opened in another dialect: many
    instruments take one client, and what is left of an answer in the wrong dialect goes with it.
    """
    answered: Identity | None = None
    silence: ConnectionLost | None = None
    for number, dialect in enumerate(_dialects(resource)):
        if number:
            time.sleep(_DEAF_S)
        try:
            session = VisaSession(resource, timeout_s, dialect, transcript, patience=patience)
        except ConnectionLost as error:
            if not number and error.command == OPENING:  # on Windows a refusal takes the whole timeout, with each
                raise
            silence = silence or error
            continue
        for name, driver in _drivers():
            identity = _identity_for(name, driver, session.idn) if driver.dialect == dialect else None
            if identity is not None:
                return session, identity, name
        answered = answered or Identity.from_idn(session.idn)
        session.close()
    if answered is not None:
        return None, answered, None
    raise silence or InstrumentError(f"no driver speaks over a link such as {resource}")


def load_drivers(resource: str = "") -> None:
    """Load what opening such a link needs, so that no time is lost when an output must go off; ours without one."""
    resource_manager()
    _ = [_loaded(name) for name in _OURS]  # importing these starts no thread
    if resource:
        _dialects(resource)


def _dialects(resource: str) -> list[Dialect]:
    """Return the dialects of the drivers for such a link, ``*IDN?`` first: most understand it, and none minds it."""
    interface = interface_of(resource)
    spoken = {driver.dialect: None for _, driver in _drivers() if interface in driver.interfaces}
    return sorted(spoken, key=lambda dialect: dialect.greeting != "*IDN?")


def probe(resource: str, timeout_s: float = 1.0, name: str = "", transcript: Path | None = None) -> Found:
    """Ask the instrument at an address for its identity. Raises nothing: a problem is part of the answer."""
    try:
        session, identity, driver = _greet(resolved(resource), timeout_s, transcript)
    except InstrumentError as problem:
        return Found(resource, None, None, str(problem), name)
    if session is not None:
        session.close()
    return Found(resource, identity, driver, "" if driver else _no_driver(resource, identity), name)


def _no_driver(resource: str, identity: Identity) -> str:
    left_out = "".join(f"; left out: {problem}" for problem in driver_problems())
    return f"{resource} is {identity}: there is no driver for it (there are: {', '.join(driver_names())}{left_out})"
