"""Command `note`: what is known of a run beside its samples, what was guessed of it, and what its owner states."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ionecho.commands.output import console, opened_run, print_json
from ionecho.commands.refusals import UsageError
from protocols import Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from daq import Run


def drive_of_protocol(protocol: str) -> str:
    """Return the voltage of a protocol as ``--drive`` states it."""
    from daq.files.stated_drive import drive_text

    return drive_text(Protocol.load(protocol).sequence)


def note_run(path: Path, stated: dict[str, str | None], *, as_json: bool) -> None:
    """State something of a run, or take it back, and print all that is stated, noted and guessed.

    Parameters
    ----------
    path : Path
    stated : dict
        Texts by the names of `daq.files.statements.Statements`; None leaves what was stated, an empty text takes it
        back.
    as_json : bool
    """
    from daq.files.stated_drive import sequence_of
    from daq.files.statements import Statements, write_statements

    run = opened_run(path)
    given = {name: text for name, text in stated.items() if text is not None}
    if not given:
        _print(run, run.statements, as_json=as_json)
        return
    if run.protocol_text and (wrong := [one for one in ("drive", "before", "edges", "control") if given.get(one)]):
        raise UsageError(
            f"{path.name} was measured by ionecho: its drive is in it, and needs no statement", f"--{wrong[0]}"
        )
    statements = Statements(**(asdict(run.statements) | given))
    statements.over(run.sample)
    if not run.protocol_text:
        statements.before_of(statements.controlled or str(run.imported.get("control", "")))
    if statements.drive and not run.protocol_text:
        t = run.t_s
        sequence_of(statements.drive, float(t[0]), float(t[-1]), float(t[-1] - t[-2]))
    write_statements(run.path, statements)
    _print(run, statements, as_json=as_json)


def _print(run: Run, statements: Any, *, as_json: bool) -> None:
    imported = run.imported
    notes, guessed = list(imported.get("notes", [])), list(imported.get("guessed", []))
    remarks = str(imported.get("remarks", ""))
    if as_json:
        print_json(
            {"run": run.path, "stated": statements.stated, "guessed": guessed, "notes": notes, "remarks": remarks}
        )
        return
    for name, text in statements.stated.items():
        console().print(f"{name}: {text}", markup=False, soft_wrap=True)
    for guess in guessed:
        console().print(f"guessed: {guess}", markup=False, soft_wrap=True)
    for note in [*notes, *([remarks] if remarks else [])]:
        console().print(f"note: {note}", markup=False, soft_wrap=True)
    if not (statements.stated or guessed or notes or remarks):
        console().print("Nothing is stated of this run beside what is in it.", soft_wrap=True)
