"""What the owner of a record states of it, where a fit was told nothing.

A statement is kept with the record (`ionecho note`, `ionecho import`) and holds for each fit of it, alone or with
others, from the command line or from a script.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from fitting.records.record import Record
    from fitting.reduction.nuisance import Nuisance
    from protocols import PulseSequence


@runtime_checkable
class StatedRecord(Protocol):
    """Record of which more may be stated than its samples say; `daq.Run` is one."""

    @property
    def control(self) -> str: ...  # noqa: D102
    @property
    def current_drive(self) -> PulseSequence | None: ...  # noqa: D102
    @property
    def stated_edges(self) -> str: ...  # noqa: D102
    def stated_before(self, control: str = "") -> str | float: ...  # noqa: D102


def as_stated(run: Record, terms: Nuisance) -> Nuisance:
    """Return terms that have what is stated of a record where they say nothing of before and edges.

    Parameters
    ----------
    run : Record
    terms : Nuisance

    Raises
    ------
    RunFileError
        If what is stated cannot be read, or is of a quantity that was not controlled.
    """
    if not isinstance(run, StatedRecord):
        return terms
    before = run.stated_before(terms.control) if terms.before == "" else terms.before
    has_edges = terms.edges or terms.edge_times_s or terms.edge_leads_s
    return replace(terms, before=before, edges=terms.edges if has_edges else run.stated_edges)
