"""Identity and capabilities of an instrument."""

from __future__ import annotations

from dataclasses import dataclass, fields

from protocols import printable, shortened

_LONGEST = 100
"""Longest field that is kept (characters): IEEE 488.2 allows 72 for all four. Doubled, tables break their lines."""


@dataclass(frozen=True)
class Identity:
    """Identity of an instrument, as it answers.

    Attributes
    ----------
    maker, model, serial, firmware : str
        The four fields of ``*IDN?`` (IEEE 488.2-1992, 10.14).
    """

    maker: str
    model: str
    serial: str
    firmware: str

    def __post_init__(self) -> None:
        for field in fields(self):
            # What an instrument answers is shown in terminals and titles.
            object.__setattr__(self, field.name, shortened(printable(getattr(self, field.name)), _LONGEST))

    @classmethod
    def from_idn(cls, idn: str) -> Identity:
        """Return the fields of an answer to ``*IDN?``; missing ones are empty."""
        maker, model, serial, firmware = ([part.strip() for part in idn.split(",", 3)] + [""] * 4)[:4]
        return cls(maker, model, serial, firmware)

    def __str__(self) -> str:
        return f"{self.maker} {self.model}, serial {self.serial}, firmware {self.firmware}"


@dataclass(frozen=True)
class Capabilities:
    """Ranges, times and memory of a model, for planning and for telling the user.

    Attributes
    ----------
    model : str
    voltage_ranges_V, current_ranges_A : tuple of float
        Full scales, ascending.
    min_dwell_s, max_dwell_s : float
        Shortest and longest time at one level.
    time_step_s : float
        Resolution of dwell times.
    min_interval_s, max_interval_s : float
        Fastest and slowest sampling.
    max_samples, max_edges : int
        Of one run.
    response_s : tuple of float
        First-order time constants between the true current at a perfect voltage edge and the reading.
    """

    model: str
    voltage_ranges_V: tuple[float, ...]
    current_ranges_A: tuple[float, ...]
    min_dwell_s: float
    max_dwell_s: float
    time_step_s: float
    min_interval_s: float
    max_interval_s: float
    max_samples: int
    max_edges: int
    response_s: tuple[float, ...]
