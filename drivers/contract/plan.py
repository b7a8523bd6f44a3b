"""Plan of a run: what an instrument will really do for a protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols import PulseSequence, format_quantity
from protocols.tables import html_table, text_table

if TYPE_CHECKING:
    from drivers.contract.assumption import Assumption
    from drivers.contract.planned_act import PlannedAct
    from drivers.contract.sample_grid import SampleGrid


@dataclass(frozen=True)
class Rounding:
    """A quantity that the instrument does differently from what was asked.

    Attributes
    ----------
    what : str
    asked, done : float
        In `unit`.
    unit : str
    """

    what: str
    asked: float
    done: float
    unit: str

    def __str__(self) -> str:
        digits = 7
        asked, done = (format_quantity(value, self.unit, digits) for value in (self.asked, self.done))
        return f"{self.what}: {asked} becomes {done}"


@dataclass(frozen=True)
class DrivePlan:
    """Program, sampling and ranges of one instrument for a protocol.

    Attributes
    ----------
    model : str
        Whose plan it is.
    sequence : PulseSequence
        Edges as they will be, lead-in and repeats included, in run time: the first sample starts at 0.
    base_points, repeats : int
        The instrument's program: how many levels, played how often.
    interval_s, aperture_s : float
        Sampling, and how long each sample averages; where `grid` says when samples are, of the finest.
    n_samples : int
        How many the instrument makes.
    voltage_range_V, current_range_A, compliance_A : float
    four_wire : bool
    response_s : tuple of float
        See `Capabilities`.
    roundings : tuple of Rounding
    remarks : tuple of str
        What the user should know besides.
    jitter_s : float
        By how much edges may come late because the computer times them; 0 where the instrument does.
    assumed : tuple of Assumption
        On what the plan rests that no page of a manual says.
    grid : SampleGrid or None
        When the recorded samples are, if they are not evenly spaced.
    is_averaged : bool
        Whether the instrument samples evenly, and the run averages its samples into those of `grid`.
    acts : tuple of PlannedAct
        What the instrument does, one after the other, where that is more than voltages at planned times; then nobody
        knows `sequence` before the run, and what it says is what is known: the voltages against the reference, and how
        long it takes at most.
    """

    model: str
    sequence: PulseSequence
    base_points: int
    repeats: int
    interval_s: float
    aperture_s: float
    n_samples: int
    voltage_range_V: float
    current_range_A: float
    compliance_A: float
    four_wire: bool
    response_s: tuple[float, ...]
    roundings: tuple[Rounding, ...] = ()
    remarks: tuple[str, ...] = ()
    jitter_s: float = 0.0
    assumed: tuple[Assumption, ...] = ()
    grid: SampleGrid | None = None
    is_averaged: bool = False
    acts: tuple[PlannedAct, ...] = ()

    @property
    def n_recorded(self) -> int:
        """How many samples the run file gets."""
        return self.n_samples if self.grid is None else len(self.grid)

    @property
    def may_end_early(self) -> bool:
        """Whether it may make fewer samples than planned, because something ends before its time."""
        return any(act.slope for act in self.acts)

    @property
    def duration_s(self) -> float:
        """Length of the run."""
        return self.sequence.duration_s

    def rows(self) -> list[tuple[str, str]]:
        """Return names and values of a table of it, for a user to read."""
        return [
            ("duration", format_quantity(self.duration_s, "s")),
            ("levels", f"{len(self.sequence)}, up to {format_quantity(self.sequence.max_abs_V, 'V')}"),
            ("samples", f"{self.n_recorded:,}, {self._spacing()}"),
            ("file", f"{self.n_bytes / 1e6:.1f} MB"),
            ("voltage range", format_quantity(self.voltage_range_V, "V")),
            ("current range", format_quantity(self.current_range_A, "A")),
            ("compliance", format_quantity(self.compliance_A, "A")),
            *(("rounded", str(one)) for one in self.roundings),
            *(("note", remark) for remark in self.remarks),
            *((f"assumed ({one.concern})", one.text) for one in self.assumed),
        ]

    def _spacing(self) -> str:
        """Return how far apart samples are, and over what each averages."""
        interval, aperture = format_quantity(self.interval_s, "s"), format_quantity(self.aperture_s, "s")
        if self.grid is None:
            return f"one every {interval}, each the mean over {aperture}"
        shortest, longest = (
            format_quantity(float(end), "s") for end in (self.grid.interval_s.min(), self.grid.interval_s.max())
        )
        how = (
            f"means of {self.n_samples:,} that are {interval} apart" if self.is_averaged else "by the instrument itself"
        )
        return f"{shortest} to {longest} apart, {how}"

    def __str__(self) -> str:
        return text_table(f"plan for a {self.model}", self.rows())

    def _repr_html_(self) -> str:
        return html_table(f"plan for a {self.model}", self.rows())

    @property
    def n_bytes(self) -> int:
        """Size of its samples on disk: three float64 and a status byte each."""
        return self.n_recorded * 25
