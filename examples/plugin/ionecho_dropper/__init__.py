"""Driver of the Dropper, an imaginary supply with an ammeter: an example of a driver in a package of its own.

The Dropper understands ``*IDN?``, ``V <volts>``, ``OUT <0|1>``, ``OUT?`` and ``I?``. It plays no programs: the computer
sets the levels, and the plan says so.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np

from drivers import (
    Block,
    Capabilities,
    Identity,
    OffSwitch,
    OutputReadback,
    Planner,
    Potentiostat,
    Rate,
    Status,
    Tables,
    switch_off,
)
from protocols import InstrumentError

if TYPE_CHECKING:
    from drivers import DrivePlan, VisaSession
    from protocols import Protocol, PulseSequence

_JITTER_S = 0.05  # by how much the computer may set a level late
_READING_S = 0.02  # how long a reading averages: one mains period
_OFF = OffSwitch("the output", "Pull the plug of the Dropper.")


class DropperPlanner(Planner):
    """Plan of a Dropper and of the computer that times it: tables, and the two hooks in which it differs."""

    jitter_s = _JITTER_S

    def remarks(self, protocol: Protocol) -> tuple[str, ...]:
        return ("the computer times the levels",)

    def rate(self, asked_s: float, current_range_A: float, sequence: PulseSequence) -> Rate:
        return Rate(max(asked_s, self.caps.min_interval_s), _READING_S)


class Dropper(Potentiostat):
    """A Dropper on a raw socket."""

    capabilities = Capabilities(
        model="Dropper",
        voltage_ranges_V=(5.0,),
        current_ranges_A=(0.1,),
        min_dwell_s=0.5,
        max_dwell_s=3600.0,
        time_step_s=0.001,
        min_interval_s=0.1,
        max_interval_s=60.0,
        max_samples=100_000,
        max_edges=10_000,
        response_s=(1e-3,),
    )
    planner = DropperPlanner(capabilities, Tables(resolution_V={5.0: 1e-3}, largest_A={}))
    off_switch = _OFF

    def __init__(self, session: VisaSession) -> None:
        self.session = session
        self._plan: DrivePlan | None = None
        self._began = math.nan
        self._next = 0
        self._level = math.nan

    @classmethod
    def matches(cls, identity: Identity) -> bool:
        return identity.model == "DROPPER"

    def identify(self) -> Identity:
        return Identity.from_idn(self.session.idn)

    def arm(self, plan: DrivePlan) -> None:
        self.session.write("OUT 0")
        self.session.write(f"V {plan.sequence.rest_V!r}")
        if self.session.query("OUT?") != "0":
            raise InstrumentError("the Dropper does not switch its output off")
        self._plan, self._next = plan, 0

    def start(self) -> None:
        self.session.write("OUT 1")
        self._began = time.monotonic()

    def read(self) -> Block | None:
        plan = self._plan
        if plan is None:
            raise InstrumentError("the Dropper has no plan: arm it first")
        if self._next == plan.n_samples:
            return None
        now = time.monotonic() - self._began
        level = float(plan.sequence.voltage_at(np.array([now]))[0])
        if level != self._level:
            self.session.write(f"V {level!r}")
            self._level = level
        if now < self._next * plan.interval_s:
            return _block([], [], [], [])
        current = float(self.session.query("I?"))
        late = now - self._next * plan.interval_s > plan.interval_s
        self._next += 1
        return _block([now], [level], [current], [Status.TIMING if late else 0])

    def abort(self) -> None:
        self.session.write("OUT 0")

    def safe_state(self) -> OutputReadback:
        return switch_off(
            self.off_switch, self.session.resource, exchange=self._open, is_off=lambda answer: answer == "0"
        )

    def _open(self) -> str:
        self.session.write("OUT 0")
        return self.session.query("OUT?")

    def close(self) -> None:
        self.session.close()


def _block(t: list[float], v: list[float], i: list[float], status: list[int]) -> Block:
    return Block(np.array(t, float), np.array(v, float), np.array(i, float), np.array(status, np.uint8))
