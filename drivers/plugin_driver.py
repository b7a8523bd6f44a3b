"""Drivers of other packages, made safe to call: what they raise and return is checked against the contract.

A driver that was loaded is replaced by a subclass of it, whose methods call the driver's own. What the contract knows
goes through as it is (errors of ours, `OSError` for a lost link). Anything else that is raised, `SystemExit` too,
becomes an `InstrumentError` with the name of driver and package, and so does what is returned in place of what was
promised. In `safe_state` both become `OutputStateUnknown`: only a read-back that says "off" counts.
"""

from __future__ import annotations

import inspect
from types import FunctionType
from typing import TYPE_CHECKING, Any

from drivers.contract.block import Block
from drivers.contract.identity import Capabilities, Identity
from drivers.contract.plan import DrivePlan
from drivers.contract.potentiostat import Potentiostat
from drivers.contract.readback import OutputReadback
from drivers.contract.switch_off import OffSwitch
from drivers.contract.temperature import TemperatureController, TemperatureReading
from drivers.visa.dialect import Dialect
from protocols import InstrumentError, IonechoError, OutputStateUnknown
from protocols.plugins import PluginError, contained, load, package_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint

    from drivers.contract.potentiostat import MakesPlans
    from protocols import Protocol

Driver = type[Potentiostat] | type[TemperatureController]

_NONE = type(None)
# What each method of the contract returns. Methods of one kind of instrument alone are found on the class.
_CLASS_METHODS: dict[str, tuple[type, ...]] = {"identity_of": (Identity,), "matches": (bool,)}
_METHODS: dict[str, tuple[type, ...]] = {
    "__init__": (_NONE,),
    "identify": (Identity,),
    "arm": (object,),
    "start": (object,),
    "abort": (object,),
    "close": (object,),
    "set_setpoint": (object,),
    "wait_until_stable": (TemperatureReading,),
    "safe_state": (OutputReadback,),
}
_READ: dict[type, tuple[type, ...]] = {Potentiostat: (Block, _NONE), TemperatureController: (TemperatureReading,)}
# What to do at an instrument whose driver does not say so: temperature controllers have no such text.
_ANY_SWITCH = OffSwitch("the output", "Switch it off at the instrument.")
# What the contract lets a driver raise.
_PASSED = (IonechoError, OSError)


def load_driver(name: str, point: EntryPoint) -> Driver:
    """Return the driver of an entry point; one of another package as a class that contains it.

    Raises
    ------
    InstrumentError
        If it cannot be loaded, or is no driver by the contract.
    """
    what = f"the driver {name!r} ({point.value}, of {package_of(point)})"
    try:
        driver = load(point, what)
        is_ours = point.dist is None
        with contained(f"{what} is no driver", passed=(InstrumentError,)):
            _check(what, driver)
            checked: Driver = driver
            return checked if is_ours else _contained(what, checked)
    except PluginError as error:
        raise InstrumentError(str(error)) from error


def _check(what: str, driver: Any) -> None:
    if not (isinstance(driver, type) and issubclass(driver, Potentiostat | TemperatureController)):
        raise InstrumentError(f"{what} is no Potentiostat or TemperatureController")
    if inspect.isabstract(driver):
        missing = ", ".join(sorted(driver.__abstractmethods__))
        raise InstrumentError(f"{what} is not complete: it lacks {missing}")
    if not isinstance(driver.dialect, Dialect):
        raise InstrumentError(f"{what} has a `dialect` that is no drivers.Dialect")
    for name in ("interfaces", "interrupt"):
        if not _is_of_text(getattr(driver, name, ())):
            raise InstrumentError(f"{what} has `{name}` that are no tuple of text")
    if issubclass(driver, Potentiostat):
        _check_potentiostat(what, driver)


def _is_of_text(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, str) for one in value)


def _check_potentiostat(what: str, driver: type[Potentiostat]) -> None:
    owner = next(base for base in driver.__mro__ if "plan" in vars(base))
    if owner is not Potentiostat:
        # The contract's `plan` refuses the limits that nobody watches.
        raise InstrumentError(f"{what} overrides `plan`: it must give a `planner` instead")
    if not isinstance(driver.off_switch, OffSwitch):
        raise InstrumentError(f"{what} has an `off_switch` that is no drivers.OffSwitch")
    if not isinstance(driver.capabilities, Capabilities):
        raise InstrumentError(f"{what} has `capabilities` that are no drivers.Capabilities")
    if not callable(getattr(driver.planner, "plan", None)):
        raise InstrumentError(f"{what} has a `planner` without `plan`")


def _contained(what: str, driver: Driver) -> Driver:
    """Return a subclass of a driver whose methods contain the driver's own."""
    kind = Potentiostat if issubclass(driver, Potentiostat) else TemperatureController
    members: dict[str, Any] = {"__module__": driver.__module__, "__doc__": driver.__doc__}
    if issubclass(driver, Potentiostat):
        members["planner"] = _ContainedPlanner(what, driver.planner)
    for name, returned in _CLASS_METHODS.items():
        members[name] = classmethod(_calling(what, name, returned))
    for name, returned in (_METHODS | {"read": _READ[kind]}).items():
        if hasattr(kind, name):
            members[name] = _calling(what, name, returned)
    metaclass: Any = type(driver)
    made: Driver = metaclass(driver.__name__, (driver,), members)
    for member in members.values():
        function = getattr(member, "__func__", member)
        if isinstance(function, FunctionType):
            function.made = made  # type: ignore[attr-defined]
    return made


def _calling(what: str, name: str, returned: tuple[type, ...]) -> Callable[..., Any]:
    """Return a method that calls the driver's own, and checks what it returns."""

    def method(self: Any, *arguments: Any, **named: Any) -> Any:
        try:
            with contained(f"{what} failed in `{name}`", passed=_PASSED):
                value = getattr(super(method.made, self), name)(*arguments, **named)  # type: ignore[attr-defined]
        except PluginError as error:
            if name == "close":  # nothing depends on it any more, and the output is not touched by it
                return None
            raise _failure(self, name, str(error)) from error
        if not isinstance(value, returned):
            wrong = f"{what} returned {type(value).__name__} from `{name}`, not {returned[0].__name__}"
            raise _failure(self, name, wrong)
        if isinstance(value, OutputReadback) and value.off is not True:
            raise _failure(self, name, f"{what} does not read back its output as off (it answers {value.answer!r})")
        return value

    method.__name__ = name
    return method


class _ContainedPlanner:
    """A planner of another package: its errors become ours, and what it returns is a plan.

    Parameters
    ----------
    what : str
        The driver, for messages.
    planner : MakesPlans
    """

    def __init__(self, what: str, planner: MakesPlans) -> None:
        self._what = what
        self._planner = planner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._planner, name)  # the driver's own code may use more of it

    def plan(self, protocol: Protocol) -> DrivePlan:
        """Return the driver's own plan."""
        try:
            with contained(f"{self._what} cannot plan this protocol", passed=_PASSED):
                plan = self._planner.plan(protocol)
        except PluginError as error:
            raise InstrumentError(str(error)) from error
        if not isinstance(plan, DrivePlan):
            raise InstrumentError(f"{self._what} returned {type(plan).__name__} in place of a plan")
        protocol.limits.check_sequence(plan.sequence)  # what it would drive, not only what was asked for
        return plan


def _failure(driver: Any, name: str, message: str) -> IonechoError:
    if name == "safe_state":
        remedy = getattr(driver, "off_switch", _ANY_SWITCH).remedy
        return OutputStateUnknown(f"the output may still be ON: {message}. {remedy}")
    return InstrumentError(message)
