"""Command `import`: options of the command line, and what it prints of a record that was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ionecho.commands.output import console, error_console, print_json
from ionecho.commands.refusals import UsageError
from protocols import ProtocolError, Sample, parse_quantity

if TYPE_CHECKING:
    from pathlib import Path

    from daq import ReadOptions, TextRecord


@dataclass(frozen=True)
class ImportRequest:
    """What the command line states of a text.

    Attributes
    ----------
    text : Path
    output : Path or None
    columns, units : dict
        By quantity; None where not given.
    separator, decimal, block : str or None
    negate : list of str
    drive : str or None
        The voltage, or the current, that was applied.
    of_sample : dict
        ``area``, ``mass``, ``thickness``, ``temperature`` as quantities; None where not given.
    name, remarks : str
        Of the sample; notes of its owner.
    control : str or None
        What the instrument controlled.
    stated : dict
        ``before`` and ``edges``, which are kept beside the run.
    """

    text: Path
    output: Path | None = None
    columns: dict[str, str | None] = field(default_factory=dict)
    units: dict[str, str | None] = field(default_factory=dict)
    separator: str | None = None
    decimal: str | None = None
    block: str | None = None
    negate: list[str] = field(default_factory=list)
    drive: str | None = None
    of_sample: dict[str, str | None] = field(default_factory=dict)
    name: str = ""
    remarks: str = ""
    control: str | None = None
    stated: dict[str, str] = field(default_factory=dict)

    def options(self) -> ReadOptions:
        """Return what the readers are told.

        Raises
        ------
        UsageError
            If a quantity is none.
        """
        from daq import ReadOptions

        return ReadOptions(
            {name: value for name, value in self.columns.items() if value is not None},
            {name: value for name, value in self.units.items() if value is not None},
            _separator(self.separator),
            self.decimal,
            self.block,
            tuple(self.negate),
            self._quantity("area", "m^2"),
            self._quantity("mass", "kg"),
            self.drive,
            self.control,
        )

    def sample(self) -> Sample:
        """Return what was stated of the sample."""
        try:
            return Sample(
                name=self.name,
                area_m2=self._quantity("area", "m^2"),
                thickness_m=self._quantity("thickness", "m"),
                temperature_K=self._quantity("temperature", "K"),
            )
        except ProtocolError as error:  # a name that is too long
            raise UsageError(str(error.problems[0]), "--name") from None

    def _quantity(self, name: str, unit: str) -> float | None:
        text = self.of_sample.get(name)
        if text is None:
            return None
        try:
            value = parse_quantity(text, unit)
        except ValueError as error:
            raise UsageError(str(error), f"--{name}") from None
        if not value > 0.0:
            raise UsageError(f"{text!r} is not positive", f"--{name}")
        return value


def import_text(request: ImportRequest, *, as_json: bool) -> None:
    """Import a delimited text, and print what was taken for what."""
    from daq import import_record, read_text
    from daq.files.names import statements_path
    from daq.files.run_path import check_new_run
    from daq.files.statements import Statements, write_statements

    target = request.output or request.text.with_suffix(".nxs")
    check_new_run(target)
    sample, statements = request.sample(), Statements(**request.stated)
    record = read_text(request.text, options=request.options())
    statements.before_of(record.control)
    import_record(record, request.text, target, sample, request.remarks)
    # Those of a run that had this name before count no more.
    if statements.stated or statements_path(target).exists():
        write_statements(target, statements)
    if as_json:
        print_json(_document(record, target))
        return
    for note in record.notes:
        error_console().print(f"note: {note}", markup=False, soft_wrap=True)
    for guess in record.guesses:
        if guess.about != "column":  # which the lines below name
            error_console().print(f"guessed: {guess}", markup=False, soft_wrap=True)
    for name, one in record.columns.items():
        console().print(f"{name}: column {one.index + 1}, {one.name!r}, in {one.unit}", markup=False, soft_wrap=True)
    console().print(f"{len(record):,} samples in {target}", markup=False, soft_wrap=True)


def _document(record: TextRecord, target: Path) -> dict[str, Any]:
    taken = {
        name: {"column": one.index + 1, "heading": one.name, "unit": one.unit, "reason": one.reason}
        for name, one in record.columns.items()
    }
    return {
        "run": target,
        "samples": len(record),
        "columns": taken,
        "separator": record.separator,
        "control": record.control or None,
        "notes": list(record.notes),
        "guessed": [{"about": one.about, "text": one.text, "option": one.option} for one in record.guesses],
    }


def _separator(text: str | None) -> str | None:
    """Return a separator; a tabulator is hard to type."""
    return {"tab": "\t", "\\t": "\t", "space": " "}.get(text, text) if text is not None else None
