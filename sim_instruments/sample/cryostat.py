"""Temperature of the simulated cryostat, given what its heater has done."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

_REMEMBERED = 20_000  # heater changes; older ones are forgotten, and asking for times before them is refused


@dataclass(frozen=True)
class _State:
    """Where it was at a change of heater power."""

    t_s: float
    power_W: float
    stage_K: float
    sensor_K: float


class Cryostat:
    """A sample stage with a heater and a leak of heat to a cold stage; cells and the thermometer sit on it.

    One lumped heat capacity C with C dT/dt = P - G (T - T_cold), and a sensor that follows with a first-order lag.
    Between changes of P both are sums of exponentials, so that times may be asked for in any order and without steps.
    C, G and lag do not depend on temperature.

    Parameters
    ----------
    heat_capacity_J_K : float
        Of stage and sample holder.
    leak_W_K : float
        Thermal conductance to the cold stage.
    cold_K : float
        Temperature of the cold stage; liquid nitrogen by default.
    start_K : float
        Temperature at power-on.
    sensor_lag_s : float
        Time constant between stage and sensor.
    """

    def __init__(
        self,
        heat_capacity_J_K: float = 30.0,
        leak_W_K: float = 0.05,
        cold_K: float = 77.0,
        start_K: float = 295.0,
        sensor_lag_s: float = 1.0,
    ) -> None:
        if min(heat_capacity_J_K, leak_W_K, cold_K, start_K, sensor_lag_s) <= 0.0:
            raise ValueError("heat capacity, leak, temperatures and sensor lag of a cryostat must be positive")
        self.time_constant_s = heat_capacity_J_K / leak_W_K
        if math.isclose(self.time_constant_s, sensor_lag_s, rel_tol=1e-6):
            raise ValueError("the sensor's lag must differ from the time constant of the stage")
        self.leak_W_K = leak_W_K
        self.cold_K = cold_K
        self.sensor_lag_s = sensor_lag_s
        self._states = [_State(0.0, 0.0, start_K, start_K)]

    def temperature_K(self, t_s: float) -> float:
        """Return the temperature of stage and sample at an instrument time (s), K."""
        return self._at(t_s).stage_K

    def sensor_K(self, t_s: float) -> float:
        """Return what the sensor feels at an instrument time (s), K."""
        return self._at(t_s).sensor_K

    def heater_W(self, t_s: float) -> float:
        """Return the heater's power at an instrument time (s), W."""
        return self._before(t_s).power_W

    def set_heater(self, power_W: float, t_s: float) -> None:
        """Let the heater give `power_W` from instrument time t_s on; not before its last change."""
        if power_W < 0.0 or t_s < self._states[-1].t_s:
            raise ValueError(f"heater power {power_W!r} W at {t_s!r} s: it is negative, or before the last change")
        if power_W == self._states[-1].power_W:
            return
        here = self._at(t_s)
        self._states.append(_State(t_s, power_W, here.stage_K, here.sensor_K))
        if len(self._states) > _REMEMBERED:
            del self._states[: _REMEMBERED // 2]

    def _before(self, t_s: float) -> _State:
        last = bisect_right(self._states, t_s, key=lambda state: state.t_s) - 1
        if last < 0:
            raise ValueError(f"the cryostat has forgotten what was at {t_s!r} s")
        return self._states[last]

    def _at(self, t_s: float) -> _State:
        start = self._before(t_s)
        passed = t_s - start.t_s
        final = self.cold_K + start.power_W / self.leak_W_K
        fading = (start.stage_K - final) * math.exp(-passed / self.time_constant_s)
        # The sensor's lag tau_s behind A exp(-t / tau) gives A tau / (tau - tau_s) exp(-t / tau) + B exp(-t / tau_s).
        gain = self.time_constant_s / (self.time_constant_s - self.sensor_lag_s)
        own = start.sensor_K - final - gain * (start.stage_K - final)
        sensor = final + gain * fading + own * math.exp(-passed / self.sensor_lag_s)
        return _State(t_s, start.power_W, final + fading, sensor)
