"""Records of other programs: what was read, what was chosen for what, and what a reader has to ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from protocols import InputError, RunFileError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from daq.files.readers.samples import SampleStore
    from protocols import PulseSequence

QUANTITIES = {"time": "s", "voltage": "V", "current": "A"}
"""Quantities of a record, and the SI unit of each."""


class RecordError(InputError, RunFileError):
    """A text cannot be read as a record of time, voltage and current."""


@dataclass(frozen=True)
class Candidate:
    """Possible answer to a question of a reader.

    Attributes
    ----------
    answer : str
        What the option is given: the number of a column or of a block, a unit.
    label : str
        What it is called in the file.
    unit : str
        Unit of its numbers; empty where that is not known or not asked.
    reason : str
        Why it may be the one that is meant.
    """

    answer: str
    label: str
    unit: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Question:
    """What a reader cannot know: for a command line to print and a window to ask.

    Attributes
    ----------
    about : str
        ``time``, ``voltage``, ``current``, ``block``, ``decimal``, ``time-unit``, ``area``, ``mass`` or ``drive``.
    option : str
        Option that answers it.
    candidates : tuple of Candidate
        The likely answers, the best first; empty where any value may be right.
    """

    about: str
    option: str
    candidates: tuple[Candidate, ...] = ()


class QuestionError(RecordError):
    """A text can be read in several ways, and only its owner knows which is right.

    Attributes
    ----------
    question : Question
    """

    def __init__(self, message: str, question: Question, where: str = "") -> None:
        super().__init__(message, where)
        self.question = question


@dataclass(frozen=True)
class Guess:
    """What nobody stated, and the text does not say in so many words.

    Attributes
    ----------
    about : str
        ``column``, ``unit``, ``separator``, ``decimal``, ``time`` or ``control``.
    text : str
        What was taken for what.
    option : str
        Option that changes it.
    """

    about: str
    text: str
    option: str

    def __str__(self) -> str:
        return f"{self.text} ({self.option} changes it)"


@dataclass(frozen=True)
class ColumnChoice:
    """Column of a quantity in the text.

    Attributes
    ----------
    index : int
        Column, from 0.
    name : str
        Its heading.
    unit : str
        Unit of its numbers.
    reason : str
        Why this column was taken.
    """

    index: int
    name: str
    unit: str
    reason: str = ""


@dataclass(frozen=True)
class ReadOptions:
    """What the owner of a text states; the rest is found in it.

    Attributes
    ----------
    columns : dict
        Heading or number (from 1) of the column for ``time``, ``voltage``, ``current``.
    units : dict
        Unit of each quantity.
    separator : str or None
    decimal : str or None
        ``"."`` or ``","``.
    block : str or None
        Number of a block (from 1), or ``"all"`` to set blocks one behind another.
    negate : tuple of str
        Quantities whose sign is turned.
    area_m2, mass_kg : float or None
        Of the electrode, for currents per area or per mass.
    drive : str or None
        The voltage, or the current, as it was commanded.
    control : str or None
        Which quantity the instrument controlled: ``voltage`` or ``current``.
    """

    columns: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    separator: str | None = None
    decimal: str | None = None
    block: str | None = None
    negate: tuple[str, ...] = ()
    area_m2: float | None = None
    mass_kg: float | None = None
    drive: str | None = None
    control: str | None = None


@dataclass(frozen=True, eq=False)
class TextRecord:
    """A record read from text, in SI units.

    Attributes
    ----------
    samples : SampleStore
    columns : dict
        Column of each quantity.
    separator : str
    notes : tuple of str
        What to know of how the text was read.
    guesses : tuple of Guess
        To be checked by the owner of the text.
    drive : PulseSequence or None
        The voltage as it was commanded, where that was stated.
    current_drive : str
        The current as it was commanded, as it was stated; empty where it was not.
    control : str
        Which quantity the instrument controlled, ``voltage`` or ``current``; empty where nothing says so.
    """

    samples: SampleStore
    columns: dict[str, ColumnChoice]
    separator: str
    notes: tuple[str, ...] = ()
    guesses: tuple[Guess, ...] = ()
    drive: PulseSequence | None = None
    control: str = ""
    current_drive: str = ""

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def t_s(self) -> NDArray[np.float64]:
        """Time of each sample (s), shape (n,); read into memory."""
        return self.samples.column("time")

    @property
    def voltage_V(self) -> NDArray[np.float64]:
        """Voltage (V), shape (n,); NaN where the text has none."""
        return self.samples.column("voltage")

    @property
    def current_A(self) -> NDArray[np.float64]:
        """Current (A), shape (n,); NaN where the text has none, or an overload."""
        return self.samples.column("current")

    @property
    def status(self) -> NDArray[np.uint8]:
        """Flags of each sample (`drivers.Status`), shape (n,)."""
        return self.samples.column("status")
