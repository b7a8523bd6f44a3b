"""A run in memory that tests grow by hand, with all that the window reads of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gui.common.traces import RunTraces
from protocols import PulseSequence

if TYPE_CHECKING:
    from daq import Run

DT_S = 1e-5


@dataclass
class Record:
    """A run in memory, grown by hand."""

    current: np.ndarray
    drive: PulseSequence = field(
        default_factory=lambda: PulseSequence.pulse("10 mV", "300 ms", before="50 ms", after="650 ms")
    )
    n_samples: int = 0
    grown_to: int = 0
    n_acknowledged: int = 0
    sample_interval_s = DT_S
    readings: tuple[np.ndarray, np.ndarray] = field(default_factory=lambda: (np.empty(0), np.empty(0)))
    events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.n_planned = len(self.current)
        self.all_t = (np.arange(self.n_planned) + 0.5) * DT_S
        self.all_v = self.drive.voltage_at(self.all_t)
        self.all_status = np.zeros(self.n_planned, np.uint8)

    def slow(self, _channel: str) -> tuple[np.ndarray, np.ndarray]:
        return self.readings

    def refresh_written(self) -> int:
        self.n_samples = self.grown_to
        return self.n_samples

    def written(self) -> SimpleNamespace:
        columns = {"t_s": self.t_s, "voltage_V": self.voltage_V, "current_A": self.current_A, "status": self.status}
        return SimpleNamespace(n_acknowledged=self.n_acknowledged, **columns)

    @property
    def t_s(self) -> np.ndarray:
        return self.all_t[: self.n_samples]

    @property
    def voltage_V(self) -> np.ndarray:
        return self.all_v[: self.n_samples]

    @property
    def status(self) -> np.ndarray:
        return self.all_status[: self.n_samples]

    @property
    def current_A(self) -> np.ndarray:
        return self.current[: self.n_samples]


def traces_of(record: Record) -> RunTraces:
    return RunTraces(cast("Run", record))
