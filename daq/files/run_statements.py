"""What is stated of a run: its drive, its control, its past and its sample, by its file or by the text beside it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from daq.files.left_out import LeftOut
from daq.files.stated_drive import driven_quantity, sequence_of
from daq.files.statements import Statements, read_statements
from protocols import RunFileError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from protocols import PulseSequence, Sample


class RunStatements:
    """Base of `Run`: what was stated later takes the place of what the file says."""

    if TYPE_CHECKING:
        path: Path
        _meta: dict[str, Any]
        _about: dict[str, Any] | None

        @property
        def n_samples(self) -> int: ...  # noqa: D102
        @property
        def t_s(self) -> NDArray[np.float64]: ...  # noqa: D102
        @property
        def protocol_text(self) -> str: ...  # noqa: D102
        @property
        def imported(self) -> dict[str, Any]: ...  # noqa: D102

    @property
    def drive(self) -> PulseSequence | None:
        """Edges as they were, in run time; of an imported record, as stated last; None if only the voltage is known."""
        return self._drive

    @cached_property
    def left_out(self) -> LeftOut | None:
        """What is known of samples that were left out of this file on purpose; None if it has its samples."""
        return LeftOut.from_seal(self._about)

    def require_samples(self) -> None:
        """Raise `RunFileError` if the samples were left out of the file."""
        if self.left_out is not None:
            raise RunFileError(
                f"{self.path}: {self.left_out}. `ionecho refit` fits it by the reduction that is kept beside it; other"
                " settings, and all else, need that run file."
            )

    @property
    def ends_s(self) -> tuple[float, float, float] | None:
        """Times (s) of the first, the last but one and the last sample; None of a run without two samples."""
        if (out := self.left_out) is not None:
            return out.first_s, out.before_last_s, out.last_s
        t = self.t_s
        return (float(t[0]), float(t[-2]), float(t[-1])) if len(t) > 1 else None

    @cached_property
    def _drive(self) -> PulseSequence | None:
        sequence: PulseSequence | None = self._meta["drive"]
        if self.protocol_text or not self.statements.drive or self.ends_s is None:
            return sequence
        return self._stated("voltage", self.statements.drive)

    @cached_property
    def current_drive(self) -> PulseSequence | None:
        """Current that was applied, amperes in place of its volts, as stated last; None if it was only measured."""
        text = self.statements.drive or str(self.imported.get("drive", ""))
        if self.protocol_text or not text or self.control != "current":
            return None
        return self._stated("current", text)

    def _stated(self, quantity: str, text: str) -> PulseSequence | None:
        """Return what is stated of a drive, if it is stated of this quantity."""
        if driven_quantity(text) != quantity or self.ends_s is None:
            return None
        first, before, last = self.ends_s
        return sequence_of(text, first, last, last - before)

    @property
    def control(self) -> str:
        """Which quantity was controlled, as stated last, else as imported; empty where nothing says it."""
        stated = "" if self.protocol_text else self.statements.controlled
        return stated or str(self.imported.get("control", ""))

    def stated_before(self, control: str = "") -> str | float:
        """Return what is stated of the time before the first sample; empty if nothing is.

        Parameters
        ----------
        control : str
            Which quantity was controlled; as the run says it unless given.

        Raises
        ------
        RunFileError
            If a level is stated of the other quantity.
        """
        return "" if self.protocol_text else self.statements.before_of(control or self.control)

    @property
    def stated_edges(self) -> str:
        """What is stated of a voltage, or current, between samples; empty if nothing is."""
        return "" if self.protocol_text else self.statements.edges

    @cached_property
    def statements(self) -> Statements:
        """What was stated of this run later, in the text beside it (`ionecho note`).

        Raises
        ------
        RunFileError
            If that text cannot be read.
        """
        return read_statements(self.path)

    @property
    def sample(self) -> Sample:
        """The specimen that was measured, with what was stated of it later."""
        sample: Sample = self._meta["sample"]
        return self.statements.over(sample)
