"""Settings of a refit: what a row must name, beside the code, so that it can be made again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from fitting.reduction.control import controlled
from fitting.reduction.nuisance import REST, UNKNOWN, Nuisance
from fitting.study_options import StudyOptions
from protocols import FitError, parse_quantity

if TYPE_CHECKING:
    from daq import Run


@dataclass(frozen=True)
class RefitSettings:
    """How every run of an archive is fitted.

    Attributes
    ----------
    circuits : tuple of str
        Each run is fitted to each of them.
    options : StudyOptions
        What of a run is not the cell's. What was stated of a run counts where nothing is given here.
    attributed : bool
        Whether each memory is attributed (bulk, grain boundary, electrode): some more fits a row.
    profiled : bool
        Whether a circuit that does not describe its record gets profile intervals too; else those of the curvature.
    searched : bool
        Whether every run is searched from everywhere, not from the cell of the run before.
    kept : bool
        Whether reductions that are made are kept beside their runs.
    """

    circuits: tuple[str, ...]
    options: StudyOptions = field(default_factory=StudyOptions)
    attributed: bool = False
    profiled: bool = False
    searched: bool = False
    kept: bool = True

    def to_document(self) -> dict[str, Any]:
        """Return what changes figures as plain data, apart from the circuit; what is as usual is left out."""
        options = self.options.to_document()
        flags = {name: True for name in ("attributed", "profiled", "searched") if getattr(self, name)}
        return options | flags

    @property
    def text(self) -> str:
        """The settings as one line of JSON."""
        return json.dumps(self.to_document(), sort_keys=True)

    @property
    def sha256(self) -> str:
        """What tells these settings from others."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def options_for(run: Run, options: StudyOptions) -> StudyOptions:
    """Return the options for one run: what was stated of it counts where nothing is given.

    Raises
    ------
    FitError
        If what was stated cannot be meant of this run.
    """
    stated = run.statements
    if stated.edges and options.edges == StudyOptions().edges:
        options = replace(options, edges=stated.edges)
    if stated.before and options.before == "":
        options = replace(options, before=_before(run, stated.before, options.control))
    return options


def _before(run: Run, text: str, control: str) -> str | float:
    if text in {REST, UNKNOWN}:
        return text
    unit = controlled(run, Nuisance(control=control))[1].units[0]
    try:
        return parse_quantity(text, unit)
    except ValueError as error:
        raise FitError(f"{run.path.name}: what was stated to be before it cannot be meant: {error}") from None
