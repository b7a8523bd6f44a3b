"""Options of a study: what of a run is not the cell's, and how its samples count."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from fitting.reduction.nuisance import CURRENT, Nuisance
from protocols import FitError, PulseSequence, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

_HARMONICS = 5
"""Harmonics of the mains that are taken out: pickup holds little beyond 250 Hz. Doubled, a pass over a record takes
nearly twice as long."""


@dataclass(frozen=True)
class StudyOptions:
    """What of a run is not the cell's, and whether samples far off count less.

    Quantities are SI numbers or text with a unit: ``StudyOptions(mains_Hz="50 Hz", delay_s="10 us")``.

    Attributes
    ----------
    drift : bool
        Take a linear drift of the current out.
    baseline : str
        ``smooth`` takes a smooth baseline out; see `Nuisance.baseline`.
    mains_Hz : float or None
        Take the mains out, 50 or 60 Hz, with harmonics.
    edges : str
        What a voltage that was only sampled did between two samples; see `Nuisance.edges`.
    before : str or float
        What was before the first sample; see `Nuisance.before`.
    robust : bool
        Samples far off count less (Huber).
    delay_s, clock_ppm, aperture_s, fitted, edge_times_s
        When the samples were taken, and when the voltage jumped; see `Nuisance`.
    drive : PulseSequence or None
        Commanded edges of a record whose voltage was only sampled, or not at all; when they began is found unless a
        delay is given. Their time 0 is the protocol's.
    control : str
        Which quantity the instrument controlled; see `Nuisance.control`.
    """

    drift: bool = False
    mains_Hz: float | str | None = None
    edges: str = ""
    before: str | float = ""
    robust: bool = False
    delay_s: float | str = 0.0
    clock_ppm: float = 0.0
    aperture_s: float | str | None = None
    fitted: tuple[str, ...] = ()
    edge_times_s: tuple[float, ...] = ()
    drive: PulseSequence | None = None
    baseline: str = ""
    control: str = ""

    def __post_init__(self) -> None:
        for name, unit in (("mains_Hz", "Hz"), ("delay_s", "s"), ("aperture_s", "s")):
            given = getattr(self, name)
            try:
                object.__setattr__(self, name, None if given is None else parse_quantity(given, unit))
            except ValueError as error:
                raise FitError(f"{name}: {error}") from None
        with suppress(ValueError):  # a word, or what `Nuisance` refuses
            object.__setattr__(self, "before", parse_quantity(self.before, "A" if self.control == CURRENT else "V"))

    @property
    def terms(self) -> Nuisance:
        """The terms that are fitted beside the cell."""
        mains_Hz = 0.0 if self.mains_Hz is None else float(self.mains_Hz)
        return Nuisance(
            drift=self.drift,
            mains_Hz=mains_Hz,
            harmonics=_HARMONICS if mains_Hz else 0,
            edges=self.edges,
            before=self.before,
            delay_s=float(self.delay_s),
            clock_ppm=self.clock_ppm,
            aperture_s=None if self.aperture_s is None else float(self.aperture_s),
            fitted=self.fitted,
            edge_times_s=self.edge_times_s,
            baseline=self.baseline,
            control=self.control,
        )

    def to_document(self) -> dict[str, Any]:
        """Return what is not as usual as plain data (JSON)."""
        given = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) != one.default}
        drive = given.get("drive")
        if drive is not None:
            arrays = {name: getattr(drive, name).tolist() for name in ("times_s", "start_V", "end_V")}
            given["drive"] = {**arrays, "duration_s": drive.duration_s, "rest_V": drive.rest_V}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> StudyOptions:
        """Read what `to_document` wrote."""
        given: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in document.items()}
        drive: dict[str, Any] | None = given.get("drive")
        if drive is not None:
            times_s, start_V, end_V = (np.array(drive[name]) for name in ("times_s", "start_V", "end_V"))
            given["drive"] = PulseSequence(times_s, start_V, end_V, drive["duration_s"], drive["rest_V"])
        return cls(**given)
