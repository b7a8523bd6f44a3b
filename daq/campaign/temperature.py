"""Temperature of a campaign: one owner of the controller, in a thread of its own, that watches it all the time.

It sets the set points, says by the document's rule when one is reached, and reads the sensor every second, while runs
are in progress too. Above the limit it switches the heaters off at once, and says so: the conductor then stops the run.
A temperature that cannot be read is nobody's to watch, so that counts as a problem too, after some seconds. The
controller gets the limit as its own, and so switches off by itself should this computer be dead.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from drivers import Regulation, open_temperature_controller
from protocols import ConnectionLost, IonechoError, format_quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers import TemperatureController
    from protocols.campaigns import TemperatureRule

_READ_S = 1.0
"""Interval (s) of readings: cryostats take minutes, and the sensor of a controller is read ten times a second."""
_BLIND_S = 10.0
"""How long (s) the temperature may not be readable: as long as a guardian tries to reach an instrument. Doubled, a
cell is without a watch for 10 s more; halved, a network that stumbles ends a campaign."""
_MOST_ROWS = 10_000
"""Readings that are kept until the conductor fetches them: some hours. The oldest go first."""
_END_S = 15.0
"""How long (s) switching the heaters off at the end may take."""
_FIRST_INPUT = "A"  # as all controllers with drivers name it


@dataclass(frozen=True)
class Reading:
    """One reading.

    Attributes
    ----------
    at_s : float
        Unix time.
    temperature_K, setpoint_K : float
    is_stable : bool
        By the document's rule.
    """

    at_s: float
    temperature_K: float
    setpoint_K: float
    is_stable: bool


class Stability:
    """The document's rule: stable is what has been near enough to the set point for long enough.

    Parameters
    ----------
    tolerance_K, stable_for_s : float
    """

    def __init__(self, tolerance_K: float, stable_for_s: float) -> None:
        self._tolerance_K, self._stable_for_s = tolerance_K, stable_for_s
        self._near_since_s: float | None = None

    def begin(self) -> None:
        """Forget what was: there is a new set point."""
        self._near_since_s = None

    def take(self, at_s: float, temperature_K: float, wanted_K: float) -> bool:
        """Take a reading at a time and return whether the temperature is stable."""
        if abs(temperature_K - wanted_K) > self._tolerance_K:
            self._near_since_s = None
            return False
        if self._near_since_s is None:
            self._near_since_s = at_s
        return at_s - self._near_since_s >= self._stable_for_s


class TemperatureOwner(Protocol):
    """What a conductor needs of a temperature. Its methods may be called from the conductor's thread only."""

    @property
    def temperature_K(self) -> float | None:
        """The last reading (K); None before the first."""
        ...

    @property
    def is_stable(self) -> bool:
        """Whether the set point that was asked for last is reached."""
        ...

    @property
    def problem(self) -> str:
        """Why no run may be in progress at this temperature, as a sentence; empty if it may."""
        ...

    @property
    def is_limit(self) -> bool:
        """Whether the problem is a temperature above the limit."""
        ...

    def go_to(self, setpoint_K: float) -> None:
        """Go to a temperature; returns at once."""
        ...

    def readings(self) -> list[Reading]:
        """Return the readings since the last call."""
        ...

    def end(self) -> str:
        """Switch the heaters off and let go of the controller; return why they may still be on, or nothing."""
        ...


class ControllerThread:
    """Owner of a temperature controller.

    Parameters
    ----------
    rule : TemperatureRule
    open_controller : callable
        Opens a link; in the thread, and again if a link fails.
    read_every_s : float
    """

    def __init__(
        self,
        rule: TemperatureRule,
        open_controller: Callable[[TemperatureRule], TemperatureController] | None = None,
        read_every_s: float = _READ_S,
    ) -> None:
        self._rule = rule
        self._open = open_controller or opened_controller
        self._every_s = read_every_s
        self._stability = Stability(rule.tolerance_K, rule.stable_for_s)
        self._controller: TemperatureController | None = None
        self._wanted_K: float | None = None
        self._set_K: float | None = None
        self._is_stable = False
        self._temperature_K: float | None = None
        self._problem, self._is_limit = "", False
        self._rows: deque[Reading] = deque(maxlen=_MOST_ROWS)
        self._lock = threading.Lock()
        self._wake, self._is_over = threading.Event(), threading.Event()
        self._end_problem = ""
        self._seen_s = time.monotonic()
        self._thread = threading.Thread(target=self._live, name="temperature", daemon=True)
        self._thread.start()

    @property
    def temperature_K(self) -> float | None:
        """See `TemperatureOwner.temperature_K`."""
        with self._lock:
            return self._temperature_K

    @property
    def is_stable(self) -> bool:
        """See `TemperatureOwner.is_stable`."""
        with self._lock:
            return self._is_stable and self._set_K == self._wanted_K

    @property
    def problem(self) -> str:
        """See `TemperatureOwner.problem`."""
        with self._lock:
            return self._problem

    @property
    def is_limit(self) -> bool:
        """See `TemperatureOwner.is_limit`."""
        with self._lock:
            return self._is_limit

    def go_to(self, setpoint_K: float) -> None:
        """See `TemperatureOwner.go_to`."""
        with self._lock:
            if setpoint_K != self._wanted_K:
                self._wanted_K, self._is_stable = setpoint_K, False
        self._wake.set()

    def readings(self) -> list[Reading]:
        """See `TemperatureOwner.readings`."""
        with self._lock:
            rows = list(self._rows)
            self._rows.clear()
        return rows

    def end(self) -> str:
        """See `TemperatureOwner.end`."""
        self._is_over.set()
        self._wake.set()
        self._thread.join(_END_S)
        if self._thread.is_alive():
            return f"the heaters of {self._rule.controller} may still be ON: it did not answer for {_END_S:.0f} s"
        return self._end_problem

    # -- the thread ---------------------------------------------------------------------------------------------------

    def _live(self) -> None:
        while not self._is_over.is_set():
            try:
                self._turn()
            except (ConnectionLost, OSError) as error:
                self._let_go()
                if time.monotonic() - self._seen_s > _BLIND_S:
                    self._report(f"the temperature could not be read for {_BLIND_S:.0f} s ({error})")
            except IonechoError as error:  # switched off at the instrument, by its own limit, or a fault: not set again
                self._let_go()
                self._report(str(error))
            except Exception as error:  # noqa: BLE001 - of a driver of somebody else's: nobody watches then
                self._let_go()
                self._report(f"the temperature is not watched any more ({type(error).__name__}: {error})")
            self._wake.wait(self._every_s)
            self._wake.clear()
        self._end_problem = self._switch_off()
        self._let_go()

    def _turn(self) -> None:
        if self._controller is None:
            self._controller = self._open(self._rule)
            self._set_K = None
        with self._lock:
            wanted_K, problem = self._wanted_K, self._problem
        if wanted_K is not None and wanted_K != self._set_K and not problem:
            self._controller.set_setpoint(wanted_K)
            self._stability.begin()
            with self._lock:
                self._set_K = wanted_K
        reading = self._controller.read()
        now_s = self._seen_s = time.monotonic()
        kelvin = reading.temperature_K
        is_stable = wanted_K is not None and self._stability.take(now_s, kelvin, wanted_K)
        with self._lock:
            self._is_stable, self._temperature_K = is_stable, kelvin
            self._rows.append(Reading(time.time(), kelvin, reading.setpoint_K, is_stable))
        if kelvin > self._rule.limit_K and not problem:
            left_on = self._switch_off()
            self._report(
                f"the cell was at {format_quantity(kelvin, 'K')}, above the limit of "
                f"{format_quantity(self._rule.limit_K, 'K')}: {left_on or 'the heaters were switched off'}",
                is_limit=True,
            )

    def _report(self, problem: str, *, is_limit: bool = False) -> None:
        with self._lock:
            self._problem = self._problem or problem
            self._is_limit = self._is_limit or is_limit

    def _switch_off(self) -> str:
        """Switch the heaters off; return why they may still be on, or nothing. Opens a link if there is none."""
        try:
            if self._controller is None:
                self._controller = self._open(self._rule)
            self._controller.safe_state()
        except (IonechoError, OSError) as error:
            return f"the heaters of {self._rule.controller} may still be ON: {error}"
        return ""

    def _let_go(self) -> None:
        controller, self._controller = self._controller, None
        if controller is not None:
            try:
                controller.close()
            except (IonechoError, OSError):
                return


def opened_controller(rule: TemperatureRule) -> TemperatureController:
    """Open the controller of a campaign, to regulate as its document asks.

    Raises
    ------
    InstrumentError
        If it does not answer, is no temperature controller, or cannot do what is asked.
    """
    controller = open_temperature_controller(rule.controller)
    try:
        controller.regulate(
            Regulation(
                sensor=rule.input or _FIRST_INPUT,
                output=rule.output,
                ramp_K_min=60.0 * (rule.ramp_K_s or 0.0),
                highest_K=rule.limit_K,
                band_K=rule.tolerance_K,
                settling_s=rule.stable_for_s,
            )
        )
    except BaseException:
        controller.close()
        raise
    return controller
