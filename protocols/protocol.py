"""The protocol: what the user wants measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from protocols.advice import with_sweeps_advised
from protocols.definitions import MOST_COUNT, MOST_NAME, MOST_NOTES, MOST_TAG, MOST_TAGS, count, define, text
from protocols.document import read_toml, write_toml
from protocols.errors import Problem, ProtocolError
from protocols.library import content_of, find
from protocols.limits import Limits
from protocols.records import Record, read_record, record, section, write_record
from protocols.sample import Sample
from protocols.sampling import Sampling
from protocols.sequence import PulseSequence, SequenceSpec
from protocols.tables import html_table, text_table
from protocols.text_lists import TextsSpec
from protocols.units import format_quantity

if TYPE_CHECKING:
    from collections.abc import Iterator


@record
class Protocol(Record):
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
    operator, project : str
        Who measures, and for what; the catalogue of runs finds them.
    tags : tuple of str
        Words by which the catalogue finds the runs.
    """

    hints = dict.fromkeys(
        ("sweep", "order", "temperature", "between", "stop", "stop_when"),
        "this is the document of a campaign, which `ionecho run`, `ionecho check` and `load_document` take",
    )

    name: str = text("Short title; run files are named after it.", filled=True, most=MOST_NAME)
    sequence: PulseSequence = define(SequenceSpec("The voltage program, once."))
    sampling: Sampling = section(Sampling, "How the current is sampled.")
    limits: Limits = section(Limits, "What the cell must never see.")
    repeats: int = count("How often the sequence is played, without a pause.", default=1, at_most=MOST_COUNT)
    sample: Sample = section(Sample, "The piece of electrolyte between the clips.", default_factory=Sample)
    notes: str = text("Anything that should be kept with the runs.", default="", most=MOST_NOTES, several_lines=True)
    operator: str = text("Who measures.", default="", most=MOST_NAME)
    project: str = text("For what it is measured.", default="", most=MOST_NAME)
    tags: tuple[str, ...] = define(
        TextsSpec("Words by which `ionecho runs` finds the runs.", most=MOST_TAG, at_most=MOST_TAGS), default=()
    )

    def problems(self) -> Iterator[Problem]:
        """Give the limits without which nothing guards the cell."""
        for name, value in (("voltage", self.limits.voltage_V), ("current", self.limits.current_A)):
            if value is None:
                yield Problem(f"limits.{name}", "is missing: without it nothing guards the cell")

    @property
    def whole_sequence(self) -> PulseSequence:
        """The sequence with its repeats."""
        return self.sequence.repeated(self.repeats)

    @property
    def duration_s(self) -> float:
        """Length of all repeats."""
        return self.sequence.duration_s * self.repeats

    def rows(self) -> list[tuple[str, str]]:
        """Return names and values of a table of it, for a user to read."""
        played = f", {self.repeats} times" if self.repeats > 1 else ""
        levels = f"{len(self.sequence)} levels up to {format_quantity(self.sequence.max_abs_V, 'V')}"
        return [
            ("sequence", f"{levels}, {format_quantity(self.sequence.duration_s, 's')}{played}"),
            ("duration", format_quantity(self.duration_s, "s")),
            *((f"sampling {key}", str(value)) for key, value in write_record(self.sampling).items()),
            ("limits", str(self.limits)),
            *((f"sample {key}", str(value)) for key, value in write_record(self.sample).items()),
            *([("notes", self.notes)] if self.notes else []),
        ]

    def __str__(self) -> str:
        return text_table(f"protocol {self.name!r}", self.rows())

    def _repr_html_(self) -> str:
        return html_table(f"protocol {self.name!r}", self.rows())

    def stretched(self, factor: float) -> Protocol:
        """Return the same measurement `factor` times as slow: sequence and sampling; the limits stay."""
        return replace(self, sequence=self.sequence.stretched(factor), sampling=self.sampling.stretched(factor))

    @classmethod
    def from_toml(cls, text: str, source: str = "protocol", *, folder: Path | None = None) -> Protocol:
        """Read a protocol from the text of a protocol file.

        Parameters
        ----------
        text : str
            TOML; quantities are text with a unit. ``docs/reference/protocol-files.md`` lists the fields.
        source : str
            Name of the file, for error messages.
        folder : Path, optional
            Where the files of long arrays are, if the text names any.

        Raises
        ------
        ProtocolError
            With every problem of the text, each with its path.
        """
        table, problems = read_toml(text, source, folder)
        try:
            protocol = read_record(cls, table)
        except ProtocolError as error:
            # An array that could not be read is one problem, not two.
            lost = tuple(one.path for one in problems)
            found = [one for one in error.problems if not one.path or not one.path.startswith(lost)]
            problems += with_sweeps_advised(found, table)
        if problems:
            raise ProtocolError(tuple(problems), source)
        return protocol

    @classmethod
    def load(cls, path: str | Path) -> Protocol:
        """Read a protocol file; a bare name such as ``pump_probe`` is looked up in the library.

        Raises
        ------
        ProtocolError
            If there is no such file, or it has problems (all are named).
        """
        file = find(path)
        return cls.from_toml(content_of(file), file.name, folder=file.parent)

    def to_toml(self) -> str:
        """Return the text of a protocol file that says the same.

        The text needs no other file: arrays too long for a list stand in it as compressed data.
        """
        return write_toml(write_record(self))

    def save(self, path: str | Path) -> None:
        """Write a protocol file.

        Arrays too long for a list are written beside it, each as a NumPy file named after the protocol file
        (``drive.toml`` has ``drive.sequence.times.npy``). Move these files together.
        """
        file = Path(path)
        file.write_text(write_toml(write_record(self), beside=file), encoding="utf-8", newline="")
