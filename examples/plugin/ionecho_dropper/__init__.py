"""How is a Dropper driven? An example of a driver that lives in a package of its own.

The Dropper understands ``*IDN?``, ``V <volts>``, ``OUT <0|1>``, ``OUT?`` and ``I?``. It plays no programs: the computer
times the levels, and the plan says so.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np

from drivers import Block, Capabilities, DrivePlan, Identity, OutputReadback, Potentiostat, Status
from protocols import Fault, InstrumentError, OutputStateUnknown, ProtocolError

if TYPE_CHECKING:
    from drivers import VisaSession
    from protocols import Protocol

_JITTER_S = 0.05


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

    def __init__(self, session: VisaSession) -> None:
        self._session = session
        self._plan: DrivePlan | None = None
        self._began = math.nan
        self._next = 0
        self._level = math.nan

    @classmethod
    def matches(cls, identity: Identity) -> bool:
        return identity.model == "DROPPER"

    @classmethod
    def plan(cls, protocol: Protocol) -> DrivePlan:
        can = cls.capabilities
        protocol.limits.check_sequence(protocol.sequence)
        sequence = protocol.whole_sequence
        dwells = np.diff(np.append(sequence.times_s, sequence.duration_s))
        faults = []
        if sequence.has_ramps:
            faults.append(Fault("sequence", "the Dropper makes no ramps"))
        if dwells.min() < can.min_dwell_s:
            slower = math.ceil(can.min_dwell_s / dwells.min())
            faults.append(Fault("sequence", f"a level lasts {dwells.min():g} s, less than 0.5 s: --stretch {slower}"))
        if faults:
            raise ProtocolError(tuple(faults), can.model)
        interval = max(protocol.sampling.interval_s, can.min_interval_s)
        return DrivePlan(
            model=can.model,
            sequence=sequence,
            base_points=len(sequence),
            repeats=1,
            interval_s=interval,
            aperture_s=0.02,
            n_samples=int(sequence.duration_s / interval),
            voltage_range_V=5.0,
            current_range_A=0.1,
            compliance_A=min(protocol.limits.current_A or 0.1, 0.1),
            four_wire=False,
            response_s=can.response_s,
            remarks=("the computer times the levels",),
            jitter_s=_JITTER_S,
        )

    def identify(self) -> Identity:
        return Identity.from_idn(self._session.idn)

    def arm(self, plan: DrivePlan) -> None:
        self._session.write("OUT 0")
        self._session.write(f"V {plan.sequence.rest_V!r}")
        if self._session.query("OUT?") != "0":
            raise InstrumentError("the Dropper does not switch its output off")
        self._plan, self._next = plan, 0

    def start(self) -> None:
        self._session.write("OUT 1")
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
            self._session.write(f"V {level!r}")
            self._level = level
        if now < self._next * plan.interval_s:
            return _block([], [], [], [])
        current = float(self._session.query("I?"))
        late = now - self._next * plan.interval_s > plan.interval_s
        self._next += 1
        return _block([now], [level], [current], [Status.TIMING if late else 0])

    def abort(self) -> None:
        self._session.write("OUT 0")

    def safe_state(self) -> OutputReadback:
        try:
            self._session.write("OUT 0")
            answer = self._session.query("OUT?")
        except InstrumentError as fault:
            raise OutputStateUnknown(f"the Dropper may still be ON ({fault}): pull its plug") from fault
        if answer != "0":
            raise OutputStateUnknown(f"the Dropper says {answer!r} when asked whether it is off: pull its plug")
        return OutputReadback(off=True, answer=answer)

    def close(self) -> None:
        self._session.close()


def _block(t: list[float], v: list[float], i: list[float], status: list[int]) -> Block:
    return Block(np.array(t, float), np.array(v, float), np.array(i, float), np.array(status, np.uint8))
