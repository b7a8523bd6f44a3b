"""State of the fit: which runs are asked, what was asked of them, and how it stands. Frozen, without Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from gui.fit.fit_wish import FitWish

if TYPE_CHECKING:
    from datetime import datetime


class FitStage(Enum):
    """Stages of the fit::

    NONE ──► FITTING ──► DONE        a result is shown
                ├──────► CANCELLED   what was shown before stays
                └──────► FAILED      the same, with the reason
    """

    NONE = "no fit yet"
    FITTING = "a fit is in progress"
    DONE = "the last fit is shown"
    CANCELLED = "the last fit was cancelled"
    FAILED = "the last fit failed"


@dataclass(frozen=True)
class Fit:
    """The fit of the runs that are shown.

    Attributes
    ----------
    stage : FitStage
    model : str
        Cell model that is or was fitted.
    problem : str
        Why it failed; empty otherwise.
    wish : FitWish
        All that was asked for.
    begun_at : datetime or None
        When it began, while it is in progress.
    """

    stage: FitStage = FitStage.NONE
    model: str = ""
    problem: str = ""
    wish: FitWish = field(default_factory=FitWish)
    begun_at: datetime | None = None
