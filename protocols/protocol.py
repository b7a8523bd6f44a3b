"""What does the user want measured? The protocol: a sequence, its sampling, its limits, and the sample."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from protocols.limits import Limits
    from protocols.sequence import PulseSequence


@dataclass(frozen=True)
class Sampling:
    """How the current is sampled.

    Attributes
    ----------
    interval_s : float
        Time from sample to sample.
    current_range_A : float or None
        Current to be measured without overload; None takes the current limit.
    four_wire : bool
        Whether the voltage is sensed at the cell by leads of its own.
    """

    interval_s: float
    current_range_A: float | None = None
    four_wire: bool = False


@dataclass(frozen=True)
class Sample:
    """The piece of electrolyte between the clips.

    Attributes
    ----------
    name : str
        What the lab book calls it.
    thickness_m, area_m2 : float or None
        Geometry, for conductivities.
    electrodes : str
        What they are, e.g. "Au, sputtered, blocking".
    temperature_K : float or None
        At which it is measured, where known.
    conductivity_S_m, permittivity : float or None
        Expected conductivity (S/m) at that temperature, and relative permittivity: with them `ionecho check` says
        whether bulk memory can be seen.
    """

    name: str = ""
    thickness_m: float | None = None
    area_m2: float | None = None
    electrodes: str = ""
    temperature_K: float | None = None
    conductivity_S_m: float | None = None
    permittivity: float | None = None


@dataclass(frozen=True)
class Protocol:
    """A measurement, as the user asked for it.

    Attributes
    ----------
    name : str
        Short title; run files are named after it.
    sequence : PulseSequence
        The voltage program, once.
    sampling : Sampling
    limits : Limits
        At least a voltage and a current.
    repeats : int
        How often the sequence is played, without a pause.
    sample : Sample
    notes : str
    """

    name: str
    sequence: PulseSequence
    sampling: Sampling
    limits: Limits
    repeats: int = 1
    sample: Sample = field(default_factory=Sample)
    notes: str = ""

    def __post_init__(self) -> None:
        from protocols.errors import Fault, ProtocolError

        faults = []
        if not self.name.strip():
            faults.append(Fault("name", "a protocol needs a name"))
        if self.repeats < 1:
            faults.append(Fault("repeats", f"must be 1 or more, not {self.repeats}"))
        if not self.sampling.interval_s > 0:
            faults.append(Fault("sampling.interval", f"must be above zero, not {self.sampling.interval_s:g}"))
        faults += [
            Fault(f"limits.{name}", "is missing: without it nothing guards the cell")
            for name, value in (("voltage", self.limits.voltage_V), ("current", self.limits.current_A))
            if value is None
        ]
        if faults:
            raise ProtocolError(tuple(faults), f"protocol {self.name!r}")

    @property
    def whole_sequence(self) -> PulseSequence:
        """The sequence with its repeats."""
        return self.sequence.repeated(self.repeats)

    @property
    def duration_s(self) -> float:
        """Length of all repeats."""
        return self.sequence.duration_s * self.repeats

    def stretched(self, factor: float) -> Protocol:
        """Return the same measurement `factor` times as slow: sequence and sampling; the limits stay."""
        sampling = replace(self.sampling, interval_s=self.sampling.interval_s * factor)
        return replace(self, sequence=self.sequence.stretched(factor), sampling=sampling)

    @classmethod
    def from_toml(cls, text: str, source: str = "protocol") -> Protocol:
        """Read a protocol from the text of a protocol file.

        Parameters
        ----------
        text : str
            TOML; quantities are text with a unit. ``docs/reference/protocol-files.md`` lists the fields.
        source : str
            Name of the file, for error messages.

        Raises
        ------
        ProtocolError
            With every fault of the text, each with its path.
        """
        from protocols.document import read_document

        return read_document(text, source)

    @classmethod
    def load(cls, path: str | Path) -> Protocol:
        """Read a protocol file; a bare name such as ``pump_probe`` is looked up in the library.

        Raises
        ------
        ProtocolError
            If there is no such file, or it has faults (all are named).
        """
        from protocols.errors import ProtocolError
        from protocols.library import find

        found = find(path)
        try:
            text = found.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise ProtocolError("this is no text in UTF-8, as a protocol file is", found.name) from None
        except OSError as error:
            raise ProtocolError(f"the file cannot be read ({error.strerror})", found.name) from None
        return cls.from_toml(text, found.name)

    def to_toml(self) -> str:
        """Return the text of a protocol file that says the same."""
        from protocols.document import write_document

        return write_document(self)

    def save(self, path: str | Path) -> None:
        """Write a protocol file."""
        Path(path).write_text(self.to_toml(), encoding="utf-8")
