"""Origin of a run: who measured, for what, and as which point of which campaign."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Origin:
    """Origin of a run; what is not known is empty.

    Attributes
    ----------
    operator, project : str
    tags : tuple of str
    campaign : str
        Name of the campaign that it is a point of.
    point : int
        Which point, counted from 1; 0 outside a campaign.
    """

    operator: str = ""
    project: str = ""
    tags: tuple[str, ...] = ()
    campaign: str = ""
    point: int = 0
