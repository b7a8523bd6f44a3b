"""What is stated of a run: its drive, its control, its past and its sample, by its file or by the text beside it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from daq.files.stated_drive import driven_quantity, sequence_of
from daq.files.statements import Statements, read_statements

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
    def _drive(self) -> PulseSequence | None:
        sequence: PulseSequence | None = self._meta["drive"]
        if self.protocol_text or not self.statements.drive or self.n_samples < 2:
            return sequence
        return self._stated("voltage", self.statements.drive)

    @cached_property
    def current_drive(self) -> PulseSequence | None:
        """Current that was applied, amperes in place of its volts, as stated last; None if it was only measured."""
        text = self.statements.drive or str(self.imported.get("drive", ""))
        if self.protocol_text or not text or self.n_samples < 2 or self.control != "current":
            return None
        return self._stated("current", text)

    def _stated(self, quantity: str, text: str) -> PulseSequence | None:
        """Return what is stated of a drive, if it is stated of this quantity."""
        if driven_quantity(text) != quantity:
            return None
        t = self.t_s
        return sequence_of(text, float(t[0]), float(t[-1]), float(t[-1] - t[-2]))

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
