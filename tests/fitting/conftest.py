"""What do the fitting tests share: records in memory, and cells whose response is known in closed form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from protocols import PulseSequence

Floats = NDArray[np.float64]


@dataclass(eq=False)
class MemoryRecord:
    """A run that was never on disk."""

    t_s: Floats
    current_A: Floats
    drive: PulseSequence | None
    voltage_V: Floats
    status: NDArray[np.uint8]
    aperture_s: float = 0.0
    response_s: tuple[float, ...] = ()
    path: Path = field(default=Path("synthetic.nxs"))

    @property
    def n_samples(self) -> int:
        return len(self.t_s)


@pytest.fixture
def record() -> Callable[..., MemoryRecord]:
    def make(
        t_s: Floats,
        current_A: Floats,
        drive: PulseSequence | None,
        *,
        voltage_V: Floats | None = None,
        status: NDArray[np.uint8] | None = None,
        aperture_s: float = 0.0,
        response_s: tuple[float, ...] = (),
    ) -> MemoryRecord:
        volts = drive.voltage_at(t_s) if voltage_V is None and drive is not None else voltage_V
        assert volts is not None
        flags = np.zeros(len(t_s), np.uint8) if status is None else status
        return MemoryRecord(t_s, current_A, drive, volts, flags, aperture_s, response_s)

    return make


@dataclass(frozen=True)
class SumOfExponentials:
    """A cell whose unit-step response is ``sum_k w_k exp(-p_k t)``, by its own partial fractions."""

    w: Floats
    p: Floats

    @classmethod
    def debye(cls, R: float, G: float, W: float, tau: float, C: float) -> SumOfExponentials:
        """R0-De1-C1: ``Y/s = C G (W + s tau) / [(1 + s R C) G (W + s tau) + s C (1 + s tau)]``."""
        a = R * C * G * tau + C * tau
        b = G * tau + R * C * G * W + C
        poles = np.roots([a, b, G * W])
        weights = C * G * (W + poles * tau) / (2.0 * a * poles + b)
        return cls(np.asarray(weights.real, np.float64), np.asarray(-poles.real, np.float64))

    @classmethod
    def rc(cls, R: float, C: float) -> SumOfExponentials:
        return cls(np.array([1.0 / R]), np.array([1.0 / (R * C)]))

    def seen_through(self, tau: float) -> SumOfExponentials:
        """The response behind a first-order lag."""
        share = self.w / (1.0 - self.p * tau)
        return SumOfExponentials(np.append(share, -share.sum()), np.append(self.p, 1.0 / tau))

    def step(self, t: Floats) -> Floats:
        """G(t), 0 before the step."""
        response = np.exp(-np.multiply.outer(np.maximum(t, 0.0), self.p)) @ self.w
        return np.where(t >= 0.0, response, 0.0)

    def step_integral(self, t: Floats) -> Floats:
        """Charge per volt by time t."""
        return -np.expm1(-np.multiply.outer(np.maximum(t, 0.0), self.p)) @ (self.w / self.p)

    def step_integral_twice(self, t: Floats) -> Floats:
        late = np.maximum(t, 0.0)
        once = -np.expm1(-np.multiply.outer(late, self.p)) / self.p
        return (late[:, None] - once) @ (self.w / self.p)

    def current(self, t: Floats, drive: PulseSequence, aperture_s: float = 0.0) -> Floats:
        """Current of a drive of holds, each sample the mean over an aperture about its time."""
        total = np.zeros(len(t))
        for edge, step in zip(*drive.jumps(), strict=True):
            if aperture_s:
                late, soon = t + 0.5 * aperture_s - edge, t - 0.5 * aperture_s - edge
                total += step * (self.step_integral(late) - self.step_integral(soon)) / aperture_s
            else:
                total += step * self.step(t - edge)
        return total


@pytest.fixture
def cells() -> type[SumOfExponentials]:
    return SumOfExponentials
