"""State of the dock "Runs", and what may be done in it. Frozen, without Qt."""

from __future__ import annotations

from dataclasses import dataclass

from gui.common.language import tr


@dataclass(frozen=True)
class RunsState:
    """What is selected among kept runs, and the fits that are made of them.

    Attributes
    ----------
    selected : tuple of str
        Their files: texts, since all of 1e5 may be selected, and paths would take half a second to make.
    n_fits, n_fitted : int
        Fits that were asked for together, and those that are through; both 0 when none is in progress.
    failures : tuple of str
        Why fits of the last ones have failed.
    """

    selected: tuple[str, ...] = ()
    n_fits: int = 0
    n_fitted: int = 0
    failures: tuple[str, ...] = ()

    @property
    def is_fitting(self) -> bool:
        """Whether fits are in progress."""
        return self.n_fitted < self.n_fits

    def reasons(self) -> dict[str, str]:
        """Return for each act why it is not to be done now; empty where it is."""
        some = "" if self.selected else tr("Select a run first.")
        more_than_one = 2
        two = "" if len(self.selected) >= more_than_one else tr("Select two runs or more.")
        return {
            "open": some,
            "overlay": some,
            "compare": two,
            "refit": tr("Fits are in progress.") if self.is_fitting else some,
            "cancel": "" if self.is_fitting else tr("No fit is in progress."),
            "reveal": some,
            "copy": some,
        }
