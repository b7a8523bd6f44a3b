"""Dock "Memory": the verdict on top, warnings and notes, then the evidence in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QTabWidget, QVBoxLayout, QWidget

from gui.common.language import tr
from gui.common.widgets import ScrolledLabel, button, label, name_tabs
from gui.fit.evidence_pages import DiagnosisPage, KeptPage, SeveralPage, WhyPage
from gui.fit.fit_wish import FAMILIES
from gui.fit.pages import CurvesPage, FiguresPage, ListingPage, ProfilePage, ResidualPage
from gui.fit.verdict import Notice, Verdict
from gui.fit.verdict_card import NoticeList, VerdictCard

if TYPE_CHECKING:
    from gui.common.theme import Colours
    from gui.common.traces import Traces
    from gui.fit.documents import DiagnosisView, Listing, ProfileView, SeveralView
    from gui.fit.kept_model import KeptFits
    from gui.fit.result_model import ShownFit

_PROBLEM_HEIGHT = 72
"""Pixels: four lines of why a model was not fitted. Doubled, the fit shown is off a small screen."""
_LEAST_EVIDENCE = 120
"""Pixels: two rows of a table below its tabs. Half as many more, and the dock scrolls, with curves that scroll in it,
under an alarm in a small window."""


class _Evidence(QTabWidget):
    """Pages that take the height that is left, however high their texts and plots would like to be."""

    def hasHeightForWidth(self) -> bool:
        """Return no: a wrapped text on one page does not make the dock scroll."""
        return False


class MemoryPage(QWidget):
    """What a fit says: in one sentence, then with all that it rests on."""

    cancel_wanted = Signal()
    option_wanted = Signal(str)
    """Fit again with this option."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("memoryPage")
        self._fit: ShownFit | None = None
        self.card = VerdictCard()
        self.notices = NoticeList()
        self.curves = CurvesPage()
        self.figures = FiguresPage()
        self.residual = ResidualPage()
        self.profile = ProfilePage()
        self.families = ListingPage(
            "families",
            tr("Models"),
            tr("Rank the models"),
            tr(
                "Which family describes this record best? One relaxation, a broadened one, hops with mismatch: each is"
                " fitted."
            ),
            ", ".join(FAMILIES),
        )
        self.diagnosis = DiagnosisPage()
        self.why = WhyPage()
        self.kept = KeptPage()
        self.other = ListingPage(
            "other",
            tr("More"),
            tr("Spectrum of relaxations"),
            tr(
                "Without a model: a spectrum of relaxation modes. Posterior and referee's table are in the menu"
                " Analyse."
            ),
        )
        self.several = SeveralPage()
        self._state = label("", "", "fitState")
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(tr("A fit is in progress"))
        self._problem = ScrolledLabel(label("", "fault", "fitProblem"), _PROBLEM_HEIGHT)
        self.notices.option_wanted.connect(self.option_wanted)
        self.diagnosis.option_wanted.connect(self.option_wanted)
        self._lay_out()
        self.show_state("")

    def _lay_out(self) -> None:
        self._progress = QWidget()
        self._progress.setObjectName("fitProgress")
        row = QHBoxLayout(self._progress)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._state, 1)
        row.addWidget(
            button(tr("Cancel"), "cancelFit", self.cancel_wanted.emit, tip=tr("Cancel the fit; what is shown stays"))
        )
        self.tabs = _Evidence()
        self.tabs.setObjectName("fitTabs")
        name_tabs(self.tabs, tr("Evidence"))
        self.tabs.setDocumentMode(True)
        self.tabs.setUsesScrollButtons(True)
        # It takes what is left: what its pages would like to have does not make the dock scroll.
        self.tabs.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.tabs.setMinimumHeight(_LEAST_EVIDENCE)
        for page in (
            self.curves,
            self.figures,
            self.why,
            self.diagnosis,
            self.residual,
            self.families,
            self.profile,
            self.kept,
            self.several,
            self.other,
        ):
            self.tabs.addTab(page, page.accessibleName())
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 0)
        column.setSpacing(6)
        for widget in (self._progress, self._bar, self._problem, self.card, self.notices):
            column.addWidget(widget)
        column.addWidget(self.tabs, 1)

    def show_state(self, text: str, *, failed: bool = False, in_progress: bool = False) -> None:
        """Say how a fit stands, above the one that is shown: that one stays until another is there.

        Parameters
        ----------
        text : str
            May be empty.
        failed : bool
            Whether it says why there is no other fit.
        in_progress : bool
            Whether it can be cancelled.
        """
        if text and self._fit is not None:
            text += "\n" + tr("Shown is the fit of {circuit}.").format(circuit=self._fit.headline)
        self._state.setText("" if failed else text)
        self._progress.setVisible(bool(text) and not failed)
        self._bar.setVisible(in_progress)
        if self.card.is_empty and in_progress:
            self.card.show_fitting()
        elif self.card.is_empty:
            self.card.show_nothing()
        self._problem.setText(text if failed else "")
        self._problem.setVisible(failed and bool(text))
        cancel = self._progress.findChild(QWidget, "cancelFit")
        if cancel is not None:
            cancel.setVisible(in_progress)

    def clear(self) -> None:
        """Forget what was shown: it is of another run."""
        self._show(None)
        self.card.show_nothing()
        self.notices.show_notices(())
        self.kept.show_kept(None, "")
        self.families.show_listing(None)
        self.diagnosis.show_diagnosis(None)
        self.several.show_several(None)
        self.other.show_listing(None)

    def show_fit(self, fit: ShownFit) -> None:
        """Show a fit."""
        self._show(fit)
        self.card.show_verdict(fit.verdict)
        self.notices.show_notices(fit.notices)

    def _show(self, fit: ShownFit | None) -> None:
        self._fit = fit
        curves = None if fit is None else fit.curves
        self.curves.show_fit(curves)
        self.residual.show_fit(curves)
        self.figures.show_fit(fit)
        self.why.show_fit(fit)
        self.profile.show_names([] if fit is None else [one.key for one in fit.parameters if "/" not in one.key])

    def show_traces(self, traces: Traces) -> None:
        """Draw what was measured."""
        self.curves.show_traces(traces)

    def show_kept(self, kept: KeptFits | None) -> None:
        """Show the fits that are kept of the run."""
        self.kept.show_kept(kept, "" if self._fit is None else self._fit.headline)

    def show_families(self, listing: Listing) -> None:
        """Show a ranking."""
        self.families.show_listing(listing)
        self.tabs.setCurrentWidget(self.families)

    def show_diagnosis(self, view: DiagnosisView) -> None:
        """Show a diagnosis."""
        self.diagnosis.show_diagnosis(view)
        self.tabs.setCurrentWidget(self.diagnosis)

    def show_profile(self, view: ProfileView) -> None:
        """Show a profile."""
        self.profile.show_profile(view)
        self.tabs.setCurrentWidget(self.profile)

    def show_other(self, listing: Listing) -> None:
        """Show what was asked besides."""
        self.other.show_listing(listing)
        self.tabs.setCurrentWidget(self.other)

    def show_several(self, view: SeveralView) -> None:
        """Show what several runs, or a spectrum, say: it is the verdict then."""
        self._show(None)
        self.card.show_verdict(Verdict("good" if view.is_good else "bad", view.sentence, ""))
        self.notices.show_notices([Notice(is_warning=not view.is_good, text=text) for text in view.remarks])
        self.several.show_several(view)
        self.tabs.setCurrentWidget(self.several)

    @property
    def shown(self) -> ShownFit | None:
        """The fit that is shown."""
        return self._fit

    def set_colours(self, colours: Colours) -> None:
        """Follow the palette."""
        for page in (self.curves, self.residual, self.profile, self.several):
            page.set_colours(colours)
